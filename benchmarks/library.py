"""lgi.llc.library beside devinterp 1.0.0 on one model, data, step, batch and number of draws.

``python -m benchmarks.library PYTHON [MODEL ...]`` with the Python of an environment that has
devinterp 1.0.0. Each estimate has a process of its own, the two sides in turn, `ROUNDS` times, with
one thread and with two; docs/llc_library_speed.md has the result.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from benchmarks.library_side import CHAINS, MODELS, WORK
from benchmarks.machine import ROOT, table

SIDE = Path(__file__).with_name("library_side.py")
ROUNDS = 3
THREADS = (1, 2)
TIMEOUT = 1_800  # seconds: for what hangs
FIGURES = {"seconds": "seconds", "cpu": "CPU seconds", "peak": "peak memory (MiB)"}
STEPS = {"mlp": 400, "cnn": 100, "digits": 2_000}  # of the training


def main(python: str, *models: str) -> None:
    """Print the table.

    Parameters
    ----------
    python
        Interpreter of the environment that has devinterp 1.0.0.
    *models
        Of `MODELS`; all if none are named.
    """
    with TemporaryDirectory() as folder:
        rows = []
        for model in models or MODELS:
            write(model, Path(folder))
            rows += compared(python, model, folder)
        print(table(["model", "threads", "", "lgi", "devinterp 1.0.0", "ratio"], rows))


def write(model: str, folder: Path) -> None:
    """Write the data of a model, and its trained parameters."""
    generator = torch.Generator().manual_seed(0)
    samples, batch, *_ = WORK[model]
    inputs = 64 if model == "digits" else 784
    y = torch.randint(0, 10, (samples,), generator=generator)
    centres = torch.randn(10, inputs, generator=generator)
    x = centres[y] * 0.15 + torch.randn(samples, inputs, generator=generator) * 0.5
    torch.manual_seed(0)
    module = MODELS[model]()
    optimiser = torch.optim.Adam(module.parameters(), 1e-3)
    for _ in range(STEPS[model]):
        chosen = torch.randint(0, samples, (batch,), generator=generator)
        optimiser.zero_grad()
        nn.functional.cross_entropy(module(x[chosen]), y[chosen]).backward()
        optimiser.step()
    np.save(folder / f"{model}_x.npy", x.numpy())
    np.save(folder / f"{model}_y.npy", y.numpy())
    torch.save(module.state_dict(), folder / f"{model}.pt")


def compared(python: str, model: str, folder: str) -> list[list[str]]:
    """Return the rows of a model."""
    interpreters = {"lgi": sys.executable, "devinterp": python}
    rows = []
    for threads in THREADS:
        taken: dict[str, list[dict]] = {side: [] for side in interpreters}
        for _ in range(ROUNDS):
            for side, interpreter in interpreters.items():
                taken[side].append(run(interpreter, side, model, threads, folder))
        for figure, title in FIGURES.items():
            ours, theirs = ([one[figure] for one in taken[side]] for side in interpreters)
            ratio = f"{median(ours) / median(theirs):.2f}"
            rows.append([name(model), str(threads), title, spread(ours), spread(theirs), ratio])
    return rows


def name(model: str) -> str:
    """Return a model with what was asked of it."""
    samples, batch, draws, _ = WORK[model]
    size = sum(p.numel() for p in MODELS[model]().parameters())
    steps = f"{CHAINS} × {draws} steps of {batch}"
    return f"{model}: {size:,} parameters, {samples:,} samples, {steps}"


def spread(values: list[float]) -> str:
    """Return the median, and the least and the most."""
    digits = 0 if min(values) > 100 else 2
    middle, least, most = (f"{f(values):.{digits}f}" for f in (median, min, max))
    return f"{middle} ({least} to {most})"


def run(interpreter: str, side: str, model: str, threads: int, folder: str) -> dict:
    """Return what one estimate took."""
    # -I: otherwise this folder would come first on the path, and its devinterp.py be devinterp.
    command = [interpreter, "-I", str(SIDE), side, model, str(threads), folder, str(ROOT)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT, encoding="utf-8"
    )
    if done.returncode:
        sys.exit(f"{side} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main(*sys.argv[1:])
