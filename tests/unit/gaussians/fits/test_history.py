import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgi.gaussians.fits.history import History, Measurement, is_logged, snapshot_iterations


def measurement(loss):
    return Measurement(loss, 0.1, 0.2, 0.3, 7.0, 0.0, loss, 2.0, (1.0,) * 3, (0.0,) * 3, (0.0,) * 3)


def test_logged_iterations():
    logged = [k for k in range(1, 451) if is_logged(k, 450)]
    assert logged == [1, 2, 4, 8, 16, 32, 64, 100, 128, 200, 256, 300, 400, 450]


@given(st.integers(0, 80), st.integers(1, 20_000))
def test_snapshots_run_from_the_first_to_the_last_iteration(count, iterations):
    wanted = snapshot_iterations(count, iterations)
    assert len(wanted) <= count
    assert np.all(np.diff(wanted) > 0)
    if count > 1:
        assert wanted[0] == 1
        assert wanted[-1] == iterations


@pytest.fixture
def history(make_recipe):
    return History(make_recipe(iterations=8, snapshots=3, early_stop=2.0), np.zeros((2, 9)))


def test_the_first_of_equal_losses_is_the_best(history):
    for iteration, loss in [(1, 3.0), (2, 1.0), (4, 1.0), (8, 1.5)]:
        assert history.measure(iteration, measurement(loss), np.full((2, 9), iteration))
    assert history.best_iteration == 2
    assert np.all(history.arrays(np.ones((2, 9)))["best"] == 2)
    assert history.state == "finished"


def test_stop_and_divergence(history):
    history.measure(1, measurement(1.0), np.zeros((2, 9)))
    assert not history.measure(2, measurement(2.1), np.zeros((2, 9)))
    assert history.state == "stopped at iteration 2"
    assert not history.measure(4, measurement(np.nan), np.zeros((2, 9)))
    assert history.state == "diverged at iteration 4"
    assert history.best_iteration == 1


def test_arrays_copy_what_they_keep(history):
    parameters = np.zeros((2, 9))
    for iteration in history.pauses():
        parameters += 1
        history.keep_snapshot(iteration, parameters)
        if history.measures_at(iteration):
            history.measure(iteration, measurement(1 / iteration), parameters)
    arrays = history.arrays(parameters)
    assert arrays["snapshot_iteration"].tolist() == [1, 3, 8]
    assert arrays["snapshots"][:, 0, 0].tolist() == [1, 3, 5]
    assert arrays["iteration"].tolist() == [1, 2, 4, 8]
    assert arrays["gradient_norm"].shape == (4, 3)
    assert np.all(arrays["start"] == 0)
