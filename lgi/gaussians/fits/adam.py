"""Definition of the optimiser: Adam (Kingma and Ba 2015), grouped and rounded as published."""

import torch
from torch import Tensor

from lgi.gaussians.fits.settings import AdamSettings


class Adam(torch.optim.Optimizer):
    """Adam with every factor in the precision of the parameters.

    `torch.optim.Adam` keeps the factors in float64. In float32 1 - beta2^t comes out up to 3e-5
    larger or smaller in the first steps, and the published losses depend on it.

    Parameters
    ----------
    parameters
        What to train; its gradient lies in ``parameters.grad``.
    settings
        Rate, decay of the two moments, and epsilon.
    """

    def __init__(self, parameters: Tensor, settings: AdamSettings) -> None:
        super().__init__([parameters], {"lr": settings.rate})
        self._parameters = parameters
        self._m, self._v = torch.zeros_like(parameters), torch.zeros_like(parameters)
        self._beta1, self._beta2, self._epsilon = (
            parameters.new_tensor(value)
            for value in (settings.beta1, settings.beta2, settings.epsilon)
        )
        self._t = 0

    @torch.no_grad()
    def step(self) -> None:
        """Move the parameters once."""
        rate = self._parameters.new_tensor(self.param_groups[0]["lr"])
        gradient, beta1, beta2 = self._parameters.grad, self._beta1, self._beta2
        self._t += 1
        self._m = beta1 * self._m + (1 - beta1) * gradient
        self._v = beta2 * self._v + (1 - beta2) * (gradient * gradient)
        mean = self._m / (1 - power(beta1, self._t))
        # Not every float32 square root in PyTorch is rounded correctly; through float64 it is.
        deviation = (self._v / (1 - power(beta2, self._t))).double().sqrt().to(gradient)
        self._parameters -= (rate * mean) / (deviation + self._epsilon)


def power(base: Tensor, exponent: int) -> Tensor:
    """Return base^exponent by repeated squaring, which decides how it is rounded."""
    result = torch.ones_like(base)
    while exponent:
        if exponent % 2:
            result = result * base
        base, exponent = base * base, exponent // 2
    return result
