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
    cures={"confidence": 0.95, "runs": "cures", "reference": "published", "spent": 0.1},
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
            "rise_on_lost_at_turn": (share + 0.01 * rng.normal(size=seeds)) * there,
            "rise_on_lost_at_end": (1 - share + 0.01 * rng.normal(size=seeds)) * there,
            "kept_error_at_end": (0.1 + share / 100 * rng.uniform(0.9, 1, seeds)) * there,
            "kept_error_before_at_end": 0.105 * there,
        }
    )


def compared(**changes):
    """Return a comparison of the reference with one recipe that turns, later, and is no better."""
    reference = dict.fromkeys(cures.COLUMNS, np.nan) | {"recipe": "published", "iterations": 9000}
    other = reference | {"recipe": "slow", "decided": False, "rate_at_end": 1.0, "gain_p": 1.0}
    values = {"turned": (1, 0.7, 1), "later": (1, 0.9, 1.1), "later_in_rate": (-1, -1.1, -0.9)}
    values |= {"gain": (0, -0.1, 0.1), "lost": (0.5, 0.4, 0.6)} | changes
    for name, value in values.items():
        if isinstance(value, tuple):
            ends = ("", "_low", "_high", "_seeds")
            other |= {f"{name}{end}": v for end, v in zip(ends, (*value, 12), strict=True)}
        else:
            other[name] = value
    return pd.DataFrame([reference, other])


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
    assert found.verdict("turn.kept_pixels") == late
    assert found.sentence("turn.lost_pixels").startswith(sentence)


def test_too_few_runs_decide_nothing():
    found = judged(turns(seeds=1))
    assert {found.verdict(id) for id in found.table["id"] if id.startswith("turn")} == {UNDECIDED}
    assert found.whole("turn.lost_pixels")["reason"] == "fewer than 2 seeds"


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


def test_seeds_count_and_not_their_fits():
    twice = pd.concat([turns(seeds=6), turns(seeds=6).assign(n=6)])
    rows = claims(
        turn=twice,
        cures=compared(),
        settings=SETTINGS,
        lists=[RunList(name="x", image="flat", recipe="published", n=[5, 6], seeds=list(range(6)))],
    )
    found = Claims(claim_table(rows))
    for id in ("turn.diverges", "turn.lost_pixels", "turn.kept_pixels"):
        assert found.whole(id)["n"] == 6


def test_a_delay_is_told_with_its_size():
    found = judged(turns())
    assert found.verdict("cures.slow.delays") == SUPPORTED
    assert found.sentence("cures.slow.delays") == (
        "“slow” delays the turn: it comes at 2 [1.87, 2.14] times the iterations, and at 0.500 "
        "[0.467, 0.536] times the integrated rate."
    )
    assert found.verdict("cures.slow") == NOT_SUPPORTED
    assert found.verdict("cures.slow.freezes") == NOT_APPLICABLE
    assert list(found.parts("cures.slow")["part"]) == [
        "most seeds do not turn",
        "the best loss is lower",
        "coverage is kept",
    ]


def test_a_cure_names_its_horizon():
    calm = {"turned": (0.0, 0.0, 0.3), "lost": (0.0, 0.0, 0.001)}
    found = judged(turns(), compared(**calm, gain=(0.05, 0.01, 0.09)))
    assert found.verdict("cures.slow") == SUPPORTED
    assert "within its 9,000 iterations" in found.sentence("cures.slow")
    assert found.verdict("cures.slow.delays") == NOT_SUPPORTED


def test_a_fit_that_ends_before_its_turn_with_a_higher_loss_is_frozen():
    calm = {"turned": (0.0, 0.0, 0.3), "lost": (0.0, 0.0, 0.001), "rate_at_end": 0.01}
    found = judged(turns(), compared(**calm, gain=(-0.05, -0.09, -0.01)))
    assert found.verdict("cures.slow.freezes") == SUPPORTED
    assert found.verdict("cures.slow") == NOT_SUPPORTED
    found = judged(turns(), compared(**calm))  # neither higher nor lower
    assert found.verdict("cures.slow.freezes") == found.verdict("cures.slow") == UNDECIDED


def test_what_a_definition_decides_gets_no_verdict():
    found = judged(turns(), compared(decided=True))
    for id in ("cures.slow", "cures.slow.delays", "cures.slow.freezes"):
        assert found.verdict(id) == NOT_APPLICABLE
        assert "early stop" in found.whole(id)["reason"]
        assert found.sentence(id) == ""
