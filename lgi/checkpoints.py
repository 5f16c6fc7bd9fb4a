"""Runs in progress: states saved beside the run file, from which a job that was killed goes on.

Snakemake deletes the declared outputs of a job that failed or was killed before it starts it again.
What lies here is undeclared: hidden files beside the run file, gone once the job has succeeded. A
state holds all that the rest of a run depends on, so when it is saved decides no bit.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lgi.environment import number
from lgi.errors import ConfigError, RunFileError
from lgi.runs import Run, read_run, write_run

SECONDS = 60.0
"""Wall time between two states of a run; shorter runs save none."""
VARIABLE = "LGI_CHECKPOINT_SECONDS"
"""Environment variable that replaces it."""

_FORMAT = 1  # of a state, apart from what its engine puts there
_SHARE = 50  # saving takes at most one part in so many of the time


class NoCheckpoint:
    """What makes a run is given this if no states are to be saved."""

    def begin(self, run: Mapping[str, Any]) -> Run | None:
        """Say which run it is, and return it if an earlier job has finished it.

        Parameters
        ----------
        run
            All that decides its bytes: settings, seeds, and origin (`lgi.provenance.describe`).
        """
        return None

    def load(self) -> Run | None:
        """Return the state that the run goes on from; None at its beginning."""
        return None

    def reached(self, done: int) -> None:
        """Take note of how far the run is.

        Parameters
        ----------
        done
            Iterations of a fit; of a training its epochs, summed over the models.
        """

    def due(self) -> bool:
        """Tell whether the state is to be saved now."""
        return False

    def save(self, arrays: Mapping[str, np.ndarray], **progress: object) -> None:
        """Save the state.

        Parameters
        ----------
        arrays
            All that changes while the run goes on.
        **progress
            The same in JSON values; numbers among them say in the log how far the run is.
        """


NO_CHECKPOINT = NoCheckpoint()


class Checkpoint(NoCheckpoint):
    """A run file that is being made.

    Parameters
    ----------
    path
        The run file.
    seconds
        Wall time between two states.
    asked
        Signals by which the process was asked to end; the next state is then the last.
    watch
        Called with how far the run is (`NoCheckpoint.reached`).
    """

    def __init__(
        self,
        path: str | Path,
        seconds: float = SECONDS,
        asked: list[signal.Signals] | None = None,
        watch: Callable[[int], None] | None = None,
    ) -> None:
        self._path = Path(path)
        # Names that no rule makes and no reader looks for.
        self._finished = self._path.with_name(f".{self._path.name}.finished")
        self._state = self._path.with_name(f".{self._path.name}.checkpoint")
        self._seconds, self._asked = seconds, asked if asked is not None else []
        self._watch = watch
        self._run: dict[str, Any] = {}
        self._written = False
        self._since = time.monotonic()

    def begin(self, run: Mapping[str, Any]) -> Run | None:
        """Say which run it is, and return it if an earlier job has finished it."""
        self._run = json.loads(json.dumps(run))
        self._since = time.monotonic()
        return self._saved(self._finished, self._run)

    def load(self) -> Run | None:
        """Return the state that the run goes on from; None at its beginning.

        A state of another run, or one that cannot be read, is set aside with a message.
        """
        saved = self._saved(self._state, self._described())
        if saved:
            print(f"goes on from {self._state}: {_said(saved.record['progress'])}", flush=True)
        return saved

    def reached(self, done: int) -> None:
        """Tell who watches."""
        if self._watch:
            self._watch(done)

    def due(self) -> bool:
        """Tell whether the state is to be saved now: after a while, or before the process ends."""
        return bool(self._asked) or time.monotonic() - self._since >= self._seconds

    def save(self, arrays: Mapping[str, np.ndarray], **progress: object) -> None:
        """Save the state.

        Raises
        ------
        SystemExit
            If the process was asked to end, with 128 and the number of the signal.
        """
        begin = time.monotonic()
        write_run(self._state, arrays, {**self._described(), "progress": progress})
        self._since = time.monotonic()
        self._seconds = max(self._seconds, _SHARE * (self._since - begin))
        if self._asked:
            print(
                f"{self._asked[0].name}: saved {self._state}: {_said(progress)}; "
                "the same command goes on from there",
                flush=True,
            )
            sys.exit(128 + self._asked[0])

    def write(self, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Write the finished run; it takes its place with the others of its job."""
        write_run(self._finished, arrays, record)
        self._state.unlink(missing_ok=True)
        self._written = True

    def publish(self) -> None:
        """Move the run to its place if this job has finished it, as new as its job."""
        if self._written:
            os.utime(self._finished)
            os.replace(self._finished, self._path)

    def _described(self) -> dict[str, Any]:
        return {**self._run, "checkpoint": _FORMAT}

    def _saved(self, path: Path, run: Mapping[str, Any]) -> Run | None:
        """Return what was saved of a run; set aside what is not of it."""
        if not path.exists():
            return None
        try:
            return _read(path, run)
        except RunFileError as error:
            aside = path.with_name(f"{path.name}.aside")
            os.replace(path, aside)
            fault = str(error).partition(";")[0]  # without the advice for run files
            print(f"{fault}; set aside as {aside.name}, the run begins anew", flush=True)
            return None


