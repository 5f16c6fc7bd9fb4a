"""Draw best loss, its iteration and the cost of training against N, for the original's seed."""

from lgi.figures.n_study import n_study
from lgi.figures.style import save
from lgi.gaussians.study_settings import NStudySettings
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    table, summary = read_table(snakemake.input.table), read_table(snakemake.input.summary)
    settings = NStudySettings.model_validate(snakemake.params.settings)
    save(n_study(table, summary, settings), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
