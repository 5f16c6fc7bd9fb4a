"""Tables of phases: the minima of the population loss by polygon and sparsity."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.randomness import generator
from lgi.runs import Run
from lgi.superposition.geometry.geometry import feature_dimensionality, is_live, kgon_kinds
from lgi.superposition.phases.descent import FLAT, HOW, curvatures, descend
from lgi.superposition.phases.settings import Phases
from lgi.superposition.training.population import (
    PopulationLoss,
    as_lanes,
    from_lanes,
    population_loss,
)
from lgi.superposition.training.settings import DataSettings, OneHotData
from lgi.superposition.training.view import Models

ONE_ACTIVE = "one active feature"
ARRIVED = 1e3 * HOW.tolerance  # a larger gradient is not that of a minimum
SAME = 1e-6  # of the loss of a model that answers 0: nearer, two minima have one loss
FINAL = ["init", "samples", "sparsity", "kgon"]


def phases(
    runs: Iterable[Run], *, data: DataSettings, sparsities: list[float], settings: Phases
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the lowest minimum of each polygon at each sparsity, and the trained models by both.

    Parameters
    ----------
    runs
        Run files of models with two hidden dimensions; their last states are further starts at
        their own sparsity, and so are the lowest minima of all other sparsities.
    data
        Data whose population loss is known exactly.
    sparsities
        Where to look; for binary data also at one active feature of value 1.
    settings
        The other starts.

    Returns
    -------
    minima : DataFrame
        A row for each sparsity and kgon (see `kgon_kinds`) that a descent ended in. Columns: data
        (the kind, or "one active feature" in rows of sparsity 1); sparsity; kgon; loss, the lowest
        population loss of a minimum of this label (of a stationary point where none is a minimum;
        mean over features); scaled_loss, in units of that of a model that always answers 0, which
        is 1 - S for binary data; scaled_constant, that of the best constant answer (W = 0);
        lowest, whether no other polygon is lower; minimum, whether the smallest curvature is not
        negative; smallest_curvature and flat (curvatures nearer to 0 than 1e-6), of the scaled
        loss without the rotation; starts, ends with this label; reached, those of this loss;
        trained, the trained models that end with the label; live, features that are not dead (see
        `is_live`); mean_dimensionality over all features; live_dimensionality, the mean over the
        live ones, with its least and greatest.
    trained : DataFrame
        A row for each start, number of samples, sparsity and k-gon of trained models: models,
        median and best of their population loss at the end of training in units of that of a
        model that always answers 0, and moved, the share that a descent takes to another k-gon.
    """
    trained = _Trained(runs)
    worlds = [(data, s) for s in sparsities]
    if data.kind == "binary":
        limit = OneHotData(kind="one_hot", active=1, features=data.features, test_samples=1)
        worlds.append((limit, 1.0))
    searches = [
        _Search(world, s, [starts(settings, data.features, s)], trained.at(s))
        for world, s in worlds
    ]
    # A minimum that is hard to find at one sparsity may be easy at another: all of them are starts.
    found = np.hstack([search.lowest_states() for search in searches])
    searches = [search.again(found) for search in searches]
    minima = [
        search.rows().assign(data=data.kind if world is data else ONE_ACTIVE)
        for search, (world, _) in zip(searches, worlds, strict=True)
    ]
    moved = [trained.rows(s.sparsity, s.unit, s.kinds_of_trained()) for s in searches]
    return pd.concat(minima, ignore_index=True)[COLUMNS], _by_polygon(pd.concat(moved))


COLUMNS = [
    "data",
    "sparsity",
    "kgon",
    "loss",
    "scaled_loss",
    "scaled_constant",
    "lowest",
    "minimum",
    "smallest_curvature",
    "flat",
    "starts",
    "reached",
    "trained",
    "live",
    "mean_dimensionality",
    "live_dimensionality",
    "least_dimensionality",
    "greatest_dimensionality",
]


def starts(settings: Phases, features: int, sparsity: float) -> np.ndarray:
    """Return the polygons and random starts at a sparsity as parameters [3 features, starts]."""
    stream = generator(settings.seed, "superposition", "phases", sparsity)
    found = []
    for k in range(2, features + 1):
        angle = 2 * np.pi * np.arange(k) / k
        for radius in settings.radius:
            for bias in settings.bias:
                W = np.zeros((2, features))
                W[:, :k] = radius * np.array([np.cos(angle), np.sin(angle)])
                found.append(np.append(W, np.full(features, bias)))
    polygons = np.array(found).T
    polygons = polygons + settings.noise * stream.normal(size=polygons.shape)
    return np.hstack([polygons, stream.normal(size=(3 * features, settings.random))])


