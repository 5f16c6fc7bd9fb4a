"""Tabulate what each step from N - 1 to N does over many seeds, and what one seed can tell."""

from lgi.gaussians.seeds import curves, steps, summary
from lgi.gaussians.study_settings import SeedsSettings
from lgi.jobs import logged
from lgi.runs import read_table, write_table


@logged
def main(snakemake):
    params, table = snakemake.params, read_table(snakemake.input.table)
    settings, original = SeedsSettings.model_validate(params.settings), params.original
    losses = curves(table, settings, **params.runs)
    iterations = curves(table, settings, **params.runs, column="best_iteration")
    write_table(snakemake.output.steps, steps(losses, settings, original))
    found = summary(losses, iterations, settings, original, params.tolerance)
    write_table(snakemake.output.summary, found)


if "snakemake" in globals():
    main(snakemake)
