"""The example study: its loss, its known answer, and its claim."""

import numpy as np
import pandas as pd
import pytest
import yaml

from lgi.claims import NOT_SUPPORTED, SUPPORTED, WHOLE
from lgi.regression.claims import claims
from lgi.regression.llc import estimate_run, squared_error, tables
from lgi.regression.settings import Claims, Data, Regression
from lgi.regression.training import data, train_run
from lgi.runs import Run

OVERLAY = "overlays/regression.yaml"


@pytest.fixture(scope="module")
def section(pytestconfig):
    text = (pytestconfig.rootpath / OVERLAY).read_text(encoding="utf-8")
    return Regression.model_validate(yaml.safe_load(text)["regression"])


@pytest.fixture(scope="module")
def table(section):
    """Two ranks with three seeds, each state of training."""
    estimates = []
    for rank in (2, 4):
        run = Run("r.npz", *train_run(section.data, section.training, rank, [0, 1, 2], "source"))
        estimates.append(estimate_run(run, section.llc))
    return tables(estimates, section.claims)[0]


def test_inputs_have_their_rank_and_seeds_their_own_data(section):
    inputs, outputs = data(section.data, 4, 0)
    assert np.linalg.matrix_rank(inputs) == 4
    assert inputs.shape == (1000, 6)
    assert not np.array_equal(outputs, data(section.data, 4, 1)[1])


def test_the_loss_is_that_of_the_residuals_and_its_gradient_the_slope():
    settings = Data(features=3, samples=50, noise=0.5)
    x, y = data(settings, 2, 7)
    w = np.random.default_rng(0).normal(size=(3, 2))
    scale = 50 * 0.5**2
    moments = (x.T @ x / scale, y @ x / scale, np.array(y @ y / scale))
    both = [np.stack([m, m], axis=-1) for m in moments]
    gradient, loss = np.empty((3, 2)), np.empty(2)
    squared_error(w, *both, gradient, loss)
    error = x @ w - y[:, None]
    # Sums of 50 numbers in float64, in another order.
    assert np.allclose(loss, 0.5 * np.mean(error**2, axis=0) / 0.5**2, rtol=1e-12)
    assert np.allclose(gradient, x.T @ error / scale, rtol=1e-10)


def test_training_ends_at_the_least_squares(section):
    arrays, _ = train_run(section.data, section.training, 4, [3], "source")
    x, y = data(section.data, 4, 3)
    best = np.linalg.lstsq(x, y, rcond=None)[0]
    # Curvatures are near 1: 300 steps leave (1 - 0.1)^300 of the way, 2e-14.
    assert np.allclose(x @ arrays["w"][0, -1], x @ best, atol=1e-10)
    assert (np.diff(arrays["loss"][0]) <= 0).all()


def test_the_coefficient_at_the_end_is_half_the_rank(table):
    end = table[table["epoch"] == 300]
    # A fifth of the truth: five standard errors of the least exact of these six.
    assert np.allclose(end["llc"], end["rank"] / 2, rtol=0.2)
    assert (end["status"] == "ok").all()
    assert (table.loc[table["epoch"] == 0, "status"] == "not a minimum").all()


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, SUPPORTED), (1.5, NOT_SUPPORTED)])
def test_the_claim_follows_the_numbers(factor, verdict):
    rows = [
        {"rank": rank, "seed": seed, "epoch": 9, "llc": factor * rank / 2 + 1e-3 * (seed - 1)}
        for rank in (2, 6)
        for seed in range(3)
    ]
    judged = list(claims(pd.DataFrame(rows), Claims(confidence=0.95, margin=0.05)))
    assert judged[0]["part"] == WHOLE
    assert judged[0]["verdict"] == verdict
    assert [row["part"] for row in judged[1:]] == ["rank 2", "rank 6"]
