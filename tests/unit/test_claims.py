"""One rule turns an interval and a region into a verdict, for single statistics and for parts."""

from dataclasses import replace

import numpy as np
import pytest

from lgi import claims, intervals
from lgi.claims import (
    ABOVE_0,
    COLUMNS,
    CONTRADICTED,
    EXACTLY_0,
    NOT_APPLICABLE,
    NOT_SUPPORTED,
    OURS,
    SUPPORTED,
    UNDECIDED,
    WHOLE,
    WITHIN,
    Claim,
    Claims,
    Part,
    Sentences,
    claim_table,
    judge,
)
from lgi.errors import DataError
from lgi.intervals import Interval

ABOVE, BELOW, ACROSS = ((0.1, 0.5), (-0.5, -0.1), (-0.1, 0.1))
NONE = (np.nan, np.nan)
SENTENCES = Sentences("It rises: {estimate}.", "It does not rise.", "Who knows whether {claim}?")


def part(ends, name="N = 3", n=7, **values):
    return Part(name, Interval(float(np.mean(ends)), *ends, n), **values)


def claim(follows="every", id="rises"):
    return Claim(id, "it rises", OURS, "slope", ABOVE_0, SENTENCES, follows)


def verdict_of(parts, whole=None, follows="every"):
    return judge(claim(follows), parts, whole)[0]["verdict"]


@pytest.mark.parametrize(
    ("low", "high", "region", "expected"),
    [
        (0.1, 0.5, ABOVE_0, SUPPORTED),
        (-0.5, -0.1, ABOVE_0, NOT_SUPPORTED),
        (-0.1, 0.1, ABOVE_0, UNDECIDED),
        (0.0, 0.1, ABOVE_0, UNDECIDED),
        (-0.2, 0.2, (-0.3, 0.3), SUPPORTED),
        (0.05, 0.2, (-0.3, 0.3), SUPPORTED),
        (0.31, 0.4, (-0.3, 0.3), NOT_SUPPORTED),
        (-0.6, -0.31, (-0.3, 0.3), NOT_SUPPORTED),
        (0.1, 0.4, (-0.3, 0.3), UNDECIDED),
        (np.nan, np.nan, (-0.3, 0.3), UNDECIDED),
        (0.0, 0.0, EXACTLY_0, SUPPORTED),
        (1e-300, 1e-300, EXACTLY_0, NOT_SUPPORTED),
    ],
)
def test_the_rule(low, high, region, expected):
    assert claims.verdict(low, high, region) == expected


@pytest.mark.parametrize(
    ("parts", "every", "some"),
    [
        ([ABOVE, ABOVE], SUPPORTED, SUPPORTED),
        ([ABOVE, ACROSS], UNDECIDED, SUPPORTED),
        ([ABOVE, BELOW], NOT_SUPPORTED, SUPPORTED),
        ([ACROSS, ACROSS], UNDECIDED, UNDECIDED),
        ([ACROSS, BELOW], NOT_SUPPORTED, UNDECIDED),
        ([BELOW, BELOW], NOT_SUPPORTED, NOT_SUPPORTED),
        ([ABOVE, NONE], UNDECIDED, SUPPORTED),
    ],
)
def test_the_whole_follows_from_its_parts(parts, every, some):
    parts = [part(ends) for ends in parts]
    assert verdict_of(parts) == every
    assert verdict_of(parts, follows="some") == some


def test_the_mean_can_refute_what_no_part_alone_can():
    undecided = [part(ACROSS), part(ACROSS)]
    assert verdict_of(undecided, part(BELOW)) == NOT_SUPPORTED
    assert verdict_of(undecided, part(ABOVE)) == UNDECIDED


@pytest.mark.parametrize(
    ("parts", "whole", "expected"),
    [
        ([ACROSS, ACROSS], ABOVE, SUPPORTED),
        ([ABOVE, BELOW], ABOVE, NOT_SUPPORTED),
        ([ABOVE, ABOVE], ACROSS, UNDECIDED),
    ],
)
def test_a_claim_of_the_mean_is_judged_by_it_unless_a_part_refutes_it(parts, whole, expected):
    assert verdict_of([part(ends) for ends in parts], part(whole), "mean") == expected


