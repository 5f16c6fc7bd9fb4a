"""The samplers: their options, and their definition in PyTorch for any differentiable loss.

They draw from the posterior localised at w*, p(w) ∝ exp(-nβ L(w) - (γ/2) |w - w*|²) (Lau et al.
2023, "Quantifying degeneracy in singular models via the learning coefficient"). The CPU engine,
`lgi.llc.samplers_cpu`, is tested against this module, and `lgi.llc.library` runs it. A further
sampler is a class of options in the union `Sampler`, a walk in `WALKS`, and a function of its name
here and in the engine. PyTorch is imported where chains run, since jobs of the engine need the
options alone.
"""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol, Self, get_args

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
    target_acceptance: float | None = Field(None, gt=0, lt=1)  # none: ε stays as it is

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

TESTED = 10  # of so many steps on mini-batches one is tested: it takes a second gradient


class Target(Protocol):
    """L of chains at once, and what its gradient is taken of."""

    batched: bool  # whether the gradient is that of a mini-batch, drawn anew for every draw

    def value(self, parameters: "Tensor") -> "Tensor":
        """Return L [chains] at parameters [chains, P], as a draw that is kept has it."""
        ...

    def gradient(self, parameters: "Tensor", draw: int) -> "tuple[Tensor, Tensor]":
        """Return L [chains] and ∇L [chains, P], of the mini-batch of a draw if there are any."""
        ...


@dataclass(frozen=True)
class Differentiable:
    """A target from functions that PyTorch can differentiate."""

    loss: Loss
    batch_loss: Callable[[int], Loss] | None = None

    @property
    def batched(self) -> bool:
        """Whether there are mini-batches."""
        return self.batch_loss is not None

    def value(self, parameters: "Tensor") -> "Tensor":
        """Return L [chains]."""
        import torch

        with torch.no_grad():
            return self.loss(parameters)

    def gradient(self, parameters: "Tensor", draw: int) -> "tuple[Tensor, Tensor]":
        """Return L [chains] and ∇L [chains, P]."""
        import torch

        loss = self.batch_loss(draw) if self.batch_loss else self.loss
        parameters = parameters.detach().requires_grad_()
        losses = loss(parameters)
        # A chain's loss depends on its own parameters only, so the sum's gradient is each one's.
        (gradient,) = torch.autograd.grad(losses.sum(), parameters)
        return losses.detach(), gradient


@dataclass(frozen=True)
class Chains:
    """What a sampler leaves of its chains."""

    loss: "Tensor"  # [draws / thin, chains] L of every draw that is kept, burn-in included
    acceptance: "Tensor"  # [chains] mean Metropolis acceptance probability after burn-in
    last: "Tensor"  # [chains, P] parameters of the last draw
    step_size: "Tensor"  # [chains] ε after burn-in
    pull: "Tensor"  # [draws / thin, chains] γ |w - w*|² of every draw that is kept
    lowest: "Tensor"  # [chains, P] parameters of the draw with the lowest L, w* among them


