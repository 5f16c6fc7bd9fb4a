"""A job imports what it needs: PyTorch alone takes longer than many a job."""

import subprocess
import sys

import pytest

FIGURES = (
    "lgi.gaussians.fits.figures",
    "lgi.superposition.training.figures",
    "lgi.superposition.geometry.polygons",
)
CPU_JOBS = (
    "lgi.gaussians.fits.run",
    "lgi.gaussians.fits.fit_cpu",
    "lgi.superposition.training.run",
    "lgi.superposition.training.train_cpu",
    "lgi.superposition.training.table",
)


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (FIGURES, {"pandas", "matplotlib.pyplot", "torch", "scipy", "numba"}),
        (CPU_JOBS, {"torch"}),
    ],
    ids=["figures", "cpu jobs"],
)
def test_heavy_modules_stay_out(modules, heavy):
    code = f"import sys, {', '.join(modules)}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"
