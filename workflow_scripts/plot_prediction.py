"""Draw how well each feature predicts, by state."""

from lgi.figures.prediction import skills
from lgi.figures.style import save
from lgi.gaussians.prediction import COLUMNS
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    table, drawn = read_table(snakemake.input.table, COLUMNS), snakemake.wildcards
    figure = skills(table, drawn.image, drawn.recipe, least=snakemake.params.least)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
