"""Draw fits of neighbouring N beside each other."""

from lgi.figures.divergence import neighbours
from lgi.figures.style import save
from lgi.gaussians.run import renderer
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    runs = [read_run(path) for path in snakemake.input.runs]
    save(neighbours(runs, [renderer(run) for run in runs]), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