def interval() -> float:
    """Return the seconds between two states, `SECONDS` if the environment does not say.

    Raises
    ------
    ConfigError
        If the environment variable `VARIABLE` is no number of seconds.
    """
    seconds = number(VARIABLE, SECONDS)
    if not seconds >= 0:
        text = os.environ[VARIABLE]
        raise ConfigError(f"{VARIABLE}: {text!r} is no number of seconds; allowed are 0 and more")
    return seconds


@contextmanager
def unfinished(
    paths: Iterable[str | Path], watch: Callable[[int], None] | None = None
) -> Iterator[list[Checkpoint]]:
    """Give the run files of a job as they are made; they take their places when the block ends.

    Where some of them fail the others take their places all the same. If the process is ended, what
    was saved stays for the next job. SIGTERM, which a scheduler sends before
    it kills, and SIGINT save the state at the next pause of the run and end the process then; the
    second of them acts as ever. On a terminal the first Ctrl-C is answered at once.

    Parameters
    ----------
    paths
        The run files.
    watch
        As for `Checkpoint`.

    Raises
    ------
    ConfigError
        If the environment variable `VARIABLE` is no number of seconds.
    """
    asked: list[signal.Signals] = []
    seconds = interval()

    def note(number: int, _: object) -> None:
        asked.append(signal.Signals(number))
        put_back()
        if number == signal.SIGINT and sys.stderr.isatty():
            # Not by print, which the signal may have come into.
            os.write(sys.stderr.fileno(), b"\nstops at the next pause; Ctrl-C again: at once\n")

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for number, handler in before.items():
            # One that is ignored, as SIGINT in the background of a shell, stays ignored.
            if handler is not signal.SIG_IGN:
                signal.signal(number, note)
        checkpoints = [Checkpoint(path, seconds, asked, watch) for path in paths]
        try:
            yield checkpoints
        except Exception:
            _publish(checkpoints)
            raise
        _publish(checkpoints)
    finally:
        put_back()


def _publish(checkpoints: Iterable[Checkpoint]) -> None:
    for checkpoint in checkpoints:
        checkpoint.publish()


def _read(path: Path, run: Mapping[str, Any]) -> Run:
    """Return what a file holds; of another run, it is a RunFileError."""
    saved = read_run(path)
    if others := [key for key in run if saved.record.get(key) != run[key]]:
        raise RunFileError(f"{path}: of another run, which differs in {', '.join(others)}")
    return saved


def _said(progress: Mapping[str, Any]) -> str:
    """Return the numbers among what was saved."""
    return ", ".join(f"{key} {value}" for key, value in progress.items() if isinstance(value, int))
