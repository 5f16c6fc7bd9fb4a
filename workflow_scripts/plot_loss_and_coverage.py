"""Draw loss and uncovered share along training."""

from lgi.figures.gaussians import loss_and_coverage
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    save(loss_and_coverage([read_run(path) for path in snakemake.input.runs]), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
