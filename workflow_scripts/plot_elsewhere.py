"""Draw best loss against N / pixels for every image and resolution."""

from lgi.figures.divergence import elsewhere
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    save(elsewhere(read_table(snakemake.input.table), snakemake.params.ratio), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
