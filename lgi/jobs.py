"""What every job of the workflow does around its one call: fill its log, report its errors."""

import gc
import platform
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import wraps
from pathlib import Path

from lgi.errors import ConfigError, LgiError


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
        with redirect_stdout(log), redirect_stderr(log):
            failure = _failure(main, snakemake)
        try:
            with log:
                log.write(failure)
        except OSError as error:
            print(f"{failure}{path}: the log is not whole ({error.strerror})", file=sys.stderr)
        if failure:
            sys.exit(1)

    return run


def _failure(main: Callable, snakemake) -> str:
    """Run a job and return what went wrong, empty if nothing."""
    try:
        if getattr(snakemake.params, "device", None) == "cuda":
            _need_cuda()
        main(snakemake)
    except LgiError as error:
        return f"error: {error}\n"
    except OSError as error:
        if error.strerror is None:
            return traceback.format_exc()
        return f"error: {error.filename or _job(snakemake)}: {error.strerror}\n"
    except Exception as error:
        # PyTorch has an OutOfMemoryError of its own.
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            reason = str(error) or "Python has none left"
            return f"error: {_job(snakemake)}: not enough memory: {reason}\n"
        return traceback.format_exc()
    return ""


def _job(snakemake) -> str:
    """Return the rule of a job and the first file that it makes."""
    return f"rule {snakemake.rule}, {snakemake.output[0]}"


def _need_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        built = "" if torch.version.cuda else ", which is built without CUDA,"
        raise ConfigError(
            f"device: cuda: PyTorch {torch.__version__}{built} finds no GPU on {platform.node()}; "
            "run it where there is one, or with device: cpu"
        )
