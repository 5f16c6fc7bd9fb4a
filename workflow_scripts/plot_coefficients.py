"""Draw the learning coefficient of fits against N, beside what predicts it."""

from lgi.figures.gaussians_llc import coefficients
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    save(coefficients(read_table(snakemake.input.table)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
