"""The local learning coefficient of many models at once, each with the quality of its estimate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np

from lgi.engines import chosen
from lgi.llc.diagnostics import ess_bulk, mcse_mean, rhat
from lgi.llc.engines import SAMPLERS
from lgi.llc.keys import chain_keys
from lgi.llc.known.theory import crossing_mean
from lgi.llc.minimum import loss_and_gradient
from lgi.llc.problem import Problem
from lgi.llc.settings import WHITENED, EstimateSettings, Thresholds
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_A_MINIMUM, NOT_CONVERGED, NOT_LOCAL, OK

TIGHTER = 3.0  # γ is made so many times larger to see what the estimate owes to it


@dataclass(frozen=True)
class Traces:
    """What an estimate rests on, for some models."""

    loss: np.ndarray  # [models, chains, draws / thin] L of the draws kept, burn-in included
    acceptance: np.ndarray  # [models] mean acceptance probability after burn-in
    loss_at_w: np.ndarray  # [models] L(w*)
    gradient_norm: np.ndarray  # [models] |∇L(w*)|
    length: np.ndarray  # [models] |w*|
    pull: np.ndarray  # [models, chains, draws / thin] γ |w - w*|² of the draws kept
    last: np.ndarray  # [P, models, chains] last draw of each chain
    lowest: np.ndarray  # [P, models] draw with the lowest L of all chains, or w*
    n_beta: float | np.ndarray  # by which L is multiplied: nβ times the likelihood's factor
    localisation: float | np.ndarray  # γ; these two are of all models or of each [models]


def estimate(
    problem: Problem, setting: EstimateSettings, hessian: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Estimate λ̂ = nβ (E[L(w)] - L(w*)) for every model (Lau et al. 2023, definition 1).

    E is the mean over the draws after burn-in of all chains, from the posterior localised at w*.
    L here is the problem's loss times its `likelihood_factor`; columns of a loss are without it.
    An estimate depends on its own model, data and stream alone, never on the others in the batch.

    Parameters
    ----------
    problem
        The models.
    setting
        Sampler and its settings, thresholds of the status.
    hessian
        As for `traces`.

    Returns
    -------
    dict
        Arrays [models]: ``llc``; ``llc_se``, nβ times the standard error of the mean of the draws
        of L, which accounts for autocorrelation and for chains that disagree (`mcse_mean`);
        ``llc_error``, the error stated for it as a coefficient, see `stated_error`;
        ``localisation_shift``, by how much it moves with γ × `TIGHTER`, and
        ``localisation_shift_se``, see `tighter`; ``loss_at_w`` L(w*); ``mean_loss`` E[L];
        ``share_below``, the share of draws with L < L(w*); ``fall``, nβ L(w*) less that of the
        lowest draw; ``distance`` √E|w - w*|², ``free`` E|w - w*|² as a share of P/γ, what it is
        where the loss holds nothing, and ``strayed`` as a share of |w*|² (0 where w* is 0);
        ``shift``, that of γ as a share of λ̂, 0 within its error; ``gradient_norm`` |∇L(w*)|;
        ``acceptance``, the mean probability that a Metropolis test accepts a step; ``rhat`` and
        ``ess`` (bulk) of the draws of L; ``status`` and ``reason``, see `statuses`. What rests on
        draws is NaN for a model with a draw that is not finite.

    Raises
    ------
    ValueError
        If there is not one weight of the localisation for each parameter, or no Hessian for
        whitened coordinates.
    """
    return summary(traces(problem, setting, hessian), setting)


