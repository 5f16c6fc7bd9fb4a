"""Estimate the local learning coefficient of every model of one run file."""

from lgi.jobs import logged
from lgi.llc.settings import LLCSettings
from lgi.runs import read_run, write_table
from lgi.superposition.llc import estimate_run


@logged
def main(snakemake):
    setting = LLCSettings.model_validate(snakemake.params.setting)
    write_table(snakemake.output.table, estimate_run(read_run(snakemake.input.run), setting))


if "snakemake" in globals():
    main(snakemake)
