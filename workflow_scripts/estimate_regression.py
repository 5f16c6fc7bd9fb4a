"""Estimate the LLC of every regression of one run file."""

from lgi.asked import read_asked, recorded
from lgi.jobs import logged
from lgi.llc.settings import EstimateSettings
from lgi.regression.llc import estimate_run
from lgi.runs import write_table


@logged
def main(snakemake):
    params = snakemake.params
    run = read_asked(snakemake.input.run, params.asked)
    setting = EstimateSettings.model_validate(params.setting)
    record = recorded({"setting": setting}, params.source)
    write_table(snakemake.output.made, estimate_run(run, setting), record)


if "snakemake" in globals():
    main(snakemake)
