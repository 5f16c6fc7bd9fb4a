"""One run of study 1: image, recipe, N and seed in; arrays and record of the run file out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lgi import provenance
from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.engines import chosen
from lgi.gaussians.fits.engines import FIT
from lgi.gaussians.fits.history import History
from lgi.gaussians.fits.images import load_image
from lgi.gaussians.fits.initial import PARAMETERS, start
from lgi.gaussians.fits.settings import ImageSettings, RecipeSettings
from lgi.runs import Content
from lgi.shipped import shipped


def fit_runs(
    runs: Sequence[Mapping[str, Any]],
    source: str,
    threads: int = 1,
    checkpoints: Sequence[NoCheckpoint] | None = None,
) -> Iterator[Content]:
    """Yield what `fit_run` returns for each of some runs, in their order.

    Parameters
    ----------
    runs
        The arguments of `fit_run` that say what is fitted, by name, for each run. On a GPU all are
        fitted side by side, before the first is yielded.
    source, threads
        As for `fit_run`.
    checkpoints
        One for each run.
    """
    checkpoints = checkpoints or [NO_CHECKPOINT] * len(runs)
    each = zip(runs, checkpoints, strict=True)
    if chosen(FIT).device == "cpu":
        for run, checkpoint in each:
            yield fit_run(**run, source=source, threads=threads, checkpoint=checkpoint)
        return
    begun = [_Run(**run, source=source, checkpoint=checkpoint) for run, checkpoint in each]
    waiting = [fit for fit in begun if not fit.finished]
    ends = iter(chosen(FIT).load()([fit.task for fit in waiting]))
    for fit in begun:
        yield fit.finished or fit.ended(*next(ends))


def fit_run(
    image_name: str,
    image: ImageSettings,
    recipe_name: str,
    recipe: RecipeSettings,
    n: int,
    seed: int,
    source: str | None = None,
    threads: int = 1,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
) -> Content:
    """Fit `n` Gaussians to an image, on the device in use (`lgi.engines.on`).

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
    source
        Fingerprint of the source, for the record; None for that of the workflow's job.
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
    if source is None:
        source = provenance.source_fingerprint(shipped("workflow_scripts/fit_gaussians.py"))
    run = _Run(image_name, image, recipe_name, recipe, n, seed, source, checkpoint)
    if run.finished:
        return run.finished
    engine = chosen(FIT)
    if engine.device == "cpu":
        return run.ended(*engine.load()(*run.task, threads=threads))
    (fit,) = engine.load()([run.task])
    return run.ended(*fit)


class _Run:
    """A run that begins: what it is, and what an engine needs, unless an earlier job ended it."""

    def __init__(
        self,
        image_name: str,
        image: ImageSettings,
        recipe_name: str,
        recipe: RecipeSettings,
        n: int,
        seed: int,
        source: str,
        checkpoint: NoCheckpoint,
    ) -> None:
        engine = chosen(FIT)
        self._said = {
            "study": "gaussians",
            "image_name": image_name,
            "image": image.model_dump(mode="json"),
            "recipe_name": recipe_name,
            "recipe": recipe.model_dump(mode="json"),
            "n": n,
            "seed": seed,
            "parameters": list(PARAMETERS),
            "groups": list(recipe.trained),
            "provenance": provenance.describe(engine.name, engine.device, source),
        }
        done = checkpoint.begin(self._said)
        self.finished = (done.arrays, done.record) if done else None
        if not done:
            self._target = load_image(image)
            begin = start(n, seed, recipe.initialisation, self._target)
            self.task = (self._target, begin, recipe, seed, checkpoint)

    def ended(self, history: History, end: np.ndarray) -> Content:
        """Return arrays and record of the run file."""
        record = self._said | {"state": history.state, "best_iteration": history.best_iteration}
        return {**history.arrays(end), "target": self._target}, record
