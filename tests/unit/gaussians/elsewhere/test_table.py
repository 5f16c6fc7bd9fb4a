"""Whether an optimal ratio holds elsewhere, on curves whose answer is known."""

import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, OURS, SUPPORTED, UNDECIDED, Claims, claim_table
from lgi.errors import DataError
from lgi.gaussians.elsewhere.claims import claims
from lgi.gaussians.elsewhere.settings import ElsewhereSettings
from lgi.gaussians.elsewhere.table import curves
from lgi.gaussians.selection import RunList

RATIO = (0.0122, 0.0134)
IMAGES = ["valley", "falling", "none"]
LISTS = [
    RunList(
        name="images",
        image=IMAGES,
        recipe=["published_3000", "published_anew"],
        n=[20, 52, 60, 100],
        seeds=[0, 1, 2],
    )
]


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


def test_curves_mark_the_lowest_and_the_range():
    table = curves(
        image_runs("valley", {20: 0.1, 52: 0.06, 100: 0.08}), ratio=RATIO, confidence=0.95
    )
    assert table["is_lowest"].tolist() == [False, True, False]
    assert table["in_range"].tolist() == [False, True, False]
    assert (table["low"] < table["best_loss"]).all()
    with pytest.raises(DataError, match="no runs"):
        curves(table.iloc[:0], ratio=RATIO, confidence=0.95)


def judged(*runs):
    settings = ElsewhereSettings(confidence=0.95, fits={"runs": "images"})
    rows = claims(table=pd.concat(runs), settings=settings, ratio=RATIO, lists=LISTS)
    return Claims(claim_table(rows))


VALLEY = {20: 0.1, 52: 0.06, 100: 0.08}
FALLING = {20: 0.1, 52: 0.06, 100: 0.04}


def test_many_more_gaussians_are_compared_with_the_range_image_by_image():
    runs = image_runs("valley", VALLEY), image_runs("falling", FALLING)
    found = judged(*runs, image_runs("none", {20: 0.1, 60: 0.06}))
    parts = found.parts("elsewhere.published_3000").set_index("part")
    verdicts = {"valley": NOT_SUPPORTED, "falling": SUPPORTED, "none": UNDECIDED}
    assert parts["verdict"].to_dict() == verdicts
    assert parts["reason"]["none"] == "no N inside the range"
    assert found.verdict("elsewhere.published_3000") == NOT_SUPPORTED
    assert found.sentence("elsewhere.published_3000") == (
        "With recipe “published 3000” the most Gaussians tried, beside N at 1.22 % to 1.34 % of "
        "the pixels, fit better on “falling”; worse on “valley”; neither for certain on “none”."
    )


def test_an_undecided_image_leaves_the_whole_undecided_and_is_named():
    """Ups and downs of a seed as large as what more Gaussians gain."""
    luck = image_runs("valley", FALLING)
    luck.loc[luck["seed"] == 0, "best_loss"] *= [1, 0.4, 1.5]
    found = judged(image_runs("falling", FALLING), luck)
    assert found.verdict("elsewhere.published_3000") == UNDECIDED
    assert "better on “falling”; neither for certain on “valley”" in found.sentence(
        "elsewhere.published_3000"
    )


def test_runs_that_are_not_asked_do_not_count():
    found = judged(image_runs("falling", FALLING), image_runs("other", VALLEY))
    assert found.verdict("elsewhere.published_3000") == SUPPORTED


def test_the_question_is_ours():
    """The original speaks of its own image."""
    assert judged(image_runs("valley", VALLEY)).whole("elsewhere.published_3000")["source"] == OURS
