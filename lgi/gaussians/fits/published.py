"""What the published losses belong to. A run has them beside it only if its settings are these."""

from collections.abc import Mapping

from lgi.gaussians.fits.settings import GradientCheckerboardImage, RecipeSettings, recorded

IMAGE = GradientCheckerboardImage(kind="gradient_checkerboard", width=64, height=64)

RECIPE = RecipeSettings.model_validate(
    {
        "iterations": 10_000,
        "initialisation": {"kind": "random", "scale": (0.01, 0.1)},
        "cutoff": 3.5,
        "edge": {"kind": "hard"},
        "blend": "mean",
        "gradient": "l2",
        "trained": ("position", "scale", "colour"),
        "position": {"low": 0, "high": 1},
        "scale": {"low": 0.001, "high": 0.5},
        "colour": {"low": 0, "high": 1},
        "loss": {"l1": 0.2, "l2": 0.8, "ssim": 0.1},
        "optimiser": {"kind": "adam", "rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "schedule": {"kind": "constant"},
        "early_stop": None,
        "snapshots": 0,
    }
)


def is_published(record: Mapping) -> bool:
    """Tell whether a run's image and recipe are the published ones, whatever they are called.

    Parameters
    ----------
    record
        Record of the run file. How many snapshots it keeps decides nothing and is not compared.
    """
    image, recipe = IMAGE.model_dump(mode="json"), RECIPE.model_dump(mode="json")
    return record["image"] == image and recorded(record["recipe"]) | {"snapshots": 0} == recipe
