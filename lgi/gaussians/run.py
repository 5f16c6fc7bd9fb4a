"""One run of study 1: image, recipe, N and seed in; arrays and record of the run file out."""

from collections.abc import Callable

import numpy as np

from lgi import provenance
from lgi.gaussians.history import History
from lgi.gaussians.images import load_image
from lgi.gaussians.initial import PARAMETERS, start
from lgi.gaussians.settings import ImageSettings, RecipeSettings
from lgi.runs import Run


def fit_run(
    image_name: str,
    image: ImageSettings,
    recipe_name: str,
    recipe: RecipeSettings,
    n: int,
    seed: int,
    device: str,
) -> tuple[dict[str, np.ndarray], dict]:
    """Fit `n` Gaussians to an image.

    Parameters
    ----------
    image_name, image
        Name and settings of the target.
    recipe_name, recipe
        Name and settings of the recipe.
    n
        Number of Gaussians, at least 1.
    seed
        Seed of the start, 0 to 2^64 - 1.
    device
        ``"cpu"`` for the compiled engine, ``"cuda"`` for PyTorch.

    Returns
    -------
    arrays : dict of str to ndarray
        What `History.arrays` names, and ``target`` [height, width, 3].
    record : dict
        What was run, how it ended (``state``), names of columns and groups, provenance.

    Raises
    ------
    ImageError
        If the image cannot be used.
    ConfigError
        If `n` or `seed` is out of range.
    """
    target = load_image(image)
    begin = start(n, seed, recipe.initialisation, target)
    history, end, origin = _fit(target, begin, recipe, device)
    record = {
        "study": "gaussians",
        "image_name": image_name,
        "image": image.model_dump(mode="json"),
        "recipe_name": recipe_name,
        "recipe": recipe.model_dump(mode="json"),
        "n": n,
        "seed": seed,
        "state": history.state,
        "best_iteration": history.best_iteration,
        "parameters": list(PARAMETERS),
        "groups": list(recipe.trained),
        "provenance": origin,
    }
    return {**history.arrays(end), "target": target}, record


def renderer(run: Run) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that renders parameters [n, P] as the run did: image [height, width, 3]."""
    from lgi.gaussians import fit_cpu

    height, width, _ = run["target"].shape
    recipe = RecipeSettings.model_validate(run.record["recipe"])

    def render(parameters: np.ndarray) -> np.ndarray:
        image, _ = fit_cpu.render(parameters, width, height, recipe.cutoff, recipe.edge)
        return image

    return render


def _fit(
    target: np.ndarray, start: np.ndarray, recipe: RecipeSettings, device: str
) -> tuple[History, np.ndarray, dict]:
    """Fit on the engine of the device; each is imported only where it runs."""
    if device == "cpu":
        from lgi.gaussians import fit_cpu

        engine, modules = "numba", ("lgi.gaussians.run", "lgi.gaussians.fit_cpu")
        history, end = fit_cpu.fit(target, start, recipe)
    else:
        from lgi.gaussians import fit

        engine, modules = "torch", ("lgi.gaussians.run", "lgi.gaussians.fit")
        history, end = fit.fit(target, start, recipe, device=device)
    return history, end, provenance.describe(engine, device, modules)
