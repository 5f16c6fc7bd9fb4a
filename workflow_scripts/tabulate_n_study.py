"""Tabulate the N-study of the original, and where it and its own table disagree."""

import pandas as pd

from lgi.gaussians.discrepancies import discrepancies
from lgi.gaussians.n_study import n_study, summary
from lgi.gaussians.study_settings import GaussianClaimSettings, NStudySettings
from lgi.jobs import logged
from lgi.runs import read_table, write_table


@logged
def main(snakemake):
    params, output = snakemake.params, snakemake.output
    settings = NStudySettings.model_validate(params.settings)
    claims = GaussianClaimSettings.model_validate(params.claims)
    columns = ("n", "seed", "best_loss")
    published = pd.concat([read_table(path, columns) for path in snakemake.input.published])
    study = n_study(read_table(snakemake.input.table), published, params.lists, settings)
    write_table(output.table, study)
    write_table(output.summary, summary(study, params.lists, settings))
    write_table(output.discrepancies, discrepancies(study, published, settings, claims))


if "snakemake" in globals():
    main(snakemake)
