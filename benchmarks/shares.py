"""Where the CPU time of a run of the workflow goes, as shares: a part of `make bench`.

The small configuration of the tests, whole and in a folder of its own, with compiled code kept.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import ROOT, table

SMOKE = ROOT / "tests" / "config" / "smoke.yaml"
SAMPLED = Path(__file__).with_name("sampled")
PARTS = {
    "engines": "engines: fits, trainings, estimates, and what their scripts do around them",
    "imports": "imports, of Snakemake too",
    "start and end": "start and end of Python",
    "Snakemake": "Snakemake: the plan, and starting jobs",
    "gathering": "gathering: tables, claims and texts",
    "drawing": "drawing",
    "other": "other programs (shells, ffmpeg), and the last moments of processes that were ended",
}


def text() -> str:
    """Return the shares of a run, as a table."""
    sums, seconds, jobs = measured()
    return told(sums, seconds, jobs)


def measured() -> tuple[dict[str, float], float, int]:
    """Run the workflow and return seconds of each part, of all, and how many processes there were.

    Raises
    ------
    SystemExit
        If the run fails; the message is the end of what it said.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shares").mkdir()
        (folder / "run").mkdir()
        # Once before, so that nothing is compiled; its results are not there the second time.
        for sampled in (False, True):
            results = folder / "run" / str(sampled)
            results.mkdir()
            seconds = _run(results, folder / "shares" if sampled else None)
        files = sorted((folder / "shares").iterdir())
        return collected(files), seconds, len(files)


def _run(folder: Path, shares: Path | None) -> float:
    """Return the CPU seconds of a run in an empty folder, of all its processes."""
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
        *("--directory", folder, "--configfile", SMOKE, "--cores", 1),
    ]
    paths = [ROOT, SAMPLED, *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    variables["LGI_BENCHMARK_SHARES"] = str(shares or "")
    said = folder / "said"
    with open(said, "wb") as out:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), place) for place in (1, 2)]
        arguments = list(map(str, command))
        child = os.posix_spawn(sys.executable, arguments, variables, file_actions=actions)
        _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(said.read_text(encoding="utf-8", errors="replace")[-2_000:])
    return used.ru_utime + used.ru_stime


def collected(files: list[Path]) -> dict[str, float]:
    """Return the seconds of each part over all processes."""
    sums: dict[str, float] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            seconds, _, part = line.partition(" ")
            sums[part] = sums.get(part, 0.0) + float(seconds)
    return sums


def told(sums: dict[str, float], seconds: float, processes: int) -> str:
    """Return the table of shares.

    Parameters
    ----------
    sums
        Seconds of each part.
    seconds
        Of the whole, those of programs that are not Python included.
    processes
        How many of Python there were.
    """
    parts = sums | {"other": max(seconds - sum(sums.values()), 0.0)}
    rows = [
        (PARTS[part], f"{parts[part] / seconds:.1%}")
        for part in sorted(PARTS, key=lambda part: -parts.get(part, 0.0))
        if parts.get(part)
    ]
    rest = 1 - parts.get("engines", 0.0) / seconds
    return (
        f"{table(('CPU time of the small configuration', 'share'), rows)}\n\n"
        f"{seconds:.0f} s of CPU time in {processes} processes of Python, {rest:.1%} of it not in "
        "engines; looked at 100 times a second."
    )
