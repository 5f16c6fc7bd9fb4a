"""What predicts a fit, on synthetic features whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import COLUMNS, NOT_SUPPORTED, SUPPORTED, UNDECIDED, claim_table
from lgi.errors import DataError
from lgi.gaussians.prediction import features
from lgi.gaussians.prediction import table as prediction
from lgi.gaussians.prediction.claims import STATEMENTS, claims
from lgi.gaussians.prediction.settings import PredictionSettings
from lgi.gaussians.prediction.table import (
    ALL,
    AUC,
    BEYOND,
    CHANGE,
    EACH_N,
    LOSS,
    PREVIOUS,
    REGRESSION,
    SEEDS,
    SEEDS_AND_N,
    SKILL,
    TREND,
    VALUE,
)

SETTINGS = PredictionSettings(
    runs="seeds",
    confidence=0.95,
    ridge=1.0,
    least=0.05,
    power=0.8,
    planted=1,
    seed=0,
    spectra={"n": [5]},
)
PLANTED = pd.DataFrame(
    {"image": "board", "recipe": "short", "planted": [0.1, 0.2], "skill": [0.1, 0.2]}
).assign(found=[0.6, 1.0])
NUMBERS = np.arange(40, 48)


@pytest.fixture(autouse=True)
def two_features(monkeypatch):
    """Keep the tables small: an informative feature and one more."""
    monkeypatch.setattr(prediction, "OF_JACOBIAN", ("effective_rank",))
    monkeypatch.setattr(prediction, "OF_GAUSSIANS", ("overlap",))


def table_of(rows):
    return prediction.table(rows, confidence=0.95, ridge=1.0, least=0.05)


def judged(table):
    return claim_table(claims(prediction=table, planted=PLANTED, settings=SETTINGS))


def noise(rng, seeds=12, of_seed=0.0):
    """Return [seeds, N] normal values, a share of whose variance belongs to the seed."""
    own, shared = rng.normal(size=(seeds, len(NUMBERS))), rng.normal(size=(seeds, 1))
    return np.sqrt(1 - of_seed) * own + np.sqrt(of_seed) * shared


def frame(best_loss, **values):
    """Return a table of features whose start, best and end are alike; those not given are 0."""
    seeds = len(best_loss)
    keys = {"n": np.tile(NUMBERS, seeds), "seed": np.repeat(np.arange(seeds), len(NUMBERS))}
    rows = pd.DataFrame(keys).assign(image="board", recipe="short", best_loss=best_loss.ravel())
    for name in (*features.OF_JACOBIAN, *features.OF_GAUSSIANS, "loss"):
        rows[name] = values[name].ravel() if name in values else 0.0
    return pd.concat([rows.assign(state=state) for state in features.STATES], ignore_index=True)


def of(table, predictor, target=LOSS, measure=SKILL, test=SEEDS, state="start", form=VALUE):
    """Return the one row that this names."""
    if predictor in (TREND, EACH_N, PREVIOUS):
        state = prediction.NO_STATE
    wanted = {
        "predictor": predictor,
        "target": target,
        "measure": measure,
        "test": test,
        "state": state,
        "form": form,
    }
    (row,) = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)].to_dict("records")
    return row


def test_what_determines_the_loss_predicts_it_and_noise_does_not():
    rng = np.random.default_rng(1)
    rank = noise(rng)
    table = table_of(frame(3 - rank, effective_rank=rank, overlap=noise(rng)))
    assert tuple(table.columns) == prediction.COLUMNS
    for test in (SEEDS, SEEDS_AND_N):
        for measure in (SKILL, BEYOND):
            right = of(table, "effective_rank", measure=measure, test=test)
            assert right["value"] == pytest.approx(1, abs=1e-3)  # but for the ridge
            assert right["verdict"] == SUPPORTED
            assert right["correlation"] == pytest.approx(-1)
            wrong = of(table, "overlap", measure=measure, test=test)
            assert wrong["value"] < 0.05
            assert wrong["low"] < 0
            assert wrong["verdict"] != SUPPORTED
            together = of(table, ALL, measure=measure, test=test)
            assert together["value"] == pytest.approx(1, abs=1e-3)
            assert np.isnan(together["correlation"])


def test_noise_is_no_better_than_nothing_on_average():
    """Of 30 tables of noise the mean skill is below 0, and none is supported."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(30):
        rows = frame(noise(rng, seeds=6, of_seed=0.5), effective_rank=noise(rng, seeds=6))
        trial = next(
            task
            for task in prediction._tasks(rows)
            if (task.target, task.predictor) == (LOSS, "effective_rank")
        )
        found += list(prediction._measured(trial, 0.95, 1.0))
    measured = prediction._judged(
        pd.DataFrame(found).assign(image="board", recipe=range(len(found))), 0.95, 0.05
    )
    assert measured["value"].mean() < 0
    assert (measured["verdict"] == SUPPORTED).mean() <= 0.05


