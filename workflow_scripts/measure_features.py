"""Tabulate what the fits of one N are like at their start, best and end."""

from lgi.gaussians.features import table
from lgi.jobs import logged
from lgi.runs import read_run, write_table


@logged
def main(snakemake):
    write_table(snakemake.output.table, table(map(read_run, snakemake.input.runs)))


if "snakemake" in globals():
    main(snakemake)
