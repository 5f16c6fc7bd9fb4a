"""The samplers: their options, and their definition in PyTorch for any differentiable loss.

They draw from the posterior localised at w*, p(w) ∝ exp(-nβ L(w) - (γ/2) |w - w*|²) (Lau et al.
2023, "Quantifying degeneracy in singular models via the learning coefficient"). The CPU engine,
`lgi.llc.samplers_cpu`, is tested against this module. A further sampler is a class of options in
the union `Sampler`, and a function of its name here and in the engine. PyTorch is imported where
chains run, since jobs of the engine need the options alone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field

from lgi.llc.dual_averaging import DELAY, SHRINKAGE, START, forgetting
from lgi.llc.keys import ACCEPTANCE, PROPOSAL
from lgi.settings import Count, Settings, Several

if TYPE_CHECKING:
    from torch import Tensor


class _Options(Settings):
    """Options of a sampler."""

    function: ClassVar[str]  # its name here and in `lgi.llc.samplers_cpu`
    exact: ClassVar[bool]  # its draws are not biased by the step, and take the loss of all samples

    step_size: float = Field(gt=0)  # ε

    def options(self) -> dict:
        """Return what its functions take as keyword arguments."""
        return self.model_dump(exclude={"kind"})

    def with_step(self, step_size: float) -> Self:
        """Return the same sampler with a step that stays as it is."""
        return self.model_copy(update={"step_size": step_size})

    @property
    def adapts(self) -> bool:
        """Whether its step adapts during burn-in."""
        return False


class SGLD(_Options):
    """Stochastic gradient Langevin dynamics; see `sgld`."""

    function = "sgld"
    exact = False

    kind: Literal["sgld"]


class RMSpropSGLD(_Options):
    """SGLD with the preconditioner of RMSprop; see `rmsprop_sgld`."""

    function = "rmsprop_sgld"
    exact = False

    kind: Literal["rmsprop_sgld"]
    decay: float = Field(ge=0, lt=1)  # α, of the mean square of the gradient
    stability: float = Field(gt=0)  # λ, added to the root mean square


class HMC(_Options):
    """Hamiltonian Monte Carlo; see `hmc`. Its ε is the square of the leapfrog step."""

    function = "hmc"
    exact = True

    kind: Literal["hmc"]
    leapfrog_steps: Count | Several[Count]  # of a draw, or of its draws in turn; 1 is MALA
    target_acceptance: float | None = Field(default=None, gt=0, lt=1)  # none: ε stays as it is

    def with_step(self, step_size: float) -> Self:
        """Return the same sampler with a step that does not adapt."""
        return self.model_copy(update={"step_size": step_size, "target_acceptance": None})

    @property
    def adapts(self) -> bool:
        """Whether its step adapts during burn-in."""
        return self.target_acceptance is not None


Sampler = Annotated[SGLD | RMSpropSGLD | HMC, Field(discriminator="kind")]
"""Every sampler, with its options."""


def kinds(*, exact: bool) -> list[str]:
    """Return the samplers whose draws are exact, or those whose draws are not."""
    options = get_args(get_args(Sampler)[0])
    return [
        get_args(one.model_fields["kind"].annotation)[0] for one in options if one.exact == exact
    ]


Loss = Callable[["Tensor"], "Tensor"]  # parameters [chains, P] to losses [chains]


@dataclass(frozen=True)
class Chains:
    """What a sampler leaves of its chains."""

    loss: "Tensor"  # [draws / thin, chains] L of every draw that is kept, burn-in included
    acceptance: "Tensor"  # [chains] mean Metropolis acceptance probability after burn-in
    last: "Tensor"  # [chains, P] parameters of the last draw
    step_size: "Tensor"  # [chains] ε after burn-in
    pull: "Tensor"  # [draws / thin, chains] γ |w - w*|² of every draw that is kept
    lowest: "Tensor"  # [chains, P] parameters of the draw with the lowest L, w* among them


@dataclass(frozen=True)
class _Posterior:
    """-log of the localised posterior density, and its gradient."""

    loss: Loss
    centre: "Tensor"
    n_beta: float
    localisation: "float | Tensor"
    copies: "float | Tensor" = 1.0

    def __call__(self, parameters: "Tensor", loss: Loss | None = None) -> "tuple[Tensor, ...]":
        """Return L [chains], ∇L [chains, P], U [chains] and ∇U [chains, P], of `loss` if given."""
        import torch

        parameters = parameters.detach().requires_grad_()
        losses = (loss or self.loss)(parameters)
        # A chain's loss depends on its own parameters only, so the sum's gradient is each one's.
        (gradient,) = torch.autograd.grad(losses.sum(), parameters)
        with torch.no_grad():
            shift = parameters - self.centre
            energy = self.n_beta * losses + self._pull(shift) / 2
            drift = self.n_beta * gradient / self.copies + self.localisation * shift
        return losses.detach(), gradient, energy, drift

    def pull(self, parameters: "Tensor") -> "Tensor":
        """Return Σ γ (w - w*)² [chains]."""
        return self._pull(parameters - self.centre)

    def _pull(self, shift: "Tensor") -> "Tensor":
        if isinstance(self.localisation, float | int):
            return self.localisation * shift.square().sum(dim=1)
        return (self.localisation * shift.square()).sum(dim=1)


class _Kept:
    """The draws that are kept, and the lowest of all."""

    def __init__(self, posterior: _Posterior, losses: "Tensor", thin: int):
        self.posterior, self.thin = posterior, thin
        self.losses, self.pulls = [], []
        self.lowest, self.lowest_loss = posterior.centre.clone(), losses.clone()

    def add(self, draw: int, parameters: "Tensor", losses: "Tensor") -> None:
        """Take note of a draw."""
        import torch

        lower = losses < self.lowest_loss
        self.lowest = torch.where(lower[:, None], parameters, self.lowest)
        self.lowest_loss = torch.where(lower, losses, self.lowest_loss)
        if (draw + 1) % self.thin == 0:
            self.losses.append(losses)
            self.pulls.append(self.posterior.pull(parameters))

    def chains(self, acceptance: "Tensor", last: "Tensor", step_size: "Tensor") -> Chains:
        """Return what is left of the chains."""
        import torch

        losses, pulls = torch.stack(self.losses), torch.stack(self.pulls)
        return Chains(losses, acceptance, last, step_size, pulls, self.lowest)


def sgld(
    loss: Loss,
    start: "Tensor",
    keys: "Tensor",
    *,
    n_beta: float,
    step_size: float,
    localisation: "float | Tensor",
    draws: int,
    burn_in: int = 0,
    thin: int = 1,
    copies: "Tensor | None" = None,
    batch_loss: Callable[[int], Loss] | None = None,
) -> Chains:
    """Run chains of stochastic gradient Langevin dynamics (Welling and Teh 2011, eq. 4).

    w ← w - (ε/2) (nβ ∇L(w) + γ (w - w*)) + N(0, ε), without a Metropolis test: the draws are biased
    by the step. On a quadratic loss of curvature h they are wider than the posterior by the factor
    1 / (1 - ε (nβ h + γ) / 4).

    A parameter that an optimiser holds c times under one storage gets its gradient once, but
    localisation and noise from each copy: w ← w - (ε/2) (nβ ∇L(w) + c γ (w - w*)) + N(0, c ε),
    which is a step of c ε at the inverse temperature nβ / c.

    Parameters
    ----------
    loss
        Differentiable function of parameters [chains, P] to losses [chains], a chain's loss of its
        own parameters only: the mean over all n samples.
    start
        float [chains, P]: w*, where the chains start and are localised.
    keys
        int64 [2, chains], from `lgi.llc.keys.chain_keys`.
    n_beta
        nβ, the inverse temperature of the mean loss.
    step_size
        ε.
    localisation
        γ, or one for each parameter [P].
    draws
        Draws of each chain, after w* itself.
    burn_in
        First draws, whose acceptance does not count.
    thin
        Of every so many draws the last is kept.
    copies
        c of each parameter [P]; None for 1.
    batch_loss
        Function of the number of a draw to the loss of its mini-batch, whose gradient then drives
        the step; None for that of `loss`. The draws kept have the `loss` of all samples either way;
        the acceptance is that of each step on its own mini-batch.

    Returns
    -------
    Chains
        Losses, acceptance, last states and steps.
    """
    copies = 1.0 if copies is None else copies
    return _langevin(
        _Posterior(loss, start, n_beta, localisation, copies),
        keys,
        lambda gradient: gradient.new_full(gradient.shape, step_size) * copies,
        draws,
        burn_in,
        thin,
        batch_loss,
    )


def rmsprop_sgld(
    loss: Loss,
    start: "Tensor",
    keys: "Tensor",
    *,
    n_beta: float,
    step_size: float,
    localisation: "float | Tensor",
    draws: int,
    decay: float,
    stability: float,
    burn_in: int = 0,
    thin: int = 1,
    batch_loss: Callable[[int], Loss] | None = None,
) -> Chains:
    """Run SGLD with the preconditioner of RMSprop (Li et al. 2016, "Preconditioned SGLD").

    V ← α V + (1 - α) ∇L(w)², from V = 1, gives every parameter its own step ε / (λ + √V) in the
    step of `sgld`. The term that corrects for the change of V with w is left out, as Li et al. do.

    Parameters
    ----------
    loss, start, keys, n_beta, localisation, draws, burn_in, thin, batch_loss
        As for `sgld`.
    step_size
        ε, before preconditioning.
    decay
        α, of the mean square of the gradient.
    stability
        λ, added to the root mean square.

    Returns
    -------
    Chains
        Losses, acceptance, last states and mean steps.
    """
    mean_square = start.new_ones(start.shape)

    def steps(gradient: "Tensor") -> "Tensor":
        mean_square.mul_(decay).add_((1 - decay) * gradient.square())
        return step_size / (stability + mean_square.sqrt())

    posterior = _Posterior(loss, start, n_beta, localisation)
    return _langevin(posterior, keys, steps, draws, burn_in, thin, batch_loss)


def hmc(
    loss: Loss,
    start: "Tensor",
    keys: "Tensor",
    *,
    n_beta: float,
    step_size: float,
    localisation: "float | Tensor",
    draws: int,
    leapfrog_steps: int | Sequence[int],
    target_acceptance: float | None = None,
    burn_in: int = 0,
    thin: int = 1,
) -> Chains:
    """Run Hamiltonian Monte Carlo (Neal 2011, "MCMC using Hamiltonian dynamics"), which is exact.

    A draw takes a momentum p ~ N(0, 1), makes leapfrog steps of length δ = √ε with the energy
    U + ½ |p|², and accepts where it arrives with probability min(1, exp(-ΔH)). With one leapfrog
    step it is MALA, w ← w - (ε/2) ∇U(w) + N(0, ε) with the test of Metropolis and Hastings.

    Parameters
    ----------
    loss, start, keys, n_beta, localisation, draws, burn_in, thin
        As for `sgld`.
    step_size
        ε, the square of the leapfrog step.
    leapfrog_steps
        Leapfrog steps of a draw, or several numbers that its draws take in turn: one number alone
        may turn every direction of a round posterior by half a turn, where L is what it was.
    target_acceptance
        Mean acceptance probability to which each chain's step is adapted during burn-in, see
        `lgi.llc.dual_averaging`; None keeps `step_size`.

    Returns
    -------
    Chains
        Losses, acceptance, last states and steps.
    """
    import torch

    from lgi.llc.noise import standard_normals, uniforms

    lengths = [leapfrog_steps] if isinstance(leapfrog_steps, int) else leapfrog_steps
    posterior = _Posterior(loss, start, n_beta, localisation)
    losses, _, energy, drift = posterior(start)
    position = start
    step = torch.full_like(losses, step_size**0.5)
    adaptation = _Adaptation(step, target_acceptance)
    kept, acceptance = _Kept(posterior, losses, thin), torch.zeros_like(losses)
    for draw in range(draws):
        momentum = standard_normals(keys, draw, PROPOSAL, start.shape[1]).to(start)
        before = energy + momentum.square().sum(dim=1) / 2
        proposal, new_drift, length = position, drift, step[:, None]
        for _ in range(lengths[draw % len(lengths)]):
            momentum = momentum - length / 2 * new_drift
            proposal = proposal + length * momentum
            new_losses, _, new_energy, new_drift = posterior(proposal)
            momentum = momentum - length / 2 * new_drift
        after = new_energy + momentum.square().sum(dim=1) / 2
        # Not a number, of a trajectory that left, is no probability.
        probability = torch.exp(torch.clamp(before - after, max=0)).nan_to_num(nan=0)
        accepted = uniforms(keys, draw, ACCEPTANCE)[:, 0].to(start) < probability
        position = torch.where(accepted[:, None], proposal, position)
        drift = torch.where(accepted[:, None], new_drift, drift)
        losses = torch.where(accepted, new_losses, losses)
        energy = torch.where(accepted, new_energy, energy)
        kept.add(draw, position, losses)
        if draw >= burn_in:
            acceptance += probability
        elif target_acceptance is not None:
            step = adaptation(probability, draw + 1, last=draw + 1 == burn_in)
    return kept.chains(acceptance / (draws - burn_in), position, step**2)


class _Adaptation:
    """Dual averaging of each chain's leapfrog step; see `lgi.llc.dual_averaging`."""

    def __init__(self, step: "Tensor", target: float | None):
        self.target = target
        self.shortfall = step.new_zeros(step.shape)
        self.first = self.mean = step.log()

    def __call__(self, probability: "Tensor", count: int, last: bool) -> "Tensor":
        """Return the steps after draw number `count`, from its acceptance probabilities."""
        shortfall = self.target - probability
        self.shortfall = self.shortfall + (shortfall - self.shortfall) / (count + DELAY)
        log_step = self.first + START - math.sqrt(count) / SHRINKAGE * self.shortfall
        self.mean = self.mean + forgetting(count) * (log_step - self.mean)
        return (self.mean if last else log_step).exp()


