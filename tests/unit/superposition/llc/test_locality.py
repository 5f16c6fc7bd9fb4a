"""Chains of models on the same data: where they agree although their minima differ."""

import numpy as np
import pandas as pd
import pytest

from lgi.superposition.llc.locality import COLUMNS, locality
from lgi.superposition.llc.settings import Locality

SETTINGS = Locality(distinct=1e-6, apart=3.0, errors=2.0, confidence=0.95)
N_BETA, SIGMA, FEATURES = 20.0, 0.5, 6
SCALE = N_BETA * FEATURES / (2 * SIGMA**2)
INITS = ("a", "b", "c")


def estimates(at_w, mean, llc_se=0.1):
    """Return estimates of models [seeds, starts] with nβ L(w*) and nβ E[L]."""
    at_w, mean = np.broadcast_arrays(np.asarray(at_w, float), np.asarray(mean, float))
    seeds, starts = np.indices(at_w.shape)
    keys = {"setting": "fine", "samples": 100, "sparsity": 0.8, "epoch": 7}
    return pd.DataFrame(
        keys
        | {"seed": seeds.ravel(), "init": np.array(INITS)[starts.ravel()], "llc_se": llc_se}
        | {"n_beta": N_BETA, "sigma": SIGMA, "localisation": 1.0}
        | {"loss_at_w": at_w.ravel() / SCALE, "mean_loss": mean.ravel() / SCALE}
        | {"llc": (mean - at_w).ravel(), "status": "ok"},
        index=range(at_w.size),
    )


def only_row(rows):
    table = locality(rows, FEATURES, SETTINGS)
    assert list(table) == COLUMNS
    (row,) = table.to_dict("records")
    return row


def test_chains_that_walk_through_one_region_agree():
    rng = np.random.default_rng(0)
    at_w = 50 + 10 * np.arange(3) + rng.normal(size=(8, 3))
    row = only_row(estimates(at_w, 90 + rng.normal(size=(8, 1))))
    assert (row["models"], row["seeds"], row["pairs"]) == (24, 8, 24)
    assert (row["far"], row["far_seeds"], row["agree"]) == (24, 8, 1.0)
    # λ̂ is a constant of the data less nβ L(w*): all of its variance on the same data.
    assert row["share_explained"] == pytest.approx(1)


def test_chains_that_stay_do_not():
    rng = np.random.default_rng(1)
    at_w = 50 + 10 * np.arange(3) + rng.normal(size=(8, 3))
    row = only_row(estimates(at_w, at_w + 4 + 0.3 * rng.normal(size=(8, 3))))
    assert row["agree"] == 0
    assert row["share_explained"] < -1


def test_only_minima_that_are_far_apart_are_compared():
    at_w = np.array([[50.0, 50.0, 60.0], [50.0, 52.0, 52.0]])
    row = only_row(estimates(at_w, 90.0))
    # a and b of the first seed are one minimum, as are b and c of the second.
    assert (row["pairs"], row["far"], row["far_seeds"]) == (4, 2, 1)
    assert row["agree"] == 1
    assert np.isnan(row["agree_low"])


def test_agreement_is_within_two_standard_errors_of_the_difference():
    at_w = np.array([[50.0, 60.0, 70.0]] * 2)
    mean = np.array([[90.0, 90.25, 91.0]] * 2)  # √2 · 0.1 · 2 = 0.28
    row = only_row(estimates(at_w, mean))
    assert row["agree"] == pytest.approx(1 / 3)


def test_pairs_of_two_estimates_that_are_ok_are_counted_apart():
    rows = estimates([[50.0, 60.0, 70.0]], [[90.0, 90.0, 74.0]])
    rows.loc[0, "status"] = "not local"
    row = only_row(rows)
    assert (row["far"], row["far_ok"]) == (3, 1)
    assert row["agree"] == pytest.approx(1 / 3)
    assert row["agree_ok"] == 0


def test_cells_are_kept_apart_and_values_that_are_none_left_out():
    one = estimates([[50.0, 60.0, 70.0]], 90.0)
    other = one.assign(setting="coarse")
    other.loc[0, ["llc", "mean_loss"]] = np.nan
    table = locality(pd.concat([one, other]), FEATURES, SETTINGS).set_index("setting")
    assert table["models"].to_dict() == {"fine": 3, "coarse": 2}
    assert table["pairs"].to_dict() == {"fine": 3, "coarse": 1}


def test_one_model_a_seed_has_no_pairs():
    row = only_row(estimates([[50.0], [60.0]], 90.0))
    assert (row["pairs"], row["far"]) == (0, 0)
    assert np.isnan(row["agree"])
    assert np.isnan(row["share_explained"])
