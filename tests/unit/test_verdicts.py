"""One rule turns an interval and a region into a verdict, for single statistics and for parts."""

import numpy as np
import pytest

from lgi import verdicts
from lgi.intervals import Interval
from lgi.verdicts import (
    ABOVE_0,
    COLUMNS,
    EXACTLY_0,
    NOT_SUPPORTED,
    SUPPORTED,
    UNDECIDED,
    WHOLE,
    Part,
    judge,
)

ABOVE, BELOW, ACROSS = ((0.1, 0.5), (-0.5, -0.1), (-0.1, 0.1))
NONE = (np.nan, np.nan)


def part(ends, name="N = 3", n=7, **values):
    return Part(name, Interval(float(np.mean(ends)), *ends, n), **values)


def verdict_of(parts, whole=None, some=False):
    return judge("it rises", "us", "slope", ABOVE_0, parts, whole, some=some)[0]["verdict"]


@pytest.mark.parametrize(
    ("low", "high", "region", "expected"),
    [
        (0.1, 0.5, ABOVE_0, SUPPORTED),
        (-0.5, -0.1, ABOVE_0, NOT_SUPPORTED),
        (-0.1, 0.1, ABOVE_0, UNDECIDED),
        (0.0, 0.1, ABOVE_0, UNDECIDED),
        (-0.2, 0.2, (-0.3, 0.3), SUPPORTED),
        (0.31, 0.4, (-0.3, 0.3), NOT_SUPPORTED),
        (0.1, 0.4, (-0.3, 0.3), UNDECIDED),
        (np.nan, np.nan, (-0.3, 0.3), UNDECIDED),
        (0.0, 0.0, EXACTLY_0, SUPPORTED),
        (1e-300, 1e-300, EXACTLY_0, NOT_SUPPORTED),
    ],
)
def test_the_rule(low, high, region, expected):
    assert verdicts.verdict(low, high, region) == expected


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
    assert verdict_of(parts, some=True) == some


def test_the_mean_can_refute_what_no_part_alone_can():
    undecided = [part(ACROSS), part(ACROSS)]
    assert verdict_of(undecided, part(BELOW)) == NOT_SUPPORTED
    assert verdict_of(undecided, part(ABOVE)) == UNDECIDED


def test_the_rows_are_the_whole_and_its_parts():
    rows = judge("it rises", "us", "slope", ABOVE_0, [part(ABOVE, "a", p=0.01), part(ACROSS, "b")])
    assert [row["part"] for row in rows] == [WHOLE, "a", "b"]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [row["verdict"] for row in rows] == [UNDECIDED, SUPPORTED, UNDECIDED]
    assert rows[1]["p"] == 0.01
    assert rows[1]["low"] == 0.1


def test_one_part_stands_for_the_whole():
    whole, only = judge("it rises", "us", "slope", ABOVE_0, [part(ABOVE)])
    assert whole | {"part": only["part"]} == only
    (alone,) = judge("it rises", "us", "slope", ABOVE_0, [], part(BELOW))
    assert alone["part"] == WHOLE
    assert alone["verdict"] == NOT_SUPPORTED


def test_what_is_missing_is_said():
    few = part(NONE, "b", reason="fewer than 5 seeds")
    whole = judge("it rises", "us", "slope", ABOVE_0, [part(ABOVE, "a"), few])[0]
    assert whole["reason"] == "without b"
    (nothing,) = judge("it rises", "us", "slope", ABOVE_0, [])
    assert nothing["verdict"] == UNDECIDED
    assert nothing["reason"] == "there are no such runs"
