"""The table of known answers: truth, estimate and error of every problem, sampler and engine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lgi.llc import estimate as llc
from lgi.llc.known import losses_cpu
from lgi.llc.known.problems import CROSSING, WATANABE, KnownProblem
from lgi.llc.known.theory import fit_over_n, next_pole, normal_crossing
from lgi.llc.problem import Problem
from lgi.llc.samplers import HMC, SGLD
from lgi.llc.settings import EstimateSettings
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd

SAMPLERS = ("sgld", "hmc")
FIT = "normal crossing, λ by a fit over n"
FIT_TOLERANCE = 0.10  # the exact means themselves give λ 1 to 5 % too low at these n
KEPT = 200  # draws of a chain that are kept; they divide all numbers of draws
COLUMNS = (
    "problem",
    "shape",
    "n",
    "localisation",
    "sampler",
    "engine",
    "truth",
    "source",
    "estimate",
    "se",
    "error",
    "relative_error",
    "tolerance",
    "status",
)


def known_answers(
    chosen: Sequence[KnownProblem],
    samplers: Sequence[str] = SAMPLERS,
    engine: str = "numba",
) -> "pd.DataFrame":
    """Estimate every problem with every sampler and set the estimates beside the truth.

    Parameters
    ----------
    chosen
        Problems, of `lgi.llc.known.problems.problems`.
    samplers
        ``"sgld"`` and ``"hmc"``.
    engine
        ``"numba"``, or ``"torch"`` for the definition.

    Returns
    -------
    pandas.DataFrame
        A row for each problem and sampler, and one for each normal crossing's λ by a fit over its
        n: the columns `COLUMNS`. ``se`` is the standard error of the estimate, ``tolerance`` the
        largest absolute ``relative_error`` that is right.
    """
    import pandas as pd

    rows = []
    for sampler in samplers:
        estimates = [(problem, estimate(problem, sampler, engine)) for problem in chosen]
        rows += [_row(problem, sampler, engine, columns) for problem, columns in estimates]
        rows += _fits(estimates, sampler, engine)
    table = pd.DataFrame(rows)
    table["error"] = table["estimate"] - table["truth"]
    table["relative_error"] = table["error"] / table["truth"]
    names = [name for p in chosen for name in (p.name, FIT) if name != FIT or p.name == CROSSING]
    order = table["problem"].map(list(dict.fromkeys(names)).index)
    return table.iloc[np.argsort(order, kind="stable")][list(COLUMNS)].reset_index(drop=True)


def estimate(problem: KnownProblem, sampler: str, engine: str) -> dict[str, float | str]:
    """Return the columns of `lgi.llc.estimate.estimate` of one problem, one value each.

    Parameters
    ----------
    problem
        The problem.
    sampler
        ``"sgld"`` or ``"hmc"``.
    engine
        ``"numba"`` or ``"torch"``.
    """
    chosen = setting(problem, sampler)
    stream = (0, "known", problem.name, problem.shape, problem.samples)
    if engine == "torch":
        return _torch_estimate(problem, chosen, stream)
    known = Problem(
        loss_and_gradient=getattr(losses_cpu, problem.loss),
        parameters=problem.parameters[:, None],
        samples=problem.samples,
        streams=[stream],
        shared=problem.data,
    )
    columns = llc.estimate(known, chosen)
    return {name: values.item() for name, values in columns.items()}


def setting(problem: KnownProblem, sampler: str) -> EstimateSettings:
    """Return the settings of a problem's chains; a quarter of the draws is burn-in.

    SGLD widens a direction of curvature h by the factor 1 / (1 - ε (nβ h + γ) / 4): its step makes
    that 2.6 % for the largest curvature, less for the others. HMC has no such bias: 600 draws with
    the fivefold step do.

    Parameters
    ----------
    problem
        The problem.
    sampler
        ``"sgld"`` or ``"hmc"``.
    """
    stiffness = problem.n_beta * problem.curvature + problem.localisation
    exact = sampler == "hmc"
    draws = 600 if exact else problem.draws
    return EstimateSettings(
        sampler=HMC(kind="hmc", step_size=0.5 / stiffness, leapfrog_steps=problem.leapfrog_steps)
        if exact
        else SGLD(kind="sgld", step_size=0.1 / stiffness),
        chains=problem.chains,
        draws=draws,
        burn_in=draws // 4,
        thin=draws // KEPT,
        localisation=problem.localisation,
        inverse_temperature="1/log n",
        thresholds={
            "share_below": 0.1,
            "gradient_norm": 0.01,
            "acceptance": 0.5 if exact else 0.9,
            "rhat": 1.05,
            "ess": 100,
        },
    )


def _torch_estimate(problem: KnownProblem, chosen: EstimateSettings, stream: tuple) -> dict:
    """Return the estimate by the definition, in float64 on the CPU."""
    import torch

    from lgi.llc.known import losses
    from lgi.llc.library import estimate_function

    data = [torch.tensor(array) for array in problem.data]
    return estimate_function(
        lambda parameters: getattr(losses, problem.loss)(parameters, *data),
        torch.tensor(problem.parameters),
        (),
        chosen,
        samples=problem.samples,
        stream=stream,
    )


def _row(problem: KnownProblem, sampler: str, engine: str, columns: dict) -> dict:
    return {
        "problem": problem.name,
        "shape": problem.shape,
        "n": problem.samples,
        "localisation": problem.localisation,
        "sampler": sampler,
        "engine": engine,
        "truth": problem.truth,
        "source": problem.source,
        "estimate": columns["llc"],
        "se": columns["llc_se"],
        "tolerance": problem.tolerance,
        "status": columns["status"],
    }


def _fits(estimates: list[tuple[KnownProblem, dict]], sampler: str, engine: str) -> list[dict]:
    """Return the rows of λ fitted over the n of each normal crossing."""
    shapes = dict.fromkeys(p.shape for p, _ in estimates if p.name == CROSSING)
    rows = []
    for shape in shapes:
        part = [(p, columns) for p, columns in estimates if (p.name, p.shape) == (CROSSING, shape)]
        exponents = part[0][0].data[0].tolist()
        pole = normal_crossing(exponents)
        n_betas = np.array([p.n_beta for p, _ in part])
        means = np.array([columns["llc"] for _, columns in part])
        errors = np.array([columns["llc_se"] for _, columns in part])
        fit = _fit_with_error(n_betas, means, errors, exponents)
        rows.append(
            {
                "problem": FIT,
                "shape": f"{shape}, multiplicity {pole.multiplicity}",
                "n": max(p.samples for p, _ in part),
                "localisation": part[0][0].localisation,
                "sampler": sampler,
                "engine": engine,
                "truth": float(pole.value),
                "source": WATANABE,
                "estimate": fit[0],
                "se": fit[1],
                "tolerance": FIT_TOLERANCE,
                "status": _worst([columns["status"] for _, columns in part]),
            }
        )
    return rows


def _fit_with_error(
    n_betas: np.ndarray, means: np.ndarray, errors: np.ndarray, exponents: Sequence[int]
) -> tuple[float, float]:
    """Return λ by a fit over n and its standard error, each mean's error carried through."""
    pole = normal_crossing(exponents)
    gap = next_pole(exponents) - pole.value

    def fit(shifted):
        return fit_over_n(n_betas, shifted, pole.multiplicity, float(gap))

    value = fit(means)
    shifts = [fit(means + shift) - value for shift in np.diag(errors)]
    return value, float(np.linalg.norm(shifts))


def _worst(statuses: Sequence[str]) -> str:
    """Return the first status that is not ok, if any."""
    return next((status for status in statuses if status != OK), OK)
