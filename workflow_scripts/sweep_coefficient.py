"""Estimate the learning coefficient of one fit while noise and localisation vary."""

from lgi.gaussians.llc import sweep
from lgi.gaussians.llc_settings import GaussianEstimate
from lgi.jobs import logged
from lgi.runs import read_run, write_table


@logged
def main(snakemake):
    params = snakemake.params
    table = sweep(
        read_run(snakemake.input.minimum),
        params.name,
        GaussianEstimate.model_validate(params.setting),
        params.noise,
        params.localisation,
    )
    write_table(snakemake.output.table, table)


if "snakemake" in globals():
    main(snakemake)
