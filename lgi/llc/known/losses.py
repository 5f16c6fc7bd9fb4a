"""Losses of the problems as functions of (parameters [P], *data) to a scalar, for PyTorch.

They are written with methods of the tensor alone. `lgi.llc.known.losses_cpu` has the same losses
with their gradients for the CPU engine.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def quadratic(parameters: "Tensor", curvature: "Tensor") -> "Tensor":
    """Return ½ Σ_p h_p w_p²."""
    return 0.5 * (curvature * parameters**2).sum()


def crossing(parameters: "Tensor", exponents: "Tensor") -> "Tensor":
    """Return w_1^(2 k_1) w_2^(2 k_2)."""
    first, second = parameters ** (2 * exponents)
    return first * second


def linear_network(parameters: "Tensor", widths: "Tensor", target: "Tensor") -> "Tensor":
    """Return ½ |W_L ... W_1 - T|², the expected loss ½ E|y - ŷ|² of inputs x ~ N(0, 1).

    Parameters are W_1, ..., W_L, each row-major, W_i of shape [H_i, H_(i-1)].
    """
    shapes = list(zip(widths.tolist()[1:], widths.tolist(), strict=False))
    product, *others = (
        flat.reshape(shape)
        for flat, shape in zip(parameters.split([i * j for i, j in shapes]), shapes, strict=True)
    )
    for matrix in others:
        product = matrix @ product
    return 0.5 * (product - target).square().sum()


def rotation(parameters: "Tensor", gram: "Tensor", bias: "Tensor") -> "Tensor":
    """Return ¼ |WᵀW - G|² + ½ |b - b*|², which a rotation of W [2, features] leaves as it is."""
    W, b = _weights_and_bias(parameters, len(bias))
    return 0.25 * (W.T @ W - gram).square().sum() + 0.5 * (b - bias).square().sum()


def one_active(parameters: "Tensor", features: "Tensor") -> "Tensor":
    """Return E Σ_j (ReLU(WᵀW x + b)_j - x_j)² of inputs with one active feature, x_i ~ U[0, 1].

    W is [2, features]. Output j at x_i = t is ReLU(g t + b_j), g = W_i·W_j, and should be t where
    j = i, else 0. The integral over t is that of a polynomial over the interval with g t + b_j > 0,
    plus that of t² over the rest where j = i.
    """
    count = int(features)
    W, b = _weights_and_bias(parameters, count)
    slope = W.T @ W  # [i, j]
    height = b.expand(count, count)
    flat = slope == 0
    zero = (-height / slope.masked_fill(flat, 1)).clamp(0, 1)
    low = zero.masked_fill(slope <= 0, 0)
    high = zero.masked_fill(slope > 0, 1).masked_fill(flat, 0).masked_fill(flat & (height > 0), 1)
    wanted = slope.new_ones(count).diag()
    error = slope - wanted
    fires = (
        error**2 * (high**3 - low**3) / 3
        + error * height * (high**2 - low**2)
        + height**2 * (high - low)
    )
    silent = wanted * (1 - high**3 + low**3) / 3
    return (fires + silent).sum() / count


def _weights_and_bias(parameters: "Tensor", features: int) -> "tuple[Tensor, Tensor]":
    return parameters[: 2 * features].reshape(2, features), parameters[2 * features :]