class Walk(ABC):
    """Chains on their way: each call of `advance` makes a draw of all.

    Nothing is changed before the last call of the target, and no tensor in place: a walk that is
    interrupted stands where it was, and a `fork` shares what it has. So many draws and then more
    are the draws of one longer walk, bit for bit.

    Parameters
    ----------
    target
        L and its gradient.
    start
        float [chains, P]: w*, where the chains start and are localised.
    keys
        int64 [2, chains], from `lgi.llc.keys.chain_keys`.
    n_beta
        nβ, the inverse temperature of the mean loss.
    localisation
        γ, or one for each parameter [P].
    burn_in
        First draws, whose acceptance does not count.
    thin
        Of every so many draws the last is kept.
    """

    def __init__(
        self,
        target: Target,
        start: "Tensor",
        keys: "Tensor",
        *,
        n_beta: float,
        localisation: "float | Tensor",
        burn_in: int = 0,
        thin: int = 1,
    ):
        self.target, self.centre, self.keys = target, start, keys
        self.n_beta, self.localisation = n_beta, localisation
        self.burn_in, self.thin = burn_in, thin
        self.draw = 0  # draws so far
        self.parameters = self.lowest = start
        self.losses: list[Tensor] = []  # of the draws kept, [chains] each
        self.pulls: list[Tensor] = []
        self.lowest_loss: Tensor
        self.accepted: Tensor  # [chains] sum of the acceptance probabilities after burn-in
        self.tested = 0  # how many these are

    @abstractmethod
    def advance(self) -> None:
        """Make a draw."""

    @abstractmethod
    def step_sizes(self) -> "Tensor":
        """Return each chain's mean ε now."""

    def fork(self) -> Self:
        """Return the same chains, to go on from here without these."""
        fork = copy.copy(self)
        fork.losses, fork.pulls = self.losses[:], self.pulls[:]
        return fork

    def run(self, draws: int) -> Chains:
        """Make so many draws and return what is left of the chains."""
        for _ in range(draws):
            self.advance()
        return self.chains()

    @property
    def acceptance(self) -> "Tensor":
        """Mean acceptance probability after burn-in [chains]."""
        return self.accepted / self.tested

    def chains(self) -> Chains:
        """Return what is left of the chains."""
        import torch

        losses, pulls = torch.stack(self.losses), torch.stack(self.pulls)
        return Chains(
            losses, self.acceptance, self.parameters, self.step_sizes(), pulls, self.lowest
        )

    def _energy(self, losses: "Tensor", parameters: "Tensor") -> "Tensor":
        """Return -log of the posterior density [chains]."""
        return self.n_beta * losses + self._pull(parameters) / 2

    def _drift(self, gradient: "Tensor", parameters: "Tensor") -> "Tensor":
        """Return its gradient [chains, P]."""
        return self.n_beta * gradient + self.localisation * (parameters - self.centre)

    def _pull(self, parameters: "Tensor") -> "Tensor":
        """Return Σ γ (w - w*)² [chains]."""
        shift = parameters - self.centre
        if isinstance(self.localisation, float | int):
            return self.localisation * _square(shift)
        return _summed(self.localisation * shift.square())

    def _is_kept(self) -> bool:
        return (self.draw + 1) % self.thin == 0

    def _arrive(self, parameters: "Tensor", losses: "Tensor | None") -> None:
        """Take note of a draw, and of its L if that is known."""
        import torch

        if losses is not None:
            lower = losses < self.lowest_loss
            if lower.any():
                self.lowest = torch.where(lower[:, None], parameters, self.lowest)
                self.lowest_loss = torch.where(lower, losses, self.lowest_loss)
            if self._is_kept():
                self.losses.append(losses)
                self.pulls.append(self._pull(parameters))
        self.parameters = parameters
        self.draw += 1

    def _test(self, probability: "Tensor") -> None:
        """Count the acceptance of a draw."""
        self.accepted = self.accepted + probability
        self.tested += 1


