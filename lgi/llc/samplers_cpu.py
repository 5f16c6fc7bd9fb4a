"""Samplers of many chains at once, in numba; `lgi.llc.samplers` is their definition.

Chains, called lanes, are the innermost axis of every array. Python loops over the draws; each call
works on all lanes, so its cost vanishes beside theirs, and the loss can be any function that fills
a gradient and a loss. No operation mixes lanes: a chain has the same bits whatever runs beside it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lgi.jit import njit
from lgi.llc.dual_averaging import DELAY, FORGETTING, SHRINKAGE, START
from lgi.llc.keys import ACCEPTANCE, PROPOSAL
from lgi.llc.noise_cpu import noise_rows, standard_normals, uniforms


@dataclass(frozen=True)
class Chains:
    """What a sampler leaves of its chains."""

    loss: np.ndarray  # [draws / thin, lanes] L of every draw that is kept, burn-in included
    acceptance: np.ndarray  # [lanes] mean Metropolis acceptance probability after burn-in
    last: np.ndarray  # [P, lanes] parameters of the last draw
    step_size: np.ndarray  # [lanes] ε after burn-in
    pull: np.ndarray  # [draws / thin, lanes] γ |w - w*|² of every draw that is kept
    lowest: np.ndarray  # [P, lanes] parameters of the draw with the lowest L, w* among them


def sgld(
    loss_and_gradient: Callable[..., None],
    start: np.ndarray,
    data: tuple[np.ndarray, ...],
    keys: np.ndarray,
    *,
    n_beta: float | np.ndarray,
    step_size: float,
    localisation: float | np.ndarray,
    draws: int,
    burn_in: int = 0,
    thin: int = 1,
    copies: np.ndarray | None = None,
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
        nβ, the inverse temperature of the mean loss, or one for each lane.
    step_size
        ε.
    localisation
        γ, or one for each parameter [P], or for each of each lane [P, lanes].
    draws
        Draws of each chain, after w* itself.
    burn_in
        First draws, whose acceptance does not count.
    thin
        Of every so many draws the last is kept.
    copies
        How often each parameter is stored [P]; None for once.

    Returns
    -------
    Chains
        Losses, acceptance, last states and steps.

    Raises
    ------
    ValueError
        If there are not as many γ as parameters.
    """
    scale = np.full_like(start, math.sqrt(step_size))
    if copies is not None:
        scale *= np.sqrt(copies)[:, None]
    return _langevin(
        loss_and_gradient,
        start,
        data,
        keys,
        n_beta,
        localisation,
        draws,
        burn_in,
        thin,
        scale,
        copies=copies,
    )


def rmsprop_sgld(
    loss_and_gradient: Callable[..., None],
    start: np.ndarray,
    data: tuple[np.ndarray, ...],
    keys: np.ndarray,
    *,
    n_beta: float | np.ndarray,
    step_size: float,
    localisation: float | np.ndarray,
    draws: int,
    decay: float,
    stability: float,
    burn_in: int = 0,
    thin: int = 1,
) -> Chains:
    """Run RMSprop-preconditioned SGLD; see `lgi.llc.samplers.rmsprop_sgld`.

    Parameters
    ----------
    loss_and_gradient, start, data, keys, n_beta, step_size, localisation, draws, burn_in, thin
        As for `sgld`.
    decay
        α, of the mean square of the gradient.
    stability
        λ, added to the root mean square.

    Returns
    -------
    Chains
        Losses, acceptance, last states and steps.
    """
    scale = np.empty_like(start)
    mean_square = np.ones_like(start)

    def precondition(gradient):
        _rmsprop_scale(gradient, mean_square, step_size, decay, stability, scale)

    return _langevin(
        loss_and_gradient,
        start,
        data,
        keys,
        n_beta,
        localisation,
        draws,
        burn_in,
        thin,
        scale,
        precondition,
    )


