"""Coordinates in which a localised posterior is round, so that chains cross it in few steps.

With the Hessian's eigenvalues h_i and eigenvectors v_i at w*, w = w* + Σ_i u_i v_i s_i and
s_i = 1 / √(nβ max(h_i, 0) + γ) make the Gaussian approximation of the posterior standard normal.
The posterior of w stays what it is; HMC in u is HMC in w with that mass matrix (Neal 2011, section
4.1).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lgi.jit import njit
from lgi.llc.problem import Problem


@dataclass(frozen=True)
class Frame:
    """A problem in such coordinates."""

    problem: Problem  # in u, with w* at 0
    centre: np.ndarray  # [P, models] w*
    axes: np.ndarray  # [P, P, models] s_i v_i, the index i second

    def parameters(self, u: np.ndarray) -> np.ndarray:
        """Return w [P, models, ...] of u [P, models, ...]."""
        return self.centre[(...,) + (None,) * (u.ndim - 2)] + np.einsum(
            "pqm,qm...->pm...", self.axes, u
        )


@dataclass(frozen=True)
class InFrame:
    """A loss of w as one of u, whose data end with the centre and the axes of a `Frame`."""

    of_parameters: Callable[..., None]

    def __call__(self, u: np.ndarray, *arguments: np.ndarray) -> None:
        """Write the loss and its gradient by u of every lane."""
        *data, centre, axes, gradient, loss = arguments
        parameters, slope = np.empty_like(u), np.empty_like(u)
        to_parameters(u, centre, axes, parameters)
        self.of_parameters(parameters, *data, slope, loss)
        along_axes(slope, axes, gradient)


def whitened(
    problem: Problem,
    hessian: np.ndarray,
    n_beta: float | np.ndarray,
    localisation: float | np.ndarray,
) -> Frame:
    """Return a problem in coordinates that make its posterior round.

    Parameters
    ----------
    problem
        The models, at w*; without weights of the localisation.
    hessian
        float [models, P, P] of L.
    n_beta
        nβ by which L is multiplied, or that of each model [models].
    localisation
        γ, above 0, or that of each model.
    """
    finite = np.isfinite(hessian).all(axis=(1, 2), keepdims=True)  # a model that diverged has none
    curvature, vectors = np.linalg.eigh(np.where(finite, hessian, 0.0))
    n_beta, localisation = (np.reshape(each, (-1, 1)) for each in (n_beta, localisation))
    scale = 1 / np.sqrt(n_beta * np.maximum(curvature, 0) + localisation)  # [models, P]
    axes = np.ascontiguousarray((vectors * scale[:, None, :]).transpose(1, 2, 0))
    centre = np.ascontiguousarray(problem.parameters, dtype=np.float64)
    there = replace(
        problem,
        loss_and_gradient=InFrame(problem.loss_and_gradient),
        parameters=np.zeros_like(centre),
        per_model=(*problem.per_model, centre, axes),
        localisation_weights=np.ascontiguousarray(scale.T) ** 2,
    )
    return Frame(there, centre, axes)


@njit
def to_parameters(u, centre, axes, parameters):
    """Write w* + Σ_i u_i axes_i for every lane."""
    size, lanes = u.shape
    for p in range(size):
        for lane in range(lanes):
            parameters[p, lane] = centre[p, lane]
        for q in range(size):
            for lane in range(lanes):
                parameters[p, lane] += axes[p, q, lane] * u[q, lane]


@njit
def along_axes(slope, axes, gradient):
    """Write the gradient by u, axes_iᵀ ∇L, for every lane."""
    size, lanes = slope.shape
    for q in range(size):
        for lane in range(lanes):
            gradient[q, lane] = 0.0
    for p in range(size):
        for q in range(size):
            for lane in range(lanes):
                gradient[q, lane] += axes[p, q, lane] * slope[p, lane]
