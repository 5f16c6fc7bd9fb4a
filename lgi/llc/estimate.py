"""The local learning coefficient of many models at once, each with the quality of its estimate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lgi.llc import samplers_cpu
from lgi.llc.diagnostics import ess_bulk, mcse_mean, rhat
from lgi.llc.keys import chain_keys
from lgi.llc.settings import EstimateSettings, Thresholds

LANES = 512  # chains computed at once: their arrays stay in a core's cache

OK = "ok"
DIVERGED = "diverged"
NOT_A_MINIMUM = "not a minimum"
BIASED_STEP = "biased step"
NOT_CONVERGED = "not converged"

SAMPLERS = {
    "sgld": samplers_cpu.sgld,
    "rmsprop_sgld": samplers_cpu.rmsprop_sgld,
    "hmc": samplers_cpu.hmc,
}
EXACT = ("hmc",)  # samplers whose draws are not biased by the step


@dataclass(frozen=True)
class Traces:
    """What an estimate rests on, for some models."""

    loss: np.ndarray  # [models, chains, draws / thin] L of the draws kept, burn-in included
    acceptance: np.ndarray  # [models] mean acceptance probability after burn-in
    loss_at_w: np.ndarray  # [models] L(w*)
    gradient_norm: np.ndarray  # [models] |∇L(w*)|
    n_beta: float
    last: np.ndarray | None = None  # [P, models, chains] last draw of each chain, where it is kept


def estimate(
    loss_and_gradient: Callable[..., None],
    parameters: np.ndarray,
    *,
    shared: tuple[np.ndarray, ...],
    per_model: tuple[np.ndarray, ...],
    samples: int,
    streams: Sequence[tuple],
    setting: EstimateSettings,
    localisation_weights: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Estimate λ̂ = nβ (E[L(w)] - L(w*)) for every model (Lau et al. 2023, definition 1).

    E is the mean over the draws after burn-in of all chains, from the posterior localised at w*.
    An estimate depends on its own model, data and stream alone, never on the others in the batch.

    Parameters
    ----------
    loss_and_gradient
        Function of (parameters [P, lanes], *shared, *per_model, gradient [P, lanes], loss [lanes])
        that writes its last two arguments: the mean loss over the data and its gradient.
    parameters
        float [P, models]: w*.
    shared
        Data that all models share, handed on as they are.
    per_model
        Data of each model: arrays [..., models], models innermost.
    samples
        n, the number of training samples of each model.
    streams
        For each model the random stream (seed, *names) of its chains; see `chain_keys`.
    setting
        Sampler and its settings, thresholds of the verdict.
    localisation_weights
        float [P]: the setting's γ is multiplied by these, one for each parameter, as coordinates
        that stretch w ask for; None for the same γ everywhere.

    Returns
    -------
    dict
        Arrays [models]: ``llc``; ``llc_se``, nβ times the standard error of the mean of the draws
        of L, which accounts for autocorrelation and for chains that disagree (`mcse_mean`);
        ``loss_at_w`` L(w*); ``mean_loss`` E[L]; ``share_below``, the share of draws with
        L < L(w*); ``gradient_norm`` |∇L(w*)|; ``acceptance``, the mean probability that a
        Metropolis test accepts a step; ``rhat`` and ``ess`` (bulk) of the draws of L; ``verdict``
        and ``reason``, see `verdicts`. What rests on draws is NaN for a model with a draw that is
        not finite.

    Raises
    ------
    ValueError
        If there is not one stream for each model, or not one weight for each parameter.
    """
    return summary(
        traces(
            loss_and_gradient,
            parameters,
            shared=shared,
            per_model=per_model,
            samples=samples,
            streams=streams,
            setting=setting,
            localisation_weights=localisation_weights,
        ),
        setting,
    )


