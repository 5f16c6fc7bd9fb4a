"""Tabulate best loss against N / pixels for every image and resolution."""

from lgi.gaussians import elsewhere
from lgi.gaussians.analysis import rows_of
from lgi.gaussians.study_settings import ElsewhereSettings
from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.verdicts import claim_table


@logged
def main(snakemake):
    settings = ElsewhereSettings.model_validate(snakemake.params.settings)
    table = rows_of(read_table(snakemake.input.table), snakemake.params.runs)
    write_table(snakemake.output.table, elsewhere.curves(table, settings))
    write_table(snakemake.output.claims, claim_table(elsewhere.claims(table, settings)))


if "snakemake" in globals():
    main(snakemake)
