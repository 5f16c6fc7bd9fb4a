import numpy as np
import pytest

from lgi.superposition.training.data import population, training_samples
from lgi.superposition.training.losses import pattern_losses, sample_losses
from lgi.superposition.training.settings import BinaryData, UniformData

BINARY = BinaryData(kind="binary", features=6, test_samples=1)
UNIFORM = UniformData(kind="uniform", features=6, test_samples=1)


def states(models, snapshots):
    rng = np.random.default_rng(0)
    W = rng.normal(size=(models, snapshots, 2, 6)).astype(np.float32)
    return W, rng.normal(size=(models, snapshots, 6)).astype(np.float32)


def definition(W, b, x):
    """Return the loss of one state on samples x, as the formula stands, in float64."""
    W, b, x = (np.asarray(part, np.float64) for part in (W, b, x))
    return ((np.maximum(x @ W.T @ W + b, 0) - x) ** 2).mean()


@pytest.mark.parametrize("data", [BINARY, UNIFORM])
def test_sample_losses_are_the_mean_over_samples_and_features(data):
    W, b = states(3, 4)
    samples = training_samples(data, [0, 1, 2], 0.8111, 150)
    losses = sample_losses(W, b, samples, discrete=data is BINARY)
    expected = [[definition(W[m, t], b[m, t], samples[m]) for t in range(4)] for m in range(3)]
    np.testing.assert_allclose(losses, expected, rtol=1e-13)


def test_population_loss_is_the_limit_of_the_sample_loss():
    W, b = states(1, 2)
    exact = pattern_losses(W, b, *population(BINARY, 0.8111))[0]
    x = training_samples(BINARY, [0], 0.8111, 400_000)
    losses = sample_losses(W, b, x, discrete=True)[0]
    for t in range(2):
        own = ((np.maximum(x[0] @ W[0, t].T @ W[0, t] + b[0, t], 0) - x[0]) ** 2).mean(axis=1)
        assert losses[t] == pytest.approx(exact[t], abs=4 * own.std() / np.sqrt(len(own)))


def test_population_loss_by_brute_force():
    W, b = states(2, 3)
    S = 0.4262
    expected = np.zeros((2, 3))
    for code in range(64):
        x = np.array([code >> j & 1 for j in range(6)], float)
        probability = np.prod(np.where(x == 1, 1 - S, S))
        for m in range(2):
            for t in range(3):
                expected[m, t] += probability * definition(W[m, t], b[m, t], x[None])
    np.testing.assert_allclose(pattern_losses(W, b, *population(BINARY, S)), expected, rtol=1e-13)


def test_losses_of_diverged_states_are_nan():
    W, b = states(2, 1)
    W[1], b[1] = np.nan, np.nan
    losses = pattern_losses(W, b, *population(BINARY, 0.5))
    np.testing.assert_array_equal(np.isnan(losses), [[False], [True]])