def traces(
    loss_and_gradient: Callable[..., None],
    parameters: np.ndarray,
    *,
    shared: tuple[np.ndarray, ...],
    per_model: tuple[np.ndarray, ...],
    samples: int,
    streams: Sequence[tuple],
    setting: EstimateSettings,
    localisation_weights: np.ndarray | None = None,
) -> Traces:
    """Run the chains of `estimate` and return them; takes and raises what `estimate` does."""
    if len(streams) != parameters.shape[1]:
        raise ValueError(f"{parameters.shape[1]} models need as many streams, not {len(streams)}")
    centres = np.ascontiguousarray(parameters, dtype=np.float64)
    n_beta = setting.n_beta(samples)
    options = sampler_options(setting)
    if localisation_weights is not None:
        options["localisation"] = setting.localisation * np.asarray(localisation_weights)
    draws, acceptance, last = _run_chains(
        loss_and_gradient, centres, shared, per_model, streams, n_beta, setting, options
    )
    loss_at_w, gradient_norm = _at_centre(loss_and_gradient, centres, (*shared, *per_model))
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
    verdict, reason = verdicts(table, setting.thresholds, exact=setting.sampler in EXACT)
    return table | {"verdict": verdict, "reason": reason}


def sampler_options(setting: EstimateSettings) -> dict:
    """Return the settings that the setting's sampler takes as keyword arguments, in any engine."""
    options = {
        name: getattr(setting, name)
        for name in ("step_size", "localisation", "draws", "burn_in", "thin")
    }
    if setting.sampler == "hmc":
        options["leapfrog_steps"] = setting.leapfrog_steps
        options["target_acceptance"] = setting.target_acceptance
    if setting.sampler == "rmsprop_sgld":
        options |= setting.rmsprop.model_dump()
    return options


def verdicts(
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
    verdict : numpy.ndarray
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
        Text [models]: every bound that is broken, whatever the verdict, with the figure and its
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
    verdict = np.where(diverged, DIVERGED, np.full(diverged.shape, OK, dtype="U16"))
    reason = np.where(diverged, "a draw of L is not finite", "").astype(object)
    for name, column, side, bound in bounds:
        values = table[column]
        broken = ~diverged & ~(values <= bound if side == "above" else values >= bound)
        verdict[broken & (verdict == OK)] = name
        for model in np.flatnonzero(broken):
            limit = np.broadcast_to(bound, values.shape)[model]
            reason[model] += f"{'; ' if reason[model] else ''}{column} {values[model]:.3g} "
            reason[model] += f"{side} {limit:.3g}"
    return verdict, reason.astype(str)


def _at_centre(
    loss_and_gradient: Callable[..., None], centres: np.ndarray, data: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return L(w*) and |∇L(w*)|, each [models]."""
    gradient = np.empty_like(centres)
    loss = np.empty(centres.shape[1])
    loss_and_gradient(centres, *data, gradient, loss)
    return loss, np.sqrt(np.sum(gradient**2, axis=0))


def _run_chains(
    loss_and_gradient: Callable[..., None],
    centres: np.ndarray,
    shared: tuple[np.ndarray, ...],
    per_model: tuple[np.ndarray, ...],
    streams: Sequence[tuple],
    n_beta: float,
    setting: EstimateSettings,
    options: dict,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return draws of L [models, chains, draws / thin], mean acceptance [models], last draws."""
    size, models = centres.shape
    draws = np.empty((models, setting.chains, setting.draws // setting.thin))
    last = np.empty((size, models, setting.chains))
    acceptance = np.empty(models)
    batch = max(1, LANES // setting.chains)
    for first in range(0, models, batch):
        part = slice(first, first + batch)
        chains = SAMPLERS[setting.sampler](
            loss_and_gradient,
            np.repeat(centres[:, part], setting.chains, axis=-1),
            (*shared, *(np.repeat(a[..., part], setting.chains, axis=-1) for a in per_model)),
            chain_keys(streams[part], setting.chains),
            n_beta=n_beta,
            **options,
        )
        draws[part] = chains.loss.T.reshape(-1, setting.chains, draws.shape[2])
        last[:, part] = chains.last.reshape(size, -1, setting.chains)
        acceptance[part] = chains.acceptance.reshape(-1, setting.chains).mean(axis=1)
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
