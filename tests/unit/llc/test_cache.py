"""Compiled code is found on disk: ninety estimates are ninety processes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
import numpy as np
from lgi.llc import diagnostics, noise_cpu, steps
from lgi.llc.estimate import estimate
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings
from lgi.superposition.training.kernels import loss_and_gradient

setting = EstimateSettings(
    sampler={"kind": "sgld", "step_size": 1e-3}, chains=2, draws=10, burn_in=2, localisation=1.0,
    inverse_temperature="1/log n",
    thresholds={"share_below": 0.1, "gradient_norm": 0.01, "acceptance": 0.9, "rhat": 1.05,
                "ess": 100},
)
problem = Problem(
    loss_and_gradient, np.zeros((18, 3)), shared=(np.eye(6),), per_model=(np.full((6, 3), 1 / 6),),
    samples=100, streams=[(0, "a"), (1, "a"), (2, "a")],
)
estimate(problem, setting)
modules = (diagnostics, noise_cpu, steps)
compiled = [f for m in modules for f in vars(m).values() if hasattr(f, "stats")]
used = [f for f in [*compiled, loss_and_gradient] if f.signatures]
print(len(used), sum(sum(f.stats.cache_misses.values()) for f in used))
print(sorted({"torch", "arviz_base", "xarray", "matplotlib"} & set(sys.modules)))
"""


def run_estimate():
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    counts, modules = done.stdout.splitlines()
    return (*map(int, counts.split()), modules)


def test_a_second_process_compiles_nothing_and_imports_no_heavy_module():
    exec(SCRIPT, {})
    used, missed, modules = run_estimate()
    assert used >= 7
    assert missed == 0
    assert modules == "[]"
