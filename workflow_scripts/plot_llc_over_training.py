"""Draw the LLC along training: median and spread per sparsity."""

from lgi.figures.llc import llc_over_training
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    params = snakemake.params
    llc = read_table(snakemake.input.llc)
    figure = llc_over_training(llc[llc["setting"] == params.setting], samples=params.samples)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
