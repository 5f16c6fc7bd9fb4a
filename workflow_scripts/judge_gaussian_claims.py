"""Give each statement about study 1 its verdict, with the numbers behind it."""

import pandas as pd

from lgi.gaussians.claims import claims
from lgi.gaussians.seeds import curves
from lgi.gaussians.study_settings import GaussianClaimSettings, SeedsSettings
from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.verdicts import claim_table


@logged
def main(snakemake):
    params, files, table = snakemake.params, snakemake.input, read_table(snakemake.input.table)
    losses = curves(table, SeedsSettings.model_validate(params.seeds), **params.runs)
    again, published = read_table(files.reproducibility), read_table(files.published)
    settings = GaussianClaimSettings.model_validate(params.claims)
    ours = claim_table(claims(losses, params.original, again, table, published, settings))
    write_table(snakemake.output.table, pd.concat([ours, *map(read_table, files.more)]))


if "snakemake" in globals():
    main(snakemake)
