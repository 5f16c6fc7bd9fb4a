"""Draw best loss against N, with published values, seeds and regressions."""

from lgi.figures.gaussians import loss_vs_n
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    table = read_table(snakemake.input.table)
    names = snakemake.wildcards
    save(loss_vs_n(table, names.image, names.recipe), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
