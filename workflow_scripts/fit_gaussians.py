"""Fit N Gaussians to an image, once for each seed."""

from pathlib import PurePath

from lgi.gaussians.fits.run import fit_run
from lgi.jobs import logged
from lgi.runs import write_run


@logged
def main(snakemake):
    params = snakemake.params
    how = {"device": params.device, "source": params.source, "threads": snakemake.threads}
    for path in snakemake.output:
        # Paths alone say which seeds share a job.
        seed = int(PurePath(path).stem.rpartition("seed")[2])
        write_run(path, *fit_run(**params.fit, seed=seed, **how))


if "snakemake" in globals():
    main(snakemake)
