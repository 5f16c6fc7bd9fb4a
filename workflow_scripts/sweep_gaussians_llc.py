"""Estimate the learning coefficient of one fit while noise and localisation vary."""

from lgi.gaussians.llc.estimates import sweep
from lgi.jobs import logged
from lgi.runs import read_run, write_table


@logged
def main(snakemake):
    table = sweep(read_run(snakemake.input.minimum), **snakemake.params.settings)
    write_table(snakemake.output.made, table)


if "snakemake" in globals():
    main(snakemake)
