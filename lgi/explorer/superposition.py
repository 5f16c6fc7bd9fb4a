"""Study 2 in the explorer: models along training, with their losses and coefficients.

The page holds what a reader points at: loss and estimate of every model at every epoch with an
estimate, and the weights of some models. What it shows of a polygon, the exact loss of a feature
that was dragged as well, it computes itself from the weights and the patterns of the data.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lgi.display import LOSSES
from lgi.explorer.packing import pack, rounded
from lgi.figures.style import category_colours
from lgi.llc.figures import scale_label
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_A_MINIMUM, NOT_CONVERGED, NOT_LOCAL, OK
from lgi.runs import Run
from lgi.superposition.claims import MEASURES
from lgi.superposition.selection import Runs, nearest, sparsity_name
from lgi.superposition.training.data import population
from lgi.superposition.training.view import Models

STATUSES = (OK, NOT_CONVERGED, BIASED_STEP, NOT_LOCAL, NOT_A_MINIMUM, DIVERGED)
MISSING = 255
"""Status of a state that has no estimate."""
BITS = {"llc": 13, "llc_se": 8, "hessian_llc": 13}
LOSS_BITS = 16
"""Bits of the mantissa that the page keeps: with 13 a value loses up to 2⁻¹⁴ of itself."""
SHOWN_LOSSES = ("train_loss", "population_loss")
MOST_PATTERNS = 4096
"""With more patterns than these a page does not follow a feature that is dragged."""
STATE = ["init", "samples", "sparsity", "seed", "epoch"]


class Shelf(NamedTuple):
    """Models whose weights the page holds, at the same snapshots."""

    init: list[str]
    samples: list[int]
    sparsity: list[str]  # as in paths
    seeds: list[int]
    epochs: list[int]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many of each there are."""
        return tuple(map(len, self))


def packed(
    settings: Mapping[str, Any], models: Iterable[Run], tables: Mapping[str, pd.DataFrame]
) -> str:
    """Return what the views of study 2 read, as `lgi.explorer.packing.pack` writes it.

    Parameters
    ----------
    settings
        The sections ``explorer`` and ``superposition``.
    models
        Run files of study 2, in any order.
    tables
        ``superposition_llc`` and ``superposition_llc_resolution``.
    """
    study, shown = settings["superposition"], settings["explorer"].superposition
    runs, llc = study.runs, tables["superposition_llc"]
    epochs = sorted(int(epoch) for epoch in llc["epoch"].unique())
    still = _still(runs, shown.samples or study.drawn, epochs)
    film = _film(study, shown, epochs)
    arrays = _from_runs(models, runs, epochs, {"still": still, "film": film}, study)
    words: dict[str, Any] = {
        "starts": _starts(study),
        "samples": runs.samples,
        "sparsities": [{"name": name, "exact": exact} for name, exact in runs.exact.items()],
        "seeds": runs.seeds,
        "epochs": epochs,
        "measures": MEASURES,
        "losses": {name: LOSSES[name] for name in SHOWN_LOSSES},
        "statuses": STATUSES,
        "least": study.claims.least,
        "drawn": {"setting": study.llc.drawn, "samples": study.drawn},
        "hidden": study.hidden,
        "features": study.data.features,
        "colours": category_colours(study.data.features),
        "shelves": {"still": still._asdict(), "film": film._asdict()},
        "settings": [],
        "curves": list(_curves(tables["superposition_llc_resolution"])),
    }
    for name in study.llc.runs:
        rows = llc[llc["setting"] == name]
        words["settings"].append(_setting(name, rows, study, epochs))
        found = _estimates(rows, runs, words["settings"][-1]["epochs"])
        if study.llc.settings[name].minimum is None:  # no minimum, so no Hessian of one
            found = {key: found[key] for key in found if key not in ("hessian_llc", "directions")}
        arrays |= {f"{name}.{key}": array for key, array in found.items()}
    return pack(words, arrays | _patterns(study))


def _starts(study: Any) -> list[dict]:
    colours = category_colours(len(study.runs.init))
    return [
        {"name": init, "shown": study.names.of("initialisations", init), "colour": colour}
        for init, colour in zip(study.runs.init, colours, strict=True)
    ]


def _setting(name: str, rows: pd.DataFrame, study: Any, epochs: Sequence[int]) -> dict:
    """Return a setting of the estimator, with its scale by the number of samples."""
    return {
        "name": name,
        "shown": study.names.of("settings", name),
        "epochs": [epoch for epoch in epochs if (rows["epoch"] == epoch).any()],
        "scales": {str(size): scale_label(part) for size, part in rows.groupby("samples")},
    }


def _still(runs: Runs, samples: int, epochs: list[int]) -> Shelf:
    """Return every model of one number of samples, at the epochs with an estimate."""
    (size,) = nearest([samples], runs.samples)
    return Shelf(runs.init, [size], list(runs.exact), runs.seeds, epochs)


