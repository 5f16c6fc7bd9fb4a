"""Measure every engine beside straightforward PyTorch, in one run, and print the ratios.

`make bench`, or `python -m benchmarks gaussians superposition llc` for some of the parts. Each part
compares on one thread, compiles before it measures, and checks that both sides give the same
result.
"""

import os

# Before NumPy and PyTorch start their thread pools.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import platform
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

PARTS = ("gaussians", "superposition", "llc")


def main(parts: list[str]) -> None:
    """Run the parts and print one table, as Markdown for the README."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print("| what | case | engine | rate | baseline | rate | ratio | checked equal |")
    print("|---|---|---|---|---|---|---|---|")
    for part in parts or PARTS:
        for row in import_module(f"benchmarks.{part}").compare():
            print(
                f"| {part} | {_case(row)} | {row['engine']}, {row['precision']} "
                f"| {_rate(row['rate'])} | {row['baseline']} | {_rate(row['baseline_rate'])} "
                f"| **{row['ratio']:,.0f}×** | {row['equal']} |",
                flush=True,
            )
    print(f"\n{_processor()}, one thread, {_versions()}")


def _case(row: dict) -> str:
    patterns = [f"all {row['patterns']} patterns"] if row.get("patterns") else []
    return "; ".join([row["case"], *patterns, row["window"]])


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _versions() -> str:
    packages = [f"{package} {version(package)}" for package in ("numpy", "numba", "torch")]
    return ", ".join([f"Python {platform.python_version()}", *packages])


if __name__ == "__main__":
    main(sys.argv[1:])
