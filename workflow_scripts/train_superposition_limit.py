"""Train the models of all seeds on one active feature, for one start and sample size."""

from pydantic import TypeAdapter

from lgi.jobs import logged
from lgi.runs import write_run
from lgi.superposition.limit.settings import HIDDEN
from lgi.superposition.training.run import train_run
from lgi.superposition.training.settings import (
    InitialisationSettings,
    OneActiveData,
    TrainingSettings,
)


@logged
def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    arrays, record = train_run(
        wildcards.limit_init,
        TypeAdapter(InitialisationSettings).validate_python(params.initialisation),
        hidden=HIDDEN,
        samples=int(wildcards.limit_samples),
        sparsity=1.0,  # the limit
        data=OneActiveData.model_validate(params.data),
        training=TrainingSettings.model_validate(params.training),
        seeds=list(params.seeds),
        device=params.device,
        source=params.source,
    )
    write_run(snakemake.output.run, arrays, record)


if "snakemake" in globals():
    main(snakemake)
