"""Draw best and last loss of every recipe, and how many of its runs turn."""

from lgi.figures.divergence import cures
from lgi.figures.style import save
from lgi.gaussians.analysis import rows_of
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    runs = rows_of(read_table(snakemake.input.table), snakemake.params.runs)
    save(cures(read_table(snakemake.input.cures), runs), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
