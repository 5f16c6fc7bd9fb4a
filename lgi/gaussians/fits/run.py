"""One run of study 1: image, recipe, N and seed in; arrays and record of the run file out."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lgi import provenance
from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.engines import chosen
from lgi.gaussians.fits.engines import FIT
from lgi.gaussians.fits.images import load_image
from lgi.gaussians.fits.initial import PARAMETERS, start
from lgi.gaussians.fits.settings import ImageSettings, RecipeSettings


def fit_runs(
    runs: Sequence[Mapping],
    source: str,
    threads: int = 1,
    checkpoints: Sequence[NoCheckpoint] | None = None,
) -> Iterator[tuple[dict[str, np.ndarray], dict]]:
    """Yield what `fit_run` returns for each of some runs, on the device in use, in their order.

    Parameters
    ----------
    runs
        The arguments of `fit_run` that say what is fitted, by name, for each run.
    source, threads
        As for `fit_run`.
    checkpoints
        One for each run.
    """
    for run, checkpoint in zip(runs, checkpoints or [NO_CHECKPOINT] * len(runs), strict=True):
        device = chosen(FIT).device
        yield fit_run(**run, device=device, source=source, threads=threads, checkpoint=checkpoint)


def fit_run(
    image_name: str,
    image: ImageSettings,
    recipe_name: str,
    recipe: RecipeSettings,
    n: int,
    seed: int,
    device: str,
    source: str,
    threads: int = 1,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
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
    source
        Fingerprint of the source, for the record.
    threads
        How many an engine on the CPU may use; decides no bit.
    checkpoint
        Where its state is saved and found again (`lgi.checkpoints`).

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
    engine = FIT[device]
    run = {
        "study": "gaussians",
        "image_name": image_name,
        "image": image.model_dump(mode="json"),
        "recipe_name": recipe_name,
        "recipe": recipe.model_dump(mode="json"),
        "n": n,
        "seed": seed,
        "parameters": list(PARAMETERS),
        "groups": list(recipe.trained),
        "provenance": provenance.describe(engine.name, device, source),
    }
    if finished := checkpoint.begin(run):
        return finished.arrays, finished.record
    target = load_image(image)
    begin = start(n, seed, recipe.initialisation, target)
    shared = {"threads": threads} if device == "cpu" else {}
    history, end = engine.load()(target, begin, recipe, seed, checkpoint=checkpoint, **shared)
    record = run | {"state": history.state, "best_iteration": history.best_iteration}
    return {**history.arrays(end), "target": target}, record
