"""Tables of the gap between training loss and the loss on other data, and of longer training.

Losses are divided by 1 - S: on binary data the population loss of a model that always answers 0.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.runs import Run
from lgi.superposition.selection import nearest
from lgi.superposition.training.table import gathered
from lgi.superposition.training.view import LOSSES, RUN, Models

if TYPE_CHECKING:
    from lgi.superposition.generalisation.settings import Generalisation

TRAIN, *OTHERS = LOSSES
GAP = [*RUN, "epoch", "loss", "median", "low", "high", "seeds"]
CHANGE = ["loss", "relative", "relative_low", "relative_high", "change", "change_low"]
CHANGE += ["change_high", "improved", "improved_low", "improved_high", "worsened", "worsened_low"]
CHANGE = [*RUN, "first_epoch", "last_epoch", *CHANGE, "worsened_high", "seeds"]


def tables(runs: Iterable[Run], settings: "Generalisation") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the gap at the epochs of the settings, and what changed between first and last.

    Parameters
    ----------
    runs
        Run files of `lgi.superposition.training.run.train_run`.
    settings
        Epochs, level and margin.

    Returns
    -------
    gap : DataFrame
        See `gaps`.
    epochs : DataFrame
        See `changes`.

    Raises
    ------
    DataError
        If there are no runs.
    """
    rows = gathered((_rows(Models(run), settings) for run in runs), ["seed", "epoch"])
    rows = rows[np.isfinite(rows[TRAIN])]
    return gaps(rows, settings.confidence), changes(rows, settings)


def gaps(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return how far the loss on other data lies above that on the training data.

    The population loss is the mean of the test loss over test sets: both have the same expected
    gap, and that of the population loss has less noise. It is known for discrete data only.

    Parameters
    ----------
    rows
        Columns init, samples, sparsity, seed, epoch and `LOSSES`.
    confidence
        Level of the intervals.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, epoch, loss (test_loss or population_loss), median over
        the seeds of (loss - train_loss) / (1 - S) with its interval low to high
        (`lgi.intervals.median`, NaN for few seeds), and seeds. A loss that is not known has no row.
    """
    found = []
    for key, part in rows.groupby([*RUN, "epoch"]):
        for name in OTHERS:
            gap = (part[name] - part[TRAIN]) / (1 - part["sparsity"])
            median = intervals.median(gap.to_numpy(), confidence)
            if median.n:
                found.append((*key, name, *median))
    return pd.DataFrame(found, columns=GAP)


def changes(rows: pd.DataFrame, settings: "Generalisation") -> pd.DataFrame:
    """Return how the losses change from the first to the last of the epochs, paired by seed.

    Parameters
    ----------
    rows
        Columns init, samples, sparsity, seed, epoch and `LOSSES`.
    settings
        Level and margin.

    Returns
    -------
    DataFrame
        Columns init, samples, sparsity, first_epoch, last_epoch, loss (of `LOSSES`); medians over
        the seeds with their intervals: relative, the change as a share of the first loss (0 where
        both are 0), and change, the same divided by 1 - S instead; improved and worsened, the
        share of models whose loss falls or rises by more than the margin times 1 - S, with exact
        intervals; and seeds. Without rows where there is one epoch alone.
    """
    first, last = rows["epoch"].min(), rows["epoch"].max()
    found = []
    for key, part in rows.groupby(RUN):
        for name in LOSSES if last > first else ():
            wide = part.pivot(index="seed", columns="epoch", values=name)
            pairs = wide.reindex(columns=[first, last]).dropna().to_numpy()
            if len(pairs):
                found.append((*key, first, last, name, *_change(pairs, 1 - key[-1], settings)))
    return pd.DataFrame(found, columns=CHANGE)


def _change(pairs: np.ndarray, scale: float, settings: "Generalisation") -> tuple:
    """Return the numbers of one row; pairs of losses [models, 2]."""
    before, after = pairs.T
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(after == before, 0, (after - before) / before)
    change = (after - before) / scale
    medians = (intervals.median(values, settings.confidence) for values in (relative, change))
    hits = (change < -settings.improved).sum(), (change > settings.improved).sum()
    shares = (intervals.share(count, len(pairs), settings.confidence) for count in hits)
    return (*(end for one in (*medians, *shares) for end in one[:3]), len(pairs))


def _rows(models: Models, settings: "Generalisation") -> pd.DataFrame:
    epochs = nearest(settings.epochs, models.epochs.tolist())
    chosen = models.at(sorted(epochs))
    return pd.DataFrame(chosen.rows(**chosen.losses))
