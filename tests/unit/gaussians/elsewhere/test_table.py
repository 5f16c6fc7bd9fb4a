"""Whether an optimal ratio holds elsewhere, on curves whose answer is known."""

import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, ORIGINAL, OURS, SUPPORTED, UNDECIDED, Claims, claim_table
from lgi.errors import DataError
from lgi.gaussians.elsewhere.claims import claims
from lgi.gaussians.elsewhere.settings import ElsewhereSettings
from lgi.gaussians.elsewhere.table import curves
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.selection import RunList

RATIO = (0.0122, 0.0134)
ORIGINAL_STUDY = OriginalStudy(
    seed=0,
    recipes=["published_3000"],
    again="published_3000",
    reference="published_3000",
    worse=[52],
    best=52,
    ratio=RATIO,
)
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
    rows = claims(table=pd.concat(runs), settings=settings, original=ORIGINAL_STUDY, lists=LISTS)
    return Claims(claim_table(rows))


VALLEY = {20: 0.1, 52: 0.06, 100: 0.08}
FALLING = {20: 0.1, 52: 0.06, 100: 0.04}


def test_the_optimal_ratio_is_judged_image_by_image():
    runs = image_runs("valley", VALLEY), image_runs("falling", FALLING)
    found = judged(*runs, image_runs("none", {20: 0.1, 60: 0.06}))
    parts = found.parts("elsewhere.published_3000").set_index("part")
    verdicts = {"valley": SUPPORTED, "falling": NOT_SUPPORTED, "none": UNDECIDED}
    assert parts["verdict"].to_dict() == verdicts
    assert parts["reason"]["none"] == "no N inside the range"
    assert found.verdict("elsewhere.published_3000") == NOT_SUPPORTED
    assert found.sentence("elsewhere.published_3000") == (
        "With published_3000, there is no such optimal range: many more Gaussians do better on "
        "falling, though not on valley."
    )


def test_runs_that_are_not_asked_do_not_count():
    found = judged(image_runs("valley", VALLEY), image_runs("other", FALLING))
    assert found.verdict("elsewhere.published_3000") == SUPPORTED


def test_whose_a_claim_is_does_not_hang_on_the_spelling_of_a_recipe():
    ours = image_runs("valley", VALLEY).assign(recipe="published_anew")
    found = judged(image_runs("valley", VALLEY), ours)
    assert found.whole("elsewhere.published_3000")["source"] == ORIGINAL
    assert found.whole("elsewhere.published_anew")["source"] == OURS