def test_the_luck_of_a_seed_predicts_neither_other_seeds_nor_other_n():
    """With N alone left out, features of a seed would tell its loss at its other N."""
    rng = np.random.default_rng(3)
    mark = np.repeat(rng.normal(size=(12, 1)), len(NUMBERS), axis=1)
    loss = np.repeat(rng.normal(size=(12, 1)), len(NUMBERS), axis=1) + 0.01 * noise(rng)
    table = table_of(frame(loss, effective_rank=mark))
    for test in (SEEDS, SEEDS_AND_N):
        assert of(table, "effective_rank", test=test)["value"] < 0.05


def test_a_feature_that_only_follows_n_says_nothing_beyond_it():
    rng = np.random.default_rng(4)
    trend = np.broadcast_to(NUMBERS, (12, len(NUMBERS)))
    loss = 1 - 0.1 * trend + 0.1 * noise(rng)
    table = table_of(frame(loss, effective_rank=7.0 * trend))
    assert of(table, TREND)["verdict"] == SUPPORTED
    assert of(table, "effective_rank")["value"] == pytest.approx(of(table, TREND)["value"])
    beyond = of(table, "effective_rank", measure=BEYOND)
    assert beyond["value"] == pytest.approx(0, abs=0.01)
    assert beyond["verdict"] == NOT_SUPPORTED


@pytest.mark.parametrize("own", [1.0, 0.0])
def test_each_n_counts_where_each_has_a_loss_of_its_own(own):
    rng = np.random.default_rng(5)
    loss = -0.1 * NUMBERS + own * rng.normal(size=len(NUMBERS)) + 0.3 * noise(rng)
    table = table_of(frame(loss))
    for row in (of(table, EACH_N, measure=BEYOND), of(table, EACH_N, target=REGRESSION)):
        assert (row["verdict"] == SUPPORTED) == (own > 0)


def test_a_change_that_decides_a_step_predicts_regressions():
    rng = np.random.default_rng(6)
    loss = noise(rng, of_seed=0.5)
    table = table_of(frame(loss, effective_rank=loss, overlap=noise(rng)))
    change = {"target": REGRESSION, "form": CHANGE}
    assert of(table, "effective_rank", measure=AUC, **change)["value"] == 1
    assert of(table, "effective_rank", measure=AUC, **change)["verdict"] == SUPPORTED
    # A straight line through a step of 0 and 1: 2 / pi of its variance if changes are normal.
    assert of(table, "effective_rank", **change)["value"] == pytest.approx(2 / np.pi, abs=0.1)
    assert of(table, "overlap", **change)["verdict"] != SUPPORTED
    assert of(table, "overlap", measure=AUC, **change)["verdict"] != SUPPORTED


def test_losses_without_memory_regress_after_a_low_one():
    """Of two independent steps, the one that does worse starts lower in 5 cases of 6."""
    table = table_of(frame(noise(np.random.default_rng(7))))
    previous = of(table, PREVIOUS, target=REGRESSION, measure=AUC)
    assert previous["value"] > 0.75
    assert previous["verdict"] == SUPPORTED
    assert previous["correlation"] < -0.3
    assert previous["known"] == prediction.BETWEEN
    assert of(table, TREND, target=REGRESSION)["verdict"] != SUPPORTED


def test_what_is_known_before_training_is_marked():
    rng = np.random.default_rng(8)
    table = table_of(frame(noise(rng, seeds=4), loss=noise(rng, seeds=4)))
    known = table.groupby("state")["known"].unique().map(set)
    assert known["start"] == {prediction.BEFORE}
    assert known["best"] == known["end"] == {prediction.AFTER}
    assert set(table.loc[table["predictor"] == "loss", "state"]) == {"start"}
    unseen_n = table[table["test"] == SEEDS_AND_N]
    assert EACH_N not in set(unseen_n["predictor"])
    assert AUC not in set(unseen_n["measure"])
    assert set(table.loc[table["measure"] == AUC, "target"]) == {REGRESSION}


