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


def points(axes, marker):
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return sorted(x for line in lines for x in line.get_xdata())


def test_points_stand_at_their_error_by_verdict(table):
    figure = known_answers(table)
    _, errors = figure.axes
    assert points(errors, "o") == [0.02, 0.02]
    assert points(errors, "s") == [-0.2]
    assert points(errors, "X") == [-0.08]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:3] == [
        "right: 2 at n = 1,000, 0 at n = 100",
        "refused: 1 at n = 1,000, 0 at n = 100",
        "wrong: 0 at n = 1,000, 1 at n = 100",
    ]
    # The larger of 5 % and the stated error, to both sides.
    assert sorted(round(bar.get_width(), 6) for bar in errors.patches) == [0.1, 0.1, 0.2, 0.4]


def test_problems_are_written_by_family_with_truth_and_estimate(table):
    words, _ = known_answers(table).axes
    lines = {}
    for text in words.texts:
        lines.setdefault(text.get_position()[1], []).append(text.get_text())
    assert [lines[place] for place in sorted(lines)] == [
        ["problem", "λ", "estimate at n = 1,000"],
        ["a"],
        ["x, smooth w*", "0.5", "0.51 ± 0.01"],
        ["y, singular w*", "9", "7.2 ± 0.1"],
        ["b"],
        ["x, singular w*", "1", "1.02 ± 0.1"],
    ]


def test_nothing_to_draw_is_an_error(table):
    with pytest.raises(DataError, match="no known answers"):
        known_answers(table.assign(estimate=np.nan))
