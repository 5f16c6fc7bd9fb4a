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
        self._steps = torch.zeros(len(parameters), dtype=torch.int64)  # of each row

    def extend(self, parameters: Tensor) -> None:
        """Train more rows: `parameters` begin with those that were trained.

        The moments of a new row are 0, and their bias correction counts its own steps: it moves as
        if training began with it.
        """
        more = len(parameters) - len(self._parameters)
        self._parameters = self.param_groups[0]["params"][0] = parameters
        zeros = parameters.new_zeros(more, parameters.shape[1])
        self._m, self._v = torch.cat([self._m, zeros]), torch.cat([self._v, zeros])
        self._steps = torch.cat([self._steps, self._steps.new_zeros(more)])

    @torch.no_grad()
    def step(self) -> None:
        """Move the parameters once."""
        rate = self._parameters.new_tensor(self.param_groups[0]["lr"])
        gradient, beta1, beta2 = self._parameters.grad, self._beta1, self._beta2
        self._steps += 1
        self._m = beta1 * self._m + (1 - beta1) * gradient
        self._v = beta2 * self._v + (1 - beta2) * (gradient * gradient)
        mean = self._m / (1 - self._powers(beta1))
        # Not every float32 square root in PyTorch is rounded correctly; through float64 it is.
        deviation = (self._v / (1 - self._powers(beta2))).double().sqrt().to(gradient)
        self._parameters -= (rate * mean) / (deviation + self._epsilon)

    def _powers(self, base: Tensor) -> Tensor:
        """Return the base to the number of steps of each row, [n, 1]."""
        steps, row = self._steps.unique(return_inverse=True)
        return torch.stack([power(base, t) for t in steps.tolist()])[row, None]


def power(base: Tensor, exponent: int) -> Tensor:
    """Return base^exponent by repeated squaring, which decides how it is rounded."""
    result = torch.ones_like(base)
    while exponent:
        if exponent % 2:
            result = result * base
        base, exponent = base * base, exponent // 2
    return result
