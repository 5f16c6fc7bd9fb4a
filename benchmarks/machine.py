"""On what is measured: processors, versions, and the configuration whose work it is."""

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config.yaml"


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


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
