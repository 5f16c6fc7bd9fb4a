"""Fit N Gaussians to an image."""

from lgi.gaussians.fits.run import fit_runs
from lgi.jobs import logged, write_runs


@logged
def main(snakemake):
    write_runs(
        snakemake,
        lambda runs, source, saved: fit_runs(runs, source, snakemake.threads, saved),
    )


if "snakemake" in globals():
    main(snakemake)
