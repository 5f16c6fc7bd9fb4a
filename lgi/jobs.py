"""What every job of the workflow does around its one call: fill its log, report its errors."""

import gc
import hashlib
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lgi import devices, engines, spent
from lgi.checkpoints import unfinished
from lgi.errors import LgiError


class Parameter(dict):
    """A parameter of a job that is shown by its hash, where many runs stand in it.

    Snakemake compares what ``repr`` gives, which is the whole.
    """

    def __str__(self) -> str:
        """Return the names of its entries and a hash of all that they hold."""
        names = ", ".join(map(str, list(self)[:8])) + (", ..." if len(self) > 8 else "")
        return (
            f"{names} ({hashlib.sha256(repr(self).encode()).hexdigest()[:12]})" if self else "none"
        )


def logged(main: Callable) -> Callable:
    """Wrap the `main(snakemake)` of a script so that its output and errors go to the rule's log.

    Parameters
    ----------
    main
        Function of one argument, Snakemake's `snakemake` object.

    Returns
    -------
    callable
        The same function; what the user or the machine can mend (an `LgiError`, an error of the
        operating system, too little memory) ends the job with one sentence, anything else with
        its traceback, and all with exit code 1. What the log cannot take goes to standard error.
    """

    @wraps(main)
    def run(snakemake) -> None:
        # Importing numba makes 100,000 objects that stay; by default Python looks through them for
        # garbage again and again, which takes 0.05 s of each job.
        gc.set_threshold(100_000)
        path = Path(snakemake.log[0])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            log = open(path, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115, closing it may fail and must not hide an error
        except OSError as error:
            sys.exit(f"error: {path}: the log cannot be written ({error.strerror})")
        with redirect_stdout(log), redirect_stderr(log), spent.on(spent.ENGINE):
            failure = _failure(main, snakemake)
        try:
            with log:
                log.write(failure)
        except OSError as error:
            print(f"{failure}{path}: the log is not whole ({error.strerror})", file=sys.stderr)
        with suppress(OSError):
            spent.tell(snakemake.rule)
        if failure:
            sys.exit(1)

    return run


def runs_of(snakemake) -> list:
    """Return the runs of a job: those that share its process (`lgi.batches`), or itself alone.

    Returns
    -------
    list
        Objects with ``rule``, ``input``, ``output``, ``params``, ``wildcards`` and ``log``.
    """
    batch = getattr(snakemake.params, "batch", None)
    return [SimpleNamespace(**run) for run in batch] if batch else [snakemake]


def outcomes(
    work: Callable[[Sequence], Iterable], runs: Sequence
) -> Iterator[tuple[SimpleNamespace, Any]]:
    """Yield each run with what is made of it; one that fails takes no other with it.

    Parameters
    ----------
    work
        Function of some of the runs to what is made of each, in their order. Where it fails, it is
        called again for halves of those that it has not yielded.
    runs
        Runs of one job (`runs_of`).

    Raises
    ------
    RunsFailedError
        After all others, if runs failed; why stands in the log of each.
    """
    failed: list[SimpleNamespace] = []
    if len(runs) == 1:
        yield from zip(runs, work(runs), strict=True)
        return
    yield from _outcomes(work, runs, failed)
    if failed:
        names = ", ".join(str(run.output[0]) for run in failed)
        raise RunsFailedError(f"{len(failed)} of {len(runs)} runs failed: {names}")


def _outcomes(work: Callable, runs: Sequence, failed: list) -> Iterator[tuple]:
    rest = list(runs)
    try:
        for made in work(rest.copy()):
            yield rest.pop(0), made
    except Exception as error:
        if len(rest) == 1:
            failed += rest
            text = told(error, _name(rest[0]))
            print(text, end="")
            for log in rest[0].log:
                Path(log).parent.mkdir(parents=True, exist_ok=True)
                Path(log).write_text(text, encoding="utf-8", errors="backslashreplace")
            return
    half = (len(rest) + 1) // 2
    for part in (rest[:half], rest[half:]):
        if part:
            yield from _outcomes(work, part, failed)


class RunsFailedError(LgiError):
    """Some runs of a job failed."""


def write_runs(
    snakemake, make: Callable[..., Iterable], watch: Callable[[int], None] | None = None
) -> None:
    """Make the run files of a job, each with its states saved on the way (`lgi.checkpoints`).

    Parameters
    ----------
    snakemake
        Its runs have one output and the parameters ``run`` and ``source``.
    make
        Function of what each run is made with, of the source, and of where each saves its states,
        to arrays and record of each, in their order.
    watch
        Called with how far a run is (`lgi.checkpoints.Checkpoint`).
    """
    runs = runs_of(snakemake)
    paths = [run.output[0] for run in runs]
    with device_in_use(snakemake), unfinished(paths, watch) as saved:
        files = dict(zip(paths, saved, strict=True))

        def work(some: Sequence) -> Iterable:
            given = [run.params.run for run in some]
            return make(given, some[0].params.source, [files[run.output[0]] for run in some])

        for run, made in outcomes(work, runs):
            files[run.output[0]].write(*made)


@contextmanager
def device_in_use(snakemake) -> Iterator[None]:
    """Let the block work on the device that the configuration asks for, and say in the log which.

    Raises
    ------
    ConfigError
        If there is no GPU and it must be one.
    """
    device, said = devices.choose(snakemake.config["device"])
    print(said, flush=True)
    with engines.on(device):
        yield


def _failure(main: Callable, snakemake) -> str:
    """Run a job and return what went wrong, empty if nothing."""
    try:
        main(snakemake)
    except Exception as error:
        return told(error, _name(snakemake))
    return ""


def told(error: BaseException, work: str) -> str:
    """Return what a log says of an error: one sentence on what the user or the machine can mend.

    Parameters
    ----------
    error
        The error; of any other its traceback is returned.
    work
        What failed, for a sentence that names nothing else.
    """
    if isinstance(error, LgiError):
        return f"error: {error}\n"
    if isinstance(error, OSError) and error.strerror is not None:
        return f"error: {error.filename or work}: {error.strerror}\n"
    # PyTorch has an OutOfMemoryError of its own.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        reason = str(error) or "Python has none left"
        return f"error: {work}: not enough memory: {reason}\n"
    return "".join(traceback.format_exception(error))


def _name(job) -> str:
    """Return the rule of a job and the first file that it makes."""
    return f"rule {job.rule}, {job.output[0]}"
