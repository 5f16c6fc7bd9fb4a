"""Estimate the local learning coefficient of every model of one run file."""

from lgi.asked import read_asked, recorded
from lgi.jobs import logged
from lgi.runs import write_table
from lgi.superposition.llc.estimates import estimate_run


@logged
def main(snakemake):
    params = snakemake.params
    run = read_asked(snakemake.input.run, params.asked)
    record = recorded(params.settings, params.source)
    write_table(snakemake.output.made, estimate_run(run, **params.settings), record)


if "snakemake" in globals():
    main(snakemake)
