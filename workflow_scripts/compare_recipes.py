"""Compare recipes with the reference, run by run."""

from lgi.gaussians import cures
from lgi.gaussians.analysis import rows_of
from lgi.gaussians.study_settings import CureSettings
from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.verdicts import claim_table


@logged
def main(snakemake):
    params = snakemake.params
    settings = CureSettings.model_validate(params.settings)
    table = rows_of(read_table(snakemake.input.table), params.runs)
    compared = cures.compare(table, read_table(snakemake.input.turns), params.recipes, settings)
    write_table(snakemake.output.table, compared)
    write_table(snakemake.output.claims, claim_table(cures.claims(compared, settings)))


if "snakemake" in globals():
    main(snakemake)
