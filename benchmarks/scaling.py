"""What each task costs as its sizes grow, one at a time: `make bench-scaling`.

Writes docs/scaling.md and docs/scaling.png, for the CPU, and for a GPU where there is one.
"""

import datetime
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import tasks
from benchmarks.machine import ROOT, configuration, processor, table, versions
from benchmarks.powers import Power, fit_power
from lgi.devices import SIMULATED, missing
from lgi.engines import on
from lgi.gaussians.fits.settings import TexturedImage
from lgi.superposition.training.settings import UniformData

PAGE, PICTURE = ROOT / "docs" / "scaling.md", ROOT / "docs" / "scaling.png"
REPEATS = 3
FITTED = 3
"""Largest sizes that a power is fitted to: with the smallest, what comes first costs most."""


class Axis(NamedTuple):
    """A size that grows while all else stays."""

    task: str
    size: str  # with its unit, if any
    sizes: tuple[int, ...]
    rest: str  # what stays
    make: Callable[[Any, int], tuple[Callable, Any]]  # of configuration and size: work and its item


class Point(NamedTuple):
    """A measurement."""

    task: str
    size: str
    device: str
    at: int
    seconds: float


def _fits(config: Any, *, n=50, side=64, iterations=300, runs=1) -> tuple[Callable, Any]:
    recipe = config.gaussians.recipes["published"].model_copy(
        update={"iterations": iterations, "snapshots": 0}
    )
    image = TexturedImage(kind="textured", width=side, height=side)
    common = {"image_name": "textured", "image": image, "recipe_name": "published"}
    return tasks.fit, [common | {"recipe": recipe, "n": n, "seed": seed} for seed in range(runs)]


def _models(config: Any, *, models=64, samples=0, features=6, epochs=1_000):
    """Return a training: on counted patterns of 1,000 samples, or on samples that do not repeat."""
    study = config.superposition
    training = study.training.model_copy(update={"epochs": epochs})
    run = tasks.cell(study, "random", samples or 1_000, 0.4262, training=training)
    if samples:
        run["data"] = UniformData(kind="uniform", features=features, test_samples=10)
    return run | {"seeds": list(range(models))}


def _training(config: Any, **sizes) -> tuple[Callable, Any]:
    return tasks.train, [_models(config, **sizes)]