def _langevin(
    posterior: _Posterior,
    keys: "Tensor",
    steps: Callable[["Tensor"], "Tensor"],
    draws: int,
    burn_in: int,
    thin: int,
    batch_loss: Callable[[int], Loss] | None,
) -> Chains:
    """Run Langevin steps; `steps` returns every parameter's ε from ∇L, both [chains, P]."""
    import torch

    from lgi.llc.noise import standard_normals

    parameters = posterior.centre
    losses, gradient, energy, drift = posterior(parameters)
    kept, acceptance = _Kept(posterior, losses, thin), torch.zeros_like(energy)
    for draw in range(draws):
        drawn = batch_loss(draw) if batch_loss else posterior.loss
        if batch_loss:
            _, gradient, energy, drift = posterior(parameters, drawn)
        step = steps(gradient)
        noise = standard_normals(keys, draw, PROPOSAL, parameters.shape[1]).to(parameters)
        parameters = parameters - step / 2 * drift + step.sqrt() * noise
        losses, gradient, new_energy, new_drift = posterior(parameters, drawn)
        if not batch_loss:
            kept.add(draw, parameters, losses)
        elif (draw + 1) % thin == 0:  # the loss of all samples, of the draws that are kept alone
            kept.add(draw, parameters, posterior.loss(parameters).detach())
        if draw >= burn_in:
            ratio = _log_ratio(new_energy - energy, drift + new_drift, noise, step)
            acceptance += torch.exp(torch.clamp(ratio, max=0))
        energy, drift = new_energy, new_drift
    return kept.chains(acceptance / (draws - burn_in), parameters, step.mean(dim=1))


def _log_ratio(rise: "Tensor", drifts: "Tensor", noise: "Tensor", step: "Tensor") -> "Tensor":
    """Return log of the Metropolis-Hastings ratio of a Langevin step (Roberts and Tweedie 1996).

    With z the noise of the step, ΔU the rise of the energy and G, G' its gradients before and
    after, log p(w') q(w | w') / (p(w) q(w' | w)) = -ΔU + (√ε/2) z·(G + G') - (ε/8) |G + G'|².
    """
    scaled = step.sqrt() / 2 * drifts
    return -rise + (scaled * noise).sum(dim=1) - scaled.square().sum(dim=1) / 2
