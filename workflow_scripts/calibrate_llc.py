"""Estimate the LLC of a few models while one value of the setting varies at a time."""

from lgi.jobs import logged
from lgi.llc.settings import LLCSettings
from lgi.runs import read_run, write_table
from lgi.superposition.calibration import calibrate
from lgi.superposition.settings import CalibrationSettings


@logged
def main(snakemake):
    params = snakemake.params
    runs = map(read_run, snakemake.input.runs)
    table = calibrate(
        [(run, *model) for run, model in zip(runs, params.models, strict=True)],
        {name: LLCSettings.model_validate(value) for name, value in params.settings.items()},
        params.reference,
        CalibrationSettings.model_validate(params.sweep),
    )
    write_table(snakemake.output.table, table)


if "snakemake" in globals():
    main(snakemake)
