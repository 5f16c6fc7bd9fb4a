"""The figure of the known answers shows every row, with its error and its tolerance."""

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.llc.known.figures import known_answers


@pytest.fixture
def table():
    rows = [
        (problem, shape, n, sampler, truth, truth * (1 + error), truth / 100, error, 0.05, status)
        for problem, shape, n, truth in (("a", "x", 100, 0.5), ("a", "y", 100, 9), ("b", "x", 5, 1))
        for sampler, error, status in (("sgld", 0.02, "ok"), ("hmc", -0.08, "not converged"))
    ]
    names = "problem shape n sampler truth estimate se relative_error tolerance status"
    return pd.DataFrame(rows, columns=names.split())


def points(axes, hollow):
    lines = [line for line in axes.lines if line.get_marker() in {"o", "s"}]
    found = [line for line in lines if (line.get_markerfacecolor() == "white") == hollow]
    return sorted(x for line in found for x in line.get_xdata())


def test_points_stand_at_truth_and_error(table):
    values, errors = known_answers(table).axes
    assert points(values, hollow=False) == points(values, hollow=True) == [0.5, 1, 9]
    assert points(errors, hollow=False) == [0.02] * 3
    assert points(errors, hollow=True) == [-0.08] * 3
    assert [label.get_text() for label in errors.get_yticklabels()] == [
        "x, n = 100",
        "y, n = 100",
        "x, n = 5",
    ]
    assert {round(bar.get_width(), 12) for bar in errors.patches} == {0.1}


def test_nothing_to_draw_is_an_error(table):
    with pytest.raises(DataError, match="no known answers"):
        known_answers(table.assign(estimate=np.nan))
