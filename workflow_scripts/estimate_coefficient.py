"""Estimate the learning coefficient of one fit."""

from lgi.gaussians.llc import coefficients
from lgi.gaussians.llc_settings import GaussianEstimate
from lgi.jobs import logged
from lgi.runs import read_run, write_table


@logged
def main(snakemake):
    settings = {
        name: GaussianEstimate.model_validate(setting)
        for name, setting in snakemake.params.settings.items()
    }
    table = coefficients(read_run(snakemake.input.minimum), settings)
    write_table(snakemake.output.table, table)


if "snakemake" in globals():
    main(snakemake)
