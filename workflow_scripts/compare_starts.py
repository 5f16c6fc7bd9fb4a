"""Tabulate mean and best final loss by initialisation, per sparsity."""

from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.superposition.analysis import start_comparison


@logged
def main(snakemake):
    table = read_table(snakemake.input.table)
    starts = start_comparison(table, table["init"].unique())
    write_table(snakemake.output.table, starts)


if "snakemake" in globals():
    main(snakemake)
