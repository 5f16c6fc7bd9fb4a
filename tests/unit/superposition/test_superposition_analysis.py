from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lgi.errors import DataError
from lgi.runs import Run, read_table, write_table
from lgi.superposition.analysis import (
    final_features,
    kgon_shares,
    loss_llc_correlation,
    start_comparison,
    table,
    verdict_shares,
)
from lgi.superposition.geometry import feature_dimensionality, kgon_kinds


def run(init="kgon4", samples=100, sparsity=0.8111, models=5, seed=0, hidden=2) -> Run:
    rng = np.random.default_rng(seed)
    T = 3
    arrays = {
        "seed": np.arange(models),
        "epoch": np.array([0, 1, 9]),
        "W": rng.normal(size=(models, T, hidden, 6)).astype(np.float32),
        "b": rng.normal(size=(models, T, 6)).astype(np.float32),
        "diverged_epoch": np.full(models, -1),
    }
    for name in ("train_loss", "test_loss", "population_loss"):
        arrays[name] = rng.random((models, T))
    record = {"init": init, "samples": samples, "sparsity": sparsity}
    return Run(Path(f"{init}.npz"), arrays, record)


def diverged(at=1) -> Run:
    lost = run()
    lost["diverged_epoch"][2] = at
    for name in ("W", "b", "train_loss", "test_loss", "population_loss"):
        lost[name][2, at:] = np.nan
    return lost


def test_the_table_has_a_row_per_model_and_snapshot():
    runs = [run("kgon6", 1000), run("kgon4", 1000, 0.9), run("kgon4", 100, 0.5)]
    result = table(runs)
    assert len(result) == 3 * 5 * 3
    keys = ["init", "samples", "sparsity", "seed", "epoch"]
    assert not result.duplicated(keys).any()
    pd.testing.assert_frame_equal(result, result.sort_values(keys, ignore_index=True))
    row = result.query("init == 'kgon6' and seed == 3 and epoch == 9").iloc[0]
    source = runs[0]
    for name in ("train_loss", "test_loss", "population_loss"):
        assert row[name] == source[name][3, 2]
    assert row["kgon"] == kgon_kinds(source["W"], source["b"])[3, 2]
    expected = feature_dimensionality(source["W"][3, 2]).mean()
    assert row["mean_dimensionality"] == pytest.approx(expected, rel=1e-12)


def test_the_table_survives_the_file(tmp_path):
    result = table([run(), diverged()])
    write_table(tmp_path / "t.csv", result)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), result, check_dtype=False)


def test_divergence_is_visible_in_the_table():
    rows = table([diverged()]).query("seed == 2")
    assert rows["diverged_epoch"].tolist() == [1, 1, 1]
    assert rows["kgon"].tolist()[1:] == ["diverged", "diverged"]
    assert rows["train_loss"].isna().tolist() == [False, True, True]


def test_models_of_other_hidden_dimensions_have_no_kgon():
    assert set(table([run(hidden=3)])["kgon"]) == {"undefined"}


def test_no_runs_are_an_error():
    for function in (table, final_features):
        with pytest.raises(DataError, match="no run files"):
            function([])


def test_shares_of_kgons_are_counts_over_seeds(tmp_path):
    result = table([run(models=40), run("kgon6", models=40, seed=1)])
    shares = kgon_shares(result)
    sums = shares.groupby(["init", "samples", "sparsity", "epoch"])["share"].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-14)
    for row in shares.itertuples():
        own = result[(result["init"] == row.init) & (result["epoch"] == row.epoch)]
        assert row.share == pytest.approx((own["kgon"] == row.kgon).mean())
    assert len(shares) == 2 * 3 * shares["kgon"].nunique()  # also the shares of 0
    only_numbers = result.assign(kgon=4)  # as read from a file that holds nothing else
    assert set(kgon_shares(only_numbers)["kgon"]) == {"4"}


def test_final_features_are_those_of_the_last_snapshot():
    source = diverged()
    features = final_features([source])
    assert len(features) == 4 * 6
    assert 2 not in set(features["seed"])
    row = features.query("seed == 3 and feature == 4").iloc[0]
    W = source["W"][3, -1]
    assert row["dimensionality"] == pytest.approx(feature_dimensionality(W)[4])
    assert row["norm"] == pytest.approx(np.hypot(*W[:, 4]), rel=1e-6)
    assert row["inverse_density"] == pytest.approx(1 / (1 - 0.8111))


def test_starts_are_compared_by_their_last_losses():
    runs = [run("kgon4"), run("kgon6", seed=1), run("random", seed=2)]
    result = start_comparison(table(runs), ["kgon4", "kgon6"])
    assert result["init"].tolist() == ["kgon4", "kgon6"]
    final = runs[0]["train_loss"][:, -1]
    row = result.iloc[0]
    assert row["mean_loss"] == pytest.approx(final.mean())
    assert row["best_loss"] == final.min()
    interval = stats.t.interval(0.95, 4, final.mean(), stats.sem(final))
    assert (row["mean_low"], row["mean_high"]) == pytest.approx(interval)
    assert row["seeds"] == 5
    assert result.columns.tolist() == [
        *("init", "samples", "sparsity", "mean_loss", "mean_low", "mean_high", "best_loss", "seeds")
    ]


def test_diverged_models_and_single_seeds_in_a_comparison():
    assert start_comparison(table([diverged()]), ["kgon4"])["seeds"].tolist() == [4]
    alone = start_comparison(table([run(models=1)]), ["kgon4"])
    assert np.isnan(alone["mean_low"]).all()
    assert np.isfinite(alone["mean_loss"]).all()


def test_a_start_that_was_not_run_is_named():
    with pytest.raises(DataError, match=r"kgon5.*there are kgon4"):
        start_comparison(table([run()]), ["kgon4", "kgon5"])


