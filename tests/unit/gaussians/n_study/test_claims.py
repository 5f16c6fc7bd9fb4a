"""The same code must find a claim supported in one world and not supported in its opposite."""

from itertools import chain

import numpy as np
import pandas as pd
import pytest

from lgi.claims import (
    COLUMNS,
    NOT_SUPPORTED,
    SUPPORTED,
    UNDECIDED,
    WHOLE,
    WITHIN,
    Claims,
    claim_table,
)
from lgi.gaussians.fits.table import reproducibility
from lgi.gaussians.n_study.claims import claims
from lgi.gaussians.n_study.seeds import curves
from lgi.gaussians.n_study.settings import NClaimSettings, NStudySettings, SeedsSettings
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.selection import RunList

FINE = list(range(45, 56))
NUMBERS = [30, 40, *FINE, 70, 100]
SEEDS = [42, 1, 2, 3, 4, 5, 6, 7, 8, 9]
TRIED, FRESH = [47, 48, 51, 52, 53, 54], list(range(101, 110))
ORIGINAL_SEED = 42
# Seed 42's losses as printed, but with N = 53 below N = 55.
PRINTED = [0.0842, 0.0772, 0.0749, 0.0804, 0.0780, 0.0712, 0.0703, 0.0714, 0.0665, 0.0751, 0.0681]
ORIGINAL = OriginalStudy(
    seed=ORIGINAL_SEED,
    again="published_3000",
    reference="published",
    worse=[48, 52, 54],
    best=53,
    ratio=(0.0122, 0.0134),
    fresh="fresh",
)
SETTINGS = NClaimSettings(
    confidence=0.95,
    least=3,
    curves=[{"image": "board", "recipe": "published"}],
    ranking=0.8,
    picking=0.6,
    size=0.5,
    rise=0.0,
    structure=0.5,
    seed=0,
)
SEEDS_SETTINGS = SeedsSettings(runs="seeds", confidence=0.95, resamples=9, seed=0, power=0.8)

WORSE = "n_study.worse"
AS_PRINTED = "n_study.as_bad_as_printed"
OTHER = "n_study.other_steps"
BY_SEED = "n_study.worse_by_seed"
BEST = "n_study.best"
REPRODUCIBLE = "n_study.reproducible"
RANK = "n_study.one_seed_ranks"
WHERE = "n_study.one_seed_tells_steps"
FIND = "n_study.one_seed_finds_best"
RATIO = "n_study.optimal_ratio"
MORE = "n_study.more_is_better"
NOT_MONOTONE = "n_study.not_monotone"
STRUCTURE = "n_study.structure"
SEED_MATTERS = "n_study.seed_matters"
TIMING = "n_study.timing"
OF_THE_ORIGINAL = {WORSE, AS_PRINTED, OTHER, BY_SEED, BEST, RATIO}


def table(curve, noise=1e-5, recipe="published"):
    """Return runs whose losses are a curve over NUMBERS, with noise at each N and seed."""
    rng = np.random.default_rng(7)
    rows = [
        {"n": n, "seed": seed, "best_loss": loss + noise * rng.normal()}
        for seed in chain(SEEDS, FRESH)
        for n, loss in zip(NUMBERS, curve, strict=True)
        if seed in SEEDS or n in TRIED
    ]
    frame = pd.DataFrame(rows).assign(image="board", recipe=recipe)
    iteration = 1000 + frame["n"] if noise < 0.01 else 1000 - frame["n"]
    return frame.assign(
        n_over_pixels=frame["n"] / 64**2, best_iteration=iteration, iterations=10_000
    )


def rigid():
    """Every seed has the printed curve, and the loss rises beyond it."""
    return table([0.11, 0.09, *PRINTED, 0.08, 0.09])


def smooth():
    """Every seed falls along the same line, for ever."""
    return table([0.2 - 0.001 * n for n in NUMBERS])


def rising():
    return table([0.1 + 0.001 * n for n in NUMBERS])


def luck():
    """The loss falls a little along N, and differs much from run to run."""
    return table([0.2 - 0.0003 * n for n in NUMBERS], noise=0.01)


