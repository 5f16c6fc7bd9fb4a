"""Draw what one seed can and cannot tell of N."""

from lgi.figures.n_study import one_seed
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    save(one_seed(read_table(snakemake.input.summary)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
