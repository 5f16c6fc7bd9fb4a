import numpy as np
import pandas as pd
import pytest

from lgi.gaussians.n_study import table as n_study
from lgi.gaussians.n_study.discrepancies import COLUMNS as DISCREPANCIES
from lgi.gaussians.n_study.discrepancies import discrepancies
from lgi.gaussians.n_study.settings import NStudySettings
from lgi.gaussians.original import OriginalStudy

LISTS = {"fine": [4, 5, 6, 7, 8], "gap": [9, 10, 11], "broad": [2, 4, 6, 8, 12, 16]}
NUMBERS = sorted({n for numbers in LISTS.values() for n in numbers})
SETTINGS = NStudySettings(
    fine="fine",
    gap="gap",
    broad="broad",
    confidence=0.95,
    tolerance=0.05,
    tiers=[
        {"name": "good", "at_most": 0.5},
        {"name": "fair", "at_most": 0.6},
        {"name": "poor", "at_most": None},
    ],
    seeds={"runs": "seeds", "confidence": 0.95, "resamples": 9, "seed": 0, "power": 0.8},
    claims={
        "confidence": 0.95,
        "least": 3,
        "curves": [{"image": "board", "recipe": "published"}],
        "ranking": 0.9,
        "picking": 0.9,
        "size": 0.5,
        "rise": 0.0,
        "structure": 0.5,
        "seed": 0,
    },
)
ORIGINAL = OriginalStudy(
    seed=42,
    again="published_3000",
    reference="published",
    worse=6,
    best=7,
    ratio=(0.01, 0.02),
    fresh="fresh",
)


def falling(n):
    return 1 - 0.05 * n


def runs(losses, seed=42, **values):
    """Return a table of runs from {N: best loss}."""
    frame = pd.DataFrame({"n": list(losses), "best_loss": list(losses.values())}, dtype=float)
    frame = frame.astype({"n": int}).assign(
        seed=seed,
        image="board",
        recipe="published",
        n_over_pixels=frame["n"] / 400,
        pixels_per_gaussian=400 / frame["n"],
        best_iteration=100 * frame["n"],
        iterations=10_000,
        final_loss=frame["best_loss"] + 1,
        evaluations=7 * frame["n"] ** 0.5,
        published_best_loss=frame["best_loss"],
        state="finished",
    )
    return frame.assign(**values)


def published(losses, iterations=None, seed=42):
    frame = pd.DataFrame({"n": list(losses), "seed": seed, "best_loss": list(losses.values())})
    return frame.assign(iteration_as_published=frame["n"].map(iterations or {}))


LINE = {n: falling(n) for n in NUMBERS}
UNPRINTED = published({99: 0.1})


def studied(*tables, printed=UNPRINTED):
    return n_study.n_study(pd.concat(tables), printed, LISTS, SETTINGS)


def summed(*tables):
    return n_study.summary(studied(*tables), LISTS, SETTINGS, ORIGINAL.seed)


def value(summary, quantity, part="fine", seeds="42"):
    same = (summary["quantity"] == quantity) & (summary["part"] == part)
    (row,) = summary[same & (summary["seeds"] == seeds)].to_dict("records")
    return row


def test_the_table_has_a_row_per_seed_and_n():
    study = studied(runs(LINE), runs(LINE, seed=7))
    assert tuple(study) == n_study.COLUMNS
    assert study[["seed", "n"]].to_numpy().tolist() == [[s, n] for s in (7, 42) for n in NUMBERS]
    lists = study.set_index(["seed", "n"])["lists"]
    assert lists[42, 4] == "fine broad"
    assert lists[42, 9] == "gap"
    assert lists[42, 16] == "broad"


def test_changes_are_against_one_fewer_of_the_same_seed():
    study = studied(runs(LINE | {6: 0.9, 7: 0.9}), runs({5: 0.1}, seed=7))
    row = study.set_index(["seed", "n"])
    assert row.loc[(42, 6), "change"] == pytest.approx(0.9 - falling(5))
    assert row.loc[(42, 6), "relative_change"] == pytest.approx(0.9 / falling(5) - 1)
    assert row.loc[(42, 6), "regression"]
    assert not row.loc[(42, 7), "regression"]
    # 2 and 16 have no N - 1, and neither has 5 of the other seed.
    assert row.loc[[(42, 2), (42, 16), (7, 5)], "change"].isna().all()