def _film(study: Any, shown: Any, epochs: Sequence[int]) -> Shelf:
    """Return the models that are seen along training, at snapshots evenly spaced among them."""
    there = study.training.snapshot_epochs()
    places = np.linspace(0, len(there) - 1, min(shown.snapshots, len(there))).round().astype(int)
    chosen = study.models(shown.films)
    named = [list(dict.fromkeys(values)) for values in zip(*chosen, strict=True)] or [[]] * 4
    return Shelf(*named, sorted({*epochs, *(there[place] for place in places)}))


def _from_runs(
    models: Iterable[Run], runs: Runs, epochs: list[int], shelves: Mapping[str, Shelf], study: Any
) -> dict[str, np.ndarray]:
    """Return losses [init, samples, sparsity, seed, epoch], and the weights of each shelf.

    Weights are [init, samples, sparsity, seed, epoch, P], W row-major and then b.
    """
    everything = Shelf(runs.init, runs.samples, list(runs.exact), runs.seeds, epochs)
    size = study.data.features * (study.hidden + 1)
    arrays = {name: np.full(everything.shape, np.nan, np.float32) for name in SHOWN_LOSSES}
    for name, shelf in shelves.items():
        arrays[name] = np.full((*shelf.shape, size), np.nan, np.float32)
    arrays["film_train_loss"] = np.full(shelves["film"].shape, np.nan, np.float32)
    for run in models:
        all_of_it = Models(run)
        for name in SHOWN_LOSSES:
            _put(arrays[name], everything, all_of_it, rounded(all_of_it.losses[name], LOSS_BITS))
        parameters = np.concatenate(
            [all_of_it.W.reshape(*all_of_it.W.shape[:2], -1), all_of_it.b], axis=-1
        )
        for name, shelf in shelves.items():
            _put(arrays[name], shelf, all_of_it, parameters)
        loss = rounded(all_of_it.losses["train_loss"], LOSS_BITS)
        _put(arrays["film_train_loss"], shelves["film"], all_of_it, loss)
    return arrays


def _put(array: np.ndarray, shelf: Shelf, models: Models, values: np.ndarray) -> None:
    """Put values [M, T, ...] of a run's models where they stand on a shelf, if they do."""
    init, samples, sparsity = models.names.values()
    key = (init, samples, sparsity_name(sparsity))
    if not all(name in there for name, there in zip(key, shelf, strict=False)):
        return
    place = tuple(there.index(name) for name, there in zip(key, shelf, strict=False))
    seeds, epochs = models.seeds.tolist(), models.epochs.tolist()
    rows = [seeds.index(seed) for seed in shelf.seeds]
    array[place] = values[np.ix_(rows, [epochs.index(epoch) for epoch in shelf.epochs])]


def _estimates(rows: pd.DataFrame, runs: Runs, epochs: Sequence[int]) -> dict[str, np.ndarray]:
    """Return what is known of each estimate [init, samples, sparsity, seed, epoch]."""
    named = rows.assign(sparsity=rows["sparsity"].map(sparsity_name))
    legal = (runs.init, runs.samples, list(runs.exact), runs.seeds, list(epochs))
    codes = [
        pd.Categorical(named[key], values).codes for key, values in zip(STATE, legal, strict=True)
    ]
    shape, there = tuple(map(len, legal)), np.all([code >= 0 for code in codes], axis=0)
    place = tuple(code[there] for code in codes)
    found = {"status": np.full(shape, MISSING, np.uint8)}
    found["status"][place] = pd.Categorical(named["status"], STATUSES).codes[there]
    columns = {column: rounded(named[column], bits) for column, bits in BITS.items()}
    columns["directions"] = named["directions"].to_numpy(np.float32)
    for column, values in columns.items():
        if np.isfinite(values).any():
            found[column] = np.full(shape, np.nan, np.float32)
            found[column][place] = values[there]
    return found


def _curves(table: pd.DataFrame) -> Iterator[dict]:
    """Yield the resolution curve of each state."""
    for (init, samples, sparsity, seed, epoch), rows in table.groupby(STATE, sort=False):
        rows = rows.sort_values("n_beta")
        yield {
            "init": init,
            "samples": int(samples),
            "sparsity": sparsity_name(sparsity),
            "seed": int(seed),
            "epoch": int(epoch),
            "setting": rows["setting"].iloc[0],
            "hessian": _plain(rows["hessian_llc"])[0],
            "stable": rows["stable"].tolist(),
            "status": rows["status"].tolist(),
            **{name: _plain(rows[name]) for name in ("factor", "n_beta", "llc", "llc_se")},
        }


def _plain(values: pd.Series) -> list[float | None]:
    """Return numbers to six digits, as JSON can hold them."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]


def _patterns(study: Any) -> dict[str, np.ndarray]:
    """Return the patterns of the data and their probability [sparsity, K], if they are few."""
    found = [population(study.data, sparsity) for sparsity in study.runs.sparsity]
    if found[0] is None or len(found[0][0]) > MOST_PATTERNS:
        return {}
    patterns, probability = zip(*found, strict=True)
    return {"patterns": patterns[0].astype(np.uint8), "probability": np.stack(probability)}
