"""Recipes and images of the tests of study 1."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from pydantic import TypeAdapter

from lgi.gaussians.gradient import l2_gradient
from lgi.gaussians.images import load_image
from lgi.gaussians.render import blend, weights
from lgi.gaussians.settings import ImageSettings, RecipeSettings

CONFIG = Path(__file__).parents[3] / "config.yaml"
PUBLISHED = yaml.safe_load(CONFIG.read_text())["gaussians"]["recipes"]["published"]


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
def gradient_of():
    """Return a function that gives the gradient of L2 by the definition."""

    def gradient(parameters: torch.Tensor, target: torch.Tensor, cutoff: float) -> torch.Tensor:
        height, width, _ = target.shape
        w = weights(parameters, width, height, cutoff)
        return l2_gradient(parameters, w, *blend(w, parameters[:, 5:8]), target)

    return gradient


@pytest.fixture(scope="session")
def golden():
    """Return the golden numbers of study 1."""
    path = Path(__file__).parents[2] / "golden" / "gaussians.json"
    return json.loads(path.read_text())
