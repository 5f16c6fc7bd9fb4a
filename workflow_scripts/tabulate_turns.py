"""Tabulate how loss and coverage move once the best of a fit is behind it."""

from lgi.gaussians import turn
from lgi.gaussians.study_settings import TurnSettings
from lgi.jobs import logged
from lgi.runs import read_run, write_table
from lgi.verdicts import claim_table


@logged
def main(snakemake):
    settings = TurnSettings.model_validate(snakemake.params.settings)
    table = turn.table(map(read_run, snakemake.input.runs), settings)
    write_table(snakemake.output.table, table)
    write_table(snakemake.output.claims, claim_table(turn.claims(table, settings)))


if "snakemake" in globals():
    main(snakemake)
