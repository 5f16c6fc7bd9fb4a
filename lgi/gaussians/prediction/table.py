"""What tells how well a fit does, or at which N it does worse than at N - 1.

What is known of a fit (`lgi.gaussians.prediction.features`) predicts two targets by least squares:
its best loss, and whether that is above the one of the same seed at N - 1, a regression. Features
of the start are known before training; those of the best and the end explain, but predict nothing.

Predictions are for seeds that were not learnt from, and in the harder test for other N as well: to
leave out N alone would not do, since fits of one seed share their Gaussians, and their luck.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import Region, verdict
from lgi.distributions import t_quantile
from lgi.errors import DataError
from lgi.gaussians.prediction.cross_validation import auc, folds, predictions, skill
from lgi.gaussians.prediction.features import OF_GAUSSIANS, OF_JACOBIAN, STATES

COLUMNS = (
    "image",
    "recipe",
    "target",
    "test",
    "measure",
    "known",
    "state",
    "predictor",
    "form",
    "value",
    "low",
    "high",
    "joint_low",
    "joint_high",
    "correlation",
    "seeds",
    "rows",
    "verdict",
)

LOSS, REGRESSION = "best loss", "regression"
SEEDS, SEEDS_AND_N = "unseen seeds", "unseen seeds and N"
SKILL, BEYOND, AUC = "skill", "skill beyond N", "AUC"
BEFORE, BETWEEN, AFTER = "before training", "after training N - 1", "after training"
NO_STATE = "no state"
VALUE, CHANGE = "value", "change from N - 1"
ALL, TREND, EACH_N, PREVIOUS = "all together", "N", "each N", "best loss at N - 1"

_EARLIER = " at N - 1"


@dataclass(frozen=True)
class _Task:
    """A target of some rows, and a way to predict it."""

    target: str
    known: str
    state: str
    predictor: str
    form: str
    seed: np.ndarray  # [rows]
    n: np.ndarray  # [rows]
    x: np.ndarray  # [rows, p]
    y: np.ndarray  # [rows]


def table(features: pd.DataFrame, *, confidence: float, ridge: float, least: float) -> pd.DataFrame:
    """Return how well each feature predicts, in seeds and at N that were not learnt from.

    Parameters
    ----------
    features
        Features of runs (`lgi.gaussians.prediction.features.table`).
    confidence
        Level of each interval, and of the joint ones together.
    ridge
        Rows that say that a predictor says nothing, beside those of the runs.
    least
        Least skill, or AUC above one half, that counts.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; a row per image, recipe, target, test, measure and predictor.

        - ``skill``: share of the mean's squared error that the prediction saves, so R² out of
          sample, and the Brier skill score of a regression
        - ``skill beyond N``: share that N and the predictor save of what N alone leaves, with a
          straight line through N
        - ``AUC``: how often the step of a seed that regresses is predicted to do so rather than
          another step of the same seed that does not

        Beside the features of each state stand N (a line), each N (a mean of its own, for seeds
        alone), and for regressions the best loss at N - 1. ``known`` says when a predictor is.
        Regressions are predicted by a feature's value at N or by its change from N - 1. Intervals
        are jackknives over seeds; the joint ones hold for all predictors of a target, test,
        measure and state together (Bonferroni), and give the ``verdict`` on a skill, or an AUC
        above one half, of more than `least`. ``correlation`` is the rank correlation of
        a predictor with its target, NaN for several.

    Raises
    ------
    DataError
        If there are no features.
    """
    if features.empty:
        raise DataError("no features to predict from")
    rows = [
        {"image": image, "recipe": recipe} | row
        for (image, recipe), runs in features.groupby(["image", "recipe"])
        for task in _tasks(runs)
        for row in _measured(task, confidence, ridge)
    ]
    return _judged(pd.DataFrame(rows), confidence, least)[list(COLUMNS)]


def region(measure: str, least: float) -> Region:
    """Return where a measure lies if a predictor is of use.

    Parameters
    ----------
    measure
        `SKILL`, `BEYOND` or `AUC`.
    least
        Least skill, or AUC above one half, that counts.
    """
    return (least + (0.5 if measure == AUC else 0), np.inf)


def _tasks(runs: pd.DataFrame) -> Iterator[_Task]:
    """Yield all tasks of one image and recipe."""
    runs = runs[np.isfinite(runs["best_loss"])].sort_values(["seed", "n"])
    before = runs.assign(n=runs["n"] + 1)
    steps = runs.merge(before, on=["seed", "n", "state"], suffixes=("", _EARLIER))
    steps["regression"] = (steps["best_loss"] > steps["best_loss" + _EARLIER]).astype(float)
    for target, rows, column in (
        (LOSS, runs, "best_loss"),
        (REGRESSION, steps, "regression"),
    ):
        yield from _without_features(target, rows[rows["state"] == STATES[0]], column)
        for state in STATES:
            yield from _of_state(target, rows[rows["state"] == state], column, state)


def _without_features(target: str, rows: pd.DataFrame, column: str) -> Iterator[_Task]:
    """Yield what needs no feature: N, and the loss at N - 1."""
    n, y = rows["n"].to_numpy(), rows[column].to_numpy()
    own = (n[:, None] == np.unique(n)).astype(float)
    given = [(BEFORE, TREND, n[:, None]), (BEFORE, EACH_N, own)]
    if target == REGRESSION:
        given.append((BETWEEN, PREVIOUS, rows[["best_loss" + _EARLIER]].to_numpy()))
    for known, predictor, x in given:
        yield _Task(target, known, NO_STATE, predictor, VALUE, rows["seed"].to_numpy(), n, x, y)


def _of_state(target: str, rows: pd.DataFrame, column: str, state: str) -> Iterator[_Task]:
    """Yield the features of a state, one by one and all together."""
    known = BEFORE if state == STATES[0] else AFTER
    # Later the loss is the target itself, or what became of it.
    names = [*(["loss"] if known == BEFORE else []), *OF_JACOBIAN, *OF_GAUSSIANS]
    forms = {VALUE: rows[names]}
    if target == REGRESSION:
        previous = rows[[name + _EARLIER for name in names]].to_numpy()
        forms[CHANGE] = rows[names] - previous
    for form, values in forms.items():
        for predictor, chosen in {**{name: [name] for name in names}, ALL: names}.items():
            x = values[chosen].to_numpy()
            there = np.isfinite(x).all(axis=1)
            seed, n, y = (rows.loc[there, key].to_numpy() for key in ("seed", "n", column))
            yield _Task(target, known, state, predictor, form, seed, n, x[there], y)


class _Trial:
    """A task in one test, on all seeds or without some of them."""

    def __init__(self, task: _Task, test: str, ridge: float) -> None:
        self._task, self._test, self._ridge = task, test, ridge
        self._known: dict[tuple, dict[str, float]] = {}

    def measures(self) -> list[str]:
        """Return the names of the measures that the task has in this test."""
        task = self._task
        if task.predictor == EACH_N and self._test != SEEDS:
            return []  # nothing was learnt of this N
        # Within a seed pairs are judged by one fit, with N left out as well they are not.
        ranked = task.target == REGRESSION and self._test == SEEDS
        return [SKILL, *([BEYOND] if task.predictor != TREND else []), *([AUC] if ranked else [])]

    def measure(self, kept: np.ndarray, name: str) -> float:
        """Return one measure, with some seeds alone."""
        key = tuple(kept)
        if key not in self._known:
            self._known[key] = self._measured(np.isin(self._task.seed, kept))
        return self._known[key][name]

    def _measured(self, rows: np.ndarray) -> dict[str, float]:
        task = self._task
        seed, n, x, y = task.seed[rows], task.n[rows], task.x[rows], task.y[rows]
        apart = folds([seed] if self._test == SEEDS else [seed, n])
        mean = predictions(x[:, :0], y, apart)
        alone = predictions(x, y, apart, self._ridge)
        line = predictions(n[:, None], y, apart, self._ridge)
        both = predictions(np.column_stack([n, x]), y, apart, self._ridge)
        return {
            SKILL: skill(y, alone, mean),
            BEYOND: skill(y, both, line),
            AUC: auc(y, alone, seed) if task.target == REGRESSION else np.nan,
        }


def _measured(task: _Task, confidence: float, ridge: float) -> Iterator[dict]:
    """Yield a row for each test and measure, with the interval of this predictor alone."""
    seeds = np.unique(task.seed)
    x, y = task.x, task.y
    alone = intervals.spearman(x[:, 0], y, confidence) if x.shape[1] == 1 else None
    for test in (SEEDS, SEEDS_AND_N):
        trial = _Trial(task, test, ridge)
        for measure in trial.measures():
            statistic = partial(trial.measure, name=measure)
            found = intervals.jackknife(statistic, seeds, confidence)
            yield {
                "target": task.target,
                "test": test,
                "measure": measure,
                "known": task.known,
                "state": task.state,
                "predictor": task.predictor,
                "form": task.form,
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "correlation": alone.value if alone else np.nan,
                "seeds": len(seeds),
                "rows": len(y),
            }


def _judged(rows: pd.DataFrame, confidence: float, least: float) -> pd.DataFrame:
    """Return the rows with joint intervals and verdicts."""
    family = ["image", "recipe", "target", "test", "measure", "state"]
    together = rows.groupby(family)["value"].transform("size")
    single = (1 + confidence) / 2
    joint = together.map(partial(intervals.joint_level, single))
    freedom = np.maximum(rows["seeds"] - 1, 1)
    wider = t_quantile(joint, freedom) / t_quantile(single, freedom)
    for end in ("low", "high"):
        rows[f"joint_{end}"] = rows["value"] + wider * (rows[end] - rows["value"])
    ends = ["low", "high", "joint_low", "joint_high"]
    lowest = np.where(rows["measure"] == AUC, 0.0, -np.inf)
    rows[ends] = rows[ends].clip(lower=pd.Series(lowest, rows.index), upper=1.0, axis=0)
    ends = rows[["joint_low", "joint_high", "measure"]].itertuples(index=False)
    rows["verdict"] = [verdict(low, high, region(name, least)) for low, high, name in ends]
    return rows
