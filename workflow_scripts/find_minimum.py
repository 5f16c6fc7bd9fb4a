"""Go on from a fit to the minimum of the squared error, and expand it there."""

from lgi.gaussians.fits.view import read_fit
from lgi.gaussians.llc.minimum import find_minimum
from lgi.jobs import logged
from lgi.runs import write_run


@logged
def main(snakemake):
    fit, params = read_fit(snakemake.input.run), snakemake.params
    write_run(snakemake.output.minimum, *find_minimum(fit, **params.settings, source=params.source))


if "snakemake" in globals():
    main(snakemake)
