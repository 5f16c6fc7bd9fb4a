"""Estimate the LLC of a few models at larger and smaller scales of nβ and γ."""

from lgi.asked import read_asked
from lgi.jobs import device_in_use, logged
from lgi.runs import write_table
from lgi.superposition.llc.resolution import curves


@logged
def main(snakemake):
    params = snakemake.params
    runs = (read_asked(path, params.asked) for path in snakemake.input.runs)
    models = [(run, one.seed, one.epoch) for run, one in zip(runs, params.models, strict=True)]
    with device_in_use(snakemake):
        write_table(snakemake.output.made, curves(models, **params.settings))


if "snakemake" in globals():
    main(snakemake)
