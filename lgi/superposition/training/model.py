"""The toy model of superposition and its loss, in PyTorch.

Elhage et al. 2022, "Toy Models of Superposition": an autoencoder with tied weights.
"""

import torch
from torch import Tensor


def reconstruct(
    W: Tensor,  # [..., hidden, features]
    b: Tensor,  # [..., features]
    x: Tensor,  # [..., samples, features]
) -> Tensor:  # [..., samples, features]
    """Return x̂ = ReLU(Wᵀ W x + b) for one model or many."""
    return torch.relu(x @ W.mT @ W + b[..., None, :])


def loss(
    W: Tensor,  # [..., hidden, features]
    b: Tensor,  # [..., features]
    x: Tensor,  # [..., samples, features]
) -> Tensor:  # [...]
    """Return the mean of (x̂ - x)² over samples and features, for one model or many."""
    return (reconstruct(W, b, x) - x).square().mean(dim=(-2, -1))