def again(runs, difference=0.0, iterations=3000):
    twice = runs.assign(
        recipe="published_3000",
        best_loss=runs["best_loss"] + difference,
        iterations=iterations,
    )
    return reproducibility(pd.concat([runs, twice]), ORIGINAL.again, ORIGINAL.reference)


def listed(name, numbers, seeds):
    return RunList(name=name, image="board", recipe="published", n=numbers, seeds=seeds)


def judged(
    runs,
    seeds=SEEDS,
    fresh=FRESH,
    difference=0.0,
    iterations=3000,
    settings=SETTINGS,
    original=ORIGINAL,
):
    all_of_them = {"fine": "all", "gap": "all", "broad": "all"}
    rows = claims(
        table=runs,
        reproducibility=again(runs, difference, iterations),
        published=pd.DataFrame({"n": FINE, "seed": ORIGINAL_SEED, "best_loss": PRINTED}),
        settings=NStudySettings.model_construct(
            seeds=SEEDS_SETTINGS, claims=settings, **all_of_them
        ),
        original=original,
        lists=[
            listed("all", NUMBERS, SEEDS),
            listed("seeds", FINE, seeds),
            listed("fresh", TRIED, fresh),
        ],
    )
    return claim_table(rows)


@pytest.fixture(scope="module")
def worlds():
    return {world.__name__: judged(world()) for world in (rigid, smooth, rising, luck)}


def whole(result, claim):
    (row,) = result[(result["id"] == claim) & (result["part"] == WHOLE)].to_dict("records")
    return row


@pytest.mark.parametrize(
    ("claim", "true", "false"),
    [
        (WORSE, "rigid", "smooth"),
        (AS_PRINTED, "rigid", "smooth"),
        (BY_SEED, "rigid", "smooth"),
        (TIMING, "smooth", "luck"),
        (BEST, "rigid", "smooth"),
        (RANK, "rigid", "luck"),
        (WHERE, "rigid", "luck"),
        (FIND, "rigid", "luck"),
        (RATIO, "rigid", "smooth"),
        (MORE, "smooth", "rising"),
        (NOT_MONOTONE, "rigid", "smooth"),
        (STRUCTURE, "rigid", "luck"),
        (SEED_MATTERS, "luck", "rigid"),
    ],
)
def test_opposite_worlds_get_opposite_verdicts(worlds, claim, true, false):
    assert whole(worlds[true], claim)["verdict"] == SUPPORTED
    assert whole(worlds[false], claim)["verdict"] == NOT_SUPPORTED


def test_a_last_bit_is_not_reproducible():
    assert whole(judged(rigid()), REPRODUCIBLE)["verdict"] == SUPPORTED
    apart = whole(judged(rigid(), difference=1e-16), REPRODUCIBLE)
    assert apart["verdict"] == NOT_SUPPORTED
    assert apart["statistic"] > 0


def test_a_best_that_the_shorter_run_never_reached_says_nothing():
    row = whole(judged(rigid(), difference=0.1, iterations=999), REPRODUCIBLE)
    assert (row["verdict"], row["n"]) == (UNDECIDED, 0)
    assert row["reason"] == "there are no such runs"


def test_every_claim_is_tried_above(worlds):
    tried = {WORSE, AS_PRINTED, BEST, REPRODUCIBLE, RANK, WHERE, FIND, RATIO, MORE}
    tried |= {NOT_MONOTONE, STRUCTURE, SEED_MATTERS, OTHER, BY_SEED, TIMING}
    assert set(worlds["luck"]["id"]) == tried


def test_of_another_image_nothing_of_the_original_is_asked(worlds):
    found = judged(rigid(), original=None)
    assert set(found["id"]) == set(worlds["rigid"]["id"]) - OF_THE_ORIGINAL
    assert "original" not in " ".join(found["sentence"]) + " ".join(found["claim"])


