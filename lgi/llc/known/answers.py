"""The table of known answers: what one setting of the estimator makes of every problem."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lgi.llc import estimate as llc
from lgi.llc.engines import side_by_side
from lgi.llc.known import losses_cpu
from lgi.llc.known.problems import CROSSING, QUADRATIC, KnownProblem, problems
from lgi.llc.known.theory import crossing_mean, gaussian_mean
from lgi.llc.minimum import hessian, loss_and_gradient
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings, Likelihood
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd

MARGIN = 0.05  # of the truth: an estimate is right within this share, or within its stated error
RIGHT, WRONG, REFUSED = "right", "wrong", "refused"
Verdict = Literal["right", "wrong", "refused"]
COLUMNS = (
    "problem",
    "shape",
    "singular",
    "n",
    "n_beta",
    "sigma",
    "localisation",
    "truth",
    "source",
    "estimate",
    "repeats",
    "spread",
    "se",
    "llc_error",
    "localisation_shift",
    "relative_error",
    "at_this_scale",
    "ok",
    "outside",
    "status",
    "reason",
    "verdict",
)


def known_answers(
    names: Sequence[str],
    setting: EstimateSettings,
    likelihood: Likelihood,
    n: Sequence[int],
    repeats: int,
) -> "pd.DataFrame":
    """Estimate every problem with one and the same setting, and judge it by the truth.

    Parameters
    ----------
    names
        Those of the problems, values of `lgi.llc.known.settings.ProblemName`.
    setting
        Sampler, γ, nβ and thresholds, of every problem.
    likelihood
        The model whose mean negative log likelihood is sampled; outputs have its σ.
    n
        Numbers of samples.
    repeats
        Independent estimates of each problem.

    Returns
    -------
    pandas.DataFrame
        A row for each problem and n; the columns `COLUMNS`. ``estimate`` is the mean over the
        repeats, refused ones too, ``spread`` their standard deviation, ``se`` the standard error of
        their mean; ``llc_error`` and ``localisation_shift`` their mean error as stated
        (`lgi.llc.estimate.stated_error`) and shift; ``at_this_scale`` the exact E[nβ L] at this nβ
        and γ, NaN where there is no closed form; ``ok`` the number of repeats with this status and
        ``outside`` those of them further from the truth than `MARGIN` and their own stated error;
        ``status`` the most frequent one, ``reason`` the first with it; ``verdict``, see `verdict`.
    """
    import pandas as pd

    cases = [(problem, samples) for samples in n for problem in problems(names)]
    rows = side_by_side(lambda case: _row(case[0], setting, likelihood, case[1], repeats), cases)
    return pd.DataFrame(rows, columns=COLUMNS)


def verdict(estimate: float, truth: float, error: float, ok: float) -> Verdict:
    """Return what becomes of a problem.

    ``refused`` where at most half of the estimates are ok: no coefficient is claimed; else
    ``right`` where their mean is within `MARGIN` of the truth or within the stated error, and
    ``wrong`` where it is not.

    Parameters
    ----------
    estimate, error
        Mean estimate and mean stated error.
    truth
        λ.
    ok
        Share of the estimates that are ok.
    """
    if ok <= 0.5:
        return REFUSED
    return RIGHT if abs(estimate - truth) <= max(MARGIN * truth, error) else WRONG


def estimates(
    known: KnownProblem,
    setting: EstimateSettings,
    likelihood: Likelihood,
    samples: int,
    repeats: int,
) -> dict[str, np.ndarray]:
    """Return the columns of `lgi.llc.estimate.estimate` of independent estimates of a problem.

    Parameters
    ----------
    known
        The problem.
    setting, likelihood, repeats
        As for `known_answers`.
    samples
        n.
    """
    problem = posed(known, likelihood, samples, repeats)
    curvatures = hessian(problem)
    about = {
        "moved": np.zeros(repeats),  # w* is the minimum
        "curvature": np.linalg.eigvalsh(curvatures)[:, 0],
        "trivial_loss": loss_and_gradient(problem, np.zeros_like(problem.parameters))[0],
    }
    return llc.summary(llc.traces(problem, setting, curvatures), setting, about)


def coefficients(
    known: KnownProblem,
    settings: Sequence[EstimateSettings],
    likelihood: Likelihood,
    samples: int,
    repeats: int,
) -> np.ndarray:
    """Return the ``llc`` of `estimates` alone [settings, repeats], of settings that differ in nβ.

    Parameters
    ----------
    known, likelihood, samples, repeats
        As for `estimates`.
    settings
        Alike but for nβ.
    """
    one, times = posed(known, likelihood, samples, repeats), len(settings)
    problem = replace(
        one,
        parameters=np.tile(one.parameters, times),
        streams=[*one.streams] * times,
    )
    scales = [[setting.n_beta(samples), setting.localisation] for setting in settings]
    curvatures = np.tile(hessian(one), (times, 1, 1))
    chains = llc.traces(problem, settings[0], curvatures, np.repeat(scales, repeats, axis=0).T)
    return llc.coefficients(chains, settings[0]).reshape(times, repeats)


def posed(known: KnownProblem, likelihood: Likelihood, samples: int, repeats: int) -> Problem:
    """Return a problem as the estimator takes it, a model for each repeat with its own stream."""
    which = known.name, known.shape, "singular" if known.singular else "smooth"
    return Problem(
        loss_and_gradient=getattr(losses_cpu, known.loss),
        parameters=np.repeat(known.parameters[:, None], repeats, axis=1),
        samples=samples,
        streams=[(repeat, "known", *which, samples) for repeat in range(repeats)],
        shared=known.data,
        likelihood_factor=known.halves * likelihood.factor(1),
    )


def at_this_scale(known: KnownProblem, n_beta: float, localisation: float) -> float:
    """Return the exact E[nβ L] of a problem, NaN where there is no closed form.

    Parameters
    ----------
    known
        The problem.
    n_beta
        nβ, times the likelihood's factor.
    localisation
        γ.
    """
    exact = {QUADRATIC: gaussian_mean, CROSSING: crossing_mean}.get(known.name)
    return exact(known.data[0], n_beta, localisation) if exact else np.nan


def _row(
    known: KnownProblem,
    setting: EstimateSettings,
    likelihood: Likelihood,
    samples: int,
    repeats: int,
) -> dict:
    columns = estimates(known, setting, likelihood, samples, repeats)
    found, ok = columns["llc"], columns["status"] == OK
    allowed = np.maximum(MARGIN * known.truth, columns["llc_error"])
    statuses, counts = np.unique(columns["status"], return_counts=True)
    status = statuses[counts.argmax()]
    estimate, error = found.mean(), columns["llc_error"].mean()
    n_beta = setting.n_beta(samples)
    scaled = n_beta * known.halves * likelihood.factor(1)
    return {
        "problem": known.name,
        "shape": known.shape,
        "singular": known.singular,
        "n": samples,
        "n_beta": n_beta,
        "sigma": likelihood.noise(1),
        "localisation": setting.localisation,
        "truth": known.truth,
        "source": known.source,
        "estimate": estimate,
        "repeats": repeats,
        "spread": found.std(ddof=1),
        "se": found.std(ddof=1) / np.sqrt(repeats),
        "llc_error": error,
        "localisation_shift": columns["localisation_shift"].mean(),
        "relative_error": estimate / known.truth - 1,
        "at_this_scale": at_this_scale(known, scaled, setting.localisation),
        "ok": ok.sum(),
        "outside": np.sum(ok & (np.abs(found - known.truth) > allowed)),
        "status": status,
        "reason": columns["reason"][columns["status"] == status][0],
        "verdict": verdict(estimate, known.truth, error, ok.mean()),
    }
