"""The kernels of the samplers: in the simulator, and compiled where numba-cuda is installed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lgi import engines
from lgi.llc.engines import SAMPLERS, side_by_side
from tests.cuda_simulator import run_simulated

HERE = Path(__file__).parent


def test_kernels_have_the_bits_of_the_cpu():
    run_simulated(HERE / "simulated_samplers.py")


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("numba_cuda"), reason="numba-cuda is not installed")
@pytest.mark.parametrize("sampler", ["hmc", "sgld", "rmsprop_sgld"])
def test_compiled_kernels_fuse_nothing(sampler):
    """A product and a sum that become one instruction round once, on the CPU twice."""
    done = subprocess.run(
        [sys.executable, HERE / "compiled_samplers.py", sampler],
        cwd=HERE.parents[2],
        env={"PYTHONPATH": ".", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("mul.rn.f64") > 500  # else something else was compiled
    assert "fma." not in done.stdout


def test_a_cpu_loads_no_kernel():
    script = (
        "import sys, lgi.llc.estimate, lgi.superposition.llc.estimates, lgi.llc.known.answers; "
        "print([name for name in sys.modules if name in ('torch', 'numba.cuda', 'lgi.cuda')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "[]"


def test_the_device_in_use_decides_where_chains_run():
    assert engines.chosen(SAMPLERS).function == "lgi.llc.samplers_cpu:run"
    with engines.on("cuda"):
        assert engines.chosen(SAMPLERS).function == "lgi.llc.samplers_cuda:run"


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_estimates_side_by_side_keep_their_order_and_their_device(device, monkeypatch):
    monkeypatch.setattr("lgi.llc.engines.SIMULATED", False)
    with engines.on(device):
        found = side_by_side(lambda item: (item, engines.chosen(SAMPLERS).device), range(40))
    assert found == [(item, device) for item in range(40)]
    assert np.shape(side_by_side(str, [])) == (0,)
