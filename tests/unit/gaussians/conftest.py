"""Recipes and images of the tests of study 1."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from lgi.gaussians.images import load_image
from lgi.gaussians.settings import ImageSettings, RecipeSettings

PUBLISHED = {
    "iterations": 10_000,
    "initialisation": {"kind": "random", "scale": [0.01, 0.1]},
    "cutoff": 3.5,
    "gradient": "l2",
    "trained": ["position", "scale", "colour"],
    "position": {"low": 0, "high": 1},
    "scale": {"low": 0.001, "high": 0.5},
    "colour": {"low": 0, "high": 1},
    "loss": {"l1": 0.2, "l2": 0.8, "ssim": 0.1},
    "optimiser": {"kind": "adam", "rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "schedule": {"kind": "constant"},
    "early_stop": None,
    "snapshots": 0,
}


@pytest.fixture(scope="session")
def make_recipe():
    """Return a function that gives the published recipe with some values changed."""

    def make(**changes):
        return RecipeSettings.model_validate(PUBLISHED | changes)

    return make


@pytest.fixture(scope="session")
def make_image():
    """Return a function that gives the settings of an image."""

    def make(kind="gradient_checkerboard", width=64, height=64, **values):
        return TypeAdapter(ImageSettings).validate_python(
            {"kind": kind, "width": width, "height": height, **values}
        )

    return make


@pytest.fixture(scope="session")
def make_target(make_image):
    """Return a function that gives the pixels of an image."""

    def make(*values, **named):
        return load_image(make_image(*values, **named))

    return make


@pytest.fixture(scope="session")
def golden():
    """Return the golden numbers of study 1."""
    path = Path(__file__).parents[2] / "golden" / "gaussians.json"
    return json.loads(path.read_text())
