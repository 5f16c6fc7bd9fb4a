"""The page docs/cuda_speed.md: what was measured on a card, or that nothing was yet."""

from typing import Any

from benchmarks.machine import table
from benchmarks.work import FORMULAS

TITLE = "# What a GPU does"

UNMEASURED = f"""{TITLE}

Not measured yet: no GPU could be had when this version was made. Where there is one, and
`make CUDA=1` or wheels that `benchmarks/gpu_wheels.sh` put into `.wheels/`:

    benchmarks/gpu.sh

It takes less than 6 minutes, compares bits with the CPU engines first, and writes this page.
"""
"""The page until a card has been measured."""


def page(done: Any) -> str:
    """Return the page.

    Parameters
    ----------
    done
        A `benchmarks.gpu.Benchmark` that ran.
    """
    parts = [TITLE, _machine(done), _checks(done), _seconds(done), _starts(done), _roofline(done)]
    if done.scaling:
        parts.append(_scaling(done))
    if done.clock.skipped:
        parts.append("Skipped, for want of time: " + "; ".join(done.clock.skipped) + ".")
    return "\n\n".join(part for part in parts if part) + "\n"


def _machine(done: Any) -> str:
    intro = "Written by `benchmarks/gpu.sh` (`benchmarks/gpu.py`)."
    rows = [(name, value) for name, value in done.machine().items()]
    if done.earlier:
        intro += " What this run was not asked for is of an earlier one."
        rows.append(("earlier run", done.earlier))
    return f"{intro}\n\n{table(('', ''), rows)}"


def _checks(done: Any) -> str:
    if not done.checks:
        return ""
    wrong = [check for check in done.checks if check.differing]
    head = (
        f"**{len(wrong)} of {len(done.checks)} comparisons failed: no figure below counts until "
        "they are mended.**"
        if wrong
        else "Every comparison came out the same in every bit; NaN equals NaN."
    )
    rows = [
        (
            check.what,
            f"{check.values:,}",
            f"**{check.differing:,}**" if check.differing else "0",
            check.largest,
        )
        for check in done.checks
    ]
    return f"## The same bits\n{head}\n\n" + table(
        ("compared", "values", "differing", "where most, by how much"), rows
    )


def _seconds(done: Any) -> str:
    if not done.rows:
        return ""
    from benchmarks.gpu import AIMS

    rows = []
    for row in done.rows:
        aim = AIMS.get(row.task)
        reached = f"{aim:g}, {'reached' if row.gpu <= aim else 'missed'}" if aim else ""
        rows.append(
            (
                row.what,
                f"{row.gpu:.2f}" + ("" if row.repeats else ", first call"),
                str(row.repeats or 1),
                f"{row.first:.2f}",
                (aim and reached) or "",
                f"{row.cpu:.1f}",
                row.cpu_how,
                f"**{row.cpu / row.gpu:.1f}×**",
            )
        )
    head = (
        "task",
        "GPU, s",
        "median of",
        "first call, s",
        "aim, s",
        f"CPU, {done.cores} cores, s",
        "timed on",
        "ratio",
    )
    return (
        "## Seconds\nFrom settings to arrays in memory, by the wall clock; the work on the host "
        "(images, starts, data, statistics of the chains) is part of it.\n\n" + table(head, rows)
    )


def _starts(done: Any) -> str:
    if not done.start:
        return ""
    names = list(next(iter(done.start.values())))
    rows = [
        (what, *(f"{seconds[name]:.1f}" for name in names)) for what, seconds in done.start.items()
    ]
    return "## Starting\nSeconds of each step in turn.\n\n" + table(("process", *names), rows)


def _roofline(done: Any) -> str:
    if not (done.rows and done.ceilings):
        return ""
    ceilings = done.ceilings
    text = (
        "## Roofline\n"
        f"Ceilings, measured in the same run: {ceilings['bytes'] / 1e9:,.0f} GB/s copied (bytes "
        f"read and written), {ceilings['fp32'] / 1e12:.2f} T operations/s in float32 and "
        f"{ceilings['fp64'] / 1e12:.2f} in float64, products and sums never fused. "
        "The floor is the largest of the three quotients."
    )
    rows = []
    for row in done.rows:
        work, floor = row.work, row.work.floor(ceilings)
        rows.append(
            (
                row.task,
                *(f"{value:.2e}" for value in (work.fp32, work.fp64, work.bytes)),
                f"{1e3 * floor:.3g}",
                *(
                    f"{value / row.gpu / ceilings[name]:.1%}"
                    for name, value in work._asdict().items()
                ),
            )
        )
    head = (
        "task",
        "operations, float32",
        "float64",
        "bytes",
        "floor, ms",
        "of the float32 ceiling",
        "of float64's",
        "of the bandwidth",
    )
    formulas = "\n".join(f"- {name}: {text}." for name, text in FORMULAS.items())
    return (
        f"{text}\n\n{table(head, rows)}\n\nCounted (f features, h hidden, N Gaussians):\n{formulas}"
    )


def _scaling(done: Any) -> str:
    from benchmarks.scaling import powers_table

    return "## Cost against size\n" + powers_table(done.scaling)
