"""Which models leave the polygon in which they begin, when, and for which.

A polygon *holds* where all snapshots from an epoch e to an epoch f have it and (f + 1) / (e + 1) is
at least `hold`: a decade of epochs, by default. The *home* of a model is the first polygon that
holds; for a start on a polygon that is its own, and for a random one what it falls into first.
A model has *left* where its home is not seen at any snapshot of the last part of training
(`settled`). It left at the first snapshot after the last at home, and its destination is the
polygon at the last snapshot. A label that flickers, or that changes as training ends, is no
departure. What leaving was for is the gain: the loss at the last snapshot at home minus that at the
end, divided by 1 - S. A label may change while the loss does not; the gain tells.

Beside this, and without any polygon: a *plateau* is a stretch of snapshots as long as a polygon
must hold, from epoch `begin` on (before it the loss stands still because little was trained), in
which the loss stays within `change` times 1 - S. Plateaus are found one after the other, each as
long as it can be. A *drop* is a fall of the loss by more than that from the end of a plateau to the
beginning of the next one, or to the end of training where there is no next.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.runs import Run
from lgi.superposition.geometry.geometry import kgon_kinds
from lgi.superposition.training.table import gathered
from lgi.superposition.training.view import RUN, Models

if TYPE_CHECKING:
    from lgi.superposition.departures.settings import Departures

STAYS = "stays"
MODEL = ["home", "end", "left", "left_epoch", "gain", "plateaus", "drops", "drop_epoch", "fall"]


def tables(runs: Iterable[Run], settings: "Departures") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how many models leave, and from where to where.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.training.run.train_run`.
    settings
        What it takes to leave.

    Returns
    -------
    departures : DataFrame
        See `summary`.
    destinations : DataFrame
        See `destinations`.

    Raises
    ------
    DataError
        If there are no runs.
    """
    rows = departures(runs, settings)
    return summary(rows, settings), destinations(rows)


def departures(runs: Iterable[Run], settings: "Departures") -> pd.DataFrame:
    """Return for every model whether it leaves, when and for which polygon.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, seed, home (empty where no polygon holds), end (polygon at
        the last snapshot), left, left_epoch (NaN where it stays), gain (share of 1 - S, NaN where
        it stays), plateaus, drops (their numbers), drop_epoch (first snapshot after the plateau
        that the first drop leaves) and fall (sum of all drops, share of 1 - S). Models that
        diverged are left out.

    Raises
    ------
    DataError
        If there are no runs.
    """
    return gathered((_rows(Models(run), settings) for run in runs), ["seed"])


def summary(rows: pd.DataFrame, settings: "Departures") -> pd.DataFrame:
    """Return how many models of each start, number of samples and sparsity leave.

    Parameters
    ----------
    rows
        As from `departures`.
    settings
        Level of the intervals, and the gain that counts.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, models, housed (those with a home), home (the most frequent
        one), left (share of the housed, with its exact interval), left_n, left_epoch (median with
        quartiles left_epoch_q25 and left_epoch_q75), destination (the most frequent one of those
        that left) and its share of them, gain (their median), gained (share of them whose gain is
        above the margin), dropped (share of all models with a drop, with its exact interval),
        drop_epoch (median), drops (mean number) and fall (median of those with a drop).
    """
    groups = rows.groupby(RUN)
    return pd.DataFrame(
        [dict(zip(RUN, key, strict=True)) | _summary(part, settings) for key, part in groups]
    )


