"""Tabulate the share of each verdict per setting, run and epoch."""

from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.superposition.analysis import verdict_shares


@logged
def main(snakemake):
    write_table(snakemake.output.table, verdict_shares(read_table(snakemake.input.llc)))


if "snakemake" in globals():
    main(snakemake)
