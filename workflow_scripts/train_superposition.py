"""Train the models of all seeds for one initialisation, sample size and sparsity."""

from pydantic import TypeAdapter

from lgi.checkpoints import unfinished
from lgi.jobs import logged
from lgi.superposition.training.run import train_run
from lgi.superposition.training.settings import (
    DataSettings,
    InitialisationSettings,
    TrainingSettings,
)


@logged
def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    with unfinished([snakemake.output.run]) as [run]:
        arrays, record = train_run(
            wildcards.init,
            TypeAdapter(InitialisationSettings).validate_python(params.initialisation),
            hidden=params.hidden,
            samples=int(wildcards.samples),
            sparsity=params.sparsity,
            data=TypeAdapter(DataSettings).validate_python(params.data),
            training=TrainingSettings.model_validate(params.training),
            seeds=list(params.seeds),
            device=params.device,
            source=params.source,
            checkpoint=run,
        )
        run.write(arrays, record)


if "snakemake" in globals():
    main(snakemake)
