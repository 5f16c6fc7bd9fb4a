"""Train the models of all seeds on one active feature, for one start and sample size."""

from pydantic import TypeAdapter

from lgi.checkpoints import unfinished
from lgi.jobs import logged
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
    with unfinished([snakemake.output.run]) as [run]:
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
            checkpoint=run,
        )
        run.write(arrays, record)


if "snakemake" in globals():
    main(snakemake)
