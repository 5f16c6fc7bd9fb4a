"""Gaussians that are added to a fit while it trains, where its error is.

Both engines ask here where they go, since a choice by chance must be the same one to the last bit;
what a choice rests on, the rendered image, they make each in its own way.
"""

from dataclasses import dataclass

import numpy as np

from lgi.gaussians.fits.initial import first_of, upright
from lgi.gaussians.fits.settings import Blend, ErrorGuidedStart, RecipeSettings
from lgi.randomness import generator


@dataclass(frozen=True)
class Growth:
    """When and where a fit gains Gaussians.

    Parameters
    ----------
    counts
        By iteration, how many are added after its update.
    start
        How they begin; None where none is added.
    blend
        How the recipe blends colours.
    seed
        Seed of the streams, one for each iteration that adds.
    """

    counts: dict[int, int]
    start: ErrorGuidedStart | None
    blend: Blend
    seed: int

    def added(self, iteration: int, image: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the Gaussians that are added after the update of an iteration.

        Pixels are drawn without replacement, with probability by the absolute error summed over
        channels, as in Image-GS (Zhang et al. 2025, "Image-GS: Content-adaptive image
        representation via 2D Gaussians"): each gets an exponential of rate its error, and the
        earliest are taken (Efraimidis and Spirakis 2006, "Weighted random sampling with a
        reservoir"). Taking the largest errors instead would pile up Gaussians on one hole. Pixels
        without an error come last, and once every pixel is taken they come again in this order.

        Parameters
        ----------
        iteration
            Iteration, counted from 1.
        image
            [height, width, 3], as rendered at that iteration, before its update.
        target
            [height, width, 3].

        Returns
        -------
        ndarray
            float32 [count, P], upright: at the place of their pixel, both axes with one uniformly
            random scale. Their colour is that of the target there; where colours add up, what the
            image lacks of it, which may be negative until the first update clamps it.
        """
        count, (height, width, _) = self.counts[iteration], target.shape
        random = generator(self.seed, "gaussians", "error_guided", iteration)
        error = np.abs(image.astype(np.float64) - target).sum(axis=2).ravel()
        waits = random.exponential(size=error.size)
        arrival = np.divide(waits, error, out=np.full_like(waits, np.inf), where=error > 0)
        pixel = np.resize(np.lexsort((waits, arrival)), count)
        row, column = np.divmod(pixel, width)
        place = np.stack([column / width, row / height], axis=1)
        scale = random.uniform(*self.start.scale, (count, 1))
        colour = target if self.blend == "mean" else target - image
        return upright(place, scale, colour.reshape(-1, 3)[pixel])


def growth_of(recipe: RecipeSettings, n: int, seed: int) -> Growth:
    """Return how a fit grows to `n` Gaussians; most recipes have all of them from the start.

    Parameters
    ----------
    recipe
        Recipe of the fit.
    n
        Number of Gaussians in the end, at least 1.
    seed
        Seed of the run, 0 to 2^64 - 1.
    """
    start = recipe.initialisation
    if start.kind != "error_guided":
        return Growth({}, None, recipe.blend, seed)
    later = n - first_of(n, start)
    after = [later * done // start.rounds for done in range(start.rounds + 1)]
    counts = {
        start.every * (done + 1): after[done + 1] - after[done] for done in range(start.rounds)
    }
    return Growth({k: count for k, count in counts.items() if count}, start, recipe.blend, seed)
