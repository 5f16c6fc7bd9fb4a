"""On what is measured and how: processors, versions, and two ways timed in turn."""

import os
import platform
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config.yaml"
REPEATS = 5
"""Times that each of two ways is timed; medians count."""


@cache
def configuration():
    """Return config.yaml, checked."""
    import yaml

    from lgi.config import check

    return check(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def processor() -> str:
    """Return the name of the processors."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def versions(*packages: str) -> str:
    """Return the versions of Python and of those of the packages that are there, in words."""
    return ", ".join([f"Python {platform.python_version()}", *_installed(packages)])


def _installed(packages):
    for package in packages:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


class Beside(NamedTuple):
    """Two ways to do the same, timed in turn."""

    ours: list[float]  # CPU seconds of each time
    theirs: list[float]
    our_result: Any  # of the last time
    their_result: Any

    def rates(self, work: float, their_work: float) -> dict:
        """Return what a row of the benchmark's table says of them.

        Parameters
        ----------
        work, their_work
            How much of what is counted each of them does in a time.
        """
        ours = [work / seconds for seconds in self.ours]
        theirs = [their_work / seconds for seconds in self.theirs]
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        return {
            "rate": median(ours),
            "baseline_rate": median(theirs),
            "ratio": median(ratios),
            "ratios": (min(ratios), max(ratios)),
        }


def beside(ours: Callable, theirs: Callable, repeats: int = REPEATS) -> Beside:
    """Time two ways to do the same, in turn, so that both see the same machine.

    Parameters
    ----------
    ours, theirs
        What is timed, in seconds of CPU time, which other programs stretch little.
    repeats
        How often.
    """
    seconds, results = ([], []), [None, None]
    for _ in range(repeats):
        for way, run in enumerate((ours, theirs)):
            begin = time.process_time()
            results[way] = run()
            seconds[way].append(time.process_time() - begin)
    return Beside(*seconds, *results)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
