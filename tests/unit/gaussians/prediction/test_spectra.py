"""Tables of singular values, and of what becomes of them."""

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.gaussians.prediction import spectra

HERE = {"image": "board", "recipe": "short"}


@pytest.fixture(autouse=True)
def two_values(monkeypatch):
    """Stand in for the singular values of runs: those of two states, the last one 0."""
    rows = [
        {"n": 5, "seed": 1, "state": state, "place": place + 1, "singular_value": value}
        for state, largest in (("start", 4.0), ("best", 2.0))
        for place, value in enumerate([largest, 1.0, 0.0])
    ]
    monkeypatch.setattr(spectra, "singular_values", lambda runs: pd.DataFrame(rows))


@pytest.fixture
def features():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(
        [
            HERE | {"n": n, "seed": seed, "state": state}
            for n in (5, 6)
            for seed in (1, 2, 3)
            for state in ("start", "best", "end")
        ]
    )
    return rows.assign(**{name: rng.uniform(size=len(rows)) for name in spectra.SUMMARISED})


def test_values_are_shares_of_the_largest_of_their_state(features):
    values, _ = spectra.tables([], features, **HERE)
    assert values["share"].tolist() == [1, 0.25, 0, 1, 0.5, 0]


def test_features_are_summarised_over_seeds(features):
    other = features.assign(recipe="long", log10_condition=9.0)
    _, summary = spectra.tables([], pd.concat([features, other]), **HERE)
    assert len(summary) == 3 * 3 * 2
    assert (summary["seeds"] == 3).all()
    for row in summary.itertuples():
        same = (features["state"] == row.state) & (features["n"] == row.n)
        expected = features.loc[same, row.feature].quantile([0.25, 0.5, 0.75])
        np.testing.assert_allclose([row.low, row.median, row.high], expected)


def test_an_image_without_features_is_an_error(features):
    with pytest.raises(DataError, match="no features of image 'photo' with recipe 'short'"):
        spectra.tables([], features, image="photo", recipe="short")
