"""Fit N Gaussians to an image, once for each seed."""

from lgi.gaussians.fits.run import fit_run
from lgi.jobs import logged
from lgi.runs import write_run


@logged
def main(snakemake):
    params = snakemake.params
    how = {"device": params.device, "source": params.source, "threads": snakemake.threads}
    for seed, path in zip(params.seeds, snakemake.output, strict=True):
        write_run(path, *fit_run(**params.fit, seed=seed, **how))


if "snakemake" in globals():
    main(snakemake)