class Langevin(Walk):
    """See `sgld`, whose arguments it takes."""

    def __init__(
        self,
        target: Target,
        start: "Tensor",
        keys: "Tensor",
        *,
        step_size: float,
        copies: "Tensor | None" = None,
        **options,
    ):
        super().__init__(target, start, keys, **options)
        self.copies = 1.0 if copies is None else copies
        self.step = start.new_full((1, 1), step_size) * self.copies
        self.gradient = None
        self._begin()

    def _begin(self) -> None:
        if self.target.batched:
            losses = self.target.value(self.centre)
        else:
            losses, self.gradient = self.target.gradient(self.centre, 0)
        self.energy = self._energy(losses, self.centre)
        self.lowest_loss, self.accepted = losses, losses.new_zeros(losses.shape)

    def _drift(self, gradient: "Tensor", parameters: "Tensor") -> "Tensor":
        shift = parameters - self.centre
        return self.n_beta * gradient / self.copies + self.localisation * shift

    def _steps(self, gradient: "Tensor") -> "tuple[Tensor, dict]":
        """Return every parameter's ε from ∇L, and what of the walk changes by it."""
        return self.step, {}

    def advance(self) -> None:
        """Make a draw."""
        from lgi.llc.noise import normals

        before, draw, batched = self.parameters, self.draw, self.target.batched
        gradient, energy = self.gradient, self.energy
        if batched:
            losses, gradient = self.target.gradient(before, draw)
            energy = self._energy(losses, before)
        step, changed = self._steps(gradient)
        drift = self._drift(gradient, before)
        noise = normals(self.keys, draw, PROPOSAL, before)
        after = before - step / 2 * drift + step.sqrt() * noise
        losses, ratio = None, None
        is_tested = draw >= self.burn_in and (not batched or (draw - self.burn_in) % TESTED == 0)
        if is_tested or not batched:
            losses, gradient = self.target.gradient(after, draw)
            arrived = self._energy(losses, after)
            drifts = drift + self._drift(gradient, after)
            ratio, energy = _log_ratio(arrived - energy, drifts, noise, step), arrived
        if batched:  # of the draws that are kept alone
            losses = self.target.value(after) if self._is_kept() else None
        vars(self).update(changed)
        self.gradient, self.energy = gradient, energy
        if is_tested:
            self._test(ratio.clamp(max=0).exp())
        self._arrive(after, losses)

    def step_sizes(self) -> "Tensor":
        """Return each chain's mean ε now."""
        return self.step.mean(dim=1).expand(len(self.parameters))


class PreconditionedLangevin(Langevin):
    """See `rmsprop_sgld`, whose arguments it takes."""

    def __init__(
        self,
        target: Target,
        start: "Tensor",
        keys: "Tensor",
        *,
        step_size: float,
        decay: float,
        stability: float,
        **options,
    ):
        super().__init__(target, start, keys, step_size=step_size, **options)
        self.step_size, self.decay, self.stability = step_size, decay, stability
        self.mean_square = start.new_ones(start.shape)

    def _steps(self, gradient: "Tensor") -> "tuple[Tensor, dict]":
        mean_square = self.mean_square * self.decay + (1 - self.decay) * gradient.square()
        step = self.step_size / (self.stability + mean_square.sqrt())
        return step, {"step": step, "mean_square": mean_square}


class Hamiltonian(Walk):
    """See `hmc`, whose arguments it takes."""

    def __init__(
        self,
        target: Target,
        start: "Tensor",
        keys: "Tensor",
        *,
        step_size: float,
        leapfrog_steps: int | Sequence[int],
        target_acceptance: float | None = None,
        **options,
    ):
        import torch

        super().__init__(target, start, keys, **options)
        several = [leapfrog_steps] if isinstance(leapfrog_steps, int) else leapfrog_steps
        self.lengths = tuple(several)
        self.loss, gradient = target.gradient(start, 0)
        self.energy, self.drift = self._energy(self.loss, start), self._drift(gradient, start)
        self.lowest_loss, self.accepted = self.loss, torch.zeros_like(self.loss)
        self.step = torch.full_like(self.loss, step_size**0.5)
        self.adaptation = target_acceptance and _Adaptation(self.step.log(), target_acceptance)

    def advance(self) -> None:
        """Make a draw."""
        import torch

        from lgi.llc.noise import normals, uniform

        draw, before = self.draw, self.parameters
        momentum = normals(self.keys, draw, PROPOSAL, before)
        energy = self.energy + _square(momentum) / 2
        proposal, drift, length = before, self.drift, self.step[:, None].to(before)
        for _ in range(self.lengths[draw % len(self.lengths)]):
            momentum = momentum - length / 2 * drift
            proposal = proposal + length * momentum
            losses, gradient = self.target.gradient(proposal, draw)
            drift = self._drift(gradient, proposal)
            momentum = momentum - length / 2 * drift
        arrived = self._energy(losses, proposal)
        rise = arrived + _square(momentum) / 2 - energy
        # Not a number, of a trajectory that left, is no probability.
        probability = torch.exp(torch.clamp(-rise, max=0)).nan_to_num(nan=0)
        accepted = uniform(self.keys, draw, ACCEPTANCE, probability) < probability
        self.drift = torch.where(accepted[:, None], drift, self.drift)
        self.loss = torch.where(accepted, losses, self.loss)
        self.energy = torch.where(accepted, arrived, self.energy)
        if draw >= self.burn_in:
            self._test(probability)
        elif self.adaptation:
            last = draw + 1 == self.burn_in
            self.step, self.adaptation = self.adaptation.after(probability, draw + 1, last)
        self._arrive(torch.where(accepted[:, None], proposal, before), self.loss)

    def step_sizes(self) -> "Tensor":
        """Return each chain's ε now."""
        return self.step**2