def test_the_rows_are_the_whole_and_its_parts():
    rows = judge(claim(), [part(ABOVE, "a", p=0.01), part(ACROSS, "b")])
    assert [row["part"] for row in rows] == [WHOLE, "a", "b"]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [row["verdict"] for row in rows] == [UNDECIDED, SUPPORTED, UNDECIDED]
    assert rows[1]["p"] == 0.01
    assert rows[1]["low"] == 0.1


def test_one_part_stands_for_the_whole():
    whole, only = judge(claim(), [part(ABOVE)])
    assert whole["sentence"] == "It rises: 0.300 [0.100, 0.500]."
    assert whole | {"part": only["part"], "sentence": ""} == only
    (alone,) = judge(claim(), [], part(BELOW))
    assert alone["part"] == WHOLE
    assert alone["verdict"] == NOT_SUPPORTED
    assert alone["sentence"] == "It does not rise."


def test_what_is_missing_is_said():
    few = part(NONE, "b", reason="fewer than 5 seeds")
    whole = judge(claim(), [part(ABOVE, "a"), few])[0]
    assert whole["reason"] == "without b"
    (nothing,) = judge(claim(), [])
    assert nothing["verdict"] == UNDECIDED
    assert nothing["reason"] == "there are no such runs"
    assert nothing["sentence"] == "Who knows whether it rises?"


def test_what_a_definition_decides_gets_no_verdict():
    decided = part(ABOVE, "early", applies=False, reason="it stops there")
    whole, only = judge(claim(), [decided])
    assert whole["verdict"] == only["verdict"] == NOT_APPLICABLE
    assert whole["reason"] == "it stops there"
    assert whole["sentence"] == ""
    assert verdict_of([decided, part(BELOW)]) == NOT_SUPPORTED
    assert verdict_of([decided, part(ACROSS)], follows="some") == UNDECIDED


def test_a_family_of_intervals_holds_together():
    values = {f"N = {n}": np.array([0.0, 1.0, 2.0, 4.0]) + n for n in range(3)}
    found = claims.parts(values, intervals.mean, 0.95, p=intervals.p_of_mean, least=3)
    level = intervals.joint_level(0.95, 3)
    assert np.isclose(level, 1 - 0.05 / 3)
    for one, own in zip(found, values.values(), strict=True):
        assert one.interval == intervals.mean(own, level)
    p = [intervals.p_of_mean(own) for own in values.values()]
    assert [one.p for one in found] == intervals.holm(p).tolist()
    wide = claims.parts(values, intervals.mean, 0.95, tests=30)
    assert wide[0].interval.low < found[0].interval.low


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "there are no such runs"), ([1.0, 2.0], "fewer than 3 seeds"), ([1.0], "fewer")],
)
def test_too_few_values_have_no_interval(values, reason):
    (few,) = claims.parts({"a": np.array(values)}, intervals.mean, 0.95, least=3)
    assert few.reason.startswith(reason)
    assert np.isnan(few.interval.low)


def test_claims_are_looked_up_by_id():
    rows = [*judge(claim(), [part(ABOVE, "a"), part(ABOVE, "b")]), *judge(claim(id="also"), [])]
    table = Claims(claim_table(rows))
    assert table.verdict("rises") == SUPPORTED
    assert table.parts("rises")["part"].tolist() == ["a", "b"]
    assert table.sentence("also") == "Who knows whether it rises?"
    with pytest.raises(DataError, match=r"no claim is called falls; there are rises, also"):
        table.verdict("falls")


