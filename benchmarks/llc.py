"""SGLD beside a straightforward PyTorch loop; effective draws of HMC beside those of MALA."""

from collections.abc import Callable

import numpy as np

from benchmarks.machine import beside
from lgi.llc.diagnostics import ess_bulk
from lgi.llc.keys import PROPOSAL, chain_keys
from lgi.llc.samplers_cpu import Chains, hmc, sgld
from lgi.superposition.training.data import count_patterns, training_samples
from lgi.superposition.training.initial import initial_parameters
from lgi.superposition.training.kernels import loss_and_gradient
from lgi.superposition.training.settings import (
    BinaryData,
    KgonInitialisation,
    NormalBias,
    TrainingSettings,
)
from lgi.superposition.training.train_cpu import train_on_patterns

MODELS, SAMPLES, HIDDEN, FEATURES = 448, 1_000, 2, 6
SPARSITY = 1 - np.exp(-5 / 9)  # 0.4262: all 64 patterns occur
STEP_SIZE, LOCALISATION, N_BETA = 1e-3, 1.0, SAMPLES / np.log(SAMPLES)
DRAWS, BASELINE_DRAWS = 500, 500
EXACT_MODELS, CHAINS = 100, 4  # of HMC and MALA
TOLERANCE = 1e-9  # of the losses; float64 sums in another order differ by about 1e-14


def compare() -> list[dict]:
    """Measure both on one thread in the same run, and check that they draw the same losses.

    Returns
    -------
    list of dict
        Rows of the benchmark table.

    Raises
    ------
    AssertionError
        If the losses differ by more than `TOLERANCE` when both take the same noise.
    """
    data = BinaryData(kind="binary", features=FEATURES, test_samples=1)
    seeds = list(range(MODELS))
    samples = training_samples(data, seeds, SPARSITY, SAMPLES).astype(np.float64)
    patterns, counts = count_patterns(samples)
    weights = np.ascontiguousarray(counts.T / SAMPLES)
    W, b = initial_parameters(_init(), HIDDEN, FEATURES, seeds)
    start = np.concatenate([W.reshape(MODELS, -1), b], axis=1).T.astype(np.float64, order="C")
    keys = chain_keys([(seed, "llc", 0) for seed in seeds], chains=1)

    _engine(start, patterns, weights, keys, draws=1)  # compiles
    timed = beside(
        lambda: _engine(start, patterns, weights, keys, DRAWS),
        lambda: _baseline(start[:, 0], samples[0]),
    )
    drawn = timed.our_result.loss[:BASELINE_DRAWS, 0]
    losses = _baseline(start[:, 0], samples[0], _noise_of(keys[:, 0]))
    difference = np.max(np.abs(drawn - losses))
    assert difference <= TOLERANCE, f"the engines differ by {difference}"

    return [
        timed.rates(MODELS * DRAWS, BASELINE_DRAWS)
        | {
            "case": f"SGLD, {MODELS} models, S = {SPARSITY:.4f}, {SAMPLES} samples",
            "engine": "numba, one thread",
            "precision": "float64",
            "window": f"draws 1 to {DRAWS} (baseline 1 to {BASELINE_DRAWS})",
            "patterns": len(patterns),
            "baseline": "PyTorch: one chain, all samples, autograd",
            "equal": f"L of {BASELINE_DRAWS} draws with the same noise, "
            f"largest difference {difference:.1e}",
        },
        compare_exact(),
    ]


