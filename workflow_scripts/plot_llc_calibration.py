"""Draw plateau, bias and acceptance of the LLC against the settings of the estimator."""

from lgi.figures.llc import llc_calibration
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    table = read_table(snakemake.input.table)
    figure = llc_calibration(table, localisation=snakemake.params.localisation)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
