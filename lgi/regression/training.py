"""Runs of the study: data, and weights along gradient descent."""

from collections.abc import Sequence

import numpy as np

from lgi import provenance
from lgi.randomness import generator
from lgi.regression.settings import Data, Training


def data(settings: Data, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs [samples, features] along `rank` directions, and outputs [samples]."""
    stream = generator(seed, "regression", rank, settings.features, settings.samples)
    directions, _ = np.linalg.qr(stream.normal(size=(settings.features, rank)))
    inputs = stream.normal(size=(settings.samples, rank)) @ directions.T
    weights = stream.normal(size=settings.features)
    return inputs, inputs @ weights + settings.noise * stream.normal(size=settings.samples)


def train_run(
    settings: Data, training: Training, rank: int, seeds: Sequence[int], source: str
) -> tuple[dict[str, np.ndarray], dict]:
    """Train a regression for each seed.

    Returns
    -------
    arrays : dict
        ``seed`` [M], ``epoch`` [T], ``w`` [M, T, features] after so many steps, ``loss`` [M, T],
        half the mean squared error in units of the noise's variance.
    record : dict
        Settings and provenance.
    """
    found = [_descend(*data(settings, rank, seed), settings.noise, training) for seed in seeds]
    w, loss = (np.stack(values) for values in zip(*found, strict=True))
    arrays = {
        "seed": np.array(seeds),
        "epoch": np.array(training.epochs),
        "w": w,
        "loss": loss,
    }
    record = {
        "study": "regression",
        "rank": rank,
        "data": settings.model_dump(),
        "training": training.model_dump(),
        "seeds": list(seeds),
        "provenance": provenance.describe("numpy", "cpu", source),
    }
    return arrays, record


def _descend(
    inputs: np.ndarray, outputs: np.ndarray, noise: float, training: Training
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights [T, features] and losses [T] at the kept epochs."""
    w, kept, losses = np.zeros(inputs.shape[1]), [], []
    for epoch in range(training.epochs[-1] + 1):
        error = inputs @ w - outputs
        if epoch in training.epochs:
            kept.append(w)
            losses.append(0.5 * np.mean(error**2) / noise**2)
        w = w - training.rate * (error @ inputs) / len(outputs)
    return np.array(kept), np.array(losses)
