"""Estimate coefficients and free energies that are known exactly."""

from lgi.jobs import device_in_use, logged
from lgi.llc.known.answers import known_answers
from lgi.llc.known.free_energy import free_energy
from lgi.runs import write_table


@logged
def main(snakemake):
    settings, output = snakemake.params.settings, snakemake.output
    with device_in_use(snakemake):
        write_table(output.answers, known_answers(**settings))
        write_table(output.free_energy, free_energy(**settings, rungs=snakemake.params.rungs))


if "snakemake" in globals():
    main(snakemake)
