"""Tables of the limit: plateaus of training, coefficients at the minima, the posterior's move."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.llc.engines import side_by_side
from lgi.llc.estimate import estimate
from lgi.llc.known.problems import kgon_minimum
from lgi.llc.problem import Problem
from lgi.runs import Run
from lgi.superposition.geometry.geometry import kgon_kinds
from lgi.superposition.limit.loss import negative_log_likelihood, quenched, total_loss
from lgi.superposition.limit.posterior import COEFFICIENTS, annealed, integrated, laplace
from lgi.superposition.limit.settings import FEATURES, LimitLLC, Posterior
from lgi.superposition.training.population import as_lanes
from lgi.superposition.training.view import Models

POLYGONS = ("5", "5+", "6")


def plateaus(runs: Iterable[Run]) -> pd.DataFrame:
    """Return the minima of the population loss in whose basins training ends.

    Parameters
    ----------
    runs
        Run files of the limit.

    Returns
    -------
    DataFrame
        A row for each start, number of samples, kgon and plateau: loss summed over the features of
        the minimum that a descent on the exact population loss leads to from the end of training,
        to four decimals. Columns models, share of the run's models, median_loss (population loss
        at the end of training, summed over features), same_kgon (share of the models whose k-gon
        before the descent is that after it).
    """
    parts = []
    for run in runs:
        models = Models(run).snapshots([-1])
        ends, losses = quenched(as_lanes(models.W, models.b))
        rows = pd.DataFrame(models.rows(loss=FEATURES * models.losses["population_loss"]))
        same = kgon_kinds(models.W, models.b).ravel() == ends
        parts.append(rows.assign(kgon=ends, plateau=losses.round(4), same=same))
    groups = pd.concat(parts).groupby(["init", "samples", "plateau", "kgon"])
    found = groups.agg(
        models=("loss", "size"), median_loss=("loss", "median"), same_kgon=("same", "mean")
    ).reset_index()
    found["share"] = found["models"] / found.groupby(["init", "samples"])["models"].transform("sum")
    return found


def coefficients(settings: LimitLLC) -> pd.DataFrame:
    """Estimate λ at the exact minima, on the expected loss.

    Returns
    -------
    DataFrame
        A row for each kgon and number of samples: truth (Chen et al. 2023), noise σ, n_beta,
        localisation γ, loss (of the minimum, summed over features) and the columns of
        `lgi.llc.estimate.estimate`.
    """
    unit = np.array([2 * settings.noise**2])
    minima = np.stack([kgon_minimum(kind) for kind in POLYGONS], axis=1)

    def rows(samples: int) -> pd.DataFrame:
        streams = [(0, "superposition", "limit", "llc", kind, samples) for kind in POLYGONS]
        problem = Problem(negative_log_likelihood, minima, samples, streams, shared=(unit,))
        return pd.DataFrame(estimate(problem, settings.estimate)).assign(
            kgon=POLYGONS,
            samples=samples,
            truth=[COEFFICIENTS[kind] for kind in POLYGONS],
            noise=settings.noise,
            n_beta=settings.estimate.n_beta(samples),
            localisation=settings.estimate.localisation,
            loss=total_loss(minima)[0],
        )

    first = ["kgon", "samples", "truth", "llc", "llc_se", "noise", "n_beta", "localisation", "loss"]
    table = pd.concat(side_by_side(rows, settings.samples), ignore_index=True)
    return table[[*first, *(name for name in table if name not in first)]]


def posterior(settings: Posterior) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the weights of polygons in the posterior over n, and where they change.

    Returns
    -------
    weights : DataFrame
        A row for each number of samples and kgon (5, 5+, 6): share and share_se of all draws by
        sampling; log_z_sampled with its error, ln of the share times the evidence, NaN without
        a draw; log_z_integrated with its error, by thermodynamic integration (NaN where no chain
        stayed in the basin); log_z_laplace; asymptotic = -(n L + λ ln n), L the loss
        over 2 σ²; noise σ and prior. Errors are standard errors over the repeats.
    transitions : DataFrame
        A row for each method: n at which the 6-gon gets the weight of the 5-gon, and of 5- and
        5+-gon together (n_both), with standard errors over the repeats; NaN where it has that at
        every n.
    """
    repeats = range(settings.repeats)
    sampled = side_by_side(lambda repeat: annealed(settings, repeat), repeats)
    shares = np.array(
        [[[at.get(kind, 0.0) for kind in POLYGONS] for _, at in one] for one in sampled]
    )  # [repeats, n, polygons]
    with np.errstate(divide="ignore"):
        by_sampling = np.log(shares) + np.array([[z for z, _ in one] for one in sampled])[..., None]
    n = np.array(settings.samples)
    cases = [(kind, repeat) for repeat in repeats for kind in POLYGONS]
    each = side_by_side(lambda case: integrated(case[0], settings, case[1]), cases)
    by_integration = np.reshape(each, (len(repeats), len(POLYGONS), -1)).swapaxes(1, 2)
    scales = n / (2 * settings.noise**2)
    by_laplace = np.array(
        [[laplace(k, scale, settings.prior) for k in POLYGONS] for scale in scales]
    )
    losses = np.array([total_loss(kgon_minimum(k)[:, None])[0].item() for k in POLYGONS])
    asymptotic = -scales[:, None] * losses - np.log(n)[:, None] * list(COEFFICIENTS.values())
    columns = {"share": shares, "log_z_sampled": by_sampling, "log_z_integrated": by_integration}
    rows = {"samples": np.repeat(n, len(POLYGONS)), "kgon": np.tile(POLYGONS, len(n))}
    for name, values in columns.items():
        rows[name], rows[f"{name}_se"] = _mean(values)
    rows["log_z_sampled"] = np.where(
        np.isfinite(rows["log_z_sampled"]), rows["log_z_sampled"], np.nan
    )
    rows |= {"log_z_laplace": by_laplace.ravel(), "asymptotic": asymptotic.ravel()}
    weights = pd.DataFrame(rows).assign(noise=settings.noise, prior=settings.prior)
    methods = {
        "sampling": by_sampling,
        "thermodynamic integration": by_integration,
        "Laplace": by_laplace[None],
        "n L + λ ln n": asymptotic[None],
    }
    moves = pd.DataFrame([_transition(name, n, z) for name, z in methods.items()])
    return weights, moves.assign(noise=settings.noise, prior=settings.prior)