def test_a_step_like_all_others_is_said_to_be(worlds):
    """On one line all steps are alike; as printed, three of them rise and the others fall."""
    assert whole(worlds["smooth"], OTHER)["verdict"] == WITHIN
    row = whole(worlds["rigid"], OTHER)
    assert row["verdict"] == SUPPORTED
    steps = np.diff(PRINTED[2:10])  # to N = 48 .. 54
    own = steps[[0, 4, 6]].mean()
    assert row["statistic"] == pytest.approx(own - steps[[1, 2, 3, 5]].mean(), abs=1e-5)


def test_the_mean_step_is_compared_with_the_mean_printed_one(worlds):
    """A small printed step at one N must not outweigh the others."""
    row = whole(worlds["smooth"], AS_PRINTED)
    printed = np.mean([0.0055, 0.0011, 0.0086])
    assert row["statistic"] == pytest.approx(-0.001 / printed, rel=0.01)
    assert row["n"] == len(FRESH)
    assert f"on average over {len(FRESH)} fresh seeds the step there is -20 %" in row["sentence"]


def test_seeds_that_rise_are_counted_seed_by_seed():
    runs = smooth()
    lucky = (runs["seed"] == FRESH[0]) & runs["n"].isin([47, 51, 53])
    runs.loc[lucky, "best_loss"] -= 0.01
    rows = judged(runs).set_index(["id", "part"]).loc[BY_SEED]
    assert np.allclose(rows["statistic"].astype(float), 1 / len(FRESH))
    runs.loc[lucky & (runs["n"] == 47), "best_loss"] += 0.01
    rows = judged(runs).set_index(["id", "part"]).loc[BY_SEED]
    assert rows.loc[WHOLE, "statistic"] == 0
    assert rows.loc["N = 52", "statistic"] == pytest.approx(1 / len(FRESH))


def test_a_row_for_the_whole_and_for_each_part(worlds):
    result = worlds["rigid"]
    assert tuple(result) == COLUMNS
    assert not result.duplicated(["id", "part"]).any()
    parts = result[result["id"] == WORSE]["part"].tolist()
    assert parts == [WHOLE, "N = 48", "N = 52", "N = 54"]
    assert len(result[result["id"] == NOT_MONOTONE]) == len(FINE)
    assert len(result[result["id"] == BEST]) == len(FINE)


def test_only_what_regresses_is_supported(worlds):
    rows = worlds["rigid"][worlds["rigid"]["id"] == NOT_MONOTONE].set_index("part")
    rises = [part for part in rows.index if rows.loc[part, "verdict"] == SUPPORTED]
    assert rises == [WHOLE, "N = 48", "N = 52", "N = 54"]


def test_claims_made_from_a_seed_are_tried_on_the_others():
    """Only the original's seeds have the printed curve: that supports nothing."""
    runs = smooth()
    own = runs["seed"].eq(ORIGINAL_SEED) & runs["n"].isin(FINE)
    runs.loc[own, "best_loss"] = PRINTED
    result = judged(runs)
    assert whole(result, WORSE)["n"] == len(FRESH)
    assert whole(result, BEST)["n"] == len(SEEDS) - 1
    assert {whole(result, c)["verdict"] for c in (WORSE, AS_PRINTED, BEST)} == {NOT_SUPPORTED}


def test_half_of_the_printed_size_is_what_it_takes():
    """Worse than one fewer, but by a tenth of what is printed."""
    changes = np.diff(PRINTED)
    small = PRINTED[0] + np.cumsum([0, *np.where(changes > 0, 0.1 * changes, changes)])
    result = judged(table([0.11, 0.1, *small, 0.03, 0.02]))
    assert whole(result, WORSE)["verdict"] == SUPPORTED
    assert whole(result, AS_PRINTED)["verdict"] == NOT_SUPPORTED
    assert np.isclose(whole(result, AS_PRINTED)["statistic"], 0.1, atol=0.01)


def test_a_rise_below_the_margin_does_not_count():
    settings = SETTINGS.model_copy(update={"rise": 0.01})
    result = judged(rigid(), settings=settings)
    row = whole(result, NOT_MONOTONE)
    assert row["claim"].endswith("at some N it rises by more than 0.01")
    assert row["verdict"] == NOT_SUPPORTED


