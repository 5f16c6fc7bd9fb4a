"""The local learning coefficient of many models at once, each with the quality of its estimate."""

from collections.abc import Callable, Sequence

import numpy as np

from lgi.llc import samplers_cpu
from lgi.llc.diagnostics import ess_bulk, mcse_mean, rhat
from lgi.llc.keys import chain_keys
from lgi.llc.settings import LLCSettings, Thresholds

LANES = 512  # chains computed at once: their arrays stay in a core's cache

OK = "ok"
DIVERGED = "diverged"
NOT_A_MINIMUM = "not a minimum"
BIASED_STEP = "biased step"
NOT_CONVERGED = "not converged"

SAMPLERS = {"sgld": samplers_cpu.sgld}


def estimate(
    loss_and_gradient: Callable[..., None],
    parameters: np.ndarray,
    *,
    shared: tuple[np.ndarray, ...],
    per_model: tuple[np.ndarray, ...],
    samples: int,
    streams: Sequence[tuple],
    setting: LLCSettings,
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

    Returns
    -------
    dict
        Arrays [models]: ``llc``; ``llc_se``, nβ times the standard error of the mean of the draws
        of L, which accounts for autocorrelation and for chains that disagree (`mcse_mean`);
        ``loss_at_w`` L(w*); ``mean_loss`` E[L]; ``share_below``, the share of draws with
        L < L(w*); ``gradient_norm`` |∇L(w*)|; ``acceptance``, the mean probability that a
        Metropolis test accepts a step; ``rhat`` and ``ess`` (bulk) of the draws of L; ``verdict``,
        see `verdicts`. What rests on draws is NaN for a model with a draw that is not finite.

    Raises
    ------
    ValueError
        If there is not one stream for each model.
    """
    if len(streams) != parameters.shape[1]:
        raise ValueError(f"{parameters.shape[1]} models need as many streams, not {len(streams)}")
    centres = np.ascontiguousarray(parameters, dtype=np.float64)
    n_beta = setting.n_beta(samples)
    loss_at_w, gradient_norm = _at_centre(loss_and_gradient, centres, (*shared, *per_model))
    draws, acceptance = _run_chains(
        loss_and_gradient, centres, shared, per_model, streams, n_beta, setting
    )
    table = {"loss_at_w": loss_at_w, "gradient_norm": gradient_norm, "acceptance": acceptance}
    table |= _summary(draws, loss_at_w, n_beta, setting.burn_in)
    return table | {"verdict": verdicts(table, setting.thresholds)}


def verdicts(table: dict[str, np.ndarray], thresholds: Thresholds) -> np.ndarray:
    """Return for each estimate whether it is a coefficient, or the first reason why not.

    Parameters
    ----------
    table
        Columns of `estimate`.
    thresholds
        Bounds of the diagnostics.

    Returns
    -------
    numpy.ndarray
        Text [models]:
        ``diverged``: a chain left to infinity or NaN;
        ``not a minimum``: more than ``thresholds.share_below`` of the draws lie below L(w*), the
        gradient at w* is larger than ``thresholds.gradient_norm``, or the coefficient is below
        zero by more than its error;
        ``biased step``: a Metropolis test would accept less than ``thresholds.acceptance`` (SGLD
        that overestimates by the share x, alike in d directions, is accepted at about
        1 - 0.8 √d x^1.5: at 0.90 for 10 % in 18 directions);
        ``not converged``: R-hat is above ``thresholds.rhat`` or the effective sample size below
        ``thresholds.ess``; ``ok`` otherwise.
    """
    # Each bound is written as what must hold, so that NaN fails it.
    at_minimum = (
        (table["share_below"] <= thresholds.share_below)
        & (table["gradient_norm"] <= thresholds.gradient_norm)
        & (table["llc"] >= -table["llc_se"])
    )
    converged = (table["rhat"] <= thresholds.rhat) & (table["ess"] >= thresholds.ess)
    faults = {
        DIVERGED: np.isnan(table["mean_loss"]),
        NOT_A_MINIMUM: ~at_minimum,
        BIASED_STEP: ~(table["acceptance"] >= thresholds.acceptance),
        NOT_CONVERGED: ~converged,
    }
    return np.select(list(faults.values()), list(faults), default=OK)


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
    setting: LLCSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the draws of L [models, chains, draws] and the mean acceptance [models]."""
    models = centres.shape[1]
    draws = np.empty((models, setting.chains, setting.draws))
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
            step_size=setting.step_size,
            localisation=setting.localisation,
            draws=setting.draws,
        )
        draws[part] = chains.loss.T.reshape(-1, setting.chains, setting.draws)
        acceptance[part] = chains.acceptance.reshape(-1, setting.chains).mean(axis=1)
    return draws, acceptance


def _summary(
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
