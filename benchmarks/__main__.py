"""Measure every engine beside straightforward PyTorch, in one run, and print the ratios.

`make bench`, or `python -m benchmarks gaussians superposition llc devinterp shares` for some of the
parts. Each rate is one thread's, compiled before it is measured, and both sides must give the same
result.
"""

import os

# Before NumPy and PyTorch start their thread pools.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import sys
from importlib import import_module

from benchmarks.machine import REPEATS, processor, versions

PARTS = ("gaussians", "superposition", "llc")
TEXTS = ("devinterp", "shares")


def main(parts: list[str]) -> None:
    """Run the parts and print one table, as Markdown for the README; then where time goes."""
    unknown = set(parts) - {*PARTS, *TEXTS}
    if unknown:
        sys.exit(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS + TEXTS)}")
    print("| what | case | engine | rate | baseline | rate | ratio | checked equal |")
    print("|---|---|---|---|---|---|---|---|")
    for part in [part for part in PARTS if part in (parts or PARTS)]:
        for row in import_module(f"benchmarks.{part}").compare():
            low, high = row["ratios"]
            print(
                f"| {part} | {_case(row)} | {row['engine']}, {row['precision']} "
                f"| {_rate(row['rate'])} | {row['baseline']} | {_rate(row['baseline_rate'])} "
                f"| **{row['ratio']:,.3g}×** ({low:,.3g} to {high:,.3g}) | {row['equal']} |",
                flush=True,
            )
    print(
        f"\nMedians of {REPEATS}, in turn, with the least and the largest ratio; CPU time. "
        f"{processor()}, one thread, {versions('numpy', 'numba', 'torch')}"
    )
    for part in [part for part in TEXTS if part in (parts or TEXTS)]:
        print(f"\n{import_module(f'benchmarks.{part}').text()}", flush=True)


def _case(row: dict) -> str:
    patterns = [f"all {row['patterns']} patterns"] if row.get("patterns") else []
    return "; ".join([row["case"], *patterns, row["window"]])


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"


if __name__ == "__main__":
    main(sys.argv[1:])
