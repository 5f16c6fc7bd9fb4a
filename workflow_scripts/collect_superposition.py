"""Gather all snapshots of all models into one table."""

from lgi.jobs import logged
from lgi.runs import read_run, write_table
from lgi.superposition.analysis import table


@logged
def main(snakemake):
    write_table(snakemake.output.table, table(map(read_run, snakemake.input.runs)))


if "snakemake" in globals():
    main(snakemake)
