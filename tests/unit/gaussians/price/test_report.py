"""The section on N at a price says what its tables hold."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from lgi.gaussians.price.report import section
from tests.unit.gaussians.price.test_table import judged, llc, made, runs


def told(saved, estimates=None, at=20):
    table = pd.concat([runs("a", saved, 0.01), runs("b", 2.0, 0.01)])
    price, passed, energy = made(table, {"a": at}, estimates)
    tables = {"price": price, "price_at": passed, "free_energy": energy}
    claims = judged(table, at={"a": at})
    figure = "![{}]".format
    named = {"figure": lambda name, _: figure(name), "image": str, "recipe": str}
    (part,) = section(SimpleNamespace(tables=tables, claims=claims, **named))
    return "\n".join(part.lines)


def test_without_a_price_nothing_is_told():
    assert not list(section(SimpleNamespace(tables={})))


def test_an_end_of_the_range_is_said_to_be_one():
    text = told(12.0)
    row = next(line for line in text.splitlines() if line.startswith("| a |"))
    assert "at least 80 [80, 80]" in row
    assert "at most 10 [10, 10]" in row  # at 1,000 bits


@pytest.mark.parametrize(
    ("saved", "sentence"),
    [(12.0, "at that price itself more pay"), (2.0, "at a price of the free energy or below")],
)
def test_opposite_worlds_get_opposite_sentences(saved, sentence):
    text = told(saved)
    assert sentence in text
    assert "N = 20 is the best one at" in text
    assert "n = 8 seeds" in text


def test_what_the_coefficient_changes_is_told_where_it_was_measured():
    assert "| a | near |" in told(12.0)
    assert "| near |" not in told(12.0, llc().assign(status="left the basin"))


def test_an_n_beyond_the_range_has_no_price_and_the_text_no_hole():
    text = told(12.0, at=90)
    assert "is the best one at" not in text
    for one in (text, told(2.0)):
        assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", one.lower())