def compare_exact() -> dict:
    """Measure effective draws of L per second of HMC with two leapfrog steps and of MALA.

    Both start from trained models and adapt their steps; the setting is otherwise the recommended.

    Returns
    -------
    dict
        A row of the benchmark table.

    Raises
    ------
    AssertionError
        If the mean losses differ by more than 3 %, several times their error.
    """
    data = BinaryData(kind="binary", features=FEATURES, test_samples=1)
    seeds = list(range(EXACT_MODELS))
    samples = training_samples(data, seeds, SPARSITY, SAMPLES)
    patterns, counts = count_patterns(samples)
    training = TrainingSettings(
        rate=0.005,
        momentum=0.9,
        batch_size=SAMPLES,
        epochs=3_243,
        snapshots={"points": 2, "first": 1, "last": 3_243},
    )
    result = train_on_patterns(
        *initial_parameters(_init(), HIDDEN, FEATURES, seeds), patterns, counts, training
    )
    last = [result.W[:, -1].reshape(EXACT_MODELS, -1), result.b[:, -1]]
    start = np.repeat(np.concatenate(last, axis=1).T.astype(np.float64), CHAINS, axis=1)
    weights = np.repeat(counts.T / SAMPLES, CHAINS, axis=1)
    keys = chain_keys([(seed, "llc", 0) for seed in seeds], CHAINS)
    problem = (loss_and_gradient, start, (patterns.astype(np.float64), weights), keys)
    _effective(problem, leapfrog_steps=2, target_acceptance=0.65, draws=8)  # compiles
    timed = beside(
        lambda: _effective(problem, leapfrog_steps=2, target_acceptance=0.65, draws=2_000),
        lambda: _effective(problem, leapfrog_steps=1, target_acceptance=0.574, draws=4_000),
    )
    (number, mean_loss), (mala_number, mala_loss) = timed.our_result, timed.their_result
    difference = abs(mean_loss / mala_loss - 1)
    assert difference <= 0.03, f"the mean losses differ by {difference:.1%}"
    return timed.rates(number, mala_number) | {
        "case": f"HMC, {EXACT_MODELS} models × {CHAINS} chains, S = {SPARSITY:.4f}, epoch 3243",
        "engine": "numba, one thread",
        "precision": "float64",
        "window": "effective draws of L (bulk), 2,000 draws (MALA 4,000), a quarter burn-in",
        "patterns": len(patterns),
        "baseline": "MALA on the same engine",
        "equal": f"mean L within {difference:.1e} of its size",
    }


def _effective(problem: tuple, draws: int, **options) -> tuple[float, float]:
    """Return effective draws of L, summed over the models, and the mean of L."""
    fixed = {"n_beta": 20.0, "step_size": 0.01, "localisation": 0.4}
    chains = hmc(*problem, **fixed, **options, draws=draws, burn_in=draws // 4)
    kept = chains.loss[draws // 4 :].T.reshape(EXACT_MODELS, CHAINS, -1)
    return float(ess_bulk(kept).sum()), float(kept.mean())


def _init() -> KgonInitialisation:
    bias = NormalBias(kind="normal", mean=0, deviation=1)
    return KgonInitialisation(
        kind="kgon", k=4, radius=0.9, rotation="random", noise=0.01, bias=bias
    )


def _engine(start, patterns, weights, keys, draws: int) -> Chains:
    return sgld(
        loss_and_gradient,
        start,
        (patterns, weights),
        keys,
        n_beta=N_BETA,
        step_size=STEP_SIZE,
        localisation=LOCALISATION,
        draws=draws,
    )


def _noise_of(key: np.ndarray) -> Callable:
    """Return the engine's noise of one chain as a function of the draw."""
    import torch

    from lgi.llc.noise import standard_normals

    words = torch.tensor(key.astype(np.int64))[:, None]
    return lambda draw, size: standard_normals(words, draw, PROPOSAL, size)[0]


def _baseline(start: np.ndarray, samples: np.ndarray, noise: Callable | None = None) -> np.ndarray:
    """Run one chain as one would write it down first; return its losses."""
    import torch

    torch.set_num_threads(1)
    x, centre = torch.tensor(samples), torch.tensor(start)
    w = centre.clone().requires_grad_()

    def loss_of(w):
        W, b = w[: HIDDEN * FEATURES].reshape(HIDDEN, FEATURES), w[HIDDEN * FEATURES :]
        return torch.mean((torch.relu(x @ W.T @ W + b) - x) ** 2)

    losses = np.empty(BASELINE_DRAWS)
    loss = loss_of(w)
    for draw in range(BASELINE_DRAWS):
        (gradient,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            z = noise(draw, len(w)) if noise else torch.randn_like(w)
            w -= STEP_SIZE / 2 * (N_BETA * gradient + LOCALISATION * (w - centre))
            w += STEP_SIZE**0.5 * z
        loss = loss_of(w)
        losses[draw] = loss.item()
    return losses
