"""Make a small copy of a picture for the pages of the repository."""

from lgi.figures.gallery import copy
from lgi.jobs import logged


@logged
def main(snakemake):
    copy(snakemake.input.picture, snakemake.output.small)


if "snakemake" in globals():
    main(snakemake)
