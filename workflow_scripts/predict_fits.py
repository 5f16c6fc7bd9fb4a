"""Tabulate how well features predict the best loss and where a fit does worse than at N - 1."""

from lgi.gaussians.features import COLUMNS
from lgi.gaussians.prediction import claims, table
from lgi.gaussians.study_settings import PredictionSettings
from lgi.jobs import logged
from lgi.runs import read_table, write_table


@logged
def main(snakemake):
    settings = PredictionSettings.model_validate(snakemake.params.settings)
    predicted = table(read_table(snakemake.input.features, COLUMNS), settings)
    write_table(snakemake.output.table, predicted)
    write_table(snakemake.output.claims, claims(predicted, settings))


if "snakemake" in globals():
    main(snakemake)