def traces(
    problem: Problem,
    setting: EstimateSettings,
    hessian: np.ndarray | None = None,
    scales: tuple[np.ndarray, np.ndarray] | None = None,
) -> Traces:
    """Run the chains of `estimate` and return them; takes and raises what `estimate` does.

    Parameters
    ----------
    problem, setting
        As for `estimate`.
    hessian
        float [models, P, P] of the problem's loss at w*, for a setting with whitened coordinates.
    scales
        nβ, without the likelihood's factor, and γ of each model [models], in place of the
        setting's. Only whitened coordinates take different γ.
    """
    centres = np.ascontiguousarray(problem.parameters, dtype=np.float64)
    problem = replace(problem, parameters=centres)
    loss_at_w, gradient = loss_and_gradient(problem, centres)
    n_beta: float | np.ndarray
    gamma: float | np.ndarray
    n_beta, gamma = setting.n_beta(problem.samples), setting.localisation
    if scales is not None:
        n_beta, gamma = scales
    n_beta = n_beta * problem.likelihood_factor
    sampled = problem
    to_parameters: Callable[[np.ndarray], np.ndarray] = np.asarray
    if setting.coordinates == WHITENED:
        if hessian is None:
            raise ValueError("whitened coordinates need the Hessian of the loss at w*")
        from lgi.llc.coordinates import whitened  # compiles, as `lgi.llc.library` does not

        frame = whitened(problem, hessian, n_beta, gamma)
        sampled, to_parameters = frame.problem, frame.parameters
    scale = np.broadcast_to([np.ravel(n_beta), np.ravel(gamma)], (2, len(problem.streams)))
    # Sums go in the order of memory.
    loss, acceptance, pull, last, lowest = map(
        np.ascontiguousarray, _run_chains(sampled, setting, *scale)
    )
    gradient_norm = np.sqrt(np.sum(gradient**2, axis=0))
    return Traces(
        loss,
        acceptance,
        loss_at_w,
        gradient_norm,
        np.sqrt(np.sum(centres**2, axis=0)),
        pull,
        to_parameters(last),
        to_parameters(lowest),
        n_beta,
        gamma,
    )


