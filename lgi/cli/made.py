"""Files that a command makes: the run of a job of the workflow, once, and its pictures."""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from pydantic_core import to_jsonable_python

from lgi import devices
from lgi.catalogue import BESIDE, Catalogue
from lgi.cli import compiling
from lgi.cli.terminal import say, watched
from lgi.errors import LgiError, RunFileError, shown
from lgi.jobs import write_runs
from lgi.memory import Need, size
from lgi.runs import read_run, read_table
from lgi.shipped import shipped
from lgi.studies import STUDIES

__all__ = ["STUDIES", "Catalogue"]


def source_of(rule: str) -> str:
    """Return the fingerprint of what the workflow's rule with this script depends on."""
    from lgi.provenance import source_fingerprint

    return source_fingerprint(shipped(f"workflow_scripts/{rule}.py"))


def need_folder(folder: Path) -> None:
    """Make a folder; raise LgiError if it is none or cannot be written, before any work."""
    if folder.is_file():
        raise LgiError(f"{folder}: nothing can be written there (it is a file, not a folder)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LgiError(f"{folder}: nothing can be written there ({error.strerror})") from None


def need_free(path: Path | None, force: bool) -> None:
    """Raise LgiError if a file would be replaced that nobody said may be."""
    if path is not None and path.exists() and not force:
        raise LgiError(f"{path}: exists; --force replaces it")


def need_memory(needs: Iterable[Need]) -> None:
    """Raise LgiError if a run takes more memory than any job may, or than this machine has."""
    held = list(needs)
    if problem := next((need.problem for need in held if need.problem), None):
        raise LgiError(problem)
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows does not say
        return
    if (together := sum(need.bytes for need in held)) > there:
        most = max(held, key=lambda need: need.bytes)
        raise LgiError(
            f"{most.what}: the run takes {size(together)} of memory or more; "
            f"this machine has {size(there)}"
        )


def is_made(path: Path, said: Mapping[str, Any], others: Sequence[Path], force: bool) -> bool:
    """Tell whether a run file is there already.

    Parameters
    ----------
    path
        The run file.
    said
        What its record must say.
    others
        What is made with it.
    force
        Whether other files are replaced.

    Raises
    ------
    LgiError
        If there is a file of another run, and `force` is not given.
    """
    if is_recorded(path, lambda: read_run(path).record, said, force):
        return True
    if not force and (there := next((one for one in others if one.exists()), None)):
        raise LgiError(_instead(there, "its run file does not"))
    return False


def is_table_made(path: Path, said: Mapping[str, Any], force: bool) -> bool:
    """Tell the same of a table."""
    return is_recorded(path, lambda: read_table(path).attrs["record"], said, force)


def is_recorded(
    path: Path, record: Callable[[], Mapping[str, Any]], said: Mapping[str, Any], force: bool
) -> bool:
    """Tell the same of any file, from what gives its record."""
    if force or not path.exists():
        return False
    try:
        found = record()
    except RunFileError as error:
        reason = str(error).removeprefix(f"{path}: ").partition("; make it again")[0]
        raise LgiError(_instead(path, reason)) from None
    if other := difference(found, to_jsonable_python(said)):
        raise LgiError(_instead(path, f"it is of another run ({other})"))
    say(f"{path}: already made")
    return True


def difference(record: Mapping[str, Any], said: Mapping[str, Any], place: str = "") -> str:
    """Return where a record differs from what is asked, in words; empty if nowhere."""
    for key, asked in said.items():
        found = record.get(key)
        if isinstance(asked, Mapping) and isinstance(found, Mapping):
            if inside := difference(found, asked, f"{place}{key}."):
                return inside
        elif found != asked:
            return f"{place}{key}: {shown(found)} in the file, {shown(asked)} asked for"
    return ""


def make_run(
    path: Path,
    rule: str,
    settings: Mapping[str, Any],
    source: str,
    device: str,
    make: Callable[..., Iterable],
    work: str,
    total: int,
    unit: str,
) -> None:
    """Make a run file as the workflow's job does; what is there of it is gone on from.

    Parameters
    ----------
    path
        The run file.
    rule, settings, source, make
        As the workflow's rule has them, and `lgi.jobs.write_runs`.
    device
        On which.
    work, total, unit
        What is done, how much of it, and in which unit, for the eye; the first is a key of
        `lgi.cli.compiling.SECONDS`.
    """
    job = SimpleNamespace(
        rule=rule,
        output=[str(path)],
        params=SimpleNamespace(run=settings, source=source),
        config={"device": devices.choose(device)[0]},
        log=[],
    )
    with watched(f"{work} {path.name}", total, unit) as tell, compiling.told(work):
        write_runs(job, make, tell)


def draw(
    catalogue: Catalogue,
    rule: str,
    run: Path,
    picture: Path,
    wildcards: Mapping[str, str] = MappingProxyType({}),
    over: bool = False,
) -> None:
    """Draw a declared picture of one run file, without its other inputs; print where it is.

    Parameters
    ----------
    catalogue
        The declared results.
    rule
        The rule of the picture.
    run, picture
        The run file, and where its picture goes.
    wildcards
        Of the rule, as far as its settings ask for them.
    over
        Whether one that is there is drawn anew.
    """
    from lgi.making import make

    study, result = catalogue.rules[rule]
    name = next(iter(result.inputs)) if isinstance(result.inputs, Mapping) else "run"
    if over or not picture.exists():
        with watched(f"drawing {picture.name}"), compiling.told("fit"):
            settings = catalogue.settings(result, wildcards)
            made = {"made": str(picture)}
            make(result.make, {name: str(run)}, settings, made, {}, study.run_reader, {}, {})
    print(picture)


def beside(path: Path) -> Path:
    """Return the file that comes with a picture: the same as vectors, or as a video."""
    return path.with_suffix(BESIDE[path.suffix])


def _instead(path: Path, why: str) -> str:
    return f"{path}: exists, but {why}; --force replaces it, --out names another folder"
