"""Go on from a fit to the minimum of the squared error, and expand it there."""

from lgi.asked import read_asked
from lgi.gaussians.fits.view import read_fit
from lgi.gaussians.llc.minimum import find_minimum
from lgi.jobs import logged
from lgi.runs import write_run


@logged
def main(snakemake):
    params = snakemake.params
    fit = read_asked(snakemake.input.run, params.asked, read_fit)
    write_run(snakemake.output.minimum, *find_minimum(fit, **params.settings, source=params.source))


if "snakemake" in globals():
    main(snakemake)
