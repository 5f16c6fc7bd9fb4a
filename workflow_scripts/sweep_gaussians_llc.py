"""Estimate the learning coefficient of one fit while noise and localisation vary."""

from lgi.asked import read_asked, recorded
from lgi.gaussians.llc.estimates import sweep
from lgi.jobs import logged
from lgi.runs import write_table


@logged
def main(snakemake):
    params = snakemake.params
    minimum = read_asked(snakemake.input.minimum, params.asked)
    record = recorded(params.settings, params.source)
    write_table(snakemake.output.made, sweep(minimum, **params.settings), record)


if "snakemake" in globals():
    main(snakemake)
