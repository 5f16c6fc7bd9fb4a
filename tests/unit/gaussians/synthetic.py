"""A whole run file of study 1, made up: what a test does not say of it is plain."""

from pathlib import Path

import numpy as np
import yaml

from lgi.display import GaussianNames
from lgi.gaussians.fits.history import MEASURES
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.runs import Run

CONFIG = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text(encoding="utf-8"))[
    "gaussians"
]
PUBLISHED = CONFIG["recipes"]["published"]
NAMES = GaussianNames.model_validate(
    {"images": {"ramp": "a ramp", "flat": "flat image"}, "recipes": CONFIG["names"]["recipes"]}
)


def run_of(loss=(2.0, 1.0, 3.0), arrays=None, recipe=None, path=None, **record) -> Run:
    """Return a run whose loss was measured at iterations 1, 2, 4, ...

    Parameters
    ----------
    loss
        What was measured there.
    arrays
        Arrays in place of plain ones, or besides.
    recipe
        What differs from the published recipe.
    path
        Where the file lies; by default named by N and seed.
    **record
        Entries in place of plain ones, or besides.
    """
    loss = np.array(loss, dtype=float)
    iteration = 2 ** np.arange(len(loss))
    settings = RecipeSettings.model_validate(PUBLISHED | (recipe or {}))
    record = {
        "study": "gaussians",
        "image_name": "flat",
        "image": {"kind": "gradient_checkerboard", "width": 64, "height": 64},
        "recipe_name": "published",
        "recipe": settings.model_dump(mode="json"),
        "n": 5,
        "seed": 42,
        "state": "finished",
        "best_iteration": int(iteration[np.nanargmin(loss)]) if np.isfinite(loss).any() else 0,
        "parameters": list(PARAMETERS),
    } | record
    state = np.tile(np.float32([0.5, 0.5, 0.1, 0.2, 0, 0.2, 0.4, 0.6, 1]), (record["n"], 1))
    plain = {name: np.zeros(len(loss)) for name in MEASURES}
    plain |= {name: state.copy() for name in ("start", "best", "end")}
    plain |= {"iteration": iteration, "loss": loss, "target": np.zeros((10, 20, 3))}
    path = path or f"n{record['n']}_seed{record['seed']}.npz"
    return Run(Path(path), plain | (arrays or {}), record)