def llc_of(rows: pd.DataFrame, llc) -> pd.DataFrame:
    return rows[["init", "samples", "sparsity", "seed", "epoch"]].assign(llc=llc)


def test_correlations_are_those_of_scipy():
    rows = table([run(models=30), run("kgon6", models=30, seed=1)])
    llc = llc_of(rows, rows["train_loss"] + 0.3 * np.random.default_rng(2).normal(size=len(rows)))
    result = loss_llc_correlation(rows, llc.sample(frac=1, random_state=0))
    assert len(result) == 2 * 3
    one = result.query("init == 'kgon6' and epoch == 1").iloc[0]
    chosen = (rows["init"] == "kgon6") & (rows["epoch"] == 1)
    x, y = rows["train_loss"][chosen], llc["llc"][chosen]
    pearson = stats.pearsonr(x, y)
    assert one["seeds"] == 30
    assert one["pearson"] == pytest.approx(pearson.statistic)
    assert (one["pearson_low"], one["pearson_high"]) == pytest.approx(
        tuple(pearson.confidence_interval(0.95))
    )
    assert one["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic)
    assert one["spearman_low"] < one["spearman"] < one["spearman_high"]
    assert one["reason"] == ""


def test_the_sign_of_a_correlation_is_found():
    rows = table([run(models=30)])
    for sign in (1, -1):
        result = loss_llc_correlation(rows, llc_of(rows, sign * rows["train_loss"]))
        np.testing.assert_allclose(result[["pearson", "spearman"]], sign, rtol=1e-12)
    other = loss_llc_correlation(rows, llc_of(rows, rows["test_loss"]), loss="test_loss")
    np.testing.assert_allclose(other["pearson"], 1, rtol=1e-12)


@pytest.mark.parametrize("n", [10, 50])
def test_intervals_cover_the_truth_at_their_level(n):
    rng = np.random.default_rng(3)
    truth, trials = 0.5, 400
    x = rng.normal(size=(trials, n))
    y = truth * x + np.sqrt(1 - truth**2) * rng.normal(size=(trials, n))
    index = pd.MultiIndex.from_product([range(trials), range(n)], names=["epoch", "seed"])
    rows = index.to_frame(index=False).assign(init="a", samples=1, sparsity=0.5)
    result = loss_llc_correlation(rows.assign(train_loss=x.ravel()), llc_of(rows, y.ravel()))
    # Spearman's correlation of a normal pair
    truths = {"pearson": truth, "spearman": 6 / np.pi * np.arcsin(truth / 2)}
    for kind, value in truths.items():
        covered = (result[f"{kind}_low"] <= value) & (value <= result[f"{kind}_high"])
        assert 0.91 <= covered.mean() <= 0.985  # 400 trials: one standard error is 0.011


def test_correlations_are_kept_apart_by_setting():
    rows = table([run(models=10)])
    llc = pd.concat(
        [
            llc_of(rows, rows["train_loss"]).assign(setting="a"),
            llc_of(rows, -rows["train_loss"]).assign(setting="b"),
        ]
    )
    result = loss_llc_correlation(rows, llc)
    np.testing.assert_allclose(result.groupby("setting")["pearson"].mean(), [1, -1])


def test_an_undefined_correlation_says_why():
    rows = table([run(models=5)])
    llc = llc_of(rows, rows["train_loss"]).reset_index(drop=True)
    llc.loc[llc["epoch"] == 0, "llc"] = 0.1 + 0.2
    llc.loc[(llc["epoch"] == 1) & (llc["seed"] < 2), "llc"] = np.nan
    llc.loc[(llc["epoch"] == 9) & (llc["seed"] < 1), "llc"] = np.inf
    result = loss_llc_correlation(rows, llc).set_index("epoch")
    assert result["reason"].to_dict() == {0: "llc does not vary", 1: "fewer than 4 seeds", 9: ""}
    assert result["seeds"].to_dict() == {0: 5, 1: 3, 9: 4}
    values = result[["pearson", "pearson_low", "pearson_high", "spearman", "spearman_low"]]
    np.testing.assert_array_equal(values.isna().all(axis=1), [True, True, False])
    constant = loss_llc_correlation(rows.assign(train_loss=0.25), llc).set_index("epoch")
    assert constant["reason"][9] == "loss does not vary"


def test_tables_without_a_common_model_are_an_error():
    rows = table([run()])
    with pytest.raises(DataError, match="in common"):
        loss_llc_correlation(rows, llc_of(rows, 1.0).assign(init="other"))


def test_verdict_shares():
    cells = [("published", "kgon4", 100, 0.5, 0), ("published", "kgon4", 100, 0.5, 13)]
    rows = [
        (*cell, seed, verdict)
        for cell, found in zip(
            cells, [["ok", "ok", "diverged", "ok"], ["not a minimum", "ok"]], strict=True
        )
        for seed, verdict in enumerate(found)
    ]
    keys = ["setting", "init", "samples", "sparsity", "epoch"]
    shares = verdict_shares(pd.DataFrame(rows, columns=[*keys, "seed", "verdict"]))
    assert list(shares) == [*keys, "verdict", "share", "seeds"]
    # Every verdict has a row in both cells, also where it does not occur.
    wide = shares.pivot(index="epoch", columns="verdict", values="share")
    assert wide.loc[0].to_dict() == {"ok": 0.75, "diverged": 0.25, "not a minimum": 0}
    assert wide.loc[13].to_dict() == {"ok": 0.5, "diverged": 0, "not a minimum": 0.5}
    assert shares.groupby("epoch")["seeds"].unique().str[0].to_dict() == {0: 4, 13: 2}