def summary(
    traces: Traces,
    setting: EstimateSettings,
    about: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Return the columns of `estimate` from what the chains left.

    Parameters
    ----------
    traces
        Chains of some models.
    setting
        Burn-in, sampler and thresholds.
    about
        Arrays [models] of what else the thresholds ask: ``moved`` (as a share of |w*|) and
        ``curvature`` (the least eigenvalue of the Hessian) of w*, and ``trivial_loss``, L of the
        model that always answers the same.

    Returns
    -------
    dict
        The columns of `estimate`.
    """
    table = {name: getattr(traces, name) for name in ("loss_at_w", "gradient_norm", "acceptance")}
    table |= _statistics(traces, setting) | dict(about)
    if "trivial_loss" in table:
        # Where no feature is ever active there is nothing to be worse than.
        trivial, mean = table["trivial_loss"], table["mean_loss"]
        table["of_trivial"] = np.divide(mean, trivial, out=np.zeros_like(mean), where=trivial > 0)
    status, reason = statuses(table, setting.thresholds, exact=setting.sampler.exact)
    return table | {"status": status, "reason": reason}


def coefficients(traces: Traces, setting: EstimateSettings) -> np.ndarray:
    """Return λ̂ of every model alone, NaN for one with a draw that is not finite.

    Parameters
    ----------
    traces, setting
        As for `summary`.
    """
    kept, finite = _kept(traces, setting)
    rise = kept.mean(axis=(1, 2)) - traces.loss_at_w
    return np.where(finite, traces.n_beta * rise, np.nan)


def tighter(rise: np.ndarray, pull: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return by how much λ̂ moves where γ is `TIGHTER` times as large, and its standard error.

    The draws are weighted by exp(-½ (c - 1) γ |w - w*|²), which makes them draws of the tighter
    posterior (importance sampling): the shift is known far better than from chains of its own.

    Parameters
    ----------
    rise
        float [models, chains, draws]: nβ (L - L(w*)).
    pull
        float [models, chains, draws]: γ |w - w*|².
    """
    weight = _weights(pull)
    before = rise.mean(axis=(1, 2), keepdims=True)
    after = np.mean(weight * rise, axis=(1, 2), keepdims=True)
    # Its influence function: the mean over draws is 0, and its error is that of the shift.
    influence = weight * (rise - after) - (rise - before)
    return (after - before)[:, 0, 0], mcse_mean(influence)


def share_moved(llc: np.ndarray, shift: np.ndarray, shift_se: np.ndarray) -> np.ndarray:
    """Return a shift as a share of λ̂, 0 where it is within its error [models]."""
    return np.where(np.abs(shift) > 2 * shift_se, np.abs(shift / llc), 0.0)


def effective_weights(pull: np.ndarray) -> np.ndarray:
    """Return of how many equal weights the weights of `tighter` are worth, (Σ w)² / Σ w² [models].

    Where the loss leaves many directions free few draws carry all weight, and the shift that they
    tell is noise whatever its standard error says.

    Parameters
    ----------
    pull
        float [models, chains, draws]: γ |w - w*|².
    """
    return _weights(pull).size / len(pull) / np.mean(_weights(pull) ** 2, axis=(1, 2))


def _weights(pull: np.ndarray) -> np.ndarray:
    """Return the weights of the draws where γ is `TIGHTER` times as large, 1 on average."""
    weight = np.exp(-(TIGHTER - 1) / 2 * (pull - pull.min(axis=(1, 2), keepdims=True)))
    weight /= weight.mean(axis=(1, 2), keepdims=True)
    return weight


def stated_error(
    standard_error: np.ndarray, shift: np.ndarray, shift_error: np.ndarray
) -> np.ndarray:
    """Return the error of an estimate as a coefficient: of sampling, and of a finite γ and nβ.

    The second is that of the normal crossing w_1² w_2² where γ × `TIGHTER` lowers λ̂ by as much: of
    multiplicity two it approaches λ more slowly than any other singularity of two parameters, like
    1 / ln nβ (Watanabe 2009, main formula II), and the exact means are known. Elsewhere the error
    so stated is too large. Both errors are added in squares, that of sampling and that of the
    shift twice: 95 %.

    Parameters
    ----------
    standard_error, shift, shift_error
        float [models]: of λ̂, and what `tighter` returns.
    """
    falls, errors = _of_a_crossing()
    slow = np.interp(np.maximum(2 * shift_error - shift, 0), falls, errors)
    return np.hypot(2 * standard_error, np.maximum(slow, shift))


@cache
def _of_a_crossing() -> tuple[np.ndarray, np.ndarray]:
    """Return by how much λ̂ falls with γ × `TIGHTER`, and how far it is from ½, ascending."""
    n_betas = np.geomspace(1e12, 10, 24)
    means, after = (
        np.array([crossing_mean((1, 1), n_beta, localisation) for n_beta in n_betas])
        for localisation in (1.0, TIGHTER)
    )
    rising = slice(0, np.argmax(means - after) + 1)
    return (means - after)[rising], (0.5 - means)[rising]


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
        ``not a minimum``: the gradient at w* is larger than ``thresholds.gradient_norm``, the
        polish moved the state by more than ``thresholds.moved`` of its length, the least
        eigenvalue of the Hessian is below ``thresholds.curvature``; where no ``thresholds.fall``
        is tested also: more than ``thresholds.share_below`` of the draws lie below L(w*), or the
        coefficient is below zero by more than its error;
        ``not local``: where ``thresholds.fall`` is tested, one of the last two, or a draw lies
        below nβ L(w*) by more than ``thresholds.fall``; E|w - w*|² is above ``thresholds.free`` of
        P/γ, or above ``thresholds.strayed`` of |w*|²; E[L] is above ``thresholds.of_trivial`` of
        the loss of the trivial model; or λ̂ moves by more than its error and ``thresholds.shift``
        of itself where γ is `TIGHTER` times as large;
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
    # Below a minimum that was looked for lies another one, below any other state a slope.
    lower = NOT_A_MINIMUM if thresholds.fall is None else NOT_LOCAL
    bounds = (
        (lower, "share_below", "above", thresholds.share_below),
        (NOT_A_MINIMUM, "gradient_norm", "above", thresholds.gradient_norm),
        (NOT_A_MINIMUM, "moved", "above", thresholds.moved),
        (NOT_A_MINIMUM, "curvature", "below", thresholds.curvature),
        (lower, "llc", "below", -table["llc_se"]),
        (NOT_LOCAL, "fall", "above", thresholds.fall),
        (NOT_LOCAL, "free", "above", thresholds.free),
        (NOT_LOCAL, "strayed", "above", thresholds.strayed),
        (NOT_LOCAL, "of_trivial", "above", thresholds.of_trivial),
        (NOT_LOCAL, "shift", "above", thresholds.shift),
        (low_acceptance, "acceptance", "below", thresholds.acceptance),
        (NOT_CONVERGED, "rhat", "above", thresholds.rhat),
        (NOT_CONVERGED, "ess", "below", thresholds.ess),
    )
    diverged = np.isnan(table["mean_loss"])
    status = np.where(diverged, DIVERGED, np.full(diverged.shape, OK, dtype="U16"))
    reason = np.where(diverged, "a draw of L is not finite", "").astype(object)
    for name, column, side, bound in bounds:
        if bound is None:
            continue
        values = table[column]
        broken = ~diverged & ~(values <= bound if side == "above" else values >= bound)
        free = (status == OK) | ((status == NOT_LOCAL) & (name == NOT_A_MINIMUM))
        status[broken & free] = name
        for model in np.flatnonzero(broken):
            limit = np.broadcast_to(bound, values.shape)[model]
            reason[model] += f"{'; ' if reason[model] else ''}{column} {values[model]:.3g} "
            reason[model] += f"{side} {limit:.3g}"
    return status, reason.astype(str)


def _run_chains(
    problem: Problem, setting: EstimateSettings, n_beta: np.ndarray, localisation: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return the arrays of `Traces` that chains leave, in the coordinates of the problem."""
    options, chains = setting.options(), setting.chains
    if (weights := problem.localisation_weights) is not None:
        gamma = localisation if np.ndim(weights) == 2 else localisation[0]
        options["localisation"] = gamma * np.asarray(weights)
    if problem.copies is not None:
        options["copies"] = problem.copies
    size, models = problem.parameters.shape
    left = chosen(SAMPLERS).load()(
        setting.sampler.function,
        problem,
        chains,
        chain_keys(problem.streams, chains),
        n_beta=n_beta,
        **options,
    )
    of_chains = (models, chains, setting.draws // setting.thin)
    lowest = left.lowest.reshape(size, models, chains)
    losses, _ = loss_and_gradient(problem.repeated(chains), left.lowest)
    best = losses.reshape(models, chains).argmin(axis=1)
    return (
        left.loss.T.reshape(of_chains),
        left.acceptance.reshape(models, chains).mean(axis=1),
        left.pull.T.reshape(of_chains),
        left.last.reshape(size, models, chains),
        np.take_along_axis(lowest, best[None, :, None], axis=2)[:, :, 0],
    )


def _statistics(traces: Traces, setting: EstimateSettings) -> dict[str, np.ndarray]:
    """Return the columns of `estimate` that rest on the draws."""
    n_beta = traces.n_beta
    kept, finite = _kept(traces, setting)
    at_w = traces.loss_at_w[:, None, None]
    # Chains on their way to infinity may overflow in a square; their R-hat is NaN then.
    with np.errstate(over="ignore", invalid="ignore"):
        mean_loss = kept.mean(axis=(1, 2))
        columns = {
            "llc": n_beta * (mean_loss - traces.loss_at_w),
            "llc_se": n_beta * mcse_mean(kept),
            "mean_loss": mean_loss,
            "share_below": np.mean(kept < at_w, axis=(1, 2)),
            "rhat": rhat(kept),
            "ess": ess_bulk(kept),
        }
        columns |= _locality(traces, setting, columns, kept, finite)
    return {name: np.where(finite, values, np.nan) for name, values in columns.items()}


def _kept(traces: Traces, setting: EstimateSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return L of the draws after burn-in, 0 where one of a model is not finite, and where not."""
    finite = np.isfinite(traces.loss).all(axis=(1, 2))
    burn_in = setting.burn_in // setting.thin
    return np.where(finite[:, None, None], traces.loss[:, :, burn_in:], 0.0), finite


def _locality(
    traces: Traces,
    setting: EstimateSettings,
    columns: dict[str, np.ndarray],
    kept: np.ndarray,
    finite: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return the columns that say whether the chains stayed at w*; NaN where nothing holds them."""
    lowest = np.minimum(traces.loss.min(axis=(1, 2)), traces.loss_at_w)
    fall = {"fall": traces.n_beta * (traces.loss_at_w - lowest)}
    names = ("distance", "free", "strayed", "localisation_shift", "localisation_shift_se", "shift")
    gamma = traces.localisation
    if not np.any(gamma):
        return fall | {name: np.full(finite.shape, np.nan) for name in (*names, "llc_error")}
    burn_in = setting.burn_in // setting.thin
    pull = np.where(finite[:, None, None], traces.pull[:, :, burn_in:], 0.0)
    mean_pull = pull.mean(axis=(1, 2))
    rise = np.reshape(traces.n_beta, (-1, 1, 1)) * (kept - traces.loss_at_w[:, None, None])
    shift, shift_se = tighter(rise, pull)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A w* of 0 has no length to be compared with.
        square = np.where(traces.length == 0, np.inf, traces.length**2)
        strayed = mean_pull / gamma / square
        beyond = share_moved(columns["llc"], shift, shift_se)
    return fall | {
        "distance": np.sqrt(mean_pull / gamma),
        "free": mean_pull / len(traces.lowest),
        "strayed": strayed,
        "localisation_shift": shift,
        "localisation_shift_se": shift_se,
        "shift": np.where(np.isfinite(shift_se), beyond, np.nan),
        "llc_error": stated_error(columns["llc_se"], shift, shift_se),
    }
