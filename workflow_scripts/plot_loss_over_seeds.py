"""Draw best loss against N for many seeds, with their mean and the original's seed."""

from lgi.figures.n_study import loss_over_seeds
from lgi.figures.style import save
from lgi.gaussians.seeds import curves
from lgi.gaussians.study_settings import SeedsSettings
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    params = snakemake.params
    settings = SeedsSettings.model_validate(params.seeds)
    losses = curves(read_table(snakemake.input.table), settings, **params.runs)
    save(loss_over_seeds(losses, params.original, settings.confidence), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
