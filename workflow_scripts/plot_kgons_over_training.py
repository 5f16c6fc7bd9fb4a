"""Draw the share of each k-gon along training."""

from lgi.figures.style import save
from lgi.figures.superposition import kgons_over_training
from lgi.jobs import logged
from lgi.runs import read_table
from lgi.superposition.analysis import kgon_shares


@logged
def main(snakemake):
    shares = kgon_shares(read_table(snakemake.input.table))
    save(kgons_over_training(shares, samples=snakemake.params.samples), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
