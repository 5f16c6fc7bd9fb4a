"""Estimate the learning coefficient of a fit."""

from lgi.asked import read_asked, recorded
from lgi.gaussians.llc.estimates import estimate_minimum
from lgi.jobs import logged, outcomes, runs_of
from lgi.runs import write_table


def estimated(runs):
    for run in runs:
        minimum = read_asked(run.input.minimum, run.params.asked)
        yield estimate_minimum(minimum, **run.params.settings)


@logged
def main(snakemake):
    for run, table in outcomes(estimated, runs_of(snakemake)):
        write_table(run.output.made, table, recorded(run.params.settings, run.params.source))


if "snakemake" in globals():
    main(snakemake)
