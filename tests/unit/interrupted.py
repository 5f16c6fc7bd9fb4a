"""Runs whose job dies again and again after it has saved a state."""

import contextlib
from pathlib import Path

from lgi.checkpoints import Checkpoint


class KilledError(Exception):
    """Stands for the end of a job."""


class Mortal(Checkpoint):
    """Saves whenever it may; its job dies at the save after so many."""

    def __init__(self, path: Path, saves: int):
        super().__init__(path)
        self._left = saves

    def due(self):
        return True

    def save(self, arrays, **progress):
        if self._left == 0:
            raise KilledError
        self._left -= 1
        super().save(arrays, **progress)


def interrupted(make, path: Path, saves: int) -> int:
    """Make a run file, in jobs that die after so many saves; return how many it took.

    Parameters
    ----------
    make
        Function of a checkpoint that returns what `Checkpoint.write` is given.
    path
        The run file.
    saves
        At least 2: the first is of the state that the job goes on from.
    """
    for job in range(1, 10_000):
        checkpoint = Mortal(path, saves)
        with contextlib.suppress(KilledError):
            checkpoint.write(*make(checkpoint))
            checkpoint.publish()
            return job
    raise AssertionError("no job went on from where the one before had ended")
