"""What else was tried of a claim is said as often as it leads to another verdict."""

import pandas as pd

from lgi.superposition.tried import alternatives, changes

ROW = {"id": "a", "part": "together", "verdict": "supported"}
CHOICE = {"setting": "fine", "states": "ok", "samples": 1000, "loss": "train_loss"}


def claim(**other):
    return ROW | CHOICE | other


def table(*rows):
    return pd.DataFrame([claim(), *rows, claim(id="b", verdict="undecided")])


def test_one_choice_at_a_time_but_scale_and_states_together():
    rows = table(
        claim(setting="coarse"),
        claim(setting="coarse", states="all"),
        claim(samples=100),
        claim(samples=100, loss="test_loss"),
    )
    found = {columns: len(part) for columns, part in alternatives(claim(), rows)}
    assert found == {("setting", "states"): 3, ("samples",): 2, ("loss",): 1}


def test_what_changes_the_verdict_is_named_with_how_often_it_does_not():
    undecided = {"verdict": "undecided"}
    rows = table(claim(setting="coarse", **undecided), claim(loss="test_loss"))
    assert changes(claim(), rows) == "the scale (the same in 1 of 2)"
    rows = table(claim(states="all", **undecided), claim(samples=100, **undecided))
    assert changes(claim(), rows) == (
        "which states count (the same in 1 of 2) and the number of samples (the same in 1 of 2)"
    )
    assert changes(claim(), rows, counts=False) == "which states count and the number of samples"


def test_what_only_both_change_is_both():
    rows = table(
        claim(setting="coarse"),
        claim(states="all"),
        claim(setting="coarse", states="all", verdict="undecided"),
    )
    words = "the scale and which states count (the same in 3 of 4)"
    assert changes(claim(), rows) == words


def test_what_never_changes_is_counted():
    rows = table(claim(samples=100), claim(loss="test_loss"), claim(loss="population_loss"))
    assert changes(claim(), rows) == "nothing that was tried: 2 numbers of samples and 3 losses"
    assert changes(claim(), rows, counts=False) == "nothing that was tried"
    assert changes(claim(), table()) == "nothing: no other choice was tried"


def test_a_choice_that_a_claim_does_not_have_does_not_matter():
    row = claim(setting=float("nan"), loss=float("nan"))
    rows = pd.DataFrame([row, row | {"samples": 100, "verdict": "undecided"}])
    assert changes(row, rows) == "the number of samples (the same in 1 of 2)"
