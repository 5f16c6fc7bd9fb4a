"""Draw the dimensionality of every feature against 1/(1 - S)."""

from lgi.figures.style import save
from lgi.figures.superposition import dimensionality_vs_sparsity
from lgi.jobs import logged
from lgi.runs import read_run
from lgi.superposition.analysis import final_features


@logged
def main(snakemake):
    features = final_features(map(read_run, snakemake.input.runs))
    figure = dimensionality_vs_sparsity(features, samples=snakemake.params.samples)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
