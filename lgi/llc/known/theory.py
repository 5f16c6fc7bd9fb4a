"""Closed forms of the learning coefficient λ and its multiplicity m.

The free energy of a Bayesian model is nβ L(w₀) + λ ln nβ - (m - 1) ln ln nβ + O(1) (Watanabe 2009,
"Algebraic Geometry and Statistical Learning Theory", main formula II).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

import numpy as np


@dataclass(frozen=True)
class Pole:
    """A learning coefficient, the largest pole of the zeta function (its sign changed)."""

    value: Fraction  # λ
    multiplicity: int  # m


def regular(directions: int) -> Pole:
    """Return the coefficient of a loss that is quadratic in so many directions: half of them.

    The other directions, if any, leave the loss at its minimum: the minima are a smooth manifold.
    """
    return Pole(Fraction(directions, 2), 1)


def normal_crossing(exponents: Sequence[int]) -> Pole:
    """Return the coefficient of Π_j w_j^(2 k_j) at w = 0: the least of the 1/(2 k_j).

    Its multiplicity is the number of j that attain it (Watanabe 2009, theorem 2.4).

    Parameters
    ----------
    exponents
        k_j, of which one or more are positive; where k_j = 0 the loss does not depend on w_j.
    """
    poles = [Fraction(1, 2 * k) for k in exponents if k > 0]
    return Pole(min(poles), poles.count(min(poles)))


def reduced_rank(inputs: int, hidden: int, outputs: int, rank: int) -> Pole:
    """Return the coefficient of reduced-rank regression, y = B A x + noise.

    Aoyagi and Watanabe (2005), "Stochastic complexities of reduced rank regression in Bayesian
    estimation", Neural Networks 18, main theorem; its cases are numbered here as there.

    Parameters
    ----------
    inputs, hidden, outputs
        M, H and N: A is H × M, B is N × H.
    rank
        r of the true map, at most H.
    """
    M, H, N, r = inputs, hidden, outputs, rank
    if N + r > M + H:  # case 2
        return Pole(Fraction(H * M - H * r + N * r, 2), 1)
    if M + r > N + H:  # case 3
        return Pole(Fraction(H * N - H * r + M * r, 2), 1)
    if H + r > M + N:  # case 4
        return Pole(Fraction(M * N, 2), 1)
    eightfold = 2 * (H + r) * (M + N) - (M - N) ** 2 - (H + r) ** 2  # case 1
    odd = (M + H + N + r) % 2
    return Pole(Fraction(eightfold + odd, 8), 1 + odd)


def deep_linear(widths: Sequence[int], rank: int) -> Pole:
    """Return the coefficient of a deep linear network, y = W_L ... W_1 x + noise.

    Aoyagi (2024), "Consideration on the learning efficiency of multiple-layered neural networks
    with linear units", Neural Networks 172, main theorem.

    Parameters
    ----------
    widths
        H_0 (inputs), H_1, ..., H_L (outputs).
    rank
        r of the true map, at most the least width.
    """
    excess = [width - rank for width in widths]
    chosen = _narrow_layers(excess)
    count, total = len(chosen) - 1, sum(chosen)  # ℓ and Σ M_j
    ceiling = -(-total // count)
    a = total - (ceiling - 1) * count
    pairs = sum(first * second for first, second in combinations(chosen, 2))
    value = (
        Fraction(rank * (widths[0] + widths[-1] - rank), 2)
        + Fraction(a * (count - a), 4 * count)
        - Fraction((count - 1) * total**2, 4 * count)
        + Fraction(pairs, 2)
    )
    return Pole(value, a * (count - a) + 1)


def _narrow_layers(excess: Sequence[int]) -> list[int]:
    """Return the M_j = H_j - r of the layers that decide the coefficient.

    Of ℓ + 1 members each is below the sum of all over ℓ, and each of the others is not. They are
    the smallest ones, as many as stay below.
    """
    ordered = sorted(excess)
    for size in range(len(ordered), 2, -1):
        if sum(ordered[:size]) > (size - 1) * ordered[size - 1]:
            return ordered[:size]
    return ordered[:2]


def gaussian_mean(curvatures: np.ndarray, n_beta: float, localisation: float) -> float:
    """Return the exact E[nβ L] of L = ½ Σ_p h_p w_p² at finite nβ, localised at 0."""
    stiffness = n_beta * np.asarray(curvatures)
    return float(np.sum(stiffness / (stiffness + localisation)) / 2)


def gaussian_free_energy(curvatures: np.ndarray, n_beta: float, localisation: float) -> float:
    """Return -ln E[exp(-nβ L)] of L = ½ Σ_p h_p w_p² under the prior N(0, 1/γ)."""
    return float(np.sum(np.log1p(n_beta * np.asarray(curvatures) / localisation)) / 2)


def crossing_mean(exponents: Sequence[int], n_beta: float, localisation: float) -> float:
    """Return the exact E[nβ L] of L = w_1^(2 k_1) w_2^(2 k_2) at finite nβ, localised at 0."""
    energy, density = _crossing(exponents, localisation)
    weight = np.exp(-n_beta * energy) * density
    return float(n_beta * np.sum(energy * weight) / np.sum(weight))


def crossing_free_energy(exponents: Sequence[int], n_beta: float, localisation: float) -> float:
    """Return -ln E[exp(-nβ L)] of L = w_1^(2 k_1) w_2^(2 k_2) under the prior N(0, 1/γ)."""
    energy, density = _crossing(exponents, localisation)
    return float(-np.log(np.sum(np.exp(-n_beta * energy) * density) / np.sum(density)))


def _crossing(
    exponents: Sequence[int], localisation: float
) -> tuple[np.ndarray, np.ndarray]:  # L and the prior's density by ln w_1 and ln w_2
    """Return what the trapezoidal rule sums over the quadrant w > 0: L is even.

    In ln w the integrand and all its derivatives vanish at both ends, so the rule converges faster
    than any power of its step.
    """
    return _summands(*map(int, exponents), localisation)


@lru_cache(maxsize=2)  # three megabytes each, asked for at many nβ in turn
def _summands(first: int, second: int, localisation: float) -> tuple[np.ndarray, np.ndarray]:
    logs = np.arange(-30, np.log(12 / np.sqrt(localisation)), 0.05)
    w1, w2 = np.exp(logs)[:, None], np.exp(logs)[None, :]
    energy = w1 ** (2 * first) * w2 ** (2 * second)
    return energy, np.exp(-localisation / 2 * (w1**2 + w2**2)) * w1 * w2
