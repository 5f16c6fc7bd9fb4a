"""Correlate loss with LLC over the seeds of every run, at every epoch with an estimate."""

from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.superposition.analysis import loss_llc_correlation


@logged
def main(snakemake):
    losses, llc = read_table(snakemake.input.superposition), read_table(snakemake.input.llc)
    write_table(snakemake.output.table, loss_llc_correlation(losses, llc))


if "snakemake" in globals():
    main(snakemake)
