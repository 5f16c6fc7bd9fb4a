"""Draw loss on covered and uncovered pixels along training."""

from lgi.figures.divergence import turn
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    save(turn([read_run(path) for path in snakemake.input.runs]), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
