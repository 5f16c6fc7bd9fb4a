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

FITS = ("lgi.gaussians.fits.run", "lgi.gaussians.fits.fit_cpu")
TABLES = (
    "lgi.superposition.claims",
    "lgi.superposition.llc.tables",
    "lgi.gaussians.n_study.seeds",
    "lgi.gaussians.claims",
    "lgi.gaussians.prediction.power",
)
LIGHT_TABLES = (
    "lgi.making",
    "lgi.intervals",
    "lgi.superposition.training.table",
    "lgi.superposition.geometry.table",
    "lgi.gaussians.fits.table",
    "lgi.gaussians.n_study.table",
    "lgi.gaussians.prediction.features",
)


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (FIGURES, {"pandas", "matplotlib.pyplot", "torch", "scipy", "numba"}),
        (CPU_JOBS, {"torch", "matplotlib", "scipy.stats"}),
        (FITS, {"torch", "matplotlib", "pandas", "scipy.special"}),
        (TABLES, {"torch", "matplotlib", "scipy.stats"}),
        (LIGHT_TABLES, {"torch", "matplotlib", "scipy", "numba"}),
    ],
    ids=["figures", "cpu jobs", "fits", "tables", "tables without compiled code"],
)
def test_heavy_modules_stay_out(modules, heavy):
    code = f"import sys, {', '.join(modules)}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"
