"""Recipes and images of the tests of study 1."""

import json
from pathlib import Path

import pytest
import torch
from pydantic import TypeAdapter

from lgi.gaussians.fits.edge import edge_of
from lgi.gaussians.fits.gradient import image_gradient, parameter_gradient
from lgi.gaussians.fits.images import load_image
from lgi.gaussians.fits.render import blend, weights
from lgi.gaussians.fits.settings import ImageSettings, RecipeSettings
from tests.unit.gaussians.synthetic import PUBLISHED


@pytest.fixture(scope="session")
def make_recipe():
    """Return a function that gives the published recipe with some values changed."""

    def make(**changes):
        return RecipeSettings.model_validate(PUBLISHED | {"snapshots": 0} | changes)

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
def gradient_of(make_recipe):
    """Return a function that gives the gradient by the definition, of the recipe's changes."""

    def gradient(parameters: torch.Tensor, target: torch.Tensor, **changes) -> torch.Tensor:
        recipe = make_recipe(**changes)
        height, width, _ = target.shape
        w, decay = weights(parameters, width, height, recipe.cutoff, recipe.edge)
        black = edge_of(recipe.cutoff, recipe.edge).background
        image, weight = blend(w, parameters[:, 5:8], black, recipe.blend)
        error = image_gradient(image, target, recipe)
        return parameter_gradient(parameters, w, decay, image, weight, error, recipe.blend)

    return gradient


@pytest.fixture(scope="session")
def golden():
    """Return the golden numbers of study 1."""
    path = Path(__file__).parents[2] / "golden" / "gaussians.json"
    return json.loads(path.read_text(encoding="utf-8"))
