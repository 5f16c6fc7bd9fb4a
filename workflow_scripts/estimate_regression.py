"""Estimate the LLC of every regression of one run file."""

from lgi.jobs import logged
from lgi.llc.settings import EstimateSettings
from lgi.regression.llc import estimate_run
from lgi.runs import read_run, write_table


@logged
def main(snakemake):
    setting = EstimateSettings.model_validate(snakemake.params.setting)
    write_table(snakemake.output.made, estimate_run(read_run(snakemake.input.run), setting))


if "snakemake" in globals():
    main(snakemake)
