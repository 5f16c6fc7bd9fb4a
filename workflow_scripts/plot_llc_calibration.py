"""Draw plateau, bias and acceptance of the LLC against the settings of the estimator."""

from lgi.figures.llc import llc_calibration
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    save(llc_calibration(read_table(snakemake.input.table)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
