"""The figure of the known answers shows every row, with its error and its tolerance."""

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.llc.known.figures import known_answers


@pytest.fixture
def table():
    rows = [
        ("a", "x", False, 1_000, 0.5, 0.51, 0.01, 0.1, 0.02, "right"),
        ("a", "x", False, 100, 0.5, 0.46, 0.01, 0.01, -0.08, "wrong"),
        ("a", "y", True, 1_000, 9.0, 7.2, 0.1, 0.1, -0.2, "refused"),
        ("b", "x", True, 1_000, 1.0, 1.02, 0.1, 0.1, 0.02, "right"),
    ]
    names = "problem shape singular n truth estimate spread llc_error relative_error verdict"
    return pd.DataFrame(rows, columns=names.split())


def points(axes, marker, hollow):
    lines = [line for line in axes.lines if line.get_marker() == marker]
    found = [line for line in lines if (line.get_markerfacecolor() == "white") == hollow]
    return sorted(x for line in found for x in line.get_xdata())


def test_points_stand_at_truth_and_error_by_verdict(table):
    values, errors = known_answers(table).axes
    assert points(values, "o", hollow=False) == [0.5, 1.0]
    assert points(values, "o", hollow=True) == [9.0]
    assert points(values, "x", hollow=False) == [0.5]
    assert points(errors, "o", hollow=False) == [0.02, 0.02]
    assert points(errors, "o", hollow=True) == [-0.2]
    assert points(errors, "x", hollow=False) == [-0.08]
    labels = [label.get_text() for label in errors.get_yticklabels()]
    assert labels == ["x, smooth w*", "y, singular w*", "x, singular w*"]
    # The larger of 5 % and the stated error, to both sides.
    assert sorted(round(bar.get_width(), 6) for bar in errors.patches) == [0.1, 0.1, 0.2, 0.4]


def test_nothing_to_draw_is_an_error(table):
    with pytest.raises(DataError, match="no known answers"):
        known_answers(table.assign(estimate=np.nan))
