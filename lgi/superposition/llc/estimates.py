"""Local learning coefficients of study 2's models along training, on their own training sets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from lgi.errors import RunFileError
from lgi.llc.engines import side_by_side
from lgi.llc.estimate import Traces, summary, traces
from lgi.llc.minimum import Minimum, hessian, polished
from lgi.llc.minimum import loss_and_gradient as loss_at
from lgi.llc.problem import Problem
from lgi.llc.settings import WHITENED
from lgi.runs import Run
from lgi.superposition.geometry.geometry import kgon_kinds
from lgi.superposition.llc.loss import loss_and_gradient
from lgi.superposition.llc.settings import SuperpositionEstimate
from lgi.superposition.training.data import count_patterns
from lgi.superposition.training.population import as_lanes, from_lanes
from lgi.superposition.training.run import fresh_samples, training_data
from lgi.superposition.training.view import Models

COLUMNS = (
    "init",
    "samples",
    "sparsity",
    "seed",
    "epoch",
    "llc",
    "llc_se",
    "llc_error",
    "localisation_shift",
    "localisation_shift_se",
    "hessian_llc",
    "directions",
    "sigma",
    "n_beta",
    "localisation",
    "state_loss",
    "loss_at_w",
    "moved",
    "curvature",
    "curvature_max",
    "mean_loss",
    "of_trivial",
    "distance",
    "free",
    "strayed",
    "shift",
    "share_below",
    "fall",
    "gradient_norm",
    "acceptance",
    "rhat",
    "ess",
    "kgon",
    "lowest_loss",
    "lowest_kgon",
    "status",
    "reason",
)


def estimate_run(run: Run, setting: SuperpositionEstimate) -> pd.DataFrame:
    """Estimate the LLC of every model of a run file at the setting's epochs.

    The loss is that of training, times the factor that makes it the negative log likelihood of the
    setting's model, on each seed's own training set or on the fresh data of the setting. The
    parameters are the free ones, W and b; w* is the minimum near the state where the setting asks
    for one, else the state itself. The chains of seed s at epoch e draw from the stream
    (s, "llc", e), so an estimate does not depend on the other models.

    Parameters
    ----------
    run
        Run file of study 2.
    setting
        Likelihood, sampler, their settings, and the epochs.

    Returns
    -------
    pandas.DataFrame
        A row for each seed and epoch, in this order; the columns `COLUMNS`. Beside those of
        `lgi.llc.estimate.estimate`: ``hessian_llc``, what the coefficient of a quadratic loss with
        the Hessian at w* is at this scale, ½ Σ nβ h / (nβ h + γ) over its positive eigenvalues h;
        ``directions``, how many of them have nβ h above γ; ``sigma`` σ of the likelihood and
        ``n_beta`` nβ, of L as a negative log likelihood; ``state_loss``, the loss of the state
        itself; ``moved``, how far w* is from it as a share of |w*|; ``curvature`` and
        ``curvature_max``, the least and the largest eigenvalue of the Hessian of the loss;
        ``kgon``, the polygon of w*; ``lowest_loss`` and ``lowest_kgon``, those of the minimum
        below the lowest draw. Losses are means over samples and features.

    Raises
    ------
    RunFileError
        If the run has no snapshot at an epoch, or the data rebuilt from its record are not those
        it was trained on; the message names the file.
    """
    return estimate_each([(run, setting)])[0]


def estimate_each(cases: Iterable[tuple[Run, SuperpositionEstimate]]) -> list[pd.DataFrame]:
    """Return `estimate_run` of each run with its setting, byte for byte.

    Those that differ in data, nβ and γ alone share a pass over their chains: a few models cost
    little more than one.
    """
    chosen = []
    for run, setting in cases:
        models = Models(run)
        chosen.append((models.at(setting.epochs.among(models.epochs.tolist())), setting))
    posed = [
        _Posed(problem, setting, case)
        for case, (models, setting) in enumerate(chosen)
        for problem in problems(models, setting)
    ]
    parts: list[list[pd.DataFrame]] = [[] for _ in chosen]
    groups = list(_alike(posed))
    for together, columns in zip(groups, side_by_side(_estimates, groups), strict=True):
        counts = np.cumsum([len(one.problem.streams) for one in together])
        table = pd.DataFrame(columns)
        for one, last in zip(together, counts, strict=True):
            parts[one.case].append(table.iloc[last - len(one.problem.streams) : last])
    return [
        _with_models(pd.concat(part, ignore_index=True), models, setting)
        for part, (models, setting) in zip(parts, chosen, strict=True)
    ]


class _Posed(NamedTuple):
    """A problem, with the setting of its estimates and the case that it is of."""

    problem: Problem
    setting: SuperpositionEstimate
    case: int

    def sampling(self) -> str:
        """Return all that chains which run together have in common."""
        scales = {"inverse_temperature", "n"}
        if self.setting.coordinates == WHITENED and self.setting.localisation:
            scales.add("localisation")
        return self.setting.model_dump_json(exclude={"epochs", "data", *scales})


def _alike(posed: Iterable[_Posed]) -> Iterator[list[_Posed]]:
    """Yield what is sampled together: chains that are alike, of data that repeat."""
    groups: dict[str, list[_Posed]] = {}
    for one in posed:
        if len(one.problem.shared[0]) < one.problem.samples:
            groups.setdefault(one.sampling(), []).append(one)
        else:
            yield [one]
    yield from groups.values()


def _joined(posed: Sequence[Problem]) -> Problem:
    """Return all models of some problems as one, on the patterns of all of them."""
    if len(posed) == 1:
        return posed[0]
    sets = [problem.shared[0] for problem in posed]
    patterns, place = np.unique(np.concatenate(sets), axis=0, return_inverse=True)
    lasts = np.cumsum([len(each) for each in sets])
    shares = np.zeros((len(patterns), sum(len(problem.streams) for problem in posed)))
    first = 0
    for problem, last in zip(posed, lasts, strict=True):
        models = len(problem.streams)
        rows = place.ravel()[last - len(problem.shared[0]) : last]
        shares[rows, first : first + models] = problem.per_model[0]
        first += models
    return replace(
        posed[0],
        parameters=np.concatenate([problem.parameters for problem in posed], axis=1),
        streams=[stream for problem in posed for stream in problem.streams],
        shared=(patterns,),
        per_model=(shares,),
    )


def _with_models(
    table: pd.DataFrame, models: Models, setting: SuperpositionEstimate
) -> pd.DataFrame:
    table = table.assign(**models.rows())
    if setting.data is None:
        losses = models.losses["train_loss"].ravel()
        _check_loss(models.run, table["state_loss"].to_numpy(), losses)
    return table[list(COLUMNS)]


def _estimates(posed: Sequence[_Posed]) -> dict[str, np.ndarray]:
    """Return the columns of `estimate_run` that are not of the models themselves."""
    setting, problem = posed[0].setting, _joined([one.problem for one in posed])
    models = [len(one.problem.streams) for one in posed]
    n_beta, gamma = (
        np.repeat(values, models)
        for values in (
            [one.setting.n_beta(one.problem.samples) for one in posed],
            [one.setting.localisation for one in posed],
        )
    )
    start = loss_at(problem, problem.parameters)[0]
    minimum = found(problem, setting)
    problem, place = minimum.problem, minimum.problem.parameters
    with np.errstate(invalid="ignore"):
        moved = minimum.moved / np.sqrt(np.sum(place**2, axis=0))
    spectrum = _eigenvalues(minimum.hessian)
    chains = traces(problem, setting, minimum.hessian, (n_beta, gamma))
    about = {
        "moved": moved,
        "curvature": spectrum[:, 0],
        "trivial_loss": loss_at(problem, np.zeros_like(place))[0],
    }
    stiffness = chains.n_beta[:, None] * np.maximum(spectrum, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        held = np.where(stiffness > 0, stiffness / (stiffness + gamma[:, None]), 0.0)
    features = problem.shared[0].shape[1]
    return summary(chains, setting, about) | {
        "hessian_llc": held.sum(axis=1) / 2,
        "directions": np.sum(stiffness > gamma[:, None], axis=1),
        "sigma": np.full(len(moved), setting.likelihood.noise(features)),
        "n_beta": n_beta,
        "localisation": gamma,
        "state_loss": start,
        "curvature_max": spectrum[:, -1],
        **_polygons(problem, setting, chains),
    }


def found(problem: Problem, setting: SuperpositionEstimate) -> Minimum:
    """Return the w* of a setting: the minimum near each state, or the state itself."""
    if setting.minimum is not None:
        return polished(problem, setting.minimum)
    return Minimum(problem, np.zeros(len(problem.streams)), hessian(problem))


def _eigenvalues(hessians: np.ndarray) -> np.ndarray:  # [models, P]
    finite = np.isfinite(hessians).all(axis=(1, 2))
    values = np.full(hessians.shape[:2], np.nan)
    values[finite] = np.linalg.eigvalsh(hessians[finite])
    return values


def _polygons(
    problem: Problem, setting: SuperpositionEstimate, chains: Traces
) -> dict[str, np.ndarray]:
    """Return the polygon of w*, and loss and polygon of the minimum below the lowest draw."""
    features = problem.shared[0].shape[1]
    columns = {"kgon": _kgons(problem.parameters, features)}
    if setting.minimum is None:
        nothing = len(problem.streams)
        return columns | {"lowest_loss": np.full(nothing, np.nan), "lowest_kgon": [""] * nothing}
    lowest = polished(replace(problem, parameters=chains.lowest), setting.minimum).problem
    return columns | {
        "lowest_loss": loss_at(lowest, lowest.parameters)[0],
        "lowest_kgon": _kgons(lowest.parameters, features),
    }


def _kgons(parameters: np.ndarray, features: int) -> np.ndarray:
    return kgon_kinds(*from_lanes(parameters, len(parameters) // features - 1))


def trace_run(run: Run, setting: SuperpositionEstimate, seed: int, epoch: int) -> Traces:
    """Return the chains behind the estimate of one model of a run file.

    Parameters
    ----------
    run
        Run file of study 2.
    setting
        Sampler and its settings; its epochs do not matter.
    seed, epoch
        The model.

    Returns
    -------
    Traces
        Those that `estimate_run` summarises in the model's row, byte for byte.

    Raises
    ------
    RunFileError
        If the run has no such seed or no snapshot at this epoch; the message names the file.
    """
    (problem,) = problems(Models(run).model(seed).at([epoch]), setting)
    minimum = found(problem, setting)
    return traces(minimum.problem, setting, minimum.hessian)


def problems(models: Models, setting: SuperpositionEstimate) -> Iterator[Problem]:
    """Yield what is sampled around models at their snapshots, snapshots innermost.

    All models at once where they have patterns in common, else one problem for each: continuous
    values do not repeat.
    """
    record, epochs, seeds = models.run.record, models.epochs.tolist(), models.seeds
    parameters = as_lanes(models.W, models.b)  # [P, M T]
    fresh = setting.data
    data = fresh_samples(record, fresh.samples) if fresh else training_data(record)
    samples = data.shape[1]
    patterns, counts = count_patterns(data)
    shares = counts / samples
    step = len(shares) if len(patterns) <= samples else 1
    for first in range(0, len(shares), step):
        part = slice(first, first + step)
        occurs = shares[part].any(axis=0)
        yield Problem(
            loss_and_gradient=loss_and_gradient,
            parameters=parameters[:, first * len(epochs) : (first + step) * len(epochs)],
            samples=samples,
            streams=[(seed, "llc", epoch) for seed in seeds[part] for epoch in epochs],
            # One dtype for all arrays, as the loss asks for.
            shared=(patterns[occurs].astype(np.float64),),
            per_model=(np.repeat(shares[part][:, occurs].T, len(epochs), axis=1),),
            copies=_copies(setting, models),
            likelihood_factor=setting.likelihood.factor(patterns.shape[1]),
        )


def _copies(setting: SuperpositionEstimate, models: Models) -> np.ndarray | None:
    """Return how often each parameter is stored [P]; None for once."""
    if setting.copies is None:
        return None
    sizes = [models.W[0, 0].size, models.b[0, 0].size]
    return np.repeat([float(setting.copies.W), float(setting.copies.b)], sizes)


def _check_loss(run: Run, rebuilt: np.ndarray, trained: np.ndarray) -> None:
    """Raise if L(w*) on the rebuilt data is not the training loss that the run recorded."""
    # Float32 parameters, both losses summed in float64 in another order.
    if not np.allclose(rebuilt, trained, rtol=1e-6, atol=1e-9, equal_nan=True):
        raise RunFileError(
            f"{run.path}: the data rebuilt from its record do not give its training loss: "
            "another version of lgi or NumPy made it; train it again"
        )
