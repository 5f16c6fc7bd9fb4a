import numpy as np
import pandas as pd
import pytest

from lgi import prose


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0684123, "0.0684"),
        (-0.00121, "-0.00121"),
        (1234.5, "1,234"),
        (53.0, "53"),
        (10_000, "10,000"),
        (2.5e-7, "2.50e-07"),
        (0.0, "0"),
        (99.96, "100.0"),
        (np.nan, "–"),
        (np.inf, "–"),
    ],
)
def test_numbers_have_their_significant_digits(value, text):
    assert prose.number(value) == text


def test_an_interval_that_is_missing_is_not_written():
    assert prose.interval(0.5, 0.25, 0.75) == "0.500 [0.250, 0.750]"
    assert prose.interval(0.5, np.nan, 0.75) == "0.500"
    assert prose.estimate({"statistic": 2.0, "low": 1.0, "high": 3.0}) == "2 [1, 3]"


def test_lists_counts_and_shares():
    assert prose.listed([]) == "none"
    assert prose.listed([48]) == "48"
    assert prose.listed([48, 52, 54]) == "48, 52 and 54"
    assert prose.counted(1, "fit") == "1 fit"
    assert prose.counted(12, "fit") == "12 fits"
    assert prose.percent(0.0134, 2) == "1.34 %"
    assert prose.percent(np.nan) == "–"
    assert prose.share(0.5, 0.25, 0.754) == "50 % [25 %, 75 %]"


def test_a_table_has_a_row_for_each_row():
    frame = pd.DataFrame({"n": [1, 2], "low": [0.5, 1.5], "name": ["a|b", "c"]})
    lines = prose.table(
        frame, {"N": ("n", str), "both": (("low", "n"), lambda x, n: x + n), "name": ("name", str)}
    )
    assert lines == [
        "| N | both | name |",
        "|---|---|---|",
        "| 1 | 1.5 | a\\|b |",
        "| 2 | 3.5 | c |",
    ]


def test_quantities_are_looked_up():
    numbers = prose.Quantities(
        pd.DataFrame({"quantity": ["slope"], "part": [None], "seeds": [42], "value": [2.0]})
    )
    assert numbers.value("slope", seeds=42) == 2
    assert np.isnan(numbers.value("slope", "fine"))
