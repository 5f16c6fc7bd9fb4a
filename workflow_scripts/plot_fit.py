"""Draw target, fit, error and ellipses of one run."""

from lgi.figures.gaussians import fit
from lgi.figures.style import save
from lgi.gaussians.run import renderer
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    run = read_run(snakemake.input.run)
    save(fit(run, renderer(run)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
