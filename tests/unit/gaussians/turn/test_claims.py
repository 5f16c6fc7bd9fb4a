"""Claims on turns and cures, on worlds whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED, UNDECIDED, Claims, claim_table
from lgi.gaussians.selection import RunList
from lgi.gaussians.turn import cures
from lgi.gaussians.turn.claims import claims
from lgi.gaussians.turn.settings import TurnSettings

SETTINGS = TurnSettings(
    confidence=0.95,
    factor=1.1,
    uncovered=0.01,
    fits={"image": "flat", "recipe": ["published", "stopped"]},
    cures={"confidence": 0.95, "runs": "cures", "reference": "published"},
    neighbours={"fits": {"n": [5]}, "film": "film"},
)


def lists(*recipes):
    every = {"image": "flat", "n": [5], "seeds": list(range(12))}
    return [RunList(name=recipe, recipe=recipe, **every) for recipe in recipes]


def turns(share=0.9, lead=2.0, recipe="published", decided=False, turned=True, seeds=12):
    """Return a table of turns, of runs that differ a little."""
    rng = np.random.default_rng(1)
    there = 1.0 if turned else np.nan
    return pd.DataFrame(
        {
            "image": "flat",
            "recipe": recipe,
            "n": 5,
            "seed": range(seeds),
            "turned": turned,
            "decided": decided,
            "turn_iteration": 1000.0 * there,
            "uncovered_iteration": 1000 / lead * rng.uniform(0.9, 1.1, seeds) * there,
            "share_at_turn": (share + 0.01 * rng.normal(size=seeds)) * there,
            "share_at_end": (1 - share + 0.01 * rng.normal(size=seeds)) * there,
        }
    )


def compared(**changes):
    """Return a comparison of the reference with one recipe that turns and is no better."""
    reference = dict.fromkeys(cures.COLUMNS, np.nan) | {"recipe": "published", "runs": 12}
    other = reference | {
        "recipe": "slow",
        "turned": 1.0,
        "turned_low": 0.7,
        "turned_high": 1.0,
        "cures": NOT_SUPPORTED,
        "gain": 0.0,
        "gain_low": -0.1,
        "gain_high": 0.1,
        "gain_p": 1.0,
        "better": UNDECIDED,
    }
    return pd.DataFrame([reference, other | changes])


def judged(table, comparison=None, recipes=("published",)):
    comparison = compared() if comparison is None else comparison
    rows = claims(turn=table, cures=comparison, settings=SETTINGS, lists=lists(*recipes))
    return Claims(claim_table(rows))


@pytest.mark.parametrize(
    ("share", "lead", "early", "late", "first", "sentence"),
    [
        (0.9, 2.0, SUPPORTED, NOT_SUPPORTED, SUPPORTED, "Training turns because"),
        (0.1, 0.5, NOT_SUPPORTED, SUPPORTED, NOT_SUPPORTED, "Training does not turn because"),
    ],
)
def test_verdicts_and_sentences_follow_where_the_loss_rises(
    share, lead, early, late, first, sentence
):
    found = judged(turns(share, lead))
    assert found.verdict("turn.diverges") == SUPPORTED
    assert found.sentence("turn.diverges") == "Turning is the rule."
    assert found.verdict("turn.lost_pixels") == early
    assert found.verdict("turn.lost_pixels_at_end") == late
    assert found.verdict("turn.coverage_first") == first
    assert found.sentence("turn.lost_pixels").startswith(sentence)


def test_too_few_runs_decide_nothing():
    found = judged(turns(seeds=1))
    assert {found.verdict(id) for id in found.table["id"] if id.startswith("turn")} == {UNDECIDED}
    assert found.whole("turn.lost_pixels")["reason"] == "fewer than 2 runs"


def test_where_none_turns_there_is_nothing_to_say_why():
    found = judged(turns(turned=False))
    assert found.verdict("turn.diverges") == NOT_SUPPORTED
    assert found.verdict("turn.lost_pixels") == UNDECIDED
    assert found.sentence("turn.lost_pixels") == "Why training turns is not decided."


def test_a_recipe_whose_definition_decides_has_no_part_in_whether_training_diverges():
    both = pd.concat([turns(turned=False), turns(recipe="stopped", decided=True)])
    found = judged(both, recipes=("published", "stopped"))
    parts = found.parts("turn.diverges").set_index("part")["verdict"]
    assert parts.to_dict() == {"published": NOT_SUPPORTED, "stopped": NOT_APPLICABLE}
    assert found.verdict("turn.diverges") == NOT_SUPPORTED
    alone = judged(turns(recipe="stopped", decided=True), recipes=("stopped",))
    assert alone.verdict("turn.diverges") == NOT_APPLICABLE
    assert alone.sentence("turn.diverges") == ""


def test_cures_follow_the_comparison():
    found = judged(turns())
    assert found.verdict("cures.slow") == NOT_SUPPORTED
    assert found.sentence("cures.slow") == "Most fits turn all the same with slow."
    assert found.verdict("cures.slow.better") == UNDECIDED
    good = compared(turned=0.0, turned_low=0.0, turned_high=0.3, gain_low=0.01, gain=0.05)
    found = judged(turns(), good)
    assert found.verdict("cures.slow") == found.verdict("cures.slow.better") == SUPPORTED
    assert found.whole("cures.slow.better")["p"] == 1


def test_a_cure_that_its_definition_decides_gets_no_verdict():
    found = judged(turns(), compared(cures=NOT_APPLICABLE, better=NOT_APPLICABLE))
    for id, why in (("cures.slow", "early stop"), ("cures.slow.better", "the beginning of")):
        assert found.verdict(id) == NOT_APPLICABLE
        assert why in found.whole(id)["reason"]
        assert found.sentence(id) == ""
