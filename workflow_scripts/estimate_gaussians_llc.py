"""Estimate the learning coefficient of one fit."""

from lgi.gaussians.llc.estimates import estimate_minimum
from lgi.jobs import logged
from lgi.runs import read_run, write_table


@logged
def main(snakemake):
    table = estimate_minimum(read_run(snakemake.input.minimum), **snakemake.params.settings)
    write_table(snakemake.output.made, table)


if "snakemake" in globals():
    main(snakemake)
