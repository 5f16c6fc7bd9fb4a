"""Fits whose job dies again and again end with the bytes of one that never did."""

import pytest

from lgi.gaussians.fits import fit_cpu
from lgi.gaussians.fits.run import fit_run
from lgi.runs import read_run, write_run
from tests.unit.interrupted import interrupted

RANDOM = {"kind": "random", "scale": [0.01, 0.1]}
KMEANS = {"kind": "kmeans", "scale": [0.01, 0.1], "colour_weight": 1.0}
GRID = {"kind": "grid", "scale": 0.5, "jitter": 0.25}
GROWING = {"kind": "error_guided", "scale": [0.01, 0.1], "first": 0.5, "rounds": 3, "until": 0.5}
SMOOTH_SUM = {"blend": "sum", "edge": {"kind": "smooth", "background": None}}
ADAM = {"kind": "adam", "rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
RECIPES = {
    "constant": {"initialisation": RANDOM},
    "cosine": {"schedule": {"kind": "cosine", "final": 0.1}, "initialisation": KMEANS},
    "exponential": {"schedule": {"kind": "exponential", "final": 0.01}, "initialisation": GRID},
    "step": {"schedule": {"kind": "step", "factor": 0.5, "every": 20}},
    "warm_restarts": {
        "schedule": {"kind": "warm_restarts", "period": 15, "growth": 2, "final": 0.01},
    },
    "growing": {
        "initialisation": GROWING,
        "trained": ["position", "scale", "rotation", "colour"],
    },
    "growing_cosine": {
        "initialisation": GROWING,
        "schedule": {"kind": "cosine", "final": 0.01},
        "gradient": "reported",
    }
    | SMOOTH_SUM,
    # Its loss is least at iteration 8.
    "stopped": {
        "optimiser": ADAM | {"rate": 0.1, "beta1": 0.99, "beta2": 0.9},
        "trained": ["colour"],
        "colour": {"low": -9.0, "high": 9.0},
        "early_stop": 1.02,
    },
    # The moments of a Gaussian whose gradient becomes 0 are divided by 1e-45.
    "diverged": {"optimiser": ADAM | {"rate": 0.0005, "beta2": 0.0, "epsilon": 1e-45}},
}

STATES = {"stopped": "stopped at iteration 16", "diverged": "diverged at iteration 27"}


@pytest.fixture
def make(make_image, make_recipe, monkeypatch):
    """Return a function that gives a function which makes a run with a checkpoint."""
    monkeypatch.setattr(fit_cpu, "_PIECE", 1)

    def maker(name, threads=1):
        recipe = make_recipe(**({"iterations": 60, "snapshots": 7} | RECIPES[name]))
        image = make_image("textured", 18, 20)
        return lambda checkpoint, threads=threads: fit_run(
            *("textured", image, name, recipe, 12, 42, "source"),
            threads=threads,
            **({"checkpoint": checkpoint} if checkpoint else {}),
        )

    return maker


@pytest.mark.parametrize("name", RECIPES)
def test_an_interrupted_fit_has_the_same_bytes(make, tmp_path, name):
    run = make(name)
    write_run(tmp_path / "straight.npz", *run(None))
    path = tmp_path / "run.npz"
    jobs = interrupted(run, path, 4)
    assert path.read_bytes() == (tmp_path / "straight.npz").read_bytes()
    assert jobs > 2
    assert read_run(path).record["state"] == STATES.get(name, "finished")


@pytest.mark.parametrize("name", ["cosine", "growing"])
def test_a_fit_goes_on_with_another_number_of_threads(make, tmp_path, monkeypatch, name):
    monkeypatch.setattr(fit_cpu, "useful_threads", lambda width, height: 8)
    run = make(name)
    write_run(tmp_path / "straight.npz", *run(None))
    threads = iter([2, 1, 3, 1, 8] * 100)
    path = tmp_path / "run.npz"
    assert interrupted(lambda checkpoint: run(checkpoint, next(threads)), path, 3) > 10
    assert path.read_bytes() == (tmp_path / "straight.npz").read_bytes()