def test_intervals_of_the_parts_hold_together(worlds):
    """Three parts at 95 % together: each at 98.33 %."""
    losses = curves(luck(), listed("fresh", TRIED, FRESH))
    from scipy import stats

    step = (losses[48] - losses[47]).to_numpy()
    low, high = stats.ttest_1samp(step, 0).confidence_interval(1 - 0.05 / 3)
    row = worlds["luck"].set_index(["id", "part"]).loc[(WORSE, "N = 48")]
    assert np.allclose(row[["low", "high"]].astype(float), [low, high])


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_seeds_decide_nothing(count):
    result = judged(rigid(), seeds=SEEDS[1 : count + 1], fresh=FRESH[:count])
    parts = result[(result["id"] == WORSE) & (result["part"] != WHOLE)]
    assert set(parts["reason"]) == {"fewer than 3 seeds"}
    for claim in (
        WORSE,
        AS_PRINTED,
        OTHER,
        BY_SEED,
        BEST,
        RANK,
        WHERE,
        FIND,
        NOT_MONOTONE,
        STRUCTURE,
    ):
        assert whole(result, claim)["verdict"] == UNDECIDED
        assert whole(result, claim)["reason"]


def test_the_seed_of_the_original_alone_decides_nothing_but_reproducibility():
    runs = rigid()
    runs = runs[(runs["seed"] == ORIGINAL_SEED) | (runs["seed"] == FRESH[0])]
    result = judged(runs, seeds=[ORIGINAL_SEED])
    decided = result.loc[result["verdict"] != UNDECIDED, "id"]
    assert set(decided) == {REPRODUCIBLE}


def test_missing_runs_are_said_not_hidden():
    runs = rigid()
    result = judged(runs[runs["n"] != 47])
    rows = result[result["id"] == WORSE].set_index("part")
    assert rows.loc["N = 48", "reason"] == "there are no such runs"
    assert rows.loc[WHOLE, "reason"] == "without N = 48"
    assert rows.loc[WHOLE, "verdict"] == UNDECIDED
    assert rows.loc["N = 54", "verdict"] == SUPPORTED


def test_a_ratio_without_runs_above_it_is_not_judged():
    runs = rigid()
    rows = judged(runs[runs["n"] <= 55])
    assert whole(rows, RATIO)["verdict"] == UNDECIDED
    assert whole(rows, RATIO)["reason"] == "there are no such runs"


def test_losses_that_are_not_finite_do_not_count():
    runs = rigid()
    runs.loc[runs["seed"].isin([3, FRESH[3]]) & (runs["n"] == 48), "best_loss"] = np.nan
    rows = judged(runs).set_index(["id", "part"])
    assert rows.loc[(WORSE, "N = 48"), "n"] == len(FRESH) - 1
    assert rows.loc[(WORSE, "N = 54"), "n"] == len(FRESH)
    assert rows.loc[(RANK, WHOLE), "n"] == len(SEEDS) - 1


def test_the_same_table_gives_the_same_rows(worlds):
    pd.testing.assert_frame_equal(worlds["luck"], judged(luck()))


def test_equal_losses_decide_nothing():
    result = judged(table([0.1] * len(NUMBERS), noise=0))
    assert whole(result, RANK)["verdict"] == UNDECIDED
    assert whole(result, MORE)["verdict"] == UNDECIDED
    assert whole(result, NOT_MONOTONE)["verdict"] == NOT_SUPPORTED


def test_the_claims_speak_the_numbers_of_the_original(worlds):
    found = Claims(worlds["rigid"])
    says = "N = 53 is the best of 45 to 55"
    assert found.sentence(BEST) == f"{says}, as the original says."
    assert Claims(worlds["smooth"]).sentence(BEST) == (
        f"That {says} does not hold of the other seeds."
    )
    assert found.whole(WORSE)["claim"] == "48, 52 and 54 Gaussians do worse than one fewer"
    ratio = "the optimal ratio of Gaussians to pixels is 1.22 to 1.34 %"
    assert found.whole(RATIO)["claim"] == ratio
