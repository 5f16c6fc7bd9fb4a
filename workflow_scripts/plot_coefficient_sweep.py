"""Draw the learning coefficient of fits against noise and localisation."""

from lgi.figures.gaussians_llc import sweep
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    save(sweep(read_table(snakemake.input.table)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
