"""Train a regression for each seed."""

from lgi.jobs import logged
from lgi.regression.settings import Data, Training
from lgi.regression.training import train_run
from lgi.runs import write_run


@logged
def main(snakemake):
    params = snakemake.params
    run = train_run(
        Data.model_validate(params.data),
        Training.model_validate(params.training),
        int(snakemake.wildcards.rank),
        list(params.seeds),
        params.source,
    )
    write_run(snakemake.output.run, *run)


if "snakemake" in globals():
    main(snakemake)