def test_joint_intervals_are_wider_and_stay_in_range():
    rng = np.random.default_rng(9)
    loss = noise(rng, seeds=6)
    table = table_of(frame(loss, effective_rank=loss, overlap=noise(rng, 6)))
    inside = table.dropna(subset=["low"])
    assert (inside["joint_low"] <= inside["low"]).all()
    assert (inside["joint_high"] >= inside["high"]).all()
    assert (inside["joint_high"] <= 1).all()
    assert (inside.loc[inside["measure"] == AUC, "joint_low"] >= 0).all()


def test_rows_without_a_feature_or_a_loss_are_left_out():
    rng = np.random.default_rng(10)
    rank = noise(rng)
    rows = frame(3 - rank, effective_rank=rank, overlap=noise(rng))
    rows.loc[(rows["n"] == 41) & (rows["seed"] == 0), "best_loss"] = np.nan
    rows.loc[(rows["n"] == 44) & (rows["seed"] == 1), "overlap"] = np.nan
    table = table_of(rows)
    assert of(table, "effective_rank")["rows"] == 12 * 8 - 1
    assert of(table, "effective_rank")["value"] == pytest.approx(1, abs=1e-3)
    assert of(table, "overlap")["rows"] == 12 * 8 - 2
    assert of(table, ALL)["rows"] == 12 * 8 - 2
    # A step needs both its ends.
    assert of(table, "effective_rank", target=REGRESSION)["rows"] == 12 * 7 - 2
    assert of(table, "overlap", target=REGRESSION, form=CHANGE)["rows"] == 12 * 7 - 4


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_decide_nothing(seeds):
    table = table_of(frame(noise(np.random.default_rng(11), seeds=seeds)))
    assert set(table["verdict"]) == {UNDECIDED}
    assert set(judged(table)["verdict"]) == {UNDECIDED}


def test_without_neighbouring_n_there_are_no_regressions():
    rows = frame(noise(np.random.default_rng(12), seeds=4))
    table = table_of(rows[rows["n"] % 2 == 0])
    assert (table.loc[table["target"] == REGRESSION, "rows"] == 0).all()
    assert table.loc[table["target"] == REGRESSION, "value"].isna().all()
    assert (table.loc[table["target"] == LOSS, "rows"] == 16).all()


def test_runs_that_all_diverged_decide_nothing():
    table = table_of(frame(np.full((4, len(NUMBERS)), np.nan)))
    assert set(table["verdict"]) == {UNDECIDED}


def test_no_features_are_an_error():
    with pytest.raises(DataError, match="no features"):
        table_of(frame(np.zeros((1, 8)))[:0])


def test_claims_follow_the_data():
    """What the start decides can be predicted; what only the best shows cannot."""
    rng = np.random.default_rng(13)
    loss = noise(rng)
    told = frame(loss, effective_rank=loss)
    untold = told.assign(effective_rank=told["effective_rank"].where(told["state"] == "best", 0.0))
    verdicts = []
    for rows in (told, untold):
        judgement = judged(table_of(rows))
        verdicts.append(judgement[judgement["part"] == "together"].set_index("id")["verdict"])
        assert list(verdicts[-1].index) == [f"prediction.{name}" for name in STATEMENTS]
        assert tuple(judgement.columns) == COLUMNS
        best = judgement.groupby("id")["statistic"].max()
        whole = judgement[judgement["part"] == "together"].set_index("id")["statistic"]
        pd.testing.assert_series_equal(whole.sort_index(), best, check_names=False)
        sentence = judgement.set_index("id").loc["prediction.loss_from_start", "sentence"].iloc[0]
        assert "the best of 4 predictors" in sentence
        if rows is untold:
            assert "a skill of 0.15 would have been found with a chance of 80 %" in sentence
    assert verdicts[0]["prediction.loss_from_start"] == SUPPORTED
    assert verdicts[1]["prediction.loss_from_start"] != SUPPORTED


def test_where_no_skill_would_be_found_it_is_said():
    rng = np.random.default_rng(15)
    rows = claims(
        prediction=table_of(frame(noise(rng, seeds=4))),
        planted=PLANTED.assign(found=0.1),
        settings=SETTINGS,
    )
    assert "; no skill would have been found with a chance of 80 %" in next(iter(rows))["sentence"]


def test_claims_name_image_and_recipe_where_there_are_several():
    rng = np.random.default_rng(14)
    rows = [frame(noise(rng, seeds=4)).assign(recipe=name) for name in ("short", "long")]
    judgement = judged(table_of(pd.concat(rows)))
    assert "board · long: best loss at N - 1" in set(judgement["part"])
    assert "board · short: effective rank" in set(judgement["part"])