WALKS: dict[str, type[Walk]] = {
    "sgld": Langevin,
    "rmsprop_sgld": PreconditionedLangevin,
    "hmc": Hamiltonian,
}
"""The chains of each sampler, by the name of its function."""


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
        the acceptance is that of a step on its own mini-batch, of every `TESTED`-th one after
        burn-in.

    Returns
    -------
    Chains
        Losses, acceptance, last states and steps.
    """
    walk = Langevin(
        Differentiable(loss, batch_loss),
        start,
        keys,
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        burn_in=burn_in,
        thin=thin,
        copies=copies,
    )
    return walk.run(draws)


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
    walk = PreconditionedLangevin(
        Differentiable(loss, batch_loss),
        start,
        keys,
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        burn_in=burn_in,
        thin=thin,
        decay=decay,
        stability=stability,
    )
    return walk.run(draws)


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
    walk = Hamiltonian(
        Differentiable(loss),
        start,
        keys,
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        burn_in=burn_in,
        thin=thin,
        leapfrog_steps=leapfrog_steps,
        target_acceptance=target_acceptance,
    )
    return walk.run(draws)


@dataclass(frozen=True)
class _Adaptation:
    """Dual averaging of each chain's leapfrog step; see `lgi.llc.dual_averaging`."""

    first: "Tensor"  # ln δ
    target: float
    shortfall: "Tensor | float" = 0.0
    mean: "Tensor | None" = None

    def after(self, probability: "Tensor", count: int, last: bool) -> "tuple[Tensor, Self]":
        """Return the steps after draw number `count`, and what follows, from its acceptance."""
        shortfall = self.shortfall + (self.target - probability - self.shortfall) / (count + DELAY)
        log_step = self.first + START - math.sqrt(count) / SHRINKAGE * shortfall
        mean = self.first if self.mean is None else self.mean
        mean = mean + forgetting(count) * (log_step - mean)
        next_one = replace(self, shortfall=shortfall, mean=mean)
        return (mean if last else log_step).exp(), next_one


def _log_ratio(rise: "Tensor", drifts: "Tensor", noise: "Tensor", step: "Tensor") -> "Tensor":
    """Return log of the Metropolis-Hastings ratio of a Langevin step (Roberts and Tweedie 1996).

    With z the noise of the step, ΔU the rise of the energy and G, G' its gradients before and
    after, log p(w') q(w | w') / (p(w) q(w' | w)) = -ΔU + (√ε/2) z·(G + G') - (ε/8) |G + G'|².
    """
    scaled = step.sqrt() / 2 * drifts
    return -rise + _summed(scaled * noise) - _square(scaled) / 2


def _square(vectors: "Tensor") -> "Tensor":
    """Return |v|² of every chain's vector."""
    return _summed(vectors.square())


def _summed(vectors: "Tensor") -> "Tensor":
    """Return the sum of every chain's vector, in float64: many small numbers make an energy."""
    return vectors.double().sum(dim=1)
