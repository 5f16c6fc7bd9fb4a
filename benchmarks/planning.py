"""What planning costs as runs grow: `make bench-planning`.

Each case is a dry run of the small configuration of the tests with so many runs more, in a process
of its own, so that its time and peak memory are its own.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SMOKE = ROOT / "tests" / "config" / "smoke.yaml"
COUNTS = (1_000, 3_000, 10_000)

Overlay = dict


def seeds_of_one(count: int) -> Overlay:
    """Return one N with all seeds, in `count` runs."""
    return _listed(n=[50], seeds=list(range(count)))


def many_n(count: int) -> Overlay:
    """Return 20 seeds of each N."""
    return _listed(n=list(range(1, count // 20 + 1)), seeds=list(range(20)))


def recipes(count: int) -> Overlay:
    """Return 10 recipes with 10 seeds of each N."""
    names = ["published", "cosine", "exponential", "step", "slow", "slower", "wide", "rotation"]
    numbers = list(range(1, count // 100 + 1))
    return _listed(recipe=[*names, "reported", "grid"], n=numbers, seeds=list(range(10)))


def models(count: int) -> Overlay:
    """Return run files of study 2: 10 starts, 10 sizes, and all sparsities."""
    corners = {"kind": "kgon", "k": 4, "rotation": "random", "noise": 0.01}
    bias = {"kind": "normal", "mean": 0.0, "deviation": 1.0}
    starts = {f"radius{i}": corners | {"bias": bias, "radius": 0.5 + i / 20} for i in range(8)}
    sparsity = [0.42624657926256726, *(i / (count // 50) for i in range(count // 100 - 1))]
    runs = {"init": ["kgon4", "kgon6", *starts], "samples": [100 * i for i in range(1, 11)]}
    return {"superposition": {"initialisations": starts, "runs": runs | {"sparsity": sparsity}}}


CASES: dict[str, tuple[Callable[[int], Overlay], list[str]]] = {
    "study 1: one N, all seeds": (seeds_of_one, []),
    "study 1: 20 seeds of each N": (many_n, []),
    "study 1: 10 recipes, 10 seeds of each N": (recipes, []),
    "study 2: trained and gathered": (models, ["results/tables/superposition.csv"]),
    "study 2: everything, 4 files more for each": (models, []),
}


def main(*counts: str) -> None:
    """Print a table of the cases.

    Parameters
    ----------
    *counts
        Numbers of runs; `COUNTS` where there are none.
    """
    print("| runs | of | jobs | CPU, s | wall, s | peak, MiB | ms a run |")
    print("|---|---|---|---|---|---|---|")
    for name, (overlay, targets) in CASES.items():
        for count in map(int, counts or COUNTS):
            jobs, cpu, wall, peak = _measure(overlay(count), targets)
            cells = f"{count:,} | {name} | {jobs:,} | {cpu:.1f} | {wall:.1f} | {peak:,.0f}"
            print(f"| {cells} | {1_000 * cpu / count:.2f} |", flush=True)


def _listed(**values) -> Overlay:
    """Return a list of runs of study 1 beside those of the tests' configuration."""
    runs = yaml.safe_load(SMOKE.read_text(encoding="utf-8"))["gaussians"]["runs"]
    entry = {"name": "many", "image": "checkerboard", "recipe": "published", **values}
    full = {"iterations": 10_000}  # as in config.yaml
    return {"gaussians": {"runs": [*runs, entry], "recipes": {"published": full}}}


def _measure(overlay: Overlay, targets: list[str]) -> tuple[int, float, float, float]:
    """Return jobs, CPU and wall seconds and peak MiB of a dry run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "overlay.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
            *("--directory", folder, "--configfile", SMOKE, folder / "overlay.yaml"),
            *("--cores", 1, "--dry-run", "--", *targets),
        ]
        said = folder / "said"
        begin = time.monotonic()
        with open(said, "wb") as out:
            actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), place) for place in (1, 2)]
            arguments = list(map(str, command))
            child = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=actions)
            _, status, used = os.wait4(child, 0)
        wall = time.monotonic() - begin
        words = [line.split() for line in said.read_text(encoding="utf-8").splitlines()]
        if status:
            sys.exit(said.read_text(encoding="utf-8")[-2_000:])
    jobs = next(int(line[1]) for line in words if line[:1] == ["total"])
    return jobs, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1_024


if __name__ == "__main__":
    main(*sys.argv[1:])
