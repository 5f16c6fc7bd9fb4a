"""Fit N Gaussians to an image."""

from pydantic import TypeAdapter

from lgi.gaussians.run import fit_run
from lgi.gaussians.settings import ImageSettings, RecipeSettings
from lgi.jobs import logged
from lgi.runs import write_run


@logged
def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    arrays, record = fit_run(
        wildcards.image,
        TypeAdapter(ImageSettings).validate_python(params.image),
        wildcards.recipe,
        RecipeSettings.model_validate(params.recipe),
        n=int(wildcards.n),
        seed=int(wildcards.seed),
        device=params.device,
    )
    write_run(snakemake.output.run, arrays, record)


if "snakemake" in globals():
    main(snakemake)
