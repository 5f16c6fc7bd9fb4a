"""Estimate the LLC of a few models while one value of the setting varies at a time."""

from lgi.asked import read_asked
from lgi.jobs import device_in_use, logged
from lgi.runs import write_table
from lgi.superposition.llc.calibration import calibrate


@logged
def main(snakemake):
    params = snakemake.params
    runs = (read_asked(path, params.asked) for path in snakemake.input.runs)
    models = [(run, one.seed, one.epoch) for run, one in zip(runs, params.models, strict=True)]
    with device_in_use(snakemake):
        write_table(snakemake.output.made, calibrate(models, **params.settings))


if "snakemake" in globals():
    main(snakemake)
