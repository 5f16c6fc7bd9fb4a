"""What is public, used with all types stated: `make lint` checks it, nothing runs it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

import lgi

setting = lgi.EstimateSettings(
    sampler=lgi.HMC(kind="hmc", step_size=1e-3, leapfrog_steps=2, target_acceptance=0.65),
    chains=4,
    draws=1_500,
    burn_in=200,
    localisation=3.0,
    inverse_temperature="1/log n",
    thresholds=lgi.Thresholds(
        share_below=0.1, gradient_norm=0.01, acceptance=0.2, rhat=1.05, ess=100
    ),
)
to_begin_with: lgi.EstimateSettings = lgi.default_setting(torch.nn.Linear(2, 1))
of_batches: lgi.EstimateSettings = setting.model_copy(
    update={"sampler": lgi.SGLD(kind="sgld", step_size=1e-4)}
)


def quadratic(w: Tensor) -> Tensor:
    """Return a loss that needs no data."""
    return (w**2).sum() / 2


def distance(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error."""
    return (output - target).square().mean()


x, y = torch.zeros(8, 2), torch.zeros(8, 1)
of_function: dict[str, float | str] = lgi.estimate_function(
    quadratic, torch.zeros(3), (), setting, samples=100, stream=(1, "mine")
)
of_module: dict[str, float | str] = lgi.estimate_module(
    torch.nn.Linear(2, 1), distance, (x, y), of_batches, batch_size=4, parameters="weight"
)
draws: lgi.Draws = lgi.sample_function(quadratic, torch.zeros(3), (), setting, samples=100)
columns: dict[str, float | str] = draws.columns()
layers = lgi.estimate_layers(
    torch.nn.Linear(2, 1), distance, (x, y), setting, groups={"w": "weight"}
)
curve = lgi.resolution_curve(torch.nn.Linear(2, 1), distance, (x, y), setting, factors=[0.5, 2.0])


def fitted(recipe: lgi.RecipeSettings) -> np.ndarray:
    """Return an array of a fit that was written and read."""
    picture = lgi.FileImage(kind="file", path="cat.png")
    arrays, record = lgi.fit("cat", picture, "mine", recipe, n=50, seed=1)
    lgi.write_run("cat.npz", arrays, record)
    run: lgi.Run = lgi.read_run("cat.npz", required=["target"])
    said: Mapping[str, Any] = run.record
    print(said["state"])
    return run["target"]


config = lgi.read_config("mine.yaml", changes={"device": "cpu"})
pixels: np.ndarray = fitted(config.gaussians.recipes["exact"])

try:
    lgi.read_table("table.csv", columns=["n"])
except (lgi.RunFileError, lgi.ModelError, lgi.ConfigError, lgi.ImageError) as error:
    known: lgi.LgiError = error

# What is wrong is found: mypy reports an ignored error that is none.
lgi.estimate_module(torch.nn.Linear(2, 1), distance, (x, y), setting, batches=4)  # type: ignore[call-arg]  # no such option
lgi.estimate_function(quadratic, "w", (), setting)  # type: ignore[arg-type]  # no tensor
lgi.Thresholds(rhat=1.05)  # type: ignore[call-arg]  # four more have no default
wrong = lgi.nothing  # type: ignore[attr-defined]  # not public
