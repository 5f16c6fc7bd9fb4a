"""Turns, cures and other images, on runs whose answer is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.gaussians import cures, elsewhere, turn
from lgi.gaussians.study_settings import CureSettings, ElsewhereSettings, TurnSettings
from lgi.runs import Run
from lgi.verdicts import NOT_SUPPORTED, SUPPORTED, UNDECIDED, claim_table

TURN = TurnSettings(confidence=0.95, factor=1.1, uncovered=0.01, recipes=["published"])
CURES = CureSettings(confidence=0.95, image="flat", reference="published", runs="cures")
ELSEWHERE = ElsewhereSettings(confidence=0.95, runs=["elsewhere"], ratio=(0.0122, 0.0134))


def fake(loss, covered, uncovered, n=5, seed=1, recipe="published"):
    loss = np.array(loss, dtype=float)
    iteration = 2 ** np.arange(len(loss))
    arrays = {
        "iteration": iteration,
        "loss": loss,
        "loss_covered": np.array(covered, dtype=float),
        "uncovered": np.array(uncovered, dtype=float),
    }
    record = {
        "image_name": "flat",
        "recipe_name": recipe,
        "n": n,
        "seed": seed,
        "best_iteration": int(iteration[np.nanargmin(loss)]) if np.isfinite(loss).any() else 0,
    }
    return Run(Path("run.npz"), arrays, record)


def test_the_increase_is_split_between_covered_and_uncovered_pixels():
    run = fake([4, 2, 2.1, 3, 6], [4, 2, 2.05, 2.25, 3], [0, 0, 0.02, 0.1, 0.4])
    (row,) = turn.table([run], TURN).itertuples()
    assert row.turned
    assert (row.best_iteration, row.turn_iteration, row.uncovered_iteration) == (2, 8, 4)
    assert row.share_at_turn == pytest.approx(0.75)  # of the increase 1, 0.25 is on covered pixels
    assert (row.increase_at_end, row.share_at_end) == (4, 0.75)
    assert (row.uncovered_at_best, row.uncovered_at_turn, row.uncovered_at_end) == (0, 0.1, 0.4)
    assert row.correlation == 1


def test_a_run_that_keeps_its_best_has_not_turned():
    run = fake([4, 3, 2, 2.1], [4, 3, 2, 2.1], [0.5, 0, 0, 0])
    (row,) = turn.table([run], TURN).itertuples()
    assert not row.turned
    assert np.isnan([row.turn_iteration, row.share_at_turn, row.uncovered_iteration]).all()


def test_a_run_that_was_never_finite_has_a_row():
    (row,) = turn.table([fake([np.nan], [np.nan], [0])], TURN).itertuples()
    assert not row.turned
    assert np.isnan(row.best_loss)


def test_no_runs_are_an_error():
    with pytest.raises(DataError, match="no runs"):
        turn.table([], TURN)


@pytest.mark.parametrize(("on_uncovered", "expected"), [(0.9, SUPPORTED), (0.1, NOT_SUPPORTED)])
def test_the_verdict_follows_where_the_loss_rises(on_uncovered, expected):
    runs = []
    for seed in range(12):
        rise = np.array([0, 0, 0.05, 0.3, 1.0]) * (1 + 0.01 * seed)
        loss = np.array([3, 1, 1, 1, 1]) + rise
        runs.append(fake(loss, loss - on_uncovered * rise, [0, 0, 0.1, 0.2, 0.3], seed=seed))
    claims = claim_table(turn.claims(turn.table(runs, TURN), TURN))
    whole = claims[claims["part"] == "together"].set_index("claim")["verdict"]
    assert whole["the loss rises because pixels lose their Gaussians"] == expected
    assert whole["training diverges: the loss rises again after its best"] == SUPPORTED


def test_too_few_runs_decide_nothing():
    table = turn.table([fake([2, 1, 2], [2, 1, 1], [0, 0, 0.5])], TURN)
    verdicts = {row["verdict"] for row in turn.claims(table, TURN)}
    assert verdicts == {UNDECIDED}


def runs_of(recipe, best, final, seeds=6, n=(5, 6)):
    """A row per N and seed of a table of runs, with the table of their turns."""
    rows = [
        {
            "image": "flat",
            "recipe": recipe,
            "n": number,
            "seed": seed,
            "best_loss": best + 0.001 * seed + 0.01 * k,
            "final_loss": final,
            "psnr_at_best": 20.0,
            "best_iteration": 100,
            "evaluations": 1000.0,
            "uncovered_at_end": 0.1,
            "turned": final > 1.1 * (best + 0.001 * seed),
        }
        for k, number in enumerate(n)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows)


def compared(*parts, recipes):
    rows = pd.concat(parts, ignore_index=True)
    return cures.compare(
        rows.drop(columns="turned"),
        rows[["image", "recipe", "n", "seed", "turned"]],
        recipes,
        CURES,
    )


def test_a_cure_is_told_from_what_changes_nothing():
    recipes = {"published": {"rate": 1, "edge": 0}, "slow": {"rate": 2, "edge": 0}}
    recipes["smooth"] = {"rate": 1, "edge": 1}
    table = compared(
        runs_of("published", 0.08, 0.3),
        runs_of("slow", 0.08, 0.3),
        runs_of("smooth", 0.05, 0.05),
        recipes=recipes,
    ).set_index("recipe")
    assert list(table.index) == ["published", "slow", "smooth"]
    assert table.loc["slow", ["cures", "changes"]].tolist() == [NOT_SUPPORTED, "rate"]
    assert table.loc["smooth", ["cures", "better"]].tolist() == [SUPPORTED, SUPPORTED]
    assert table.loc["smooth", "gain"] == pytest.approx(0.03)
    assert table.loc["smooth", "changes"] == "edge"
    assert (table["regressions"] == 6).all()  # each seed, from 5 to 6
    assert np.isnan(table.loc["published", "gain"])


def test_claims_on_cures_follow_the_table():
    recipes = {"published": {}, "smooth": {}}
    good = compared(runs_of("published", 0.08, 0.3), runs_of("smooth", 0.05, 0.05), recipes=recipes)
    bad = compared(runs_of("published", 0.05, 0.05), runs_of("smooth", 0.08, 0.3), recipes=recipes)
    for table, expected in ((good, SUPPORTED), (bad, NOT_SUPPORTED)):
        verdicts = {row["verdict"] for row in cures.claims(table, CURES)}
        assert verdicts == {expected}


def test_a_comparison_needs_its_reference():
    with pytest.raises(DataError, match="recipe published"):
        compared(runs_of("slow", 0.08, 0.3), recipes={"slow": {}})


def image_runs(image, losses, pixels=4096):
    """Rows of a table of runs: best losses by N, nearly alike for three seeds."""
    return pd.DataFrame(
        [
            {
                "image": image,
                "recipe": "published_3000",
                "n": n,
                "seed": seed,
                "n_over_pixels": n / pixels,
                "best_loss": loss * (1 + 0.001 * seed),
                "psnr_at_best": 20.0,
                "best_iteration": 500,
            }
            for n, loss in losses.items()
            for seed in range(3)
        ]
    )


def test_the_optimal_ratio_is_judged_image_by_image():
    valley = image_runs("valley", {20: 0.1, 52: 0.06, 100: 0.08})
    falling = image_runs("falling", {20: 0.1, 52: 0.06, 100: 0.04})
    none = image_runs("none", {20: 0.1, 60: 0.06})
    rows = claim_table(elsewhere.claims(pd.concat([valley, falling, none]), ELSEWHERE))
    verdicts = rows.set_index("part")["verdict"]
    assert verdicts["valley"] == SUPPORTED
    assert verdicts["falling"] == NOT_SUPPORTED
    assert verdicts["none"] == UNDECIDED
    assert verdicts["together"] == NOT_SUPPORTED
    assert rows.set_index("part")["reason"]["none"] == "no N inside the range"


def test_curves_mark_the_lowest_and_the_range():
    table = elsewhere.curves(image_runs("valley", {20: 0.1, 52: 0.06, 100: 0.08}), ELSEWHERE)
    assert table["is_lowest"].tolist() == [False, True, False]
    assert table["in_range"].tolist() == [False, True, False]
    assert (table["low"] < table["best_loss"]).all()