class _Trained:
    """The last states of trained models, by sparsity."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.parts: dict[float, list[tuple[pd.DataFrame, np.ndarray]]] = {}
        for run in runs:
            models = Models(run)
            models = models.snapshots([-1])
            rows = pd.DataFrame(models.rows(loss=models.losses["population_loss"]))
            rows["kgon"] = kgon_kinds(models.W, models.b).ravel()
            finite = np.isfinite(rows["loss"].to_numpy())
            states = as_lanes(models.W, models.b)[:, finite]
            self.parts.setdefault(run.record["sparsity"], []).append((rows[finite], states))

    def at(self, sparsity: float) -> list[np.ndarray]:
        return [states for _, states in self.parts.get(sparsity, [])]

    def rows(self, sparsity: float, unit: float, ends: np.ndarray) -> pd.DataFrame:
        """Return the models of a sparsity, with the k-gon that a descent ends in."""
        parts = [rows for rows, _ in self.parts.get(sparsity, [])]
        if not parts:
            return pd.DataFrame(columns=[*FINAL, "scaled_loss", "moved"])
        rows = pd.concat(parts, ignore_index=True)
        return rows.assign(scaled_loss=rows["loss"] / unit, moved=rows["kgon"] != ends)


class _Search:
    """The descents at one sparsity, from own starts and from trained models."""

    def __init__(
        self,
        data: DataSettings,
        sparsity: float,
        own: list[np.ndarray],
        trained: list[np.ndarray],
    ) -> None:
        self.data, self.sparsity, self.own, self.trained = data, sparsity, own, trained
        self.loss = population_loss(data, 2, sparsity)
        self.unit = _zero_loss(self.loss, data.features)
        every = np.hstack([*own, *trained])
        ends = descend(self.scaled, every)
        self.states = ends.parameters
        W, b = from_lanes(self.states, 2)
        curved = curvatures(self.scaled, self.states)
        self.first_trained = sum(part.shape[1] for part in own)
        self.table = pd.DataFrame(
            {
                "kgon": kgon_kinds(W, b),
                "scaled_loss": ends.loss,
                "smallest_curvature": curved[:, 0],
                "flat": (np.abs(curved) < FLAT).sum(axis=1),
                "minimum": (curved[:, 0] > -FLAT) & (ends.gradient < ARRIVED),
                "live": is_live(W).sum(axis=1),
                "from_trained": np.arange(every.shape[1]) >= self.first_trained,
                **_dimensionality(W),
            }
        )

    def scaled(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return loss and gradient in units of the loss of a model that answers 0."""
        loss, gradient = self.loss(parameters)
        return loss / self.unit, gradient / self.unit

    def lowest(self) -> pd.DataFrame:
        """Return the row of each k-gon's lowest minimum; a saddle is no phase, and comes last."""
        order = self.table.sort_values(["minimum", "scaled_loss"], ascending=[False, True])
        return order.drop_duplicates("kgon")

    def lowest_states(self) -> np.ndarray:
        """Return the lowest minima as parameters [P, k-gons]."""
        return self.states[:, self.lowest().index]

    def again(self, further: np.ndarray) -> "_Search":
        """Return the search from where this one ended, and from further starts."""
        ends = np.split(self.states, [self.first_trained], axis=1)
        return _Search(self.data, self.sparsity, [ends[0], further], [ends[1]])

    def kinds_of_trained(self) -> np.ndarray:
        """Return the k-gons in which the descents from trained models ended."""
        return self.table["kgon"].to_numpy()[self.first_trained :]

    def rows(self) -> pd.DataFrame:
        """Return the rows of `phases` at this sparsity."""
        rows = self.lowest().set_index("kgon")
        near = self.table["scaled_loss"] - self.table["kgon"].map(rows["scaled_loss"]) < SAME
        groups = self.table.assign(reached=near).groupby("kgon")
        rows["starts"], rows["trained"] = groups.size(), groups["from_trained"].sum()
        rows["reached"] = groups["reached"].sum()
        rows["lowest"] = rows["minimum"] & (
            rows["scaled_loss"] - self.table["scaled_loss"].min() < SAME
        )
        rows["loss"] = self.unit * rows["scaled_loss"]
        rows["scaled_constant"] = _constant_loss(self.scaled, self.data.features)
        return rows.sort_values("scaled_loss").reset_index().assign(sparsity=self.sparsity)


def _dimensionality(W: np.ndarray) -> dict[str, np.ndarray]:
    values, live = feature_dimensionality(W), is_live(W)
    alive = np.where(live, values, np.nan)
    return {
        "mean_dimensionality": values.mean(axis=1),
        "live_dimensionality": np.nanmean(alive, axis=1),
        "least_dimensionality": np.nanmin(alive, axis=1),
        "greatest_dimensionality": np.nanmax(alive, axis=1),
    }


def _zero_loss(loss: PopulationLoss, features: int) -> float:
    """Return the loss of a model that always answers 0."""
    return loss(np.zeros((3 * features, 1)))[0].item()


def _constant_loss(loss: PopulationLoss, features: int) -> float:
    """Return the loss of the best constant answer, by W = 0: quadratic in the bias c >= 0."""
    constant = np.zeros((3 * features, 2))
    constant[2 * features :] = [1.0, 2.0]
    zero, (one, two) = loss(np.zeros((3 * features, 1)))[0].item(), loss(constant)[0]
    square = (two - 2 * one + zero) / 2
    slope = one - zero - square
    return zero - slope**2 / (4 * square)


def _by_polygon(models: pd.DataFrame) -> pd.DataFrame:
    groups = models.groupby(FINAL)
    found = groups["scaled_loss"].agg(models="size", median="median", best="min")
    found["moved"] = groups["moved"].mean()
    return found.reset_index()
