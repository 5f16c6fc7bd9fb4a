"""The problems: loss, w*, true coefficient with its source, and n and γ that show it.

λ̂ at finite n and γ is not yet λ. A direction of curvature h has the share ½ nβ h / (nβ h + γ) in
place of ½, and at singular points λ̂ approaches λ like a small power of 1/nβ, or like 1 / ln nβ
where the multiplicity is above one. n and γ are chosen so that the shift stays inside the tolerance
with γ still holding the chains at w*; for normal crossings no feasible n does that, so there λ̂ at
each n is held against its exact mean, and λ against a fit over n.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.optimize import minimize

from lgi.llc.known import losses_cpu
from lgi.llc.known.settings import ProblemName
from lgi.llc.known.theory import crossing_mean, deep_linear, reduced_rank, regular

CROSSINGS = ((1, 0), (2, 1), (3, 1), (1, 1))  # λ = 1/2, 1/4, 1/6, and 1/2 with multiplicity two
CROSSING_SAMPLES = {100: 8_000, 300: 12_000, 1_000: 16_000, 3_000: 30_000, 10_000: 60_000}  # draws
CROSSING = "normal crossing"

WATANABE = "Watanabe (2009), zeta function of a normal crossing"
AOYAGI_WATANABE = "Aoyagi and Watanabe (2005), main theorem"
AOYAGI = "Aoyagi (2024), main theorem"


@dataclass(frozen=True)
class KnownProblem:
    """A loss with a known coefficient at w*, and the posterior that shows it."""

    name: str
    shape: str  # which of the problems of this name
    loss: str  # name of the loss in `losses` and `losses_cpu`
    data: tuple[np.ndarray, ...]  # what the loss takes beside the parameters
    parameters: np.ndarray  # [P] w*
    truth: float  # what λ̂ must be
    source: str
    tolerance: float  # largest relative error allowed
    samples: int  # n; it stands for nβ = n / ln n alone, since the losses are expectations
    localisation: float  # γ
    curvature: float  # largest one that the chains meet, which sets the steps
    draws: int  # of an SGLD chain
    chains: int = 256
    # Of an HMC draw. Three turn the stiffest direction by 124 degrees: after half a turn L would
    # be what it was. Ten cross the flat valleys of a singular point.
    leapfrog_steps: int = 3

    @property
    def n_beta(self) -> float:
        """nβ with β = 1 / ln n."""
        return self.samples / math.log(self.samples)


def problems(names: Sequence[str] = get_args(ProblemName)) -> list[KnownProblem]:
    """Return all problems of the given names, in the order of the names.

    Parameters
    ----------
    names
        Values of `lgi.llc.known.settings.ProblemName`; all if not given.
    """
    makers = {
        "quadratic": quadratics,
        CROSSING: crossings,
        "reduced-rank regression": reduced_rank_regressions,
        "deep linear network": deep_linear_networks,
        "k-gon": lambda: [kgon(kind) for kind in KGONS],
        "rotation-symmetric minimum": lambda: [rotation_symmetric()],
    }
    return [problem for name in names for problem in makers[name]()]


def quadratics() -> list[KnownProblem]:
    """Return ½ Σ_p h_p w_p² with λ = d/2, in several dimensions d and with several curvatures h.

    γ = 1 takes 0.2 % from a direction of curvature 0.5 at n = 10,000 (nβ = 1,086).
    """
    curvatures = {
        "d = 1, h = 1": np.ones(1),
        "d = 4, h = 0.5 to 4": np.array([0.5, 1.0, 2.0, 4.0]),
        "d = 10, h = 0.5 to 5": np.geomspace(0.5, 5, 10),
        "d = 18, h = 1": np.ones(18),
    }
    return [
        KnownProblem(
            name="quadratic",
            shape=shape,
            loss="quadratic",
            data=(h,),
            parameters=np.zeros(len(h)),
            truth=float(regular(len(h)).value),
            source="d/2, the Gaussian integral",
            tolerance=0.04,
            samples=10_000,
            localisation=1.0,
            curvature=max(h),
            draws=4_000,
        )
        for shape, h in curvatures.items()
    ]


def crossings() -> list[KnownProblem]:
    """Return every normal crossing at every n over which λ is fitted."""
    return [crossing(exponents, n) for exponents in CROSSINGS for n in CROSSING_SAMPLES]


def crossing(exponents: tuple[int, int], samples: int) -> KnownProblem:
    """Return w_1^(2 k_1) w_2^(2 k_2) at w = 0, at one n, against its exact mean at this n.

    A chain crosses the posterior in about 1 / (ε γ) draws, and ε shrinks like 1 / nβ, so the draws
    grow with n.
    """
    n_beta = samples / math.log(samples)
    return KnownProblem(
        name=CROSSING,
        shape=f"k = {exponents[0]}, {exponents[1]}",
        loss="crossing",
        data=(np.array(exponents),),
        parameters=np.zeros(2),
        truth=crossing_mean(exponents, n_beta, localisation=1.0),
        source="quadrature of the same posterior",
        tolerance=0.05,
        samples=samples,
        localisation=1.0,
        curvature=2.0,
        draws=CROSSING_SAMPLES[samples],
        leapfrog_steps=10,
    )


def reduced_rank_regressions() -> list[KnownProblem]:
    """Return B A x of rank r with M inputs, H hidden units and N outputs, in every case.

    w* is the most singular point, A and B of rank r, whose coefficient is that of the closed form.
    In case 1 the mean lies 3 % below it at n = 10,000, in the others 1 % at n = 3,000, with γ = 1.
    With multiplicity two it would lie further off, so there w* is a smooth point; see
    `deep_linear_networks`.
    """
    singular = {
        (3, 2, 3, 0): ("case 1, M + H + N + r even", 10_000),
        (3, 3, 3, 1): ("case 1, M + H + N + r even", 10_000),
        (1, 2, 4, 0): ("case 2", 3_000),
        (2, 2, 5, 1): ("case 2", 3_000),
        (5, 2, 2, 1): ("case 3", 3_000),
        (2, 4, 2, 1): ("case 4", 3_000),
    }
    found = [
        _linear_network(
            "reduced-rank regression",
            f"M, H, N, r = {M}, {H}, {N}, {r}",
            widths=(M, H, N),
            paths=[(0, 2)] * r,
            truth=float(reduced_rank(M, H, N, r).value),
            source=f"{AOYAGI_WATANABE}, {case}",
            samples=samples,
            localisation=1.0,
            curvature=6.0 if r else 3.0,
            draws=48_000 if samples == 10_000 else 16_000,
            leapfrog_steps=10,
        )
        for (M, H, N, r), (case, samples) in singular.items()
    ]
    smooth = _linear_network(
        "reduced-rank regression",
        "M, H, N, r = 3, 2, 2, 0",
        widths=(3, 2, 2),
        paths=[(0, 1), (0, 1)],
        truth=float(reduced_rank(3, 2, 2, 0).value),
        source=f"{AOYAGI_WATANABE}, case 1, M + H + N + r odd",
        samples=100_000,
        localisation=30.0,
        curvature=2.0,
        draws=2_000,
    )
    return [*found[:2], smooth, *found[2:]]


def deep_linear_networks() -> list[KnownProblem]:
    """Return products of three and four matrices.

    The first has the most singular point as w*. In the others the mean at such a point is 5 to 10 %
    off at n = 3,000 and 10,000, so w* is a smooth point of the largest set of minima, where the
    coefficient is the same: half the number of directions that leave the set. Tests hold the closed
    form against that count.
    """
    smooth = {
        ((4, 4, 4, 4), 1): [(0, 3), (0, 2), (1, 3), (0, 1), (2, 3)],
        ((3, 3, 3, 3), 0): [(0, 2), (1, 3), (0, 1), (2, 3)],
        ((4, 3, 2, 3, 4), 1): [(0, 4), (0, 2), (0, 1), (3, 4), (3, 4)],
    }
    singular = _linear_network(
        "deep linear network",
        _network_shape((3, 2, 2, 3), 1),
        widths=(3, 2, 2, 3),
        paths=[(0, 3)],
        truth=float(deep_linear((3, 2, 2, 3), 1).value),
        source=AOYAGI,
        samples=3_000,
        localisation=1.0,
        curvature=6.0,
        draws=16_000,
        leapfrog_steps=10,
    )
    return [singular] + [
        _linear_network(
            "deep linear network",
            _network_shape(widths, rank),
            widths=widths,
            paths=paths,
            truth=float(deep_linear(widths, rank).value),
            source=AOYAGI,
            samples=100_000,
            localisation=30.0,
            curvature=len(widths) - 1.0,
            draws=2_000,
        )
        for (widths, rank), paths in smooth.items()
    ]


def _network_shape(widths: Sequence[int], rank: int) -> str:
    return f"widths {'-'.join(map(str, widths))}, r = {rank}"


def _linear_network(
    name: str,
    shape: str,
    *,
    widths: Sequence[int],
    paths: Sequence[tuple[int, int]],
    **posterior,
) -> KnownProblem:
    """Return a linear network whose w* carries a signal along each path (first, last layer).

    A path has a unit of its own in each of its layers, joined by weights of 1; all other weights
    are 0. Paths from the first layer to the last make up the true map, the others lead nowhere.
    """
    matrices = [np.zeros(shape) for shape in zip(widths[1:], widths[:-1], strict=True)]
    units = [0] * len(widths)  # used so far in each layer
    for first, last in paths:
        for layer in range(first, last):
            matrices[layer][units[layer + 1], units[layer]] = 1.0
        for layer in range(first, last + 1):
            units[layer] += 1
    target = matrices[0]
    for matrix in matrices[1:]:
        target = matrix @ target
    return KnownProblem(
        name=name,
        shape=shape,
        loss="linear_network",
        data=(np.array(widths), target),
        parameters=np.concatenate([matrix.ravel() for matrix in matrices]),
        tolerance=0.05,
        **posterior,
    )


# Corners, their radius and bias, and the bias of the sixth column where it is no corner.
KGONS = {
    "5": (5, 1.17055, -0.28244, -1.0),
    "5+": (5, 1.17055, -0.28244, 1 / 12),
    "6": (6, 1.32053, -0.61814, None),
}


def kgon(kind: str) -> KnownProblem:
    """Return a k-gon of the toy model of superposition with one active feature x_i ~ U[0, 1].

    Chen et al. (2023), "Dynamical versus Bayesian phase transitions in a toy model of
    superposition". A rotation leaves the loss as it is, and in the 5-gon also the three parameters
    of the feature that never fires do. n is large, or the chains leave the 5-gons for the 6-gon;
    γ = 100 holds W_6 of the 5-gon near 0.1: it is free only up to 0.24, where other outputs fire.
    """
    curved = 14 if kind == "5" else 17
    return KnownProblem(
        name="k-gon",
        shape=f"{kind}-gon",
        loss="one_active",
        data=(np.array(6),),
        parameters=kgon_minimum(kind),
        truth=float(regular(curved).value),
        source="Chen et al. (2023), the k-gons' potential",
        tolerance=0.05,
        samples=1_000_000,
        localisation=100.0,
        curvature=2.0 if kind == "5+" else 1.25,
        draws=8_000,
    )


def kgon_minimum(kind: str) -> np.ndarray:
    """Return W [2, 6] and b [6] of a k-gon as one vector [18], after minimising.

    Parameters
    ----------
    kind
        A key of `KGONS`.
    """
    corners, radius, bias, sixth_bias = KGONS[kind]
    angles = 2 * np.pi * np.arange(corners) / corners
    W, b = np.zeros((2, 6)), np.full(6, bias)
    W[:, :corners] = radius * np.array([np.cos(angles), np.sin(angles)])
    if sixth_bias is not None:
        b[5] = sixth_bias

    def loss_and_gradient(parameters):
        gradient, loss = np.empty((18, 1)), np.empty(1)
        losses_cpu.one_active(parameters[:, None].copy(), np.array(6), gradient, loss)
        return loss[0], gradient[:, 0]

    found = minimize(loss_and_gradient, np.append(W, b), jac=True, method="BFGS", tol=1e-10)
    return found.x


def rotation_symmetric() -> KnownProblem:
    """Return ¼ |WᵀW - G|² + ½ |b - b*|² of the toy model's 18 parameters, with λ = (18 - 1)/2.

    The minima are the rotations of W*, a circle; all other directions are curved.
    """
    angles = 2 * np.pi * np.arange(6) / 6
    W, b = np.array([np.cos(angles), np.sin(angles)]), np.full(6, -0.5)
    return KnownProblem(
        name="rotation-symmetric minimum",
        shape="18 parameters",
        loss="rotation",
        data=(W.T @ W, b),
        parameters=np.append(W, b),
        truth=float(regular(17).value),
        source="(18 - 1)/2, the Gaussian integral across a circle of minima",
        tolerance=0.04,
        samples=100_000,
        localisation=10.0,
        curvature=6.0,
        draws=3_000,
    )