def test_a_claim_in_short_says_what_it_rests_on():
    """Parts that do not apply, or have no value, bear nothing."""
    nothing = replace(part(NONE, "N = 5", n=0), reason="there are no such runs")
    idle = replace(part(ABOVE, "N = 6"), applies=False, reason="by definition")
    parts = [part(ABOVE, "N = 3", n=7), part(BELOW, "N = 4", n=9), nothing, idle]
    rows = [*judge(claim(), parts), *judge(claim(id="falls"), [], part(ABOVE, WHOLE, n=4))]
    short = claims.summary(claim_table(rows)).set_index("id")
    assert (*short.reset_index(),) == (*claims.SUMMARY, "reason", "sentence")
    rises, falls = short.loc["rises"], short.loc["falls"]
    assert (rises["n_least"], rises["n_most"], rises["parts"]) == (7, 9, 2)
    assert rises["rests_on"] == "N = 3; N = 4"
    assert (rises["value_least"], rises["value_most"]) == (np.mean(BELOW), np.mean(ABOVE))
    assert np.isnan(rises["value"])
    assert (falls["n_least"], falls["n_most"], falls["parts"], falls["rests_on"]) == (4, 4, 0, "")
    assert falls["value_least"] == falls["value_most"] == falls["value"]
    assert set(short["verdict"]) == {NOT_SUPPORTED, SUPPORTED}


def test_two_claims_cannot_share_an_id():
    rows = judge(claim(), [part(ABOVE)])
    with pytest.raises(DataError, match="two claims are called rises"):
        claim_table([*rows, *rows])
    apart = [judge(claim(), [part(ABOVE)], samples=m) for m in (50, 100)]
    table = claim_table([row for rows in apart for row in rows], also=("samples",))
    assert list(table) == [*COLUMNS[:3], "samples", *COLUMNS[3:]]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.1, 0.9, SUPPORTED),
        (0.01, 0.04, WITHIN),
        (-0.04, 0.04, WITHIN),
        (-0.04, -0.01, WITHIN),
        (-0.9, -0.1, CONTRADICTED),
        (-0.9, -0.01, NOT_SUPPORTED),
        (-0.9, 0.1, UNDECIDED),
        (np.nan, np.nan, UNDECIDED),
    ],
)
def test_a_margin_tells_what_contradicts_from_what_is_no_effect(low, high, found):
    assert claims.verdict(low, high, ABOVE_0, margin=0.05) == found


def test_without_a_margin_nothing_but_not_supported_is_said():
    assert claims.verdict(0.01, 0.04, ABOVE_0) == SUPPORTED
    assert claims.verdict(-0.04, -0.01, ABOVE_0) == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("follows", "found"),
    [("every", CONTRADICTED), ("some", SUPPORTED), ("mean", CONTRADICTED)],
)
def test_a_part_that_contradicts_counts_as_one_that_does_not_support(follows, found):
    sentences = Sentences(supported="yes", not_supported="no", undecided="open", within="small")
    claim = Claim("a", "b", OURS, "c", ABOVE_0, sentences, follows, margin=0.05)
    each = [Part("x", intervals.Interval(1, 0.5, 1.5, 9))]
    whole = Part(WHOLE, intervals.Interval(0.1, 0.06, 0.2, 18))
    against = Part("y", intervals.Interval(-1, -1.5, -0.5, 9))
    rows = claims.judge(claim, [*each, against], whole)
    assert rows[0]["verdict"] == found
    small = Part("y", intervals.Interval(0.02, 0.01, 0.03, 9))
    rows = claims.judge(claim, [*each, small], whole)
    assert rows[0]["verdict"] == (WITHIN if follows == "every" else SUPPORTED)
    assert rows[0]["sentence"] == ("small" if follows == "every" else "yes")


def test_parts_are_named_by_what_they_say():
    found = [part(ABOVE, "a"), part(NONE, "b"), part(ABOVE, "c"), part(BELOW, "d", applies=False)]
    names = claims.names_by_verdict(found, ABOVE_0)
    assert {verdict: of for verdict, of in names.items() if of} == {
        SUPPORTED: ["a", "c"],
        UNDECIDED: ["b"],
        NOT_APPLICABLE: ["d"],
    }
