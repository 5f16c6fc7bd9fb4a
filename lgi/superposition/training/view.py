"""A run file of study 2 as the models that it holds."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from lgi.display import LOSSES
from lgi.errors import RunFileError
from lgi.runs import Run

RUN = ["init", "samples", "sparsity"]
"""What names a run in tables: columns, and keys of the record."""
GAPS = {"test_gap": "test_loss", "population_gap": "population_loss"}
"""What lies how far above the training loss, by the name of the gap."""
OF_MODELS = ("seed", "diverged_epoch")  # arrays without an axis of snapshots


class Models:
    """The M models of a run file at its T snapshots.

    Parameters
    ----------
    run
        Run file of `lgi.superposition.training.run.train_run`.

    Attributes
    ----------
    seeds, epochs : array [M], [T]
        Of the models, and of the snapshots.
    W, b : array [M, T, hidden, features], [M, T, features]
        Weights and biases.

    Raises
    ------
    RunFileError
        If one of these is not there, or not of as many models and snapshots as the file has seeds
        and epochs; the message names the file.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seeds, self.epochs = run["seed"], run["epoch"]
        self.W, self.b = self.array("W"), self.array("b")

    @cached_property
    def losses(self) -> dict[str, np.ndarray]:
        """Each of `LOSSES` [M, T]."""
        return {name: self.array(name) for name in LOSSES}

    @cached_property
    def diverged_epoch(self) -> np.ndarray:
        """First epoch with parameters that are not finite [M], -1 where none."""
        return self.run["diverged_epoch"]

    def array(self, name: str) -> np.ndarray:
        """Return an array [M, T, ...].

        Raises
        ------
        RunFileError
            If it is not there, or of another shape; the message names the file.
        """
        array, shape = self.run[name], (len(self.seeds), len(self.epochs))
        if array.shape[:2] != shape:
            raise RunFileError(
                f"{self.run.path}: {name} is of shape {array.shape}, but there are "
                f"{shape[0]} seeds and {shape[1]} epochs"
            )
        return array

    @property
    def names(self) -> dict[str, object]:
        """Initialisation, number of samples and sparsity of the run, as columns of a table."""
        return {name: self.run.record[name] for name in RUN}

    def rows(self, **columns: np.ndarray) -> dict[str, object]:
        """Return columns of a table with a row per model and snapshot, snapshots inside.

        Parameters
        ----------
        **columns
            Arrays [M, T].
        """
        models, snapshots = len(self.seeds), len(self.epochs)
        keys = {"seed": np.repeat(self.seeds, snapshots), "epoch": np.tile(self.epochs, models)}
        return self.names | keys | {name: values.ravel() for name, values in columns.items()}

    def model(self, seed: int) -> "Models":
        """Return the run with one of its models alone (M = 1).

        Raises
        ------
        RunFileError
            If there is no model of this seed; the message names the file.
        """
        places = np.flatnonzero(self.seeds == seed)
        if not places.size:
            raise RunFileError(f"{self.run.path}: no seed {seed}; it holds {_listed(self.seeds)}")
        arrays = {
            name: array if name == "epoch" else array[places]
            for name, array in self.run.arrays.items()
        }
        return self._with(arrays, self.run.record | {"seeds": [seed]})

    def at(self, epochs: Sequence[int]) -> "Models":
        """Return the run at some of its snapshots alone, in the order of the epochs.

        Raises
        ------
        RunFileError
            If there is no snapshot at one of the epochs; the message names the file.
        """
        places = {epoch: place for place, epoch in enumerate(self.epochs.tolist())}
        if missing := [epoch for epoch in epochs if epoch not in places]:
            raise RunFileError(
                f"{self.run.path}: no snapshot at epoch {_listed(missing)}; "
                f"it has {_listed(places)}"
            )
        return self.snapshots([places[epoch] for epoch in epochs])

    def snapshots(self, places: Sequence[int] | np.ndarray) -> "Models":
        """Return the run at the snapshots of these places, or of a mask [T], alone."""
        arrays = {
            name: array if name in OF_MODELS else array[:, places]
            for name, array in self.run.arrays.items()
            if name != "epoch"
        }
        return self._with(arrays | {"epoch": self.epochs[places]}, self.run.record)

    def _with(self, arrays: Mapping[str, np.ndarray], record: Mapping) -> "Models":
        return Models(Run(self.run.path, arrays, record))


def _listed(values: Sequence) -> str:
    return ", ".join(map(str, values))
