"""The posterior of the limit: shares of polygons by sampling, and their free energies.

The density is p(w) ∝ exp(-N E Σ (x̂ - x)²) N(w; 0, s²), with N = n / (2 σ²). Sampling anneals
particles from the prior to ever larger N (Del Moral et al. 2006, "Sequential Monte Carlo
samplers"). The free energy -ln Z of a polygon, its basin of attraction, follows from d ln Z / dN =
-E[loss] within the basin (thermodynamic integration), from a large N on, where Laplace's
approximation is right, down.
"""

import numpy as np

from lgi.distributions import normal_mass
from lgi.engines import chosen
from lgi.llc.engines import SAMPLERS
from lgi.llc.keys import chain_keys
from lgi.llc.known.problems import kgon_minimum
from lgi.llc.problem import Problem
from lgi.randomness import generator
from lgi.superposition.limit.loss import energy, quenched, total_loss
from lgi.superposition.limit.settings import FEATURES, Posterior
from lgi.superposition.phases.descent import hessians

PARAMETERS = 3 * FEATURES
LOST = [5, 11, 17]  # W_6 and b_6, which the loss of the 5-gon does not depend on
# Labelled copies that no rotation carries over: orders round the circle, times which is no corner.
COPIES = {"5": 6 * 24, "5+": 6 * 24, "6": 120}
COEFFICIENTS = {"5": 7.0, "5+": 8.5, "6": 8.5}  # Chen et al. (2023)
STIFFNESS = 1.25  # largest curvature of the loss at the minima, but for that of b_6 of the 5+-gon
KEPT = 0.8  # share of the particles that a step of the annealing leaves effective
DRAWS, LONG = 40, 24  # of a part of a rung: draws, and leapfrog steps that cross flat valleys
PRIOR_DRAWS = 200_000  # of W_6 and b_6, for the volume of the 5-gon


def annealed(settings: Posterior, repeat: int) -> list[tuple[float, dict[str, float]]]:
    """Sample the posterior at every n, from the prior on.

    Returns
    -------
    list
        For each n: ln Z of the whole posterior, and the shares of the particles by the k-gon that
        they descend to.
    """
    stream = generator(settings.seed, "superposition", "limit", "particles", repeat)
    states = settings.prior * stream.normal(size=(PARAMETERS, settings.particles))
    scale, evidence, stage, found = 0.0, 0.0, 0, []
    for samples in settings.samples:
        target = _scale(settings, samples)
        while scale < target:
            loss = total_loss(states)[0]
            step = _step(loss, target - scale)
            weights = np.exp(-step * (loss - loss.min()))
            evidence += np.log(weights.mean()) - step * loss.min()
            scale = min(scale + step, target)
            states = states[:, _resampled(weights, stream.random())]
            key = (settings.seed, "superposition", "limit", "anneal", repeat, stage)
            states = _moved(states, scale, settings.prior, key, draws=5)[0]
            stage += 1
        kinds, counts = np.unique(quenched(states)[0], return_counts=True)
        found.append((evidence, dict(zip(kinds.tolist(), counts / counts.sum(), strict=True))))
    return found


def integrated(kind: str, settings: Posterior, repeat: int) -> np.ndarray:
    """Return ln Z of a polygon at every n, NaN below one at which no chain stays in its basin.

    Chains start at its minima and go down the ladder of n; one that has left the basin goes on from
    the place of another that has not.
    """
    ladder = np.geomspace(settings.largest, settings.samples[0], settings.rungs)
    stream = generator(settings.seed, "superposition", "limit", kind, repeat)
    states, softness = _at_minimum(kind, settings, stream)
    least = total_loss(kgon_minimum(kind)[:, None])[0].item()
    rise = []  # N (E[loss] - loss of the minimum)
    for rung, samples in enumerate(ladder):
        scale, losses = _scale(settings, samples), []
        for part in range(3):
            key = (settings.seed, "superposition", "limit", kind, repeat, rung, part)
            states, loss = _moved(states, scale, settings.prior, key, DRAWS, LONG)
            inside = quenched(states)[0] == kind
            if not inside.any():
                rise += [np.nan] * (len(ladder) - len(rise))
                break
            if part:  # the first draws settle
                losses.append(loss[inside])
            states[:, ~inside] = states[:, stream.choice(np.flatnonzero(inside), (~inside).sum())]
        else:
            rise.append(scale * (np.concatenate(losses).mean() - least))
            continue
        break
    scales = _scale(settings, ladder)
    between = np.diff(-np.log(scales)) * (np.array(rise)[1:] + np.array(rise)[:-1]) / 2
    start = laplace(kind, scales[0], settings.prior) + softness
    # Beside the loss of the minimum ln Z is nearly linear in ln n.
    beside = start + scales[0] * least + np.append(0, np.cumsum(between))
    samples = np.array(settings.samples)
    at = np.interp(np.log(samples), np.log(ladder[::-1]), beside[::-1])
    return at - _scale(settings, samples) * least