def _chains(config: Any, *, chains=4, draws=500, **sizes) -> tuple[Callable, Any]:
    made = tasks.train([_models(config, epochs=1, **sizes)])
    setting = config.superposition.llc.settings["raw_mse"]
    changed = {"chains": chains, "draws": draws, "burn_in": draws // 4, "epochs": {"at": [1]}}
    setting = type(setting).model_validate(setting.model_dump() | changed)
    return tasks.estimate, [(tasks.as_run(made[0]), setting)]


AXES = (
    Axis(
        "fits",
        "N",
        (25, 50, 100, 200, 400, 800),
        "64 × 64 pixels, 300 iterations",
        lambda config, size: _fits(config, n=size),
    ),
    Axis(
        "fits",
        "pixels",
        tuple(side**2 for side in (16, 32, 64, 128, 256)),
        "N = 50, 300 iterations",
        lambda config, size: _fits(config, side=round(size**0.5)),
    ),
    Axis(
        "fits",
        "iterations",
        (100, 300, 1_000, 3_000, 10_000),
        "N = 50, 64 × 64 pixels",
        lambda config, size: _fits(config, iterations=size),
    ),
    Axis(
        "fits",
        "fits at once",
        (1, 4, 16, 64),
        "N = 50, 64 × 64 pixels, 300 iterations",
        lambda config, size: _fits(config, runs=size),
    ),
    Axis(
        "training",
        "models",
        (16, 64, 256, 1_024, 4_096),
        "64 patterns, 1,000 epochs",
        lambda config, size: _training(config, models=size),
    ),
    Axis(
        "training",
        "samples",
        (50, 100, 200, 400, 800),
        "16 models, values that do not repeat, 1,000 epochs",
        lambda config, size: _training(config, models=16, samples=size),
    ),
    Axis(
        "training",
        "features",
        (4, 8, 16, 32, 64),
        "16 models, 200 samples that do not repeat, 1,000 epochs (6 features have faster code)",
        lambda config, size: _training(config, models=16, samples=200, features=size),
    ),
    Axis(
        "training",
        "epochs",
        (1_000, 3_000, 10_000, 30_000, 100_000),
        "64 models, 64 patterns",
        lambda config, size: _training(config, epochs=size),
    ),
    Axis(
        "chains",
        "models",
        (4, 16, 64, 256),
        "HMC, 4 chains of 500 draws, 64 patterns",
        lambda config, size: _chains(config, models=size),
    ),
    Axis(
        "chains",
        "chains",
        (2, 4, 8, 16, 32),
        "HMC, 16 models, 500 draws, 64 patterns",
        lambda config, size: _chains(config, models=16, chains=size),
    ),
    Axis(
        "chains",
        "samples",
        (50, 100, 200, 400, 800),
        "HMC, 1 model, values that do not repeat, 4 chains of 500 draws",
        lambda config, size: _chains(config, models=1, samples=size),
    ),
    Axis(
        "chains",
        "draws",
        (200, 600, 2_000, 6_000),
        "HMC, 16 models, 4 chains, 64 patterns",
        lambda config, size: _chains(config, models=16, draws=size),
    ),
)


def main() -> None:
    """Measure on the CPU, and on a GPU if there is one; write page and picture."""
    devices = ["cpu"] if missing() or SIMULATED else ["cpu", "cuda"]
    load = os.getloadavg()[0]
    points = []
    for point in measured(devices, configuration()):
        print(*point, flush=True)
        points.append(point)
    write(points, PAGE, PICTURE, load)


def measured(
    devices: Sequence[str],
    config: Any,
    axes: Sequence[Axis] = AXES,
    repeats: int = REPEATS,
    go_on: Callable[[], bool] = lambda: True,
) -> Iterator[Point]:
    """Yield every measurement; on the CPU its own time, which other programs stretch little.

    Parameters
    ----------
    devices
        ``"cpu"`` and ``"cuda"``.
    config
        The configuration.
    axes
        Sizes.
    repeats
        Of which the least counts.
    go_on
        Asked before each; where it says no, that was all.
    """
    for axis in axes:
        for size in axis.sizes:
            if not go_on():
                return
            work, item = axis.make(config, size)
            for device in devices:
                seconds = _least(work, item, device, repeats)
                yield Point(axis.task, axis.size, device, size, seconds)


def _least(work: Callable, item: Any, device: str, repeats: int) -> float:
    """Return the least seconds, the first time left out, in which code may be compiled."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    least = np.inf
    with on(device):
        for number in range(repeats + 1):
            begin = clock()
            work(item)
            if number:
                least = min(least, clock() - begin)
    return least


def powers(points: Sequence[Point]) -> dict[tuple[str, str, str], Power]:
    """Return the power of each task, size and device, from its largest sizes."""
    found = {}
    for task, size, device in dict.fromkeys(point[:3] for point in points):
        of_axis = sorted((p.at, p.seconds) for p in points if p[:3] == (task, size, device))
        if len(of_axis) > 1:
            found[task, size, device] = fit_power(*zip(*of_axis[-FITTED:], strict=True))
    return found


def powers_table(points: Sequence[Point]) -> str:
    """Return the fitted powers as a table."""
    rest = {(axis.task, axis.size): axis.rest for axis in AXES}
    rows = [
        (
            f"{task} against {size}",
            rest[task, size],
            {"cpu": "CPU", "cuda": "GPU"}[device],
            f"{power.exponent:.2f}",
            f"{power.residual:.0%}",
            f"{power.low:,.0f} to {power.high:,.0f}",
            f"{power.at(power.high):.3g}",
        )
        for (task, size, device), power in powers(points).items()
    ]
    head = ("cost of", "at", "on", "exponent", "off by at most", "fitted from", "s at the last")
    return table(head, rows)


def write(points: Sequence[Point], page: Path, picture: Path, load: float) -> None:
    """Write page and picture.

    Parameters
    ----------
    points
        What was measured.
    page, picture
        Where to.
    load
        Load average when it began.
    """
    from lgi.cuda import card

    devices = {point.device for point in points}
    where = f"{processor()}" + (
        f", and {card()}" if "cuda" in devices else "; no GPU was to be had"
    )
    text = [
        "# What tasks cost as they grow",
        "",
        f"Written by `make bench-scaling` (`benchmarks/scaling.py`) on "
        f"{datetime.datetime.now(datetime.UTC).date()}: {where}; "
        f"{versions('numpy', 'numba', 'numba-cuda')}.",
        f"One size grows, all else stays. The least of {REPEATS}: on the CPU seconds of CPU time, "
        "of one thread, which other work stretches through the shared caches alone (a "
        f"load average of {load:.1f} when it began); on a GPU seconds by the clock. The whole run "
        "counts: starts, data and statistics too. Exponents by least squares of the logarithms, "
        f"from the {FITTED} largest sizes.",
        "",
        f"![cost against size]({picture.name})",
        "",
        powers_table(points),
        "",
    ]
    page.write_text("\n".join(text), encoding="utf-8")
    figure(points).savefig(picture, dpi=150, metadata={"Software": None})


def figure(points: Sequence[Point]):
    """Draw a panel for each size, on logarithmic axes."""
    import matplotlib as mpl

    from lgi.figures import style

    with mpl.rc_context(style.LOOK):
        return _figure(points, style)


def _figure(points, style):
    rows = list(dict.fromkeys(axis.task for axis in AXES))
    columns = max(sum(axis.task == row for axis in AXES) for row in rows)
    drawn = style.new_figure(1.9 * columns, 1.75 * len(rows))
    panels = drawn.subplots(len(rows), columns, sharey="row")
    looks = {"cpu": ("CPU", style.OKABE_ITO[0], "o"), "cuda": ("GPU", style.OKABE_ITO[1], "s")}
    fitted = powers(points)
    for row, name in enumerate(rows):
        of_task = [axis for axis in AXES if axis.task == name]
        for panel, axis in zip(panels[row], of_task, strict=True):
            _panel(panel, axis, points, fitted, looks)
        panels[row, 0].set_ylabel(f"{name}: seconds")
    shown = [looks[device] for device in looks if any(p.device == device for p in points)]
    handles = [_entry(colour, marker, name) for name, colour, marker in shown]
    drawn.legend(handles=handles, loc="outside upper right", ncols=2)
    return drawn


def _entry(colour: str, marker: str, label: str):
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, marker=marker, markersize=4, label=label)


def _panel(panel, axis, points, fitted, looks) -> None:
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel(axis.size)
    shown = [axis.sizes[i] for i in (0, len(axis.sizes) // 2, -1)]
    panel.set_xticks(shown, [f"{size:,}" for size in shown])
    panel.minorticks_off()
    for place, (device, (_, colour, marker)) in enumerate(looks.items()):
        here = [p for p in points if p[:3] == (axis.task, axis.size, device)]
        if not here:
            continue
        panel.plot([p.at for p in here], [p.seconds for p in here], marker, ms=4, c=colour)
        if power := fitted.get((axis.task, axis.size, device)):
            sizes = np.geomspace(power.low, power.high, 2)
            panel.plot(sizes, power.at(sizes), c=colour)
            panel.text(
                0.04,
                0.95 - 0.13 * place,
                f"{axis.size}$^{{\\,{power.exponent:.2f}}}$",
                transform=panel.transAxes,
                va="top",
                color=colour,
                fontsize=7,
            )


if __name__ == "__main__":
    sys.exit(main())
