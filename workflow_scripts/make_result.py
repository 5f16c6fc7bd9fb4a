"""Make declared tables, figures, animations or texts (see `lgi.catalogue`)."""

from lgi import spent
from lgi.jobs import logged, outcomes, runs_of
from lgi.making import make


def made(jobs):
    for job in jobs:
        params, output = job.params, job.output
        yield make(
            params.make,
            dict(job.input.items()),
            params.settings,
            {name: output[name] for name in params.outputs},
            {output[name]: draw for name, draw in params.pictures.items()},
            params.run_reader,
            params.contents,
            params.asked,
        )


@logged
def main(snakemake):
    for job, _ in outcomes(made, runs_of(snakemake)):
        spent.tell(job.rule)


if "snakemake" in globals():
    main(snakemake)
