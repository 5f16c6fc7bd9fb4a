"""Draw training, test and population loss along training."""

from lgi.figures.style import save
from lgi.figures.superposition import loss_over_training
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    table = read_table(snakemake.input.table)
    save(loss_over_training(table, samples=snakemake.params.samples), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
