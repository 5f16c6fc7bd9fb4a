"""Draw what each step from N - 1 to N does to the loss of each seed, and on average."""

from lgi.figures.n_study import steps
from lgi.figures.style import save
from lgi.gaussians.seeds import curves, differences
from lgi.gaussians.study_settings import SeedsSettings
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    params, table = snakemake.params, read_table(snakemake.input.table)
    settings = SeedsSettings.model_validate(params.seeds)
    found = differences(curves(table, settings, **params.runs))
    figure = steps(read_table(snakemake.input.steps), found, params.claimed, settings.confidence)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
