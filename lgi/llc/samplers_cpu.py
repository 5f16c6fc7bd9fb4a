"""Samplers of many chains at once, in numba; `lgi.llc.samplers` is their definition.

Chains, called lanes, are the innermost axis of every array. Python loops over the draws; each call
works on all lanes, so its cost vanishes beside theirs, and the loss can be any function that fills
a gradient and a loss. No operation mixes lanes: a chain has the same bits whatever runs beside it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from lgi.llc import steps
from lgi.llc.keys import ACCEPTANCE, PROPOSAL
from lgi.llc.noise_cpu import noise_rows, standard_normals, uniforms
from lgi.llc.problem import Problem
from lgi.llc.steps import Centre

# Chains computed at once: their arrays stay in a core's cache; those of few parameters are small.
LANES, AXES = 256, 2**14


@dataclass(frozen=True)
class Chains:
    """What a sampler leaves of its chains."""

    loss: np.ndarray  # [draws / thin, lanes] L of every draw that is kept, burn-in included
    acceptance: np.ndarray  # [lanes] mean Metropolis acceptance probability after burn-in
    last: np.ndarray  # [P, lanes] parameters of the last draw
    step_size: np.ndarray  # [lanes] ε after burn-in
    pull: np.ndarray  # [draws / thin, lanes] γ |w - w*|² of every draw that is kept
    lowest: np.ndarray  # [P, lanes] parameters of the draw with the lowest L, w* among them


def run(
    sampler: str,
    problem: Problem,
    chains: int,
    keys: np.ndarray,
    *,
    n_beta: np.ndarray,
    localisation: float | np.ndarray,
    **options,
) -> Chains:
    """Run chains around every model of a problem, those of a model next to each other.

    Parameters
    ----------
    sampler
        Name of a function of this module.
    problem
        The models.
    chains
        Of each model.
    keys
        uint32 [2, models * chains], from `lgi.llc.keys.chain_keys`.
    n_beta
        nβ of each model [models].
    localisation
        γ, or one for each parameter [P], or for each of each model [P, models].
    **options
        What else the sampler takes.

    Returns
    -------
    Chains
        Of all models: it does not matter which run together.
    """
    size, models = problem.parameters.shape
    step = max(1, max(LANES, AXES // size**2) // chains)
    parts = []
    for first in range(0, models, step):
        part = slice(first, first + step)
        lanes = problem.of(part).repeated(chains)
        pulls = localisation[:, part] if np.ndim(localisation) == 2 else localisation
        parts.append(
            globals()[sampler](
                lanes.loss_and_gradient,
                lanes.parameters,
                (*lanes.shared, *lanes.per_model),
                np.ascontiguousarray(keys[:, first * chains : (first + step) * chains]),
                n_beta=np.repeat(n_beta[part], chains),
                localisation=np.repeat(pulls, chains, axis=1) if np.ndim(pulls) == 2 else pulls,
                **options,
            )
        )
    return Chains(
        *(
            np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
            for field in fields(Chains)
        )
    )


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
        steps.rmsprop_scale(gradient, mean_square, step_size, decay, stability, scale)

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
    centre = centred(start, localisation)
    position, proposal = start.copy(), np.empty_like(start)
    gradient, drift, new_drift = (np.empty_like(start) for _ in range(3))
    loss, energy, new_loss, new_energy = (np.empty(lanes) for _ in range(4))
    momentum, uniform = np.empty((noise_rows(size), lanes)), np.empty((4, lanes))
    losses, pulls = (np.empty((draws // thin, lanes)) for _ in range(2))
    acceptance, probability, kinetic = (np.zeros(lanes) for _ in range(3))
    step = np.full(lanes, math.sqrt(step_size))
    adaptation = np.empty((3, lanes))
    steps.begin_adaptation(step, adaptation)

    loss_and_gradient(position, *data, gradient, loss)
    steps.posterior(position, centre, loss, gradient, n_beta, energy, drift)
    lowest, lowest_loss = start.copy(), loss.copy()
    for draw in range(draws):
        standard_normals(keys, draw, PROPOSAL, momentum)
        uniforms(keys, draw, ACCEPTANCE, uniform)
        steps.set_off(position, drift, momentum, proposal, kinetic, step)
        loss_and_gradient(proposal, *data, gradient, new_loss)
        for _ in range(lengths[draw % len(lengths)] - 1):
            steps.go_on(proposal, centre, gradient, n_beta, momentum, step)
            loss_and_gradient(proposal, *data, gradient, new_loss)
        steps.posterior(proposal, centre, new_loss, gradient, n_beta, new_energy, new_drift)
        steps.kick(momentum, new_drift, step)
        steps.accept(
            (position, drift, loss, energy),
            (proposal, new_drift, new_loss, new_energy),
            momentum,
            kinetic,
            uniform,
            probability,
        )
        steps.keep_lower(position, loss, lowest, lowest_loss)
        if (draw + 1) % thin == 0:
            losses[draw // thin] = loss
            steps.pull(position, centre, pulls[draw // thin])
        if draw >= burn_in:
            acceptance += probability
        elif target_acceptance is not None:
            last = draw + 1 == burn_in
            steps.adapt(step, adaptation, probability, target_acceptance, draw + 1, last)
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
    centre = centred(start, localisation)
    parameters = start.copy()
    gradient, drift, new_drift = (np.empty_like(start) for _ in range(3))
    loss, energy, new_energy, log_ratio = (np.empty(lanes) for _ in range(4))
    noise = np.empty((noise_rows(size), lanes))
    losses, pulls = (np.empty((draws // thin, lanes)) for _ in range(2))
    acceptance = np.zeros(lanes)

    loss_and_gradient(parameters, *data, gradient, loss)
    steps.posterior(parameters, centre, loss, gradient, n_beta, energy, drift)
    if copies is not None:
        steps.share_gradient(drift, gradient, n_beta, copies)
    lowest, lowest_loss = start.copy(), loss.copy()
    for draw in range(draws):
        if precondition:
            precondition(gradient)
        standard_normals(keys, draw, PROPOSAL, noise)
        steps.langevin_step(parameters, drift, noise, scale)
        loss_and_gradient(parameters, *data, gradient, loss)
        steps.keep_lower(parameters, loss, lowest, lowest_loss)
        if (draw + 1) % thin == 0:
            losses[draw // thin] = loss
            steps.pull(parameters, centre, pulls[draw // thin])
        steps.posterior(parameters, centre, loss, gradient, n_beta, new_energy, new_drift)
        if copies is not None:
            steps.share_gradient(new_drift, gradient, n_beta, copies)
        if draw >= burn_in:
            steps.add_acceptance(
                energy, new_energy, drift, new_drift, noise, scale, log_ratio, acceptance
            )
        energy, new_energy = new_energy, energy
        drift, new_drift = new_drift, drift
    step_size = np.empty(lanes)
    steps.mean_step(scale, step_size)
    acceptance /= draws - burn_in
    return Chains(losses, acceptance, parameters, step_size, pulls, lowest)


def centred(start: np.ndarray, localisation: float | np.ndarray) -> Centre:
    """Return the localisation around `start`; the weights of one γ are 1, which changes no bit."""
    if np.ndim(localisation) == 0:
        return Centre(start, float(localisation), np.ones_like(start))
    if np.shape(localisation) not in ((len(start),), start.shape):
        raise ValueError(
            f"localisation of shape {np.shape(localisation)}; allowed are a number, "
            f"[{len(start)}] or {list(start.shape)}"
        )
    weight = np.array(localisation, dtype=np.float64)
    weight = weight[:, None] if weight.ndim == 1 else weight
    return Centre(start, 1.0, np.ascontiguousarray(np.broadcast_to(weight, start.shape)))
