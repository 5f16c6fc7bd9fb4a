"""The few known answers that stand for all."""

import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.llc.known.summary import CASE, SHOWN, markdown


@pytest.fixture
def table():
    rows = pd.DataFrame(SHOWN, columns=CASE)
    rows = rows.assign(n=1_000, truth=4.0, estimate=3.742, spread=0.107, verdict="right")
    rows.loc[3, "verdict"] = "wrong"
    return pd.concat([rows, rows.assign(n=100, verdict="refused")])


def test_the_rows_are_those_of_the_largest_n(table):
    lines = markdown(table).splitlines()
    assert lines[0] == "| problem | λ | estimate ± spread, n = 1,000 | verdict |"
    assert len(lines) == 2 + len(SHOWN) + 2
    problem = "reduced-rank regression, M, H, N, r = 3, 3, 3, 1, singular w*"
    assert lines[5] == f"| {problem} | 4 | 3.74 ± 0.11 | wrong |"
    assert lines[-1] == "Of all 7 problems at n = 1,000: 6 right, 0 refused, 1 wrong."


def test_a_problem_that_is_not_there_is_named(table):
    with pytest.raises(DataError, match="at n = 1,000: k-gon 6-gon"):
        markdown(table[table["problem"] != "k-gon"])