def test_tiers_and_turns():
    losses = {4: 0.5, 5: 0.5001, 6: 0.7, 7: np.nan}
    table = runs(losses)
    table.loc[0, "final_loss"] = 0.5
    table.loc[2, "final_loss"] = np.nan
    study = studied(table).set_index("n")
    assert study["tier"].tolist() == ["good", "fair", "poor", ""]
    assert study["turned"].tolist() == [False, True, True, True]
    assert study["best_share"].tolist() == [0.04, 0.05, 0.06, 0.07]


def test_published_values_need_the_published_settings():
    printed = published({4: 0.8, 16: 0.3})
    study = studied(runs(LINE), printed=printed).set_index("n")
    assert study.loc[4, "published_difference"] == pytest.approx(falling(4) - 0.8)
    assert study.loc[16, "published_best_loss"] == 0.3
    assert study["published_best_loss"].notna().sum() == 2
    other = studied(runs(LINE, published_best_loss=np.nan), printed=printed)
    assert other["published_best_loss"].isna().all()


def test_a_straight_line_is_found():
    summary = summed(runs(LINE))
    for part in ("fine", "fine and gap", "broad", "across the gap"):
        assert value(summary, "slope", part)["value"] == pytest.approx(-0.05)
        assert value(summary, "intercept", part)["value"] == pytest.approx(1)
        assert value(summary, "r_squared", part)["value"] == pytest.approx(1)
        assert value(summary, "curvature", part)["value"] == pytest.approx(0, abs=1e-12)
        assert value(summary, "regressions", part)["value"] == 0
    assert value(summary, "slope")["n"] == 5
    assert value(summary, "slope", "across the gap")["n"] == 5  # 8, the gap, 12
    assert value(summary, "share_above_broad_line", "fine")["n"] == 2  # 5 and 7
    assert value(summary, "furthest_from_broad_line")["value"] == pytest.approx(0, abs=1e-12)


def test_regressions_are_counted_with_their_size():
    summary = summed(runs(LINE | {6: 0.9, 10: 0.8}))
    assert value(summary, "regressions")["value"] == 1
    assert value(summary, "regressions")["n"] == 4
    assert value(summary, "regressions", "fine and gap")["value"] == 2
    assert value(summary, "largest_regression_at")["value"] == 6
    assert value(summary, "largest_regression")["value"] == pytest.approx(0.9 - falling(5))
    # Broad N alone are no neighbours.
    assert value(summary, "regressions", "broad")["n"] == 0


def test_the_optimal_range_reaches_to_the_tolerance():
    summary = summed(runs(LINE | {6: 0.5, 7: 0.51, 8: 0.54}))
    best = value(summary, "best_n")
    assert (best["value"], best["low"], best["high"], best["n"]) == (6, 6, 7, 2)
    ratio = value(summary, "best_ratio")
    assert [ratio["value"], ratio["low"], ratio["high"]] == pytest.approx([1.5, 1.5, 1.75])


def test_the_mean_curve_is_that_of_seeds_that_ran_all():
    one, two = runs(LINE), runs({n: loss + 0.2 for n, loss in LINE.items()}, seed=7)
    part = runs({4: 9.0}, seed=9)
    summary = summed(one, two, part)
    assert value(summary, "lowest_loss", seeds="all")["value"] == pytest.approx(falling(8) + 0.1)
    alone = summed(one, part)
    assert "all" not in set(alone.loc[alone["quantity"] == "lowest_loss", "seeds"])


def test_timing_and_cost_follow_n():
    summary = summed(runs(LINE))
    timing = value(summary, "best_iteration")
    assert (timing["value"], timing["low"], timing["high"]) == (600, 400, 800)
    assert value(summary, "best_iteration_against_n")["value"] == 1
    assert value(summary, "cost_exponent", "")["value"] == pytest.approx(0.5)
    assert value(summary, "turned", "")["value"] == 1
    tiers = [value(summary, "tier", name)["value"] for name in ("good", "fair", "poor")]
    assert sum(tiers) == len(NUMBERS)


def test_fine_values_above_the_line_between_broad_ones():
    """5 and 7 lie between the broad 4, 6 and 8; each 0.1 above."""
    summary = summed(runs(LINE | {n: falling(n) + 0.1 for n in (5, 7)}))
    assert value(summary, "above_broad_line")["value"] == pytest.approx(0.1)
    assert value(summary, "share_above_broad_line")["value"] == 1
    assert value(summary, "share_above_broad_line")["low"] < 0.5


