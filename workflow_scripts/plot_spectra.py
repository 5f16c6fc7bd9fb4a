"""Draw the singular values of a few fits, and what becomes of them in all."""

from lgi.figures.prediction import spectra
from lgi.figures.style import save
from lgi.gaussians.features import COLUMNS, singular_values
from lgi.jobs import logged
from lgi.runs import read_run, read_table


@logged
def main(snakemake):
    values = singular_values(map(read_run, snakemake.input.runs))
    features = read_table(snakemake.input.features, COLUMNS)
    drawn = snakemake.params
    save(spectra(values, features, drawn.image, drawn.recipe), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
