import numpy as np
import pytest

from lgi.errors import DataError
from lgi.superposition.geometry.geometry import feature_dimensionality
from lgi.superposition.geometry.table import final_features, kgon_shares
from lgi.superposition.training.table import table


def test_shares_of_kgons_are_counts_over_seeds(run):
    runs = [run(models=40), run("kgon6", models=40, seed=1)]
    result, shares = table(runs), kgon_shares(runs)
    sums = shares.groupby(["init", "samples", "sparsity", "epoch"])["share"].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-14)
    for row in shares.itertuples():
        own = result[(result["init"] == row.init) & (result["epoch"] == row.epoch)]
        assert row.share == pytest.approx((own["kgon"] == row.kgon).mean())
    assert len(shares) == 2 * 3 * shares["kgon"].nunique()  # also the shares of 0


def test_models_of_other_hidden_dimensions_have_no_kgon(run):
    assert set(kgon_shares([run(hidden=3)])["kgon"]) == {"undefined"}


def test_no_runs_are_an_error():
    for function in (kgon_shares, final_features):
        with pytest.raises(DataError, match="no run files"):
            function([])


def test_final_features_are_those_of_the_last_snapshot(diverged):
    source = diverged()
    features = final_features([source])
    assert len(features) == 4 * 6
    assert 2 not in set(features["seed"])
    row = features.query("seed == 3 and feature == 4").iloc[0]
    W = source["W"][3, -1]
    assert row["dimensionality"] == pytest.approx(feature_dimensionality(W)[4])
    assert row["norm"] == pytest.approx(np.hypot(*W[:, 4]), rel=1e-6)
    assert row["inverse_density"] == pytest.approx(1 / (1 - 0.8111))
    shown = features[features["norm"] ** 2 > 0.5]
    assert features["represented"].equals(features["norm"] ** 2 > 0.5)
    assert features["median_represented"].eq(shown["dimensionality"].median()).all()


def test_where_no_feature_is_represented_there_is_no_median(run):
    source = run()
    source["W"][:] = 0
    assert final_features([source])["median_represented"].isna().all()