def laplace(kind: str, scale: float, prior: float) -> float:
    """Return Laplace's ln Z of a polygon: its copies, rotations and curved directions.

    The 5-gon's dead feature has the prior's mass of where it never fires and changes no output.
    """
    minimum, curvature, lost = kgon_minimum(kind), None, 0.0
    curvature = hessians(total_loss, minimum[:, None])[0]
    if kind == "5":
        kept = np.delete(np.arange(PARAMETERS), LOST)
        minimum, curvature = minimum[kept], curvature[np.ix_(kept, kept)]
        stream = generator(0, "superposition", "limit", "volume")
        lost = np.log(_never_fires(stream, prior).mean())
    corners = len(minimum) // 3
    x, y = minimum[:corners], minimum[corners : 2 * corners]
    turn = np.concatenate([-y, x, np.zeros(corners)])
    circle = np.linalg.norm(turn)
    away = np.eye(len(minimum)) - np.outer(turn, turn) / circle**2
    inside = away @ (scale * curvature + np.eye(len(minimum)) / prior**2) @ away
    inside += np.eye(len(minimum)) - away
    pull = minimum / prior**2
    return float(
        np.log(COPIES[kind])
        + lost
        - scale * total_loss(kgon_minimum(kind)[:, None])[0].item()
        - (minimum @ minimum) / (2 * prior**2)
        - len(minimum) * np.log(prior)
        + np.log(2 * np.pi * circle)
        - np.log(2 * np.pi) / 2
        - np.linalg.slogdet(inside)[1] / 2
        + pull @ np.linalg.solve(inside, pull) / 2  # the prior moves the minimum
    )


def _scale(settings: Posterior, samples: float | np.ndarray) -> float | np.ndarray:
    return samples / (2 * settings.noise**2)


def _moved(
    states: np.ndarray, scale: float, prior: float, key: tuple, draws: int, leapfrog_steps: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Return the last states of HMC chains from `states`, and their losses."""
    count = states.shape[1]
    chains = chosen(SAMPLERS).load()(
        "hmc",
        Problem(energy, states, 1, [key] * count, shared=(np.array([scale, prior**2]),)),
        1,
        chain_keys([key], count),
        n_beta=np.ones(count),
        step_size=0.25 / (scale * STIFFNESS + 1 / prior**2),
        localisation=0.0,
        draws=draws,
        leapfrog_steps=leapfrog_steps,
    )
    return chains.last, total_loss(chains.last)[0]


def _step(loss: np.ndarray, most: float) -> float:
    """Return by how much N may grow, so that `KEPT` of the particles stay effective."""

    def effective(step: float) -> float:
        weights = np.exp(-step * (loss - loss.min()))
        return weights.sum() ** 2 / (weights**2).sum() / len(loss)

    if effective(most) >= KEPT:
        return most
    low, high = 0.0, most
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) > KEPT else (low, middle)
    return high


def _resampled(weights: np.ndarray, shift: float) -> np.ndarray:
    """Return particles in proportion to their weights (systematic resampling)."""
    places = (np.arange(len(weights)) + shift) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights / weights.sum()), places), len(weights) - 1)


def _at_minimum(
    kind: str, settings: Posterior, stream: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return chains at a polygon's minimum, and what soft walls add to Laplace's ln Z.

    The dead feature of the 5-gon may stand wherever that costs little at the largest n, not only
    where it costs nothing.
    """
    states = np.repeat(kgon_minimum(kind)[:, None], settings.chains, axis=1)
    if kind != "5":
        return states, 0.0
    many = np.repeat(kgon_minimum(kind)[:, None], PRIOR_DRAWS, axis=1)
    many[LOST] = settings.prior * stream.normal(size=(len(LOST), PRIOR_DRAWS))
    cost = total_loss(many)[0] - total_loss(states[:, :1])[0].item()
    allowed = (many[LOST[2]] < 0) & (cost > -1e-9)  # else the feature fires: another polygon
    scale = _scale(settings, settings.largest)
    weights = np.where(allowed, np.exp(-scale * np.where(allowed, cost, 0)), 0)
    softness = np.log(weights.mean() / (allowed & (cost < 1e-12)).mean())
    chosen = stream.choice(PRIOR_DRAWS, settings.chains, p=weights / weights.sum())
    return many[:, chosen], float(softness)


def _never_fires(stream: np.random.Generator, prior: float) -> np.ndarray:
    """Return for draws of W_6 the prior's mass of the b_6 with which it changes no output."""
    minimum = kgon_minimum("5")
    own = prior * stream.normal(size=(2, PRIOR_DRAWS))
    inner = np.stack([minimum[:5], minimum[6:11]]).T @ own  # W_i·W_6
    others_off = (inner + minimum[12:17, None] <= 0).all(axis=0)
    highest = np.maximum(np.maximum(inner.max(axis=0), 0), (own**2).sum(axis=0))
    return np.where(others_off, normal_mass(-highest / prior), 0)
