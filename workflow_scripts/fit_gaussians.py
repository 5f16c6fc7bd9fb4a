"""Fit N Gaussians to an image, once for each seed."""

from pathlib import PurePath

from lgi.checkpoints import unfinished
from lgi.gaussians.fits.run import fit_run
from lgi.jobs import logged


@logged
def main(snakemake):
    params = snakemake.params
    how = {"device": params.device, "source": params.source, "threads": snakemake.threads}
    # Paths alone say which seeds share a job.
    seeds = [int(PurePath(path).stem.rpartition("seed")[2]) for path in snakemake.output]
    with unfinished(snakemake.output) as runs:
        for seed, run in zip(seeds, runs, strict=True):
            run.write(*fit_run(**params.fit, seed=seed, **how, checkpoint=run))


if "snakemake" in globals():
    main(snakemake)
