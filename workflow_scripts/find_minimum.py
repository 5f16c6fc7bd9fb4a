"""Go on from a fit to the minimum of the squared error, and expand it there."""

from lgi.asked import read_asked
from lgi.gaussians.fits.view import read_fit
from lgi.gaussians.llc.minimum import find_minimum
from lgi.jobs import logged, outcomes, runs_of
from lgi.runs import write_run


def found(runs):
    for run in runs:
        fit = read_asked(run.input.run, run.params.asked, read_fit)
        yield find_minimum(fit, **run.params.settings, source=run.params.source)


@logged
def main(snakemake):
    for run, minimum in outcomes(found, runs_of(snakemake)):
        write_run(run.output.minimum, *minimum)


if "snakemake" in globals():
    main(snakemake)
