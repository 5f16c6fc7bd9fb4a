"""Where the CPU time of a run of the workflow goes, as shares: a part of `make bench`.

The small configuration of the tests, in a folder of its own; each job counts (`lgi.spent`).
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.machine import ROOT, table

SMOKE = ROOT / "tests" / "config" / "smoke.yaml"
ENGINES = "engines"
PARTS = {
    ENGINES: "engines: what trains and estimates",
    "start": "start: interpreters and imports",
    "Snakemake": "Snakemake: the plan, and all between it and the jobs",
    "reading": "gathering: reading results",
    "tables": "gathering: tables, claims and texts",
    "drawing": "drawing",
}
"""Parts as `lgi.spent` names them, and in words."""


def text() -> str:
    """Return the shares of a run, as a table.

    Raises
    ------
    SystemExit
        If the run fails; the message is the end of what it said.
    """
    from lgi.spent import LAST

    with tempfile.TemporaryDirectory() as name:
        # Once before, so that nothing is compiled; the second run finds no results.
        for time in ("first", "second"):
            folder = Path(name, time)
            folder.mkdir()
            _run(folder)
        return told(json.loads((folder / LAST).read_text(encoding="utf-8"))["parts"])


def _run(folder: Path) -> None:
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
        *("--directory", folder, "--configfile", SMOKE, "--cores", 1),
    ]
    said = folder / "said"
    with open(said, "wb") as out:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), place) for place in (1, 2)]
        arguments = list(map(str, command))
        child = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=actions)
        _, status = os.waitpid(child, 0)
    if status:
        sys.exit(said.read_text(encoding="utf-8", errors="replace")[-2_000:])


def told(parts: Mapping[str, float]) -> str:
    """Return the table of shares.

    Parameters
    ----------
    parts
        CPU seconds of each part.
    """
    whole = sum(parts.values())
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    rows = [(PARTS.get(name, name), f"{seconds / whole:.1%}") for name, seconds in ordered]
    rest = 1 - parts.get(ENGINES, 0.0) / whole
    return (
        f"{table(('CPU time of the small configuration', 'share'), rows)}\n\n"
        f"{whole:.0f} s of CPU time on one core, {rest:.1%} of it not in engines."
    )
