"""What an iteration of a Gaussian fit costs as image and N grow: `make bench-sizes`.

Each case runs in a process of its own, so that its peak memory is its own.
"""

import os
import platform
import resource
import time
from itertools import product
from multiprocessing import get_context

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from benchmarks.machine import ROOT, configuration, cores, processor
from benchmarks.powers import exponents
from lgi.gaussians.fits import fit_cpu
from lgi.gaussians.fits.images import load_image
from lgi.gaussians.fits.initial import start
from lgi.gaussians.fits.settings import GridStart, TexturedImage
from lgi.gaussians.fits.team import Team

SIDES, NUMBERS, SCALES = (64, 128, 256, 512), (100, 1_000, 10_000), (0.5, 1.0)
THREADS = (1, 2)
REPEATS, SECONDS = 3, 0.2
REPORT = ROOT / "docs" / "gaussians_sizes_speed.md"


def main() -> None:
    """Measure every case, print the table and write it with fitted exponents."""
    rows, load = [], os.getloadavg()[0]
    for case in product(SIDES, NUMBERS, SCALES):
        with get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(_measure, case))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    REPORT.write_text(_report(table, load), encoding="utf-8")


def _measure(side: int, n: int, scale: float) -> dict:
    """Return the cost of one case: ms per iteration on each number of threads, and MiB."""
    for threads in THREADS:
        _seconds(32, 10, scale, threads)  # compiles
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = {"side": side, "n": n, "scale": scale}
    for threads in THREADS:
        seconds, evaluations = _seconds(side, n, scale, threads)
        row[f"ms, {threads} threads"] = 1e3 * seconds
        row["evaluations"] = evaluations
        if threads == 1:
            row["MiB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return row


def _seconds(side: int, n: int, scale: float, threads: int) -> tuple[float, float]:
    """Return the least seconds of an iteration, and how many pixels Gaussians reach in it."""
    recipe = configuration().gaussians.recipes["published"]
    begin = GridStart(kind="grid", scale=scale, jitter=0.25)
    recipe = recipe.model_copy(update={"initialisation": begin})
    target = load_image(TexturedImage(kind="textured", width=side, height=side))
    first = start(n, 1, recipe.initialisation, target)
    with Team(threads) as team:
        advance, blocks = fit_cpu.iterations(target, first, recipe, team)
        advance(1)
        best, count = np.inf, 1
        for _ in range(REPEATS):
            then = time.perf_counter()
            advance(count)
            seconds = (time.perf_counter() - then) / count
            best, count = min(best, seconds), max(1, int(SECONDS / seconds))
        return best, np.count_nonzero(blocks().weight > 0)


def _exponents(rows: pd.DataFrame, cost: str) -> list[float]:
    """Return the powers of evaluations, N and pixels whose product fits a cost best."""
    known = {"evaluations": rows["evaluations"], "n": rows["n"], "pixels": rows["side"] ** 2}
    return list(exponents(known, rows[cost]).values())


def _shares(rows: pd.DataFrame, cost: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what an evaluation, a Gaussian and a pixel cost, and the cost over their sum.

    Least squares of the relative error; no share is below 0.
    """
    known = np.column_stack([rows["evaluations"], rows["n"], rows["side"] ** 2])
    relative = known / rows[cost].to_numpy()[:, None]
    shares = nnls(relative, np.ones(len(rows)))[0]
    return shares, 1 / (relative @ shares)


def _report(table: pd.DataFrame, load: float) -> str:
    one, two = (f"ms, {threads} threads" for threads in THREADS)
    large = table[(table["side"] >= 256) & (table[one] > 1)]
    powers = {
        "ms, one thread, all": _exponents(table, one),
        "ms, one thread, sides from 256": _exponents(large, one),
        "ms, two threads, sides from 256": _exponents(large, two),
        "MiB, sides from 256": _exponents(large, "MiB"),
    }
    lines = [
        "# Study 1: what an iteration costs",
        "",
        f"Written by `make bench-sizes` (`benchmarks/gaussians_sizes.py`) on {platform.machine()}, "
        f"{cores()} x {processor()}. Recipe `published` from",
        "a grid (scales in units of its cell) on the textured image; the least of "
        f"{REPEATS} means over iterations of {SECONDS} s. *Evaluations* are the pixels",
        "that Gaussians reach, over all Gaussians. Memory is the peak of the process above that "
        "of a fit to 32 x 32 pixels.",
        f"Other work on the machine: a load average of {load:.1f} when it began; above 0, two "
        "threads say little.",
        "",
        "| side | N | scale | evaluations | ms, 1 thread | ms, 2 threads | ratio "
        "| ns per evaluation | MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        lines.append(
            f"| {row['side']} | {row['n']:,} | {row['scale']} | {row['evaluations']:,.0f} "
            f"| {row[one]:.2f} | {row[two]:.2f} | {row[one] / row[two]:.2f} "
            f"| {1e6 * row[one] / row['evaluations']:.1f} | {row['MiB']:.0f} |"
        )
    lines += [
        "",
        "Exponents of a product of powers, by least squares of the logarithms:",
        "",
        "| cost | evaluations | N | pixels |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {a:.2f} | {b:.2f} | {c:.2f} |" for name, (a, b, c) in powers.items()]
    lines += [
        "",
        "The same as a sum of shares, by least squares of the relative error, sides from 256:",
        "",
        "| cost | an evaluation | a Gaussian | a pixel | measured over that sum |",
        "|---|---|---|---|---|",
    ]
    for name, cost, factor, unit in (
        ("time, one thread", one, 1e6, "ns"),
        ("time, two threads", two, 1e6, "ns"),
        ("memory", "MiB", 2**20, "B"),
    ):
        shares, over = _shares(large, cost)
        told = " | ".join(f"{factor * share:,.1f} {unit}" for share in shares)
        lines.append(f"| {name} | {told} | {over.min():.2f} to {over.max():.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
