"""Columns are said once; what is allowed is put in words."""

import pytest

from lgi.schema.column import NO_INTERVAL, count, number, share, table, text

WORDS = {"gain": number("by how much", "kg").unless("it has none"), "turned": share("how many")}


def test_the_ends_of_an_interval_follow_from_their_column():
    columns = table(WORDS, "", "gain", "gain gain_low gain_high gain_se gain_seeds").columns
    assert columns["gain_low"].meaning == "lower end of the interval of gain"
    assert columns["gain_high"].unit == "kg"
    assert columns["gain_low"].missing == f"it has none; {NO_INTERVAL}"
    assert columns["gain_se"].low == 0
    assert columns["gain_seeds"].kind == "whole number"


def test_a_table_may_say_a_column_for_itself():
    own = table(WORDS, "", "", "gain", {"gain": share("another gain")})
    assert own.columns["gain"].meaning == "another gain"


@pytest.mark.parametrize("name", ["loss", "loss_low", "_low"])
def test_a_column_that_nothing_says_is_an_error(name):
    with pytest.raises(KeyError, match=name):
        table(WORDS, "", "", name)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (number(""), ""),
        (number("", low=1.5), "at least 1.5"),
        (number("", high=1), "at most 1"),
        (share(""), "0 to 1"),
        (count(""), "at least 0"),
        (text("", "a", "b"), "a, b"),
        (text("", pattern="a+"), "matches a+"),
    ],
)
def test_what_is_allowed_is_put_in_words(column, words):
    assert column.allowed == words
