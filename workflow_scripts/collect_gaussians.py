"""Gather all fits into one table, and compare the runs that were made twice."""

from lgi.gaussians.analysis import reproducibility, table
from lgi.jobs import logged
from lgi.runs import read_run, read_table, write_table


@logged
def main(snakemake):
    published = read_table(snakemake.input.published, ("n", "seed", "best_loss"))
    fits = table(map(read_run, snakemake.input.runs), published)
    write_table(snakemake.output.table, fits)
    write_table(snakemake.output.reproducibility, reproducibility(fits))


if "snakemake" in globals():
    main(snakemake)
