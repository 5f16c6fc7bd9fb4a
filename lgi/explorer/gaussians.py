"""Study 1 in the explorer: fits that its page renders, and curves of best loss against N."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.engines import load
from lgi.explorer.packing import pack
from lgi.gaussians.fits.edge import edge_of
from lgi.gaussians.fits.initial import COLUMNS
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.n_study.seeds import curves
from lgi.gaussians.turn.table import row
from lgi.randomness import generator
from lgi.runs import Run

SHOWN = [place for columns in COLUMNS.values() for place in columns]
"""Columns of a state in the page: x, y, both scales, rotation, red, green, blue."""

LOSSES = "lgi.explorer.measuring:losses"
"""Measures as the engine does. Named, as the engine is, so that it comes with the first image."""

LOGGED = ("iteration", "loss", "uncovered")
"""What the page shows of the logged iterations."""

MEASURED = ("loss", "l1", "l2", "ssim", "uncovered", "on_covered", "on_uncovered")
"""What the engine measures of a kept state: the reported loss and its parts, the uncovered share,
and what covered and uncovered pixels add to the pixel loss, l1 L1 + l2 L2 with the recipe's
weights, as `lgi.gaussians.turn.table` divides it."""


def packed(
    settings: Mapping[str, Any], fits: Iterable[Run], tables: Mapping[str, pd.DataFrame]
) -> str:
    """Return what the views of study 1 read, as `lgi.explorer.packing.pack` writes it.

    Parameters
    ----------
    settings
        Sections ``explorer`` and ``gaussians``.
    fits
        Run files of those that the page shows.
    tables
        ``gaussians_runs``, the table of all runs (`lgi.gaussians.fits.table.table`).

    Returns
    -------
    str
        Words ``images``, ``runs``, ``curves``, ``measured``, ``background``, ``factor`` of the
        turn and ``reference``, the recipe that others are compared with. Of image and run number
        i, arrays ``target_i`` [height, width, 3]; ``states_i`` [8, states, n], float32 as in the
        run file; ``logged_i`` [3, L], rows as in `LOGGED`; ``measured_i`` [7, states], rows as in
        `MEASURED`.
    """
    study, views = settings["gaussians"], settings["explorer"].gaussians
    images: dict[str, int] = {}
    runs: list[dict] = []
    arrays: dict[str, np.ndarray] = {}
    for fit in map(Fit, fits):
        if fit.image not in images:
            arrays[f"target_{len(images)}"] = np.asarray(fit["target"], np.float32)
            images[fit.image] = len(images)
        number, states = len(runs), _states(fit)
        arrays |= {
            f"states_{number}": np.stack([s.T[SHOWN] for s in states.values()], axis=1),
            f"logged_{number}": np.array([fit[name] for name in LOGGED], dtype=np.float64),
            f"measured_{number}": np.transpose([_measured(fit, s) for s in states.values()]),
        }
        runs.append(_described(fit, states, study))
    held = {
        "images": [{"name": n, "title": study.names.of("images", n)} for n in images],
        "runs": runs,
        "measured": MEASURED,
        "background": views.background,
        "factor": study.turn.factor,
        "reference": study.turn.cures.reference,
        "curves": [
            _curve(study, name, tables["gaussians_runs"], views.seed) for name in views.loss_vs_n
        ],
    }
    return pack(held, arrays)


def _states(fit: Fit) -> dict[int, np.ndarray]:
    """Return the finite states [n, P] of a run by their iterations, the best among them."""
    kept = dict(zip(fit["snapshot_iteration"].tolist(), fit["snapshots"], strict=True))
    kept |= {1: fit["start"], fit.best_iteration or 1: fit["best"]}
    return {k: kept[k] for k in sorted(kept) if k == 1 or np.isfinite(kept[k]).all()}


def _measured(fit: Fit, state: np.ndarray) -> list[float]:
    """Return what the engine measures of a state, as in `MEASURED`."""
    weights = fit.recipe.loss
    losses = load(LOSSES)(fit.render(state), fit["target"], weights)
    absolute, squared, covered = fit.errors(state)
    loss = (weights.l1 * absolute + weights.l2 * squared) / fit.pixels
    return [*map(float, losses), 1 - covered.mean(), loss[covered].sum(), loss[~covered].sum()]


def _described(fit: Fit, states: Mapping[int, np.ndarray], study: Any) -> dict:
    """Return the words of a run."""
    recipe = fit.recipe
    turn = row(fit, study.turn.factor, study.turn.uncovered)["turn_iteration"]
    return fit.identity() | {
        "title": study.names.of("recipes", fit.recipe_name),
        "blend": recipe.blend,
        "cutoff": recipe.cutoff,
        "edge": recipe.edge.kind,
        "background": edge_of(recipe.cutoff, recipe.edge).background,
        "weights": recipe.loss.model_dump(),
        "iterations": recipe.iterations,
        "best": fit.best_iteration,
        "turn": int(turn) if np.isfinite(turn) else None,
        "states": list(states),
    }


def _curve(study: Any, name: str, runs: pd.DataFrame, seed: int) -> dict:
    """Return best loss against N of a list: every seed, and their mean with its interval.

    None stands for a run that has no finite loss. ``order`` is that in which the page draws seeds:
    a permutation from stream ("explorer", list).
    """
    entry, level = study.run_list(name), study.n_study.seeds.confidence
    losses = curves(runs, entry)
    means = [intervals.mean(losses[n].to_numpy(), level) for n in losses]
    return {
        "name": name,
        "image": study.names.of("images", entry.image[0]),
        "recipe": study.names.of("recipes", entry.recipe[0]),
        "confidence": level,
        "n": losses.columns.tolist(),
        "seeds": losses.index.tolist(),
        "losses": [_finite(values) for values in losses.to_numpy()],
        **{end: _finite([getattr(m, end) for m in means]) for end in ("value", "low", "high")},
        "count": [mean.n for mean in means],
        "order": generator(seed, "explorer", name).permutation(len(losses)).tolist(),
    }


def _finite(values: Iterable[float]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