def _mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard error over the first axis, NaN where a value is not finite."""
    with np.errstate(invalid="ignore"):
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        return values.mean(axis=0).ravel(), error.ravel()


def _transition(method: str, n: np.ndarray, log_z: np.ndarray) -> dict[str, object]:
    """Return where the 6-gon takes over, from log_z [repeats, n, polygons]."""
    five, plus, six = np.moveaxis(log_z, -1, 0)
    row: dict[str, object] = {"method": method}
    with np.errstate(invalid="ignore"):
        both = np.logaddexp(five, plus)
    for name, other in (("n", five), ("n_both", both)):
        places = np.array([_crossing(n, gap) for gap in six - other])
        row[name] = places.mean()
        row[f"{name}_se"] = places.std(ddof=1) / np.sqrt(len(places)) if len(places) > 1 else np.nan
    return row


def _crossing(n: np.ndarray, gap: np.ndarray) -> float:
    """Return the largest n at which `gap` changes from below 0 to above, linear in ln n."""
    up = np.flatnonzero((gap[:-1] < 0) & (gap[1:] >= 0) & np.isfinite(gap[:-1] + gap[1:]))
    if not up.size:
        return np.nan
    i = up[-1]
    part = -gap[i] / (gap[i + 1] - gap[i])
    return float(np.exp(np.log(n[i]) + part * np.log(n[i + 1] / n[i])))
