"""Gather all estimates of the local learning coefficient into one table."""

from lgi.jobs import logged
from lgi.runs import write_table
from lgi.superposition.llc import llc_table


@logged
def main(snakemake):
    table = llc_table(snakemake.input.estimates, snakemake.params.settings)
    write_table(snakemake.output.table, table)


if "snakemake" in globals():
    main(snakemake)
