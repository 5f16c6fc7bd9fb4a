"""What every job of the workflow does around its one call: fill its log, report its errors."""

import gc
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import wraps
from pathlib import Path

from lgi.errors import LgiError


def logged(main: Callable) -> Callable:
    """Wrap the `main(snakemake)` of a script so that its output and errors go to the rule's log.

    Parameters
    ----------
    main
        Function of one argument, Snakemake's `snakemake` object.

    Returns
    -------
    callable
        The same function; an `LgiError` ends the job with its message alone, anything else with
        its traceback, and both with exit code 1.
    """

    @wraps(main)
    def run(snakemake) -> None:
        # Importing numba makes 100,000 objects that stay; by default Python looks through them for
        # garbage again and again, which takes 0.05 s of each job.
        gc.set_threshold(100_000)
        Path(snakemake.log[0]).parent.mkdir(parents=True, exist_ok=True)
        with (
            open(snakemake.log[0], "w", encoding="utf-8", errors="backslashreplace") as log,
            redirect_stdout(log),
            redirect_stderr(log),
        ):
            try:
                main(snakemake)
            except LgiError as error:
                print(f"error: {error}", file=log)
                sys.exit(1)
            except Exception:
                traceback.print_exc(file=log)
                sys.exit(1)

    return run
