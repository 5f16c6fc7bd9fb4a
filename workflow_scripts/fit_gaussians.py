"""Fit N Gaussians to an image, once for each seed."""

from lgi.checkpoints import unfinished
from lgi.gaussians.fits.run import fit_run
from lgi.jobs import logged


@logged
def main(snakemake):
    params = snakemake.params
    how = {"device": params.device, "source": params.source, "threads": snakemake.threads}
    with unfinished(snakemake.output) as runs:
        for seed, run in zip(params.seeds, runs, strict=True):
            run.write(*fit_run(**params.fit, seed=seed, **how, checkpoint=run))


if "snakemake" in globals():
    main(snakemake)
