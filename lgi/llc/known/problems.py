"""The problems: loss, w* and true coefficient with its source.

All losses are expectations in closed form, so n stands for nβ = n / ln n alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.optimize import minimize

from lgi.llc.known import losses_cpu
from lgi.llc.known.settings import ProblemName
from lgi.llc.known.theory import deep_linear, normal_crossing, reduced_rank, regular
from lgi.llc.problem import evaluated

CROSSINGS = ((1, 0), (2, 0), (3, 0), (1, 1), (2, 2), (3, 3), (2, 1), (3, 1), (3, 2))
QUADRATIC, CROSSING = "quadratic", "normal crossing"

WATANABE = "Watanabe (2009), zeta function of a normal crossing"
AOYAGI_WATANABE = "Aoyagi and Watanabe (2005), main theorem"
AOYAGI = "Aoyagi (2024), main theorem"


@dataclass(frozen=True)
class KnownProblem:
    """A loss with a known coefficient at w*."""

    name: str
    shape: str  # which of the problems of this name
    loss: str  # name of the loss in `losses` and `losses_cpu`
    data: tuple[np.ndarray, ...]  # what the loss takes beside the parameters
    parameters: np.ndarray  # [P] w*
    truth: float  # λ
    source: str
    singular: bool = False  # whether w* is a singular point of the minima
    halves: int = 1  # the squared error, summed over outputs, is so many times the loss


def problems(names: Sequence[str] = get_args(ProblemName)) -> list[KnownProblem]:
    """Return all problems of the given names, in the order of the names.

    Parameters
    ----------
    names
        Values of `lgi.llc.known.settings.ProblemName`; all if not given.
    """
    makers = {
        QUADRATIC: quadratics,
        CROSSING: lambda: [crossing(exponents) for exponents in CROSSINGS],
        "reduced-rank regression": reduced_rank_regressions,
        "deep linear network": deep_linear_networks,
        "k-gon": lambda: [kgon(kind) for kind in KGONS],
        "rotation-symmetric minimum": lambda: [rotation_symmetric()],
    }
    return [problem for name in names for problem in makers[name]()]


def quadratics() -> list[KnownProblem]:
    """Return ½ Σ_p h_p w_p² with λ = d/2, in several dimensions d and with several curvatures h."""
    curvatures = {
        "d = 1, h = 1": np.ones(1),
        "d = 4, h = 0.5 to 4": np.array([0.5, 1.0, 2.0, 4.0]),
        "d = 10, h = 0.5 to 5": np.geomspace(0.5, 5, 10),
        "d = 18, h = 1": np.ones(18),
    }
    return [
        KnownProblem(
            name=QUADRATIC,
            shape=shape,
            loss="quadratic",
            data=(h,),
            parameters=np.zeros(len(h)),
            truth=float(regular(len(h)).value),
            source="d/2, the Gaussian integral",
            halves=2,
        )
        for shape, h in curvatures.items()
    ]


def crossing(exponents: tuple[int, int]) -> KnownProblem:
    """Return w_1^(2 k_1) w_2^(2 k_2) at w = 0."""
    return KnownProblem(
        name=CROSSING,
        shape=f"k = {exponents[0]}, {exponents[1]}",
        loss="crossing",
        data=(np.array(exponents),),
        parameters=np.zeros(2),
        truth=float(normal_crossing(exponents).value),
        source=WATANABE,
        singular=exponents != (1, 0),
    )


def reduced_rank_regressions() -> list[KnownProblem]:
    """Return B A x of rank r with M inputs, H hidden units and N outputs, in every case.

    w* is the most singular point, A and B of rank r, whose coefficient is that of the closed form;
    one stands at a smooth point too, see `deep_linear_networks`.
    """
    odd, even = "case 1, M + H + N + r odd", "case 1, M + H + N + r even"
    cases = {
        (3, 2, 3, 0): even,
        (3, 3, 3, 1): even,
        (3, 2, 2, 0): odd,
        (1, 2, 4, 0): "case 2",
        (2, 2, 5, 1): "case 2",
        (5, 2, 2, 1): "case 3",
        (2, 4, 2, 1): "case 4",
    }
    smooth = {(3, 2, 2, 0): [(0, 1), (0, 1)]}
    return [
        _linear_network(
            "reduced-rank regression",
            f"M, H, N, r = {M}, {H}, {N}, {r}",
            widths=(M, H, N),
            paths=paths,
            truth=float(reduced_rank(M, H, N, r).value),
            source=f"{AOYAGI_WATANABE}, {case}",
            singular=singular,
        )
        for (M, H, N, r), case in cases.items()
        for paths, singular in _points([(0, 2)] * r, smooth.get((M, H, N, r)))
    ]


def deep_linear_networks() -> list[KnownProblem]:
    """Return products of three and four matrices.

    w* is the most singular point, with no weight but those of the true map, and for most also a
    smooth point of the largest set of minima, where the coefficient is the same: half the number of
    directions that leave the set. Tests hold the closed form against that count.
    """
    smooth = {
        ((3, 2, 2, 3), 1): None,
        ((4, 4, 4, 4), 1): [(0, 3), (0, 2), (1, 3), (0, 1), (2, 3)],
        ((3, 3, 3, 3), 0): [(0, 2), (1, 3), (0, 1), (2, 3)],
        ((4, 3, 2, 3, 4), 1): [(0, 4), (0, 2), (0, 1), (3, 4), (3, 4)],
    }
    return [
        _linear_network(
            "deep linear network",
            f"widths {'-'.join(map(str, widths))}, r = {rank}",
            widths=widths,
            paths=paths,
            truth=float(deep_linear(widths, rank).value),
            source=AOYAGI,
            singular=singular,
        )
        for (widths, rank), smooth_paths in smooth.items()
        for paths, singular in _points([(0, len(widths) - 1)] * rank, smooth_paths)
    ]


def _points(singular: list, smooth: list | None) -> list[tuple[list, bool]]:
    """Return the paths of each w* of a network, and whether it is singular."""
    return [(singular, True)] + ([(smooth, False)] if smooth else [])


def _linear_network(
    name: str,
    shape: str,
    *,
    widths: Sequence[int],
    paths: Sequence[tuple[int, int]],
    **known,
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
        halves=2,
        **known,
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
    of the feature that never fires do.
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
        loss, gradient = evaluated(losses_cpu.one_active, parameters[:, None], np.array(6))
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
        halves=2,
    )
