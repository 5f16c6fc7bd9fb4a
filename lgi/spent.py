"""Where the CPU time of a run of the workflow goes: each job counts its own by parts."""

import json
import os
import resource
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "LGI_SPENT"
"""Variable of the environment that names the file to which each job adds a line."""

FOLDER = Path(".snakemake", "lgi_spent")
LAST = FOLDER / "last.json"
"""What the last run spent: ``parts`` as from `shares`, and ``rules`` by rule and part."""

START, ENGINE, READING = "start", "engines", "reading"
TABLES, DRAWING, SNAKEMAKE = "tables", "drawing", "Snakemake"
PARTS = (ENGINE, START, READING, TABLES, DRAWING, SNAKEMAKE)
"""Parts: what trains and estimates; interpreter and imports; reading, computing and drawing what is
made of it; Snakemake itself with the shells between it and the jobs."""

_spent: Counter = Counter()
_open = [START]
_counted = 0.0


@contextmanager
def on(part: str) -> Iterator[None]:
    """Count the CPU time of a block to a part, children included; blocks inside count to theirs."""
    _charge()
    _open.append(part)
    try:
        yield
    finally:
        _charge()
        _open.pop()


def tell(rule: str) -> None:
    """Add what this process spent since it last told to the file that its run keeps, if any."""
    _charge()
    if path := os.environ.get(VARIABLE):
        line = json.dumps({"rule": rule, **_spent}) + "\n"
        with open(path, "a", encoding="utf-8") as file:  # one write, which no other cuts
            file.write(line)
    _spent.clear()


def begin(name: str) -> None:
    """Let the jobs that this process starts tell what they spend; `name` is that of the run."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ[VARIABLE] = str((FOLDER / f"{name}.jsonl").absolute())


def end(whole: float) -> dict[str, float]:
    """Sum up what the jobs of this run told of, keep it by rule in `LAST`, and return `shares`."""
    rules: dict[str, Counter] = {}
    path = Path(os.environ.pop(VARIABLE, ""))
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            rules.setdefault(told.pop("rule"), Counter()).update(told)
        path.unlink()
    parts = shares(rules, whole)
    if rules:
        LAST.write_text(json.dumps({"parts": parts, "rules": rules}, indent=1), encoding="utf-8")
    return parts


def shares(rules: Mapping[str, Mapping[str, float]], whole: float) -> dict[str, float]:
    """Return the CPU seconds of a run by part.

    Parameters
    ----------
    rules
        CPU seconds by rule and part.
    whole
        Those of the main process with all that it started: what no job told of is Snakemake's.
    """
    parts: Counter = Counter()
    for told in rules.values():
        parts.update(told)
    parts[SNAKEMAKE] = max(whole - sum(parts.values()), 0.0)
    return {part: parts[part] for part in PARTS}


def sentence(parts: Mapping[str, float]) -> str:
    """Return one line that says where CPU time went; empty if no job told."""
    whole = sum(parts.values())
    if not whole or whole == parts[SNAKEMAKE]:
        return ""
    told = ", ".join(f"{part} {seconds / whole:.1%}" for part, seconds in parts.items())
    return f"CPU time of this run: {whole:.0f} s: {told}."


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it started and that ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _charge() -> None:
    global _counted
    now = cpu_seconds()
    _spent[_open[-1]] += now - _counted
    _counted = now
