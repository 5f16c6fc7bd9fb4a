"""Estimate the local learning coefficient of every model of one run file."""

from lgi.jobs import logged
from lgi.runs import read_run, write_table
from lgi.superposition.llc.estimates import estimate_run


@logged
def main(snakemake):
    table = estimate_run(read_run(snakemake.input.run), **snakemake.params.settings)
    write_table(snakemake.output.made, table)


if "snakemake" in globals():
    main(snakemake)
