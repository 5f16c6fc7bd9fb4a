"""The kernels of the samplers: in the simulator, and compiled where numba-cuda is installed."""

from pathlib import Path

from tests.cuda_simulator import run_simulated


def test_kernels_have_the_bits_of_the_cpu():
    run_simulated(Path(__file__).with_name("simulated_samplers.py"))
