"""Draw loss against LLC at one epoch: a panel per initialisation, a colour per sparsity."""

from lgi.figures.llc import loss_vs_llc
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    params = snakemake.params
    losses, llc = read_table(snakemake.input.superposition), read_table(snakemake.input.llc)
    figure = loss_vs_llc(
        losses,
        llc[llc["setting"] == params.setting],
        epoch=int(snakemake.wildcards.epoch),
        samples=params.samples,
    )
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
