"""Definition of the samplers, in PyTorch, for any differentiable loss.

They draw from the posterior localised at w*, p(w) ∝ exp(-nβ L(w) - (γ/2) |w - w*|²) (Lau et al.
2023, "Quantifying degeneracy in singular models via the learning coefficient"). The CPU engine,
`lgi.llc.samplers_cpu`, is tested against this module.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lgi.llc.keys import PROPOSAL
from lgi.llc.noise import standard_normals


@dataclass(frozen=True)
class Chains:
    """What a sampler leaves of its chains."""

    loss: Tensor  # [draws, chains] L of every draw
    acceptance: Tensor  # [chains] mean probability that a Metropolis test would accept a step
    last: Tensor  # [chains, P] parameters of the last draw


@dataclass(frozen=True)
class _Posterior:
    """-log of the localised posterior density, and its gradient."""

    loss: Callable[[Tensor], Tensor]
    centre: Tensor
    n_beta: float
    localisation: float

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return L [chains], U [chains] and ∇U [chains, P]."""
        parameters = parameters.detach().requires_grad_()
        loss = self.loss(parameters)
        distance = (parameters - self.centre).square().sum(dim=1)
        energy = self.n_beta * loss + self.localisation / 2 * distance
        # A chain's energy depends on its own parameters only, so the sum's gradient is each one's.
        (gradient,) = torch.autograd.grad(energy.sum(), parameters)
        return loss.detach(), energy.detach(), gradient


def sgld(
    loss: Callable[[Tensor], Tensor],
    start: Tensor,
    keys: Tensor,
    *,
    n_beta: float,
    step_size: float,
    localisation: float,
    draws: int,
) -> Chains:
    """Run chains of stochastic gradient Langevin dynamics (Welling and Teh 2011, eq. 4).

    w ← w - (ε/2) (nβ ∇L(w) + γ (w - w*)) + N(0, ε), without a Metropolis test: the draws are biased
    by the step. On a quadratic loss of curvature h they are wider than the posterior by the factor
    1 / (1 - ε (nβ h + γ) / 4).

    Parameters
    ----------
    loss
        Differentiable function of parameters [chains, P] to losses [chains], a chain's loss of its
        own parameters only.
    start
        float [chains, P]: w*, where the chains start and are localised.
    keys
        int64 [2, chains], from `lgi.llc.keys.chain_keys`.
    n_beta
        nβ, the inverse temperature of the mean loss.
    step_size
        ε.
    localisation
        γ.
    draws
        Draws of each chain, after w* itself.

    Returns
    -------
    Chains
        Losses, acceptance and last states.
    """
    posterior = _Posterior(loss, start, n_beta, localisation)
    parameters = start
    _, energy, drift = posterior(parameters)
    losses = start.new_empty(draws, len(start))
    acceptance = torch.zeros_like(energy)
    for draw in range(draws):
        noise = standard_normals(keys, draw, PROPOSAL, start.shape[1]).to(start)
        parameters = parameters - step_size / 2 * drift + step_size**0.5 * noise
        losses[draw], new_energy, new_drift = posterior(parameters)
        ratio = _log_ratio(new_energy - energy, drift + new_drift, noise, step_size)
        acceptance += torch.exp(torch.clamp(ratio, max=0))
        energy, drift = new_energy, new_drift
    return Chains(losses, acceptance / draws, parameters)


def _log_ratio(rise: Tensor, drifts: Tensor, noise: Tensor, step_size: float) -> Tensor:
    """Return log of the Metropolis-Hastings ratio of a Langevin step (Roberts and Tweedie 1996).

    With z the noise of the step, ΔU the rise of the energy and G, G' its gradients before and
    after, log p(w') q(w | w') / (p(w) q(w' | w)) = -ΔU + (√ε/2) z·(G + G') - (ε/8) |G + G'|².
    """
    along = (noise * drifts).sum(dim=1)
    return -rise + step_size**0.5 / 2 * along - step_size / 8 * drifts.square().sum(dim=1)
