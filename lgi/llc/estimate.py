"""The local learning coefficient of many models at once, each with the quality of its estimate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lgi.llc import samplers_cpu
from lgi.llc.diagnostics import ess_bulk, mcse_mean, rhat
from lgi.llc.keys import chain_keys
from lgi.llc.settings import EstimateSettings, Thresholds
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_A_MINIMUM, NOT_CONVERGED, OK

LANES = 512  # chains computed at once: their arrays stay in a core's cache


@dataclass(frozen=True)
class Problem:
    """Some models around whose parameters a loss is sampled: what a study turns a run into."""

    # Function of (parameters [P, lanes], *shared, *per_model, gradient [P, lanes], loss [lanes])
    # that writes its last two arguments: the mean loss over the data and its gradient.
    loss_and_gradient: Callable[..., None]
    parameters: np.ndarray  # float [P, models]: w*
    samples: int  # n, the number of training samples of each model
    streams: Sequence[tuple]  # of each model's chains, (seed, *names); see `chain_keys`
    shared: tuple[np.ndarray, ...] = ()  # data of all models, handed on as they are
    per_model: tuple[np.ndarray, ...] = ()  # data of each: arrays [..., models], models innermost
    # float [P]: γ is multiplied by these, one for each parameter, as coordinates that stretch w
    # ask for; None for the same γ everywhere.
    localisation_weights: np.ndarray | None = None
    copies: np.ndarray | None = None  # float [P]: how often each is stored, for SGLD; None: once

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one stream for each model."""
        models = self.parameters.shape[1]
        if len(self.streams) != models:
            raise ValueError(f"{models} models need as many streams, not {len(self.streams)}")

    def part(self, models: slice) -> "Problem":
        """Return the problem of some of its models."""
        return replace(
            self,
            parameters=self.parameters[:, models],
            per_model=tuple(array[..., models] for array in self.per_model),
            streams=self.streams[models],
        )


@dataclass(frozen=True)
class Traces:
    """What an estimate rests on, for some models."""

    loss: np.ndarray  # [models, chains, draws / thin] L of the draws kept, burn-in included
    acceptance: np.ndarray  # [models] mean acceptance probability after burn-in
    loss_at_w: np.ndarray  # [models] L(w*)
    gradient_norm: np.ndarray  # [models] |∇L(w*)|
    n_beta: float
    last: np.ndarray | None = None  # [P, models, chains] last draw of each chain, where it is kept


def estimate(problem: Problem, setting: EstimateSettings) -> dict[str, np.ndarray]:
    """Estimate λ̂ = nβ (E[L(w)] - L(w*)) for every model (Lau et al. 2023, definition 1).

    E is the mean over the draws after burn-in of all chains, from the posterior localised at w*.
    An estimate depends on its own model, data and stream alone, never on the others in the batch.

    Parameters
    ----------
    problem
        The models.
    setting
        Sampler and its settings, thresholds of the status.

    Returns
    -------
    dict
        Arrays [models]: ``llc``; ``llc_se``, nβ times the standard error of the mean of the draws
        of L, which accounts for autocorrelation and for chains that disagree (`mcse_mean`);
        ``loss_at_w`` L(w*); ``mean_loss`` E[L]; ``share_below``, the share of draws with
        L < L(w*); ``gradient_norm`` |∇L(w*)|; ``acceptance``, the mean probability that a
        Metropolis test accepts a step; ``rhat`` and ``ess`` (bulk) of the draws of L; ``status``
        and ``reason``, see `statuses`. What rests on draws is NaN for a model with a draw that is
        not finite.

    Raises
    ------
    ValueError
        If there is not one weight of the localisation for each parameter.
    """
    return summary(traces(problem, setting), setting)


def traces(problem: Problem, setting: EstimateSettings) -> Traces:
    """Run the chains of `estimate` and return them; takes and raises what `estimate` does."""
    centres = np.ascontiguousarray(problem.parameters, dtype=np.float64)
    problem = replace(problem, parameters=centres)
    n_beta = setting.n_beta(problem.samples)
    draws, acceptance, last = _run_chains(problem, setting, n_beta)
    loss_at_w, gradient_norm = _at_centre(problem)
    return Traces(draws, acceptance, loss_at_w, gradient_norm, n_beta, last)


def summary(traces: Traces, setting: EstimateSettings) -> dict[str, np.ndarray]:
    """Return the columns of `estimate` from what the chains left.

    Parameters
    ----------
    traces
        Chains of some models.
    setting
        Burn-in, sampler and thresholds.

    Returns
    -------
    dict
        The columns of `estimate`.
    """
    table = {name: getattr(traces, name) for name in ("loss_at_w", "gradient_norm", "acceptance")}
    burn_in = setting.burn_in // setting.thin
    table |= _statistics(traces.loss, traces.loss_at_w, traces.n_beta, burn_in)
    status, reason = statuses(table, setting.thresholds, exact=setting.sampler.exact)
    return table | {"status": status, "reason": reason}


