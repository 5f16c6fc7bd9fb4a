"""Go on from a fit to the minimum of the squared error, and expand it there."""

from lgi.gaussians.llc_settings import MinimumSettings
from lgi.gaussians.minimum import find_minimum
from lgi.jobs import logged
from lgi.runs import read_run, write_run


@logged
def main(snakemake):
    settings = MinimumSettings.model_validate(snakemake.params.settings)
    run = read_run(snakemake.input.run)
    write_run(snakemake.output.minimum, *find_minimum(run, settings))


if "snakemake" in globals():
    main(snakemake)
