"""Estimate the LLC of a few models while one value of the setting varies at a time."""

from lgi.jobs import logged
from lgi.runs import read_run, write_table
from lgi.superposition.llc.calibration import calibrate


@logged
def main(snakemake):
    params = snakemake.params
    runs = map(read_run, snakemake.input.runs)
    models = [(run, one.seed, one.epoch) for run, one in zip(runs, params.models, strict=True)]
    write_table(snakemake.output.made, calibrate(models, **params.settings))


if "snakemake" in globals():
    main(snakemake)
