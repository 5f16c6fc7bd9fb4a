"""Steps of the samplers for chains side by side, in numba; `lgi.llc.samplers` is their definition.

Chains, called lanes, are the innermost axis of every array. No operation mixes lanes and none asks
for memory, so a kernel runs one lane with the same code, and the same bits, as the CPU runs many.
"""

import math
from typing import NamedTuple

import numpy as np

from lgi.jit import njit
from lgi.llc import dual_averaging
from lgi.llc.dual_averaging import DELAY, SHRINKAGE, START
from lgi.llc.elementary import exponential, logarithm

_forgetting = njit(dual_averaging.forgetting)


class Centre(NamedTuple):
    """Where chains are localised, and how strongly."""

    place: np.ndarray  # [P, lanes] w*
    localisation: float  # γ
    weight: np.ndarray  # [P, lanes] what γ is multiplied by for each parameter


@njit
def posterior(parameters, centre, loss, gradient, n_beta, energy, drift):
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
def pull(parameters, centre, pulled):
    """Write γ |w - w*|², weights of the localisation included."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        pulled[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            distance = parameters[p, lane] - centre.place[p, lane]
            pulled[lane] += centre.localisation * centre.weight[p, lane] * distance * distance


@njit
def keep_lower(parameters, loss, lowest, lowest_loss):
    """Copy the state of every lane whose loss is the lowest so far."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        if loss[lane] < lowest_loss[lane]:
            lowest_loss[lane] = loss[lane]
            for p in range(size):
                lowest[p, lane] = parameters[p, lane]


@njit
def langevin_step(parameters, drift, noise, scale):
    """Move by √ε z - (ε/2) ∇U, with √ε the `scale` of each parameter."""
    size, lanes = parameters.shape
    for p in range(size):
        for lane in range(lanes):
            root = scale[p, lane]
            parameters[p, lane] += root * (noise[p, lane] - 0.5 * root * drift[p, lane])


@njit
def share_gradient(drift, gradient, n_beta, copies):
    """Leave one in so many `copies` [P] of nβ ∇L in `drift`."""
    size, lanes = drift.shape
    for p in range(size):
        for lane in range(lanes):
            drift[p, lane] -= (1.0 - 1.0 / copies[p]) * n_beta[lane] * gradient[p, lane]


@njit
def rmsprop_scale(gradient, mean_square, step_size, decay, stability, scale):
    """Update V = α V + (1 - α) ∇L² and write √(ε / (λ + √V)) into `scale`."""
    size, lanes = gradient.shape
    for p in range(size):
        for lane in range(lanes):
            square = gradient[p, lane] * gradient[p, lane]
            mean_square[p, lane] = decay * mean_square[p, lane] + (1.0 - decay) * square
            scale[p, lane] = math.sqrt(step_size / (stability + math.sqrt(mean_square[p, lane])))