def hmc(
    loss_and_gradient: Callable[..., None],
    start: np.ndarray,
    data: tuple[np.ndarray, ...],
    keys: np.ndarray,
    *,
    n_beta: float | np.ndarray,
    step_size: float,
    localisation: float | np.ndarray,
    draws: int,
    leapfrog_steps: int | Sequence[int],
    target_acceptance: float | None = None,
    burn_in: int = 0,
    thin: int = 1,
) -> Chains:
    """Run Hamiltonian Monte Carlo, with one leapfrog step MALA; see `lgi.llc.samplers.hmc`.

    Parameters
    ----------
    loss_and_gradient, start, data, keys, n_beta, localisation, draws, burn_in, thin
        As for `sgld`.
    step_size
        ε, the square of the leapfrog step.
    leapfrog_steps
        Leapfrog steps of a draw, or several numbers that its draws take in turn.
    target_acceptance
        Mean acceptance probability to which each chain's step is adapted during burn-in; None
        keeps `step_size`.

    Returns
    -------
    Chains
        Losses, acceptance, last states and steps.
    """
    size, lanes = start.shape
    n_beta = np.full(lanes, n_beta, dtype=np.float64)
    lengths = np.atleast_1d(leapfrog_steps)
    centre = _centre(start, localisation)
    position, proposal = start.copy(), start.copy()
    gradient, drift, new_drift = (np.empty_like(start) for _ in range(3))
    loss, energy, new_loss, new_energy = (np.empty(lanes) for _ in range(4))
    momentum = np.empty((noise_rows(size), lanes))
    uniform = np.empty((4, lanes))
    losses, pulls = (np.empty((draws // thin, lanes)) for _ in range(2))
    acceptance, probability, kinetic = (np.zeros(lanes) for _ in range(3))
    step = np.full(lanes, math.sqrt(step_size))
    adaptation = np.zeros((3, lanes))  # mean shortfall, log of the first and of the mean step
    adaptation[1:] = np.log(step)

    loss_and_gradient(position, *data, gradient, loss)
    _posterior(position, centre, loss, gradient, n_beta, energy, drift)
    lowest, lowest_loss = start.copy(), loss.copy()
    for draw in range(draws):
        standard_normals(keys, draw, PROPOSAL, momentum)
        uniforms(keys, draw, ACCEPTANCE, uniform)
        _begin(position, drift, momentum, proposal, new_drift, kinetic)
        for _ in range(lengths[draw % len(lengths)]):
            _kick(momentum, new_drift, step, 0.5)
            _move(proposal, momentum, step)
            loss_and_gradient(proposal, *data, gradient, new_loss)
            _posterior(proposal, centre, new_loss, gradient, n_beta, new_energy, new_drift)
            _kick(momentum, new_drift, step, 0.5)
        _accept(
            (position, drift, loss, energy),
            (proposal, new_drift, new_loss, new_energy),
            momentum,
            kinetic,
            uniform,
            probability,
        )
        _keep_lower(position, loss, lowest, lowest_loss)
        if (draw + 1) % thin == 0:
            losses[draw // thin] = loss
            _pull(position, centre, pulls[draw // thin])
        if draw >= burn_in:
            acceptance += probability
        elif target_acceptance is not None:
            _adapt(step, adaptation, probability, target_acceptance, draw + 1, draw + 1 == burn_in)
    return Chains(losses, acceptance / (draws - burn_in), position, step**2, pulls, lowest)


def _langevin(
    loss_and_gradient,
    start,
    data,
    keys,
    n_beta,
    localisation,
    draws,
    burn_in,
    thin,
    scale,
    precondition=None,
    copies=None,
) -> Chains:
    """Run Langevin steps whose noise has the deviation `scale` [P, lanes].

    `precondition`, if any, is called with ∇L before each step and rewrites `scale`; the share of
    nβ ∇L in the drift is one in so many `copies`, if any.
    """
    size, lanes = start.shape
    n_beta = np.full(lanes, n_beta, dtype=np.float64)
    centre = _centre(start, localisation)
    parameters = start.copy()
    gradient, drift, new_drift = (np.empty_like(start) for _ in range(3))
    loss, energy, new_energy = (np.empty(lanes) for _ in range(3))
    noise = np.empty((noise_rows(size), lanes))
    losses, pulls = (np.empty((draws // thin, lanes)) for _ in range(2))
    acceptance = np.zeros(lanes)

    loss_and_gradient(parameters, *data, gradient, loss)
    _posterior(parameters, centre, loss, gradient, n_beta, energy, drift)
    _share_gradient(drift, gradient, n_beta, copies)
    lowest, lowest_loss = start.copy(), loss.copy()
    for draw in range(draws):
        if precondition:
            precondition(gradient)
        standard_normals(keys, draw, PROPOSAL, noise)
        _langevin_step(parameters, drift, noise, scale)
        loss_and_gradient(parameters, *data, gradient, loss)
        _keep_lower(parameters, loss, lowest, lowest_loss)
        if (draw + 1) % thin == 0:
            losses[draw // thin] = loss
            _pull(parameters, centre, pulls[draw // thin])
        _posterior(parameters, centre, loss, gradient, n_beta, new_energy, new_drift)
        _share_gradient(new_drift, gradient, n_beta, copies)
        if draw >= burn_in:
            _add_acceptance(energy, new_energy, drift, new_drift, noise, scale, acceptance)
        energy, new_energy = new_energy, energy
        drift, new_drift = new_drift, drift
    step_size = np.mean(scale**2, axis=0)
    acceptance /= draws - burn_in
    return Chains(losses, acceptance, parameters, step_size, pulls, lowest)


def _share_gradient(drift, gradient, n_beta, copies) -> None:
    """Leave one in so many `copies` of nβ ∇L in `drift`; without copies no bit of it changes."""
    if copies is not None:
        drift -= (1 - 1 / copies)[:, None] * n_beta * gradient


class _Centre(NamedTuple):
    """Where chains are localised, and how strongly."""

    place: np.ndarray  # [P, lanes] w*
    localisation: float  # γ
    weight: np.ndarray  # [P, lanes] what γ is multiplied by for each parameter


def _centre(start: np.ndarray, localisation: float | np.ndarray) -> _Centre:
    """Return the localisation around `start`; the weights of one γ are 1, which changes no bit."""
    if np.ndim(localisation) == 0:
        return _Centre(start, float(localisation), np.ones_like(start))
    if np.shape(localisation) not in ((len(start),), start.shape):
        raise ValueError(
            f"localisation of shape {np.shape(localisation)}; allowed are a number, "
            f"[{len(start)}] or {list(start.shape)}"
        )
    weight = np.array(localisation, dtype=np.float64)
    weight = weight[:, None] if weight.ndim == 1 else weight
    return _Centre(start, 1.0, np.ascontiguousarray(np.broadcast_to(weight, start.shape)))


@njit
def _posterior(parameters, centre, loss, gradient, n_beta, energy, drift):
    """Write U = nβ L + Σ (γ/2) (w - w*)² into `energy` and ∇U into `drift`."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        energy[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            weight = centre.weight[p, lane]
            stiffness = centre.localisation * weight
            distance = parameters[p, lane] - centre.place[p, lane]
            drift[p, lane] = n_beta[lane] * gradient[p, lane] + stiffness * distance
            energy[lane] += weight * distance * distance
    for lane in range(lanes):
        energy[lane] = n_beta[lane] * loss[lane] + 0.5 * centre.localisation * energy[lane]


@njit
def _pull(parameters, centre, pull):
    """Write γ |w - w*|², weights of the localisation included."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        pull[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            distance = parameters[p, lane] - centre.place[p, lane]
            pull[lane] += centre.localisation * centre.weight[p, lane] * distance * distance


@njit
def _keep_lower(parameters, loss, lowest, lowest_loss):
    """Copy the state of every lane whose loss is the lowest so far."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        if loss[lane] < lowest_loss[lane]:
            lowest_loss[lane] = loss[lane]
            for p in range(size):
                lowest[p, lane] = parameters[p, lane]


@njit
def _langevin_step(parameters, drift, noise, scale):
    """Move by √ε z - (ε/2) ∇U, with √ε the `scale` of each parameter."""
    size, lanes = parameters.shape
    for p in range(size):
        for lane in range(lanes):
            root = scale[p, lane]
            parameters[p, lane] += root * (noise[p, lane] - 0.5 * root * drift[p, lane])


@njit
def _rmsprop_scale(gradient, mean_square, step_size, decay, stability, scale):
    """Update V = α V + (1 - α) ∇L² and write √(ε / (λ + √V)) into `scale`."""
    size, lanes = gradient.shape
    for p in range(size):
        for lane in range(lanes):
            square = gradient[p, lane] * gradient[p, lane]
            mean_square[p, lane] = decay * mean_square[p, lane] + (1.0 - decay) * square
            scale[p, lane] = math.sqrt(step_size / (stability + math.sqrt(mean_square[p, lane])))


@njit
def _add_acceptance(energy, new_energy, drift, new_drift, noise, scale, acceptance):
    """Add the probability that a Metropolis test accepts the step to `acceptance`.

    `lgi.llc.samplers` derives the ratio. Here (√ε/2) z·(G + G') - (ε/8) |G + G'|² is summed as
    (√ε/2) (G + G')·(z - (√ε/4) (G + G')).
    """
    size, lanes = drift.shape
    log_ratio = np.empty(lanes)
    for lane in range(lanes):
        log_ratio[lane] = energy[lane] - new_energy[lane]
    for p in range(size):
        for lane in range(lanes):
            drifts = 0.5 * scale[p, lane] * (drift[p, lane] + new_drift[p, lane])
            log_ratio[lane] += drifts * (noise[p, lane] - 0.5 * drifts)
    for lane in range(lanes):
        acceptance[lane] += 1.0 if log_ratio[lane] >= 0.0 else math.exp(log_ratio[lane])


@njit
def _begin(position, drift, momentum, proposal, new_drift, kinetic):
    """Start a trajectory at the chain's state; write the kinetic energy ½ |p|²."""
    size, lanes = position.shape
    for lane in range(lanes):
        kinetic[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            proposal[p, lane] = position[p, lane]
            new_drift[p, lane] = drift[p, lane]
            kinetic[lane] += 0.5 * momentum[p, lane] * momentum[p, lane]


@njit
def _kick(momentum, drift, step, share):
    size, lanes = drift.shape
    for p in range(size):
        for lane in range(lanes):
            momentum[p, lane] -= share * step[lane] * drift[p, lane]


@njit
def _move(position, momentum, step):
    size, lanes = position.shape
    for p in range(size):
        for lane in range(lanes):
            position[p, lane] += step[lane] * momentum[p, lane]


@njit
def _accept(state, proposal, momentum, kinetic, uniform, probability):
    """Replace each chain's state by its proposal with probability min(1, exp(-ΔH)).

    A proposal whose energy is not finite is rejected. `probability` is written.
    """
    position, drift, loss, energy = state
    new_position, new_drift, new_loss, new_energy = proposal
    size, lanes = position.shape
    log_ratio = np.empty(lanes)
    accepted = np.empty(lanes, np.bool_)
    for lane in range(lanes):
        log_ratio[lane] = energy[lane] - new_energy[lane] + kinetic[lane]
    for p in range(size):
        for lane in range(lanes):
            log_ratio[lane] -= 0.5 * momentum[p, lane] * momentum[p, lane]
    for lane in range(lanes):
        ratio = log_ratio[lane]
        if ratio >= 0.0:
            probability[lane] = 1.0
        else:  # not a number is no probability
            probability[lane] = math.exp(ratio) if ratio < 0.0 else 0.0
        accepted[lane] = uniform[0, lane] < probability[lane]
        loss[lane] = new_loss[lane] if accepted[lane] else loss[lane]
        energy[lane] = new_energy[lane] if accepted[lane] else energy[lane]
    for p in range(size):
        for lane in range(lanes):
            position[p, lane] = new_position[p, lane] if accepted[lane] else position[p, lane]
            drift[p, lane] = new_drift[p, lane] if accepted[lane] else drift[p, lane]


@njit
def _adapt(step, adaptation, probability, target, count, last):
    """Adapt the leapfrog steps after draw number `count`; see `lgi.llc.dual_averaging`."""
    weight = count**-FORGETTING
    for lane in range(step.size):
        shortfall = target - probability[lane]
        adaptation[0, lane] += (shortfall - adaptation[0, lane]) / (count + DELAY)
        log_step = adaptation[1, lane] + START
        log_step -= math.sqrt(count) / SHRINKAGE * adaptation[0, lane]
        adaptation[2, lane] += weight * (log_step - adaptation[2, lane])
        step[lane] = math.exp(adaptation[2, lane] if last else log_step)