def statuses(
    table: dict[str, np.ndarray], thresholds: Thresholds, *, exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each estimate whether it is a coefficient, and why not.

    Parameters
    ----------
    table
        Columns of `estimate`.
    thresholds
        Bounds of the diagnostics.
    exact
        Whether the sampler's draws are unbiased: a low acceptance then means chains that hardly
        move, not a biased step.

    Returns
    -------
    status : numpy.ndarray
        Text [models], the first that applies:
        ``diverged``: a chain left to infinity or NaN;
        ``not a minimum``: more than ``thresholds.share_below`` of the draws lie below L(w*), the
        gradient at w* is larger than ``thresholds.gradient_norm``, or the coefficient is below
        zero by more than its error;
        ``biased step``: a Metropolis test would accept less than ``thresholds.acceptance`` (SGLD
        that overestimates by the share x, alike in d directions, is accepted at about
        1 - 0.8 √d x^1.5: at 0.90 for 10 % in 18 directions);
        ``not converged``: R-hat is above ``thresholds.rhat``, the effective sample size below
        ``thresholds.ess``, or an exact sampler accepts less than ``thresholds.acceptance``;
        ``ok`` otherwise.
    reason : numpy.ndarray
        Text [models]: every bound that is broken, whatever the status, with the figure and its
        bound, for example ``rhat 1.20 above 1.05; ess 40 below 100``; empty where ``ok``.
    """
    # Each bound is written as what must hold, so that NaN fails it.
    low_acceptance = NOT_CONVERGED if exact else BIASED_STEP
    bounds = (
        (NOT_A_MINIMUM, "share_below", "above", thresholds.share_below),
        (NOT_A_MINIMUM, "gradient_norm", "above", thresholds.gradient_norm),
        (NOT_A_MINIMUM, "llc", "below", -table["llc_se"]),
        (low_acceptance, "acceptance", "below", thresholds.acceptance),
        (NOT_CONVERGED, "rhat", "above", thresholds.rhat),
        (NOT_CONVERGED, "ess", "below", thresholds.ess),
    )
    diverged = np.isnan(table["mean_loss"])
    status = np.where(diverged, DIVERGED, np.full(diverged.shape, OK, dtype="U16"))
    reason = np.where(diverged, "a draw of L is not finite", "").astype(object)
    for name, column, side, bound in bounds:
        values = table[column]
        broken = ~diverged & ~(values <= bound if side == "above" else values >= bound)
        status[broken & (status == OK)] = name
        for model in np.flatnonzero(broken):
            limit = np.broadcast_to(bound, values.shape)[model]
            reason[model] += f"{'; ' if reason[model] else ''}{column} {values[model]:.3g} "
            reason[model] += f"{side} {limit:.3g}"
    return status, reason.astype(str)


def _at_centre(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return L(w*) and |∇L(w*)|, each [models]."""
    centres = problem.parameters
    gradient = np.empty_like(centres)
    loss = np.empty(centres.shape[1])
    problem.loss_and_gradient(centres, *problem.shared, *problem.per_model, gradient, loss)
    return loss, np.sqrt(np.sum(gradient**2, axis=0))


def _run_chains(
    problem: Problem, setting: EstimateSettings, n_beta: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return draws of L [models, chains, draws / thin], mean acceptance [models], last draws."""
    sample = getattr(samplers_cpu, setting.sampler.function)
    options, chains = setting.options(), setting.chains
    if problem.localisation_weights is not None:
        options["localisation"] = setting.localisation * np.asarray(problem.localisation_weights)
    if problem.copies is not None:
        options["copies"] = problem.copies
    size, models = problem.parameters.shape
    draws = np.empty((models, chains, setting.draws // setting.thin))
    last = np.empty((size, models, chains))
    acceptance = np.empty(models)
    batch = max(1, LANES // chains)
    for first in range(0, models, batch):
        some = slice(first, first + batch)
        part = problem.part(some)
        left = sample(
            part.loss_and_gradient,
            np.repeat(part.parameters, chains, axis=-1),
            (*part.shared, *(np.repeat(array, chains, axis=-1) for array in part.per_model)),
            chain_keys(part.streams, chains),
            n_beta=n_beta,
            **options,
        )
        draws[some] = left.loss.T.reshape(-1, chains, draws.shape[2])
        last[:, some] = left.last.reshape(size, -1, chains)
        acceptance[some] = left.acceptance.reshape(-1, chains).mean(axis=1)
    return draws, acceptance, last


def _statistics(
    draws: np.ndarray, loss_at_w: np.ndarray, n_beta: float, burn_in: int
) -> dict[str, np.ndarray]:
    """Return the columns of `estimate` that rest on the draws of L [models, chains, draws]."""
    finite = np.isfinite(draws).all(axis=(1, 2))
    kept = np.where(finite[:, None, None], draws[:, :, burn_in:], 0.0)
    # Chains on their way to infinity may overflow in a square; their R-hat is NaN then.
    with np.errstate(over="ignore", invalid="ignore"):
        mean_loss = kept.mean(axis=(1, 2))
        columns = {
            "llc": n_beta * (mean_loss - loss_at_w),
            "llc_se": n_beta * mcse_mean(kept),
            "mean_loss": mean_loss,
            "share_below": np.mean(kept < loss_at_w[:, None, None], axis=(1, 2)),
            "rhat": rhat(kept),
            "ess": ess_bulk(kept),
        }
    return {name: np.where(finite, values, np.nan) for name, values in columns.items()}