@njit
def mean_step(scale, step_size):
    """Write the mean of ε over the parameters, of each lane."""
    size, lanes = scale.shape
    for lane in range(lanes):
        step_size[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            step_size[lane] += scale[p, lane] * scale[p, lane]
    for lane in range(lanes):
        step_size[lane] /= size


@njit
def add_acceptance(energy, new_energy, drift, new_drift, noise, scale, log_ratio, acceptance):
    """Add the probability that a Metropolis test accepts the step to `acceptance`.

    `lgi.llc.samplers` derives the ratio. Here (√ε/2) z·(G + G') - (ε/8) |G + G'|² is summed as
    (√ε/2) (G + G')·(z - (√ε/4) (G + G')). `log_ratio` [lanes] is room for it.
    """
    size, lanes = drift.shape
    for lane in range(lanes):
        log_ratio[lane] = energy[lane] - new_energy[lane]
    for p in range(size):
        for lane in range(lanes):
            drifts = 0.5 * scale[p, lane] * (drift[p, lane] + new_drift[p, lane])
            log_ratio[lane] += drifts * (noise[p, lane] - 0.5 * drifts)
    for lane in range(lanes):
        ratio = log_ratio[lane]
        acceptance[lane] += 1.0 if ratio >= 0.0 else exponential(ratio)


@njit
def set_off(position, drift, momentum, proposal, kinetic, step):
    """Start a trajectory at the chain's state: write ½ |p|², half a kick, and a move."""
    size, lanes = position.shape
    for lane in range(lanes):
        kinetic[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            kinetic[lane] += 0.5 * momentum[p, lane] * momentum[p, lane]
            momentum[p, lane] -= 0.5 * step[lane] * drift[p, lane]
            proposal[p, lane] = position[p, lane] + step[lane] * momentum[p, lane]


@njit
def go_on(proposal, centre, gradient, n_beta, momentum, step):
    """End a leapfrog step and begin the next: two halves of a kick, and a move."""
    size, lanes = proposal.shape
    for p in range(size):
        for lane in range(lanes):
            stiffness = centre.localisation * centre.weight[p, lane]
            distance = proposal[p, lane] - centre.place[p, lane]
            drift = n_beta[lane] * gradient[p, lane] + stiffness * distance
            kick = 0.5 * step[lane] * drift
            momentum[p, lane] = (momentum[p, lane] - kick) - kick
            proposal[p, lane] += step[lane] * momentum[p, lane]


@njit
def kick(momentum, drift, step):
    """Make half a kick, the last of a trajectory."""
    size, lanes = drift.shape
    for p in range(size):
        for lane in range(lanes):
            momentum[p, lane] -= 0.5 * step[lane] * drift[p, lane]


@njit
def accept(state, proposal, momentum, kinetic, uniform, probability):
    """Replace each chain's state by its proposal with probability min(1, exp(-ΔH)).

    Both are (position, drift, loss, energy). A proposal whose energy is not finite is rejected.
    `probability` is written.
    """
    position, drift, loss, energy = state
    new_position, new_drift, new_loss, new_energy = proposal
    size, lanes = position.shape
    for lane in range(lanes):  # the logarithm of the ratio
        probability[lane] = energy[lane] - new_energy[lane] + kinetic[lane]
    for p in range(size):
        for lane in range(lanes):
            probability[lane] -= 0.5 * momentum[p, lane] * momentum[p, lane]
    for lane in range(lanes):
        ratio = probability[lane]
        below = exponential(ratio) if ratio < 0.0 else 0.0  # not a number is no probability
        probability[lane] = 1.0 if ratio >= 0.0 else below
        accepted = uniform[0, lane] < probability[lane]
        loss[lane] = new_loss[lane] if accepted else loss[lane]
        energy[lane] = new_energy[lane] if accepted else energy[lane]
    for p in range(size):
        for lane in range(lanes):
            accepted = uniform[0, lane] < probability[lane]
            position[p, lane] = new_position[p, lane] if accepted else position[p, lane]
            drift[p, lane] = new_drift[p, lane] if accepted else drift[p, lane]


@njit
def begin_adaptation(step, adaptation):
    """Fill in the rows of `adaptation` [3, lanes] that `adapt` goes on with."""
    for lane in range(step.size):
        adaptation[0, lane] = 0.0
        adaptation[1, lane] = adaptation[2, lane] = logarithm(step[lane])


@njit
def adapt(step, adaptation, probability, target, count, last):
    """Adapt the leapfrog steps after draw number `count`; see `lgi.llc.dual_averaging`.

    Rows of `adaptation` are the mean shortfall, and the logarithm of the first and the mean step.
    """
    weight = _forgetting(count)
    for lane in range(step.size):
        shortfall = target - probability[lane]
        adaptation[0, lane] += (shortfall - adaptation[0, lane]) / (count + DELAY)
        log_step = adaptation[1, lane] + START
        log_step -= math.sqrt(count) / SHRINKAGE * adaptation[0, lane]
        adaptation[2, lane] += weight * (log_step - adaptation[2, lane])
        step[lane] = exponential(adaptation[2, lane] if last else log_step)
