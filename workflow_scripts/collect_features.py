"""Gather the features of all N into one table."""

from lgi.gaussians.features import COLUMNS, gather
from lgi.jobs import logged
from lgi.runs import read_table, write_table


@logged
def main(snakemake):
    tables = [read_table(path, COLUMNS) for path in snakemake.input.tables]
    write_table(snakemake.output.table, gather(tables))


if "snakemake" in globals():
    main(snakemake)
