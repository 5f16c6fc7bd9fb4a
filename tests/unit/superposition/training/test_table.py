import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lgi.errors import DataError
from lgi.runs import read_table, write_table
from lgi.schema.check import conforming
from lgi.superposition.geometry.geometry import feature_dimensionality, kgon_kinds
from lgi.superposition.training.table import (
    head_to_head,
    losses_over_training,
    start_comparison,
    table,
)


def test_the_table_has_a_row_per_model_and_snapshot(run):
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


def test_the_table_survives_the_file(tmp_path, run, diverged):
    result = table([run(), diverged()])
    write_table(tmp_path / "t.csv", result)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), result, check_dtype=False)


def test_divergence_is_visible_in_the_table(diverged):
    rows = table([diverged()]).query("seed == 2")
    assert rows["diverged_epoch"].tolist() == [1, 1, 1]
    assert table([diverged()]).query("seed != 2")["diverged_epoch"].isna().all()
    assert rows["kgon"].tolist()[1:] == ["diverged", "diverged"]
    assert rows["train_loss"].isna().tolist() == [False, True, True]


def test_models_that_diverged_or_have_no_polygon_are_as_columns_are_declared(run, diverged):
    for models in (diverged(), run(hidden=3)):
        conforming("results/tables/superposition.csv", table([models]))


def test_models_of_other_hidden_dimensions_have_no_kgon(run):
    assert set(table([run(hidden=3)])["kgon"]) == {"undefined"}


def test_no_runs_are_an_error():
    for function in (table, losses_over_training):
        with pytest.raises(DataError, match="no run files"):
            function([])


def test_starts_are_compared_by_their_last_losses(run):
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


def test_diverged_models_and_single_seeds_in_a_comparison(run, diverged):
    assert start_comparison(table([diverged()]), ["kgon4"])["seeds"].tolist() == [4]
    alone = start_comparison(table([run(models=1)]), ["kgon4"])
    assert np.isnan(alone["mean_low"]).all()
    assert np.isfinite(alone["mean_loss"]).all()


def test_losses_along_training_are_medians_and_quartiles_over_the_seeds(run):
    source = run(models=7)
    spread = losses_over_training([source]).set_index(["loss", "epoch"])
    assert len(spread) == 5 * 3
    losses = source["test_loss"][:, 2]
    row = spread.loc[("test_loss", 9)]
    assert row["seeds"] == 7
    assert np.allclose(
        row[["low", "median", "high"]].astype(float), np.quantile(losses, [0.25, 0.5, 0.75])
    )
    assert (row["least"], row["most"]) == (losses.min(), losses.max())
    # The gap is that of each model, in units of 1 - S.
    gaps = (losses - source["train_loss"][:, 2]) / (1 - source.record["sparsity"])
    assert spread.loc[("test_gap", 9)]["median"] == pytest.approx(np.median(gaps))


def test_lost_models_and_unknown_losses_are_left_out_of_the_spread(diverged):
    source = diverged()
    source["population_loss"][:] = np.nan
    spread = losses_over_training([source])
    assert set(spread["loss"]) == {"train_loss", "test_loss", "test_gap"}
    assert spread.groupby("epoch")["seeds"].unique().str[0].to_dict() == {0: 5, 1: 4, 9: 4}


def test_two_starts_head_to_head(run):
    runs = [run("square"), run("hexagon", seed=1), run("square", sparsity=0.9)]
    compared = head_to_head(runs, first="square", second="hexagon")
    assert compared["init"].tolist() == ["square", "square", "hexagon"]
    mean = [source["train_loss"][:, -1].mean() for source in runs]
    best = [source["train_loss"][:, -1].min() for source in runs]
    assert compared["mean_ratio"][0] == pytest.approx(mean[0] / mean[1])
    assert compared["best_ratio"][0] == pytest.approx(best[0] / best[1])
    assert compared["mean_ratio"][1:].isna().all()  # no hexagon at 0.9; itself
    with pytest.raises(DataError, match="no runs of initialisation hexagon"):
        head_to_head(runs[:1], first="square", second="hexagon")


def test_a_start_that_was_not_run_is_named(run):
    with pytest.raises(DataError, match=r"kgon5.*there are kgon4"):
        start_comparison(table([run()]), ["kgon4", "kgon5"])
