"""Draw the share of each verdict along training, per initialisation and sparsity."""

from lgi.figures.llc import llc_verdicts
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    params = snakemake.params
    shares = read_table(snakemake.input.shares)
    figure = llc_verdicts(shares[shares["setting"] == params.setting], samples=params.samples)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
