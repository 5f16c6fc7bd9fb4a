"""Findings of study 1 say what the verdicts of claims allow, and nothing where no runs bear one."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import COLUMNS, NOT_SUPPORTED, SUPPORTED, UNDECIDED, WHOLE
from lgi.config import read_config
from lgi.findings import read_findings
from lgi.gaussians import results
from lgi.gaussians.findings import findings
from lgi.gaussians.price.table import DESCRIPTION, REGULAR
from lgi.gaussians.turn import cures

CONFIG = read_config()
NAMES = CONFIG.gaussians.names
GIVEN = results.finding(CONFIG, {})
SEED, TURN, RATIO = "n_study.seed_matters", "turn.lost_pixels", "n_study.optimal_ratio"
JUDGED = (SEED, TURN, RATIO, "turn.diverges", "n_study.more_is_better", "price.needs_bits")
ALSO = ("n_study.one_seed_ranks", "n_study.one_seed_finds_best", "blending.sum_turns")


def row(id, verdict, value=0.5, part=WHOLE, n=20):
    known = {"id": id, "part": part, "verdict": verdict, "statistic": value, "n": n}
    ends = {"low": value - 0.1, "high": value + 0.1}
    return dict.fromkeys(COLUMNS, "") | known | ends | {"p": 1.0, "sentence": f"{id} said."}


def judged(verdict=SUPPORTED, **verdicts):
    """Return claims of one verdict, but for those given by the last part of their id."""
    ids = (*JUDGED, *ALSO)
    rows = [row(id, verdicts.get(id.rpartition(".")[2], verdict)) for id in ids]
    parts = [row("elsewhere.exact", SUPPORTED, part=name) for name in ("a", "b")]
    return pd.DataFrame([*rows, *parts, row("elsewhere.exact", UNDECIDED, part="c")])


def compared(*recipes):
    """Return a comparison of recipes: name, what it changes, what it does."""
    base = dict.fromkeys(cures.COLUMNS, np.nan)
    rows = [base | {"recipe": "published", "changes": "", "kind": ""}]
    for name, changed, kind in recipes:
        own = {"recipe": name, "changes": changed, "kind": kind, "best_loss": 0.04}
        own |= {"turned": 0.0, "turned_seeds": 16, "gain": 0.03, "gain_low": 0.02}
        rows.append(base | own | {"gain_high": 0.04, "gain_seeds": 16})
    return pd.DataFrame(rows)


CURED = compared(
    ("exact", "iterations, edge", cures.CURES),
    ("smooth", "edge", cures.CURES),
    ("cosine", "schedule", cures.TURNS),
)


def priced(n_star=150.0, image="gradient_checkerboard"):
    return pd.DataFrame(
        {
            "image": [image],
            "recipe": "exact",
            "score": DESCRIPTION,
            "price": REGULAR,
            "bits": 6.0,
            "n_star": n_star,
            "low": 106.0,
            "high": 212.0,
            "seeds": 10,
            "least_tried": 20,
            "most_tried": 300,
        }
    )


def found(claims=None, comparison=CURED, price=None, **changes):
    table = findings(
        claims=judged() if claims is None else claims,
        cures=comparison,
        price=price,
        **(GIVEN | changes),
    )
    return {finding.id: finding for finding in read_findings(table)}


def test_five_findings_come_in_their_order_with_numbers_and_pictures():
    every = found(price=priced())
    assert list(every) == ["seed", "turn", "cures", "ratio", "price"]
    for one in every.values():
        assert np.isfinite([one.value, one.low, one.high]).all()
        assert one.n > 0
        assert one.figure.startswith("figures/gaussians_")
        assert one.table.startswith("tables/gaussians_")
        assert not one.headline.endswith(".")
        assert one.text.endswith(".")
        assert one.text.count(". ") == 1  # two sentences
        assert len(one.headline) < 100


@pytest.mark.parametrize(
    ("id", "verdict", "headline"),
    [
        ("seed", SUPPORTED, "shows its seed"),
        ("seed", NOT_SUPPORTED, "N matters more than the seed"),
        ("seed", UNDECIDED, "is not decided"),
        ("turn", SUPPORTED, "Training turns because pixels lose"),
        ("turn", NOT_SUPPORTED, "not because pixels lose"),
        ("turn", UNDECIDED, "Why training turns is not decided"),
        ("ratio", SUPPORTED, "called optimal is the best tried"),
        ("ratio", NOT_SUPPORTED, "called optimal is not optimal"),
        ("ratio", UNDECIDED, "is optimal is not decided"),
    ],
)
def test_a_headline_is_that_of_its_verdict(id, verdict, headline):
    assert headline in found(judged(verdict))[id].headline


def test_whether_one_seed_is_enough_is_told_for_each_end():
    def text(ranks, best):
        return found(judged(one_seed_ranks=ranks, one_seed_finds_best=best))["seed"].text

    both = text(NOT_SUPPORTED, NOT_SUPPORTED)
    assert both.endswith("One seed is not enough to rank N or to find the best.")
    assert "is enough to rank N, and is not enough to find" in text(SUPPORTED, NOT_SUPPORTED)
    assert "may or may not be enough to rank N or" in text(UNDECIDED, UNDECIDED)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (SUPPORTED, "is the best only at 0.500 times that price"),
        (NOT_SUPPORTED, "is the best at that price or below"),
        (UNDECIDED, "is open"),
    ],
)
def test_what_the_best_n_of_the_original_asks_for_is_told_by_its_verdict(verdict, said):
    assert said in found(judged(needs_bits=verdict), price=priced())["price"].text


def test_what_a_definition_decides_is_no_finding():
    assert set(found(judged("not applicable"))) == {"cures"}


def test_what_no_runs_bear_is_left_out():
    nothing = judged().assign(statistic=np.nan, low=np.nan, high=np.nan, n=0)
    assert list(found(nothing, comparison=CURED)) == ["cures"]
    assert list(found(nothing, comparison=CURED.iloc[:1])) == []
    assert "price" not in found()
    assert "price" not in found(price=priced(np.nan))


def test_claims_that_nobody_asked_are_left_out():
    claims = judged()
    assert list(found(claims[claims["id"] == RATIO])) == ["cures", "ratio"]


def test_the_number_is_that_of_the_part_with_the_most_seeds_where_there_is_no_whole():
    claims = judged()
    claims.loc[claims["id"] == TURN, "statistic"] = np.nan
    parts = [row(TURN, SUPPORTED, 0.9, "a", 5), row(TURN, SUPPORTED, 0.7, "b", 9)]
    one = found(pd.concat([claims, pd.DataFrame(parts)]))["turn"]
    assert (one.value, one.n) == (0.7, 9)
    assert one.measure.endswith(": b")


def test_a_part_that_is_supported_does_not_make_the_whole_supported():
    claims = judged(lost_pixels=UNDECIDED)
    claims.loc[claims["id"] == TURN, "statistic"] = np.nan
    parts = pd.DataFrame([row(TURN, SUPPORTED, 0.9, "a"), row(TURN, UNDECIDED, 0.6, "b")])
    one = found(pd.concat([claims, parts]))["turn"]
    assert one.headline == "Why training turns is not decided"


def test_the_cure_is_the_recipe_that_changes_least():
    one = found(judged(sum_turns=NOT_SUPPORTED))["cures"]
    assert one.headline == (
        "What cures it: an edge that the gradient sees, or colours that are added"
    )
    assert one.claim == "cures.smooth"
    assert "With “smooth edge”" in one.text
    assert "none of 16 seeds turns" in one.text
    assert "of 1 recipe that changes the learning rate alone, none is shown to cure" in one.text
    assert (one.value, one.n, one.unit) == (0.03, 16, "seeds")


def test_colours_that_are_added_cure_only_where_they_do_not_turn():
    for verdict in (SUPPORTED, UNDECIDED):
        assert "added" not in found(judged(sum_turns=verdict))["cures"].headline


def test_another_cure_is_called_by_its_display_name():
    one = found(comparison=compared(("error_guided_3000", "start, schedule", cures.CURES)))["cures"]
    assert f"“{NAMES.of('recipes', 'error_guided_3000')}”" in one.headline
    assert "error_guided" not in one.headline + one.text + one.measure


def test_where_nothing_cures_that_is_said():
    one = found(comparison=compared(("cosine", "schedule", cures.TURNS)))["cures"]
    assert one.headline.startswith("No recipe that was tried is shown to keep a fit from turning")
    assert (one.value, one.n, one.unit) == (0, 1, "recipes")


@pytest.mark.parametrize(
    ("n_star", "said"), [(150, "150"), (300, "at least 300"), (20, "at most 20")]
)
def test_a_best_n_at_an_end_of_those_tried_is_a_bound(n_star, said):
    one = found(price=priced(n_star))["price"]
    start = "How many Gaussians to use: without a price the most; at 6 bits a parameter, "
    assert one.headline == start + said


def test_without_a_trend_the_most_are_not_said_to_fit_best():
    one = found(judged(more_is_better=UNDECIDED), price=priced())["price"]
    assert one.headline == "How many Gaussians to use: at 6 bits a parameter, 150"


def test_of_another_image_nothing_is_found_that_the_original_says():
    every = found(price=priced(image="textured"), of_the_original=False, image="textured")
    assert list(every) == ["seed", "turn", "cures", "more", "price"]
    assert every["more"].headline == "More Gaussians give a lower loss"
    assert "for 2 of 3 pairs of image and recipe" in found()["ratio"].text
    assert not any("original" in one.headline + one.text for one in every.values())