def destinations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many models go from which polygon to which.

    Parameters
    ----------
    rows
        As from `departures`.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, home, destination (``"stays"`` where a model does not
        leave), models, share (of all models of the start, size and sparsity that have a home),
        left_epoch and gain (medians).
    """
    housed = rows[rows["home"] != ""]
    housed = housed.assign(destination=housed["end"].where(housed["left"], STAYS))
    groups = housed.groupby([*RUN, "home", "destination"])
    found = groups.agg(
        models=("seed", "size"), left_epoch=("left_epoch", "median"), gain=("gain", "median")
    ).reset_index()
    of_all = found.groupby(RUN)["models"].transform("sum")
    found.insert(len(found.columns) - 2, "share", found["models"] / of_all)
    return found


def home(kinds: np.ndarray, epochs: np.ndarray, hold: float) -> str:
    """Return the first polygon that holds, empty where none does.

    Parameters
    ----------
    kinds : array of str [T]
        Polygon at each snapshot.
    epochs : array [T]
        Of the snapshots, in ascending order.
    hold
        (last epoch + 1) / (first epoch + 1) of a stretch that is long enough.
    """
    first = 0
    for place in range(1, len(kinds) + 1):
        if place == len(kinds) or kinds[place] != kinds[first]:
            if _lasts(epochs, first, place - 1, hold):
                return str(kinds[first])
            first = place
    return ""


def departure(kinds: np.ndarray, epochs: np.ndarray, own: str, settled: float) -> int | None:
    """Return the place of the first snapshot after a model left its home for good.

    Parameters
    ----------
    kinds : array of str [T]
        Polygon at each snapshot.
    epochs : array [T]
        Of the snapshots, in ascending order.
    own
        The home.
    settled
        Share of training at its end in which the home is not seen; None where it is.
    """
    last = int(np.flatnonzero(kinds == own)[-1])
    if epochs[last] >= (1 - settled) * epochs[-1]:
        return None
    return last + 1


def plateaus(
    loss: np.ndarray, epochs: np.ndarray, change: float, hold: float
) -> list[tuple[int, int]]:
    """Return first and last place of every plateau, one after the other.

    Parameters
    ----------
    loss : array [T]
        Loss at each snapshot.
    epochs : array [T]
        Of the snapshots, in ascending order.
    change
        In a plateau the largest loss lies above the smallest by no more than this.
    hold
        (last epoch + 1) / (first epoch + 1) of a stretch that is long enough.
    """
    found, first = [], 0
    while first < len(loss):
        rest = loss[first:]
        spread = np.maximum.accumulate(rest) - np.minimum.accumulate(rest)
        last = first + int(np.count_nonzero(spread <= change)) - 1
        if _lasts(epochs, first, last, hold):
            found.append((first, last))
            first = last
        first += 1
    return found


def falls(loss: np.ndarray, stretches: list[tuple[int, int]]) -> np.ndarray:
    """Return how far the loss falls from the end of each plateau to the next, or to the end."""
    starts = [*(first for first, _ in stretches[1:]), len(loss) - 1]
    return np.array([loss[end] - loss[k] for (_, end), k in zip(stretches, starts, strict=False)])


def _lasts(epochs: np.ndarray, first: int, last: int, hold: float) -> bool:
    return bool(epochs[last] + 1 >= hold * (epochs[first] + 1))


def _rows(models: Models, settings: "Departures") -> pd.DataFrame:
    kinds = kgon_kinds(models.W, models.b)
    losses = models.losses["train_loss"] / (1 - models.run.record["sparsity"])
    kept = np.flatnonzero(models.diverged_epoch < 0)
    found = [_model(kinds[m], losses[m], models.epochs, settings) for m in kept]
    keys = pd.DataFrame(models.names | {"seed": models.seeds[kept]})
    return pd.concat([keys, pd.DataFrame(found, columns=MODEL)], axis=1)


def _model(
    kinds: np.ndarray, loss: np.ndarray, epochs: np.ndarray, settings: "Departures"
) -> tuple:
    """Return the columns `MODEL`; the loss is divided by 1 - S."""
    own = home(kinds, epochs, settings.hold)
    place = departure(kinds, epochs, own, settings.settled) if own else None
    left_epoch, gain = np.nan, np.nan
    if place is not None:
        left_epoch, gain = epochs[place], loss[place - 1] - loss[-1]
    trained = epochs >= settings.begin
    loss, epochs = loss[trained], epochs[trained]
    stretches = plateaus(loss, epochs, settings.change, settings.hold)
    fallen = falls(loss, stretches)
    is_drop = fallen > settings.change
    drops = np.flatnonzero(is_drop)
    drop_epoch = epochs[stretches[drops[0]][1] + 1] if len(drops) else np.nan
    left = place is not None
    counts = len(stretches), len(drops), drop_epoch, fallen[is_drop].sum()
    return (own, str(kinds[-1]), left, left_epoch, gain, *counts)


def _summary(part: pd.DataFrame, settings: "Departures") -> dict[str, object]:
    """Return the columns of one start, number of samples and sparsity."""
    housed, left = part[part["home"] != ""], part[part["left"]]
    leaving = intervals.share(len(left), len(housed), settings.confidence)
    dropped = part[part["drops"] > 0]
    dropping = intervals.share(len(dropped), len(part), settings.confidence)
    quartiles = left["left_epoch"].quantile([0.25, 0.5, 0.75])
    destination, of_left = _most_frequent(left["end"])
    return {
        "models": len(part),
        "housed": len(housed),
        "home": _most_frequent(housed["home"])[0],
        "left": leaving.value,
        "left_low": leaving.low,
        "left_high": leaving.high,
        "left_n": len(left),
        "left_epoch": quartiles[0.5],
        "left_epoch_q25": quartiles[0.25],
        "left_epoch_q75": quartiles[0.75],
        "destination": destination,
        "destination_share": of_left,
        "gain": left["gain"].median(),
        "gained": (left["gain"] > settings.gain).mean(),
        "dropped": dropping.value,
        "dropped_low": dropping.low,
        "dropped_high": dropping.high,
        "drop_epoch": dropped["drop_epoch"].median(),
        "drops": part["drops"].mean(),
        "fall": dropped["fall"].median(),
    }


def _most_frequent(kinds: pd.Series) -> tuple[str, float]:
    """Return the most frequent kind and its share; of equally frequent ones the first by name."""
    counts = kinds.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return (str(counts.index[0]), counts.iloc[0] / len(kinds)) if len(counts) else ("", np.nan)
