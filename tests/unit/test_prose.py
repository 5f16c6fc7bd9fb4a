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
    assert prose.percent(-0.001) == "0 %"
    assert prose.share(0.5, np.nan, np.nan) == "50 %"
    assert prose.share(0.5, 0.25, 0.754) == "50 % [25 %, 75 %]"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (45, 55, "45 to 55"),
        (59, 59, "59"),
        (1.4401, 1.4404, "1.44"),  # printed alike
        (45, np.nan, "at least 45"),
        (45, np.inf, "at least 45"),
        (-np.inf, 55, "at most 55"),
        (np.nan, np.nan, "–"),
    ],
)
def test_a_range_of_one_value_is_that_value(low, high, text):
    assert prose.span(low, high) == text


def test_the_ends_of_a_range_are_printed_as_asked():
    assert prose.span(0.0122, 0.0134, lambda end: prose.percent(end, 2)) == "1.22 % to 1.34 %"
    assert prose.span(0.0122, 0.0134, prose.percent) == "1 %"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.1, 0.2, "grows"),
        (-0.2, -0.1, "falls"),
        (-0.1, 0.2, "does not change as far as can be told"),
        (0.0, 0.2, "does not change as far as can be told"),
        (0.0, 0.0, "does not change as far as can be told"),
        (np.nan, np.nan, "is not known to grow or to fall"),
    ],
)
def test_what_may_be_noise_is_not_said_to_grow(low, high, text):
    assert prose.growth(low, high) == text


def test_a_power_is_stated_as_one_only_where_something_changes():
    assert prose.power(0.5, 0.4, 0.6, "N") == "grows as N to the power 0.50 [0.40, 0.60]"
    assert prose.power(-0.5, -0.6, -0.4, "N") == "falls as N to the power -0.50 [-0.60, -0.40]"
    noise = prose.power(0.0048, -0.137, 0.147, "N")
    assert noise.startswith("does not change as far as can be told with N (exponent 0.0048 [")
    assert prose.power(0.5, np.nan, np.nan, "N") == (
        "is not known to grow or to fall with N (exponent 0.50)"
    )


def test_names_with_commas_are_told_apart():
    assert prose.quoted(["exact, grid start", "sum"]) == "“exact, grid start” and “sum”"
    assert prose.quoted([]) == "none"
    assert prose.joined("edges", "as published") == "edges · as published"


def test_a_count_from_a_table_is_a_whole_number():
    assert prose.counted(4.0, "seed") == "4 seeds"
    assert prose.counted(1.0, "seed") == "1 seed"
    assert prose.counted(1234, "fit") == "1,234 fits"


def test_some_of_several_are_counted_and_the_only_one_is_named():
    assert prose.some_of(2, 6, "case") == "2 of 6 cases"
    assert prose.some_of(0, 1, "case") == "0 of 1 case"
    assert prose.some_of(6, 6, "case") == "all 6 cases"
    assert prose.some_of(1, 1, "case") == "the one case"


def test_a_sentence_begins_with_a_capital():
    assert prose.capital("where") == "Where"
    assert prose.capital("N") == "N"
    assert prose.capital("") == ""


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
