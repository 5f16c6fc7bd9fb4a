"""Tables of study 2's learning coefficients: correlations with the loss, shares of each status."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lgi.errors import DataError
from lgi.superposition.llc.tables import SCALE, correlation, losses_at, status_shares
from lgi.superposition.training.table import table


def llc_of(rows: pd.DataFrame, llc) -> pd.DataFrame:
    return rows[["init", "samples", "sparsity", "seed", "epoch"]].assign(llc=llc)


def test_correlations_are_those_of_scipy(run):
    rows = table([run(models=30), run("kgon6", models=30, seed=1)])
    llc = llc_of(rows, rows["train_loss"] + 0.3 * np.random.default_rng(2).normal(size=len(rows)))
    result = correlation(rows, llc.sample(frac=1, random_state=0))
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


def test_the_sign_of_a_correlation_is_found(run):
    rows = table([run(models=30)])
    for sign in (1, -1):
        result = correlation(rows, llc_of(rows, sign * rows["train_loss"]))
        np.testing.assert_allclose(result[["pearson", "spearman"]], sign, rtol=1e-12)
    other = correlation(rows, llc_of(rows, rows["test_loss"]), loss="test_loss")
    np.testing.assert_allclose(other["pearson"], 1, rtol=1e-12)


@pytest.mark.parametrize("n", [10, 50])
def test_intervals_cover_the_truth_at_their_level(n):
    rng = np.random.default_rng(3)
    truth, trials = 0.5, 400
    x = rng.normal(size=(trials, n))
    y = truth * x + np.sqrt(1 - truth**2) * rng.normal(size=(trials, n))
    index = pd.MultiIndex.from_product([range(trials), range(n)], names=["epoch", "seed"])
    rows = index.to_frame(index=False).assign(init="a", samples=1, sparsity=0.5)
    result = correlation(rows.assign(train_loss=x.ravel()), llc_of(rows, y.ravel()))
    # Spearman's correlation of a normal pair
    truths = {"pearson": truth, "spearman": 6 / np.pi * np.arcsin(truth / 2)}
    for kind, value in truths.items():
        covered = (result[f"{kind}_low"] <= value) & (value <= result[f"{kind}_high"])
        assert 0.91 <= covered.mean() <= 0.985  # 400 trials: one standard error is 0.011


def test_correlations_are_kept_apart_by_setting(run):
    rows = table([run(models=10)])
    llc = pd.concat(
        [
            llc_of(rows, rows["train_loss"]).assign(setting="a"),
            llc_of(rows, -rows["train_loss"]).assign(setting="b"),
        ]
    )
    result = correlation(rows, llc)
    np.testing.assert_allclose(result.groupby("setting")["pearson"].mean(), [1, -1])


def test_an_undefined_correlation_says_why(run):
    rows = table([run(models=5)])
    llc = llc_of(rows, rows["train_loss"]).reset_index(drop=True)
    llc.loc[llc["epoch"] == 0, "llc"] = 0.1 + 0.2
    llc.loc[(llc["epoch"] == 1) & (llc["seed"] < 2), "llc"] = np.nan
    llc.loc[(llc["epoch"] == 9) & (llc["seed"] < 1), "llc"] = np.inf
    result = correlation(rows, llc).set_index("epoch")
    assert result["reason"].to_dict() == {0: "llc does not vary", 1: "fewer than 4 seeds", 9: ""}
    assert result["seeds"].to_dict() == {0: 5, 1: 3, 9: 4}
    values = result[["pearson", "pearson_low", "pearson_high", "spearman", "spearman_low"]]
    np.testing.assert_array_equal(values.isna().all(axis=1), [True, True, False])
    constant = correlation(rows.assign(train_loss=0.25), llc).set_index("epoch")
    assert constant["reason"][9] == "loss does not vary"


def test_tables_without_a_common_model_are_an_error(run):
    rows = table([run()])
    with pytest.raises(DataError, match="in common"):
        correlation(rows, llc_of(rows, 1.0).assign(init="other"))


def test_status_shares():
    cell = ("published", 0.1, 22.0, 10.0, "kgon4", 100, 0.5)
    cells = [(*cell, 0), (*cell, 13)]
    rows = [
        (*cell, seed, status)
        for cell, found in zip(
            cells, [["ok", "ok", "diverged", "ok"], ["not a minimum", "ok"]], strict=True
        )
        for seed, status in enumerate(found)
    ]
    keys = ["setting", *SCALE, "init", "samples", "sparsity", "epoch"]
    shares = status_shares(pd.DataFrame(rows, columns=[*keys, "seed", "status"]))
    assert list(shares) == [*keys, "status", "share", "seeds"]
    # Every status has a row in both cells, also where it does not occur.
    wide = shares.pivot(index="epoch", columns="status", values="share")
    assert wide.loc[0].to_dict() == {"ok": 0.75, "diverged": 0.25, "not a minimum": 0}
    assert wide.loc[13].to_dict() == {"ok": 0.5, "diverged": 0, "not a minimum": 0.5}
    assert shares.groupby("epoch")["seeds"].unique().str[0].to_dict() == {0: 4, 13: 2}


def test_losses_at_an_epoch_are_those_of_the_table(run):
    runs = [run("kgon6", 1000), run("kgon4", 100, 0.5)]
    rows = table(runs)
    epoch = rows["epoch"].unique()[1]
    found = losses_at(runs, epoch)
    expected = rows[rows["epoch"] == epoch].reset_index(drop=True)[list(found)]
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert losses_at(runs, -1).empty
