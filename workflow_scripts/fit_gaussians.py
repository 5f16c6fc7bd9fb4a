"""Fit N Gaussians to an image, once for each seed."""

from pydantic import TypeAdapter

from lgi.gaussians.run import fit_run
from lgi.gaussians.settings import ImageSettings, RecipeSettings
from lgi.jobs import logged
from lgi.runs import write_run


@logged
def main(snakemake):
    params = snakemake.params
    image = TypeAdapter(ImageSettings).validate_python(params.image)
    recipe = RecipeSettings.model_validate(params.recipe)
    image_name, recipe_name, n = params.fit
    for seed, path in zip(params.seeds, snakemake.output, strict=True):
        run = fit_run(image_name, image, recipe_name, recipe, n, seed, params.device)
        write_run(path, *run)


if "snakemake" in globals():
    main(snakemake)
