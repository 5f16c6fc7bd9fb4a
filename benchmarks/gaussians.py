"""Iterations of a Gaussian fit: the CPU engine beside autograd and Adam in PyTorch."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import yaml

from lgi.gaussians import fit_cpu
from lgi.gaussians.images import load_image
from lgi.gaussians.initial import random_start
from lgi.gaussians.settings import GradientCheckerboardImage, RecipeSettings

N, SEED, SIDE = 50, 42, 64
ITERATIONS, BASELINE_ITERATIONS, REPEATS = 3_000, 500, 3
TOLERANCE = 1e-4  # relative, of the losses of the baseline's window: float32 sums, other order

CONFIG = Path(__file__).parents[1] / "config.yaml"
RECIPE = RecipeSettings.model_validate(
    yaml.safe_load(CONFIG.read_text())["gaussians"]["recipes"]["published"]
    | {"iterations": ITERATIONS, "snapshots": 0}
)
"""The published recipe, cut to the measured window."""


def compare() -> list[dict]:
    """Return the rate of the CPU engine and of a plain PyTorch loop, iterations per second."""
    torch.set_num_threads(1)
    target = load_image(
        GradientCheckerboardImage(kind="gradient_checkerboard", width=SIDE, height=SIDE)
    )
    start = random_start(N, SEED, RECIPE.initialisation)
    fit_cpu.fit(target, start, RECIPE)  # compiles
    (history, end), seconds = _best_of(REPEATS, lambda: fit_cpu.fit(target, start, RECIPE))
    theirs, their_seconds = _best_of(1, lambda: _plain_losses(target, start))

    arrays = history.arrays(end)
    shared = arrays["iteration"] <= BASELINE_ITERATIONS
    ours = arrays["l2"][shared]
    gap = np.max(np.abs(theirs[arrays["iteration"][shared] - 1] / ours - 1))
    if not gap < TOLERANCE:
        raise AssertionError(f"losses differ by {gap:.1e}, allowed are {TOLERANCE:.0e}")
    rate, their_rate = ITERATIONS / seconds, BASELINE_ITERATIONS / their_seconds
    return [
        {
            "case": f"fit of N = {N}, seed {SEED}, {SIDE} x {SIDE}",
            "engine": "numba",
            "precision": "float32",
            "window": f"iterations 1 to {ITERATIONS:,}, logging included",
            "rate": rate,
            "baseline": f"PyTorch autograd and Adam, iterations 1 to {BASELINE_ITERATIONS:,}",
            "baseline_rate": their_rate,
            "ratio": rate / their_rate,
            "equal": f"L2 at {shared.sum()} iterations, largest relative difference {gap:.0e}",
        }
    ]


def _plain_losses(target: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Fit as one would in PyTorch without much thought; return L2 before each update."""
    target = torch.tensor(target)
    position = torch.tensor(start[:, 0:2], requires_grad=True)
    scale = torch.tensor(start[:, 2:4], requires_grad=True)
    colour = torch.tensor(start[:, 5:8], requires_grad=True)
    optimiser = torch.optim.Adam([position, scale, colour], lr=1e-3)
    axis = torch.arange(SIDE) / SIDE
    pixels = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)[:, :, None]
    losses = np.empty(BASELINE_ITERATIONS)
    for iteration in range(BASELINE_ITERATIONS):
        d2 = (((pixels - position) / scale) ** 2).sum(-1)
        w = torch.exp(-d2 / 2) * (d2 <= 3.5**2)
        weight = w.sum(-1, keepdim=True)
        covered = weight > 1e-10
        image = torch.where(covered, w @ colour / torch.where(covered, weight, 1), 0)
        loss = ((image - target) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            position.clamp_(0, 1)
            scale.clamp_(0.001, 0.5)
            colour.clamp_(0, 1)
        losses[iteration] = loss.item()
    return losses


def _best_of(repeats: int, run: Callable) -> tuple:
    """Return the result and the least time in seconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begin)
    return result, min(times)
