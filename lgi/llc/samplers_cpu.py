"""Samplers of many chains at once, in numba; `lgi.llc.samplers` is their definition.

Chains, called lanes, are the innermost axis of every array. Python loops over the draws; each call
works on all lanes, so its cost vanishes beside theirs, and the loss can be any function that fills
a gradient and a loss. No operation mixes lanes: a chain has the same bits whatever runs beside it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lgi.jit import njit
from lgi.llc.keys import PROPOSAL
from lgi.llc.noise_cpu import noise_rows, standard_normals


@dataclass(frozen=True)
class Chains:
    """What a sampler leaves of its chains."""

    loss: np.ndarray  # [draws, lanes] L of every draw
    acceptance: np.ndarray  # [lanes] mean probability that a Metropolis test would accept a step
    last: np.ndarray  # [P, lanes] parameters of the last draw


def sgld(
    loss_and_gradient: Callable[..., None],
    start: np.ndarray,
    data: tuple[np.ndarray, ...],
    keys: np.ndarray,
    *,
    n_beta: float,
    step_size: float,
    localisation: float,
    draws: int,
) -> Chains:
    """Run chains of stochastic gradient Langevin dynamics; see `lgi.llc.samplers.sgld`.

    Parameters
    ----------
    loss_and_gradient
        Function of (parameters [P, lanes], *data, gradient [P, lanes], loss [lanes]) that writes
        its last two arguments; compiled by numba, or any other.
    start
        float64 [P, lanes]: w*, where the chains start and are localised.
    data
        Arrays handed on to `loss_and_gradient`.
    keys
        uint32 [2, lanes], from `lgi.llc.keys.chain_keys`.
    n_beta
        nβ, the inverse temperature of the mean loss.
    step_size
        ε.
    localisation
        γ.
    draws
        Draws of each chain, after w* itself.

    Returns
    -------
    Chains
        Losses, acceptance and last states.
    """
    size, lanes = start.shape
    parameters = start.copy()
    gradient, drift, new_drift = (np.empty_like(start) for _ in range(3))
    loss, energy, new_energy = (np.empty(lanes) for _ in range(3))
    noise = np.empty((noise_rows(size), lanes))
    losses = np.empty((draws, lanes))
    acceptance = np.zeros(lanes)

    loss_and_gradient(parameters, *data, gradient, loss)
    _posterior(parameters, start, loss, gradient, n_beta, localisation, energy, drift)
    for draw in range(draws):
        standard_normals(keys, draw, PROPOSAL, noise)
        _langevin_step(parameters, drift, noise, step_size)
        loss_and_gradient(parameters, *data, gradient, loss)
        losses[draw] = loss
        _posterior(parameters, start, loss, gradient, n_beta, localisation, new_energy, new_drift)
        _add_acceptance(energy, new_energy, drift, new_drift, noise, step_size, acceptance)
        energy, new_energy = new_energy, energy
        drift, new_drift = new_drift, drift
    return Chains(losses, acceptance / draws, parameters)


@njit
def _posterior(parameters, centre, loss, gradient, n_beta, localisation, energy, drift):
    """Write U = nβ L + (γ/2) |w - w*|² into `energy` and ∇U into `drift`."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        energy[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            distance = parameters[p, lane] - centre[p, lane]
            drift[p, lane] = n_beta * gradient[p, lane] + localisation * distance
            energy[lane] += distance * distance
    for lane in range(lanes):
        energy[lane] = n_beta * loss[lane] + 0.5 * localisation * energy[lane]


@njit
def _langevin_step(parameters, drift, noise, step_size):
    size, lanes = parameters.shape
    scale = math.sqrt(step_size)
    for p in range(size):
        for lane in range(lanes):
            parameters[p, lane] += scale * noise[p, lane] - 0.5 * step_size * drift[p, lane]


@njit
def _add_acceptance(energy, new_energy, drift, new_drift, noise, step_size, acceptance):
    """Add the probability that a Metropolis test accepts the step to `acceptance`.

    `lgi.llc.samplers` derives the ratio. Here (√ε/2) z·(G + G') - (ε/8) |G + G'|² is summed as
    (√ε/2) (G + G')·(z - (√ε/4) (G + G')).
    """
    size, lanes = drift.shape
    half = 0.5 * math.sqrt(step_size)
    log_ratio = np.empty(lanes)
    for lane in range(lanes):
        log_ratio[lane] = energy[lane] - new_energy[lane]
    for p in range(size):
        for lane in range(lanes):
            drifts = half * (drift[p, lane] + new_drift[p, lane])
            log_ratio[lane] += drifts * (noise[p, lane] - 0.5 * drifts)
    for lane in range(lanes):
        acceptance[lane] += 1.0 if log_ratio[lane] >= 0.0 else math.exp(log_ratio[lane])