def test_the_first_broad_n_beyond_the_gap_is_expected_from_the_line():
    summary = summed(runs(LINE | {12: 0.9}))
    expected = value(summary, "expected_beyond_gap", "N = 12")
    assert expected["value"] == pytest.approx(falling(12))
    assert not expected["low"] <= 0.9 <= expected["high"]
    assert value(summary, "measured_beyond_gap", "N = 12")["value"] == 0.9


@pytest.mark.parametrize("losses", [{4: 0.5}, {4: 0.5, 5: 0.5}, {4: np.nan}, {16: 0.5}])
def test_few_runs_give_no_interval_and_no_warning(losses):
    summary = summed(runs(losses))
    slopes = summary[summary["quantity"] == "slope"]
    assert slopes[["low", "high"]].isna().all().all()
    nothing = n_study.summary(studied(runs(losses, seed=7)), LISTS, SETTINGS, ORIGINAL.seed)
    assert (nothing.loc[nothing["quantity"] == "turned", "n"] == 0).all()


PRINTED = {4: 0.6, 5: 0.5, 6: 0.55, 7: 0.5, 8: 0.4, 16: 0.2}


def compared(measured=PRINTED, printed=PRINTED, iterations=None, **values):
    printed = published(printed, iterations)
    study = studied(runs(measured, **values), printed=printed)
    table = discrepancies(study, printed, ORIGINAL)
    assert tuple(table) == DISCREPANCIES
    return table.set_index(["statement", table["n"].fillna(0)])


def test_the_best_n_of_the_table_is_not_the_one_that_is_stated():
    row = compared().loc[("best_n", 0)]
    assert (row["stated_low"], row["published"], row["measured"]) == (7, 8, 8)
    assert not row["agrees"]
    assert row["reproduced"]
    right = compared(printed=PRINTED | {7: 0.3}).loc[("best_n", 0)]
    assert right["agrees"]
    assert not right["reproduced"]


def test_each_step_is_said_to_rise_or_to_fall():
    changes = compared().loc["change"]
    assert changes.index.tolist() == [5, 6, 7, 8]
    assert changes["agrees"].tolist() == [True, True, True, True]
    rises = changes["stated_low"].eq(0)
    assert changes["stated_high"].eq(0).tolist() == (~rises).tolist()
    # A limit that is not set is missing.
    assert changes["stated_low"].isna().tolist() == (~rises).tolist()
    assert changes["stated_high"].isna().tolist() == rises.tolist()
    changes = compared(printed=PRINTED | {7: 0.56}).loc["change"]
    assert changes["agrees"].tolist() == [True, True, False, True]
    assert changes["reproduced"].tolist() == [True, True, False, False]


def test_the_optimal_ratio_against_the_lowest_loss():
    """400 pixels: 1 to 2 % are N = 4 to 8, and N = 16 is 4 %."""
    row = compared().loc[("optimal_ratio", 0)]
    assert (row["stated_low"], row["stated_high"], row["published"]) == (1, 2, 4)
    assert not row["agrees"]
    assert compared().loc[("better_outside", 0), "published"] == 1
    worse = PRINTED | {16: 0.9}
    assert compared(printed=worse).loc[("optimal_ratio", 0), "agrees"]
    assert compared(printed=worse).loc[("better_outside", 0), "agrees"]


def test_printed_iterations_and_losses_are_statements_themselves():
    rows = compared(iterations={4: "~400", 5: "600"}, measured=PRINTED | {16: 0.2000004})
    assert rows.loc[("best_iteration", 4), "agrees"]
    assert not rows.loc[("best_iteration", 5), "agrees"]
    assert rows.loc[("best_iteration", 5), "measured"] == 500
    assert rows.loc[("best_loss", 16), "agrees"]
    assert not compared(measured=PRINTED | {16: 0.2000006}).loc[("best_loss", 16), "agrees"]


def test_other_settings_measure_nothing_of_what_is_printed():
    rows = compared(published_best_loss=np.nan)
    assert rows["measured"].isna().all()
    assert rows["reproduced"].isna().all()
    assert not rows.loc[("best_n", 0), "agrees"]
