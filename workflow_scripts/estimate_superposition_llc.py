"""Estimate the local learning coefficient of every model of a run file."""

from lgi.asked import read_asked, recorded
from lgi.jobs import device_in_use, logged, outcomes, runs_of
from lgi.runs import write_table
from lgi.superposition.llc.estimates import estimate_each


def estimated(runs):
    params = [run.params for run in runs]
    files = (read_asked(run.input.run, run.params.asked) for run in runs)
    return estimate_each(
        (file, one.settings["setting"]) for file, one in zip(files, params, strict=True)
    )


@logged
def main(snakemake):
    with device_in_use(snakemake):
        for run, table in outcomes(estimated, runs_of(snakemake)):
            record = recorded(run.params.settings, run.params.source)
            write_table(run.output.made, table, record)


if "snakemake" in globals():
    main(snakemake)
