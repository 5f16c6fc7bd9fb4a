"""Initial W and b of the toy models."""

import numpy as np

from lgi.errors import ConfigError
from lgi.randomness import generator
from lgi.superposition.training.settings import (
    BiasSettings,
    InitialisationSettings,
    KgonInitialisation,
)


def initial_parameters(
    init: InitialisationSettings, hidden: int, features: int, seeds: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the start of every seed's model.

    A seed draws the same rotation, noise and biases for every initialisation that uses them, so
    that starts differ by what their settings say and not by chance.

    Parameters
    ----------
    init
        The initialisation, which must fit the model (see its `misfit`).
    hidden, features
        Size of the model.
    seeds
        Seeds of the models.

    Returns
    -------
    W : array [seeds, hidden, features]
        Weights in float32.
    b : array [seeds, features]
        Biases in float32.
    """
    W = [_weights(init, hidden, features, seed) for seed in seeds]
    b = [_bias(init.bias, features, seed) for seed in seeds]
    return np.array(W, np.float32), np.array(b, np.float32)


def _weights(
    init: InitialisationSettings, hidden: int, features: int, seed: int
) -> np.ndarray:  # [hidden, features]
    noise = generator(seed, "superposition", "initial", "W").normal(size=(hidden, features))
    if init.kind == "normal":
        return init.deviation * noise
    if init.kind == "kgon":
        return _polygon(init, features, seed) + init.noise * noise
    raise ConfigError(f"initialisation.kind: no function makes a start of kind {init.kind}")


def _polygon(init: KgonInitialisation, features: int, seed: int) -> np.ndarray:  # [2, features]
    turn = 0.0
    if init.rotation == "random":
        turn = generator(seed, "superposition", "initial", "rotation").uniform(0, 2 * np.pi)
    angle = turn + 2 * np.pi * np.arange(init.k) / init.k
    W = np.zeros((2, features))
    W[:, : init.k] = init.radius * np.array([np.cos(angle), np.sin(angle)])
    return W


def _bias(bias: BiasSettings, features: int, seed: int) -> np.ndarray:  # [features]
    if bias.kind == "constant":
        return np.full(features, bias.value)
    stream = generator(seed, "superposition", "initial", "b")
    return bias.mean + bias.deviation * stream.normal(size=features)
