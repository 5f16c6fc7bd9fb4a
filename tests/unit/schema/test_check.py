"""Every kind of fault of a table is found and named: column, row, value and what is allowed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.runs import read_table, write_table
from lgi.schema import check
from lgi.schema.column import TEXT, Column, count, number, share, table, text, truth
from lgi.tables import declared as tables

PATH = "results/tables/cats.csv"
WORDS = {
    "cat": text("name of the cat", pattern="[a-z]+"),
    "mood": text("how it feels", "good", "bad").unless("it sleeps"),
    "weight": number("weight", "kg", low=0, high=20).unless("it was not weighed"),
    "lives": count("lives that are left"),
    "fed": truth("whether it was fed"),
    "sparsity": share("share of its fur that is missing"),
    "S": Column(
        "the same as it is printed",
        TEXT,
        pattern=r"[01](\.\d{1,4})?",
        follows=("sparsity", "{:.4f}".format),
    ),
}
NAMES = "cat mood weight lives fed sparsity S"


@pytest.fixture
def declared(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = table(WORDS, "Every cat", "cat", NAMES)
    monkeypatch.setitem(tables.TABLES, PATH, found)
    tables._pattern_of.cache_clear()
    yield found
    tables._pattern_of.cache_clear()


def cats(**changes) -> pd.DataFrame:
    """Return a table without a fault."""
    return pd.DataFrame(
        {
            "cat": ["tom", "mog"],
            "mood": ["good", ""],
            "weight": [4.5, np.nan],
            "lives": [9, 7],
            "fed": [True, False],
            "sparsity": [0.05, 1 / 3],
        }
    ).assign(**changes)


def test_a_table_is_written_with_its_columns_in_order_and_the_printed_sparsity(declared):
    write_table(PATH, cats(lives=[9.0, 7.0])[["lives", "cat", "mood", "sparsity", "fed", "weight"]])
    lines = Path(PATH).read_text(encoding="utf-8").splitlines()
    assert lines[0] == NAMES.replace(" ", ",")
    assert lines[1] == "tom,good,4.5,9,True,0.05,0.0500"
    assert lines[2] == f"mog,,,7,False,{1 / 3},0.3333"
    assert check.problem_of(PATH, read_table(PATH)) == ""


def test_what_is_infinite_is_missing(declared):
    write_table(PATH, cats(weight=[-np.inf, np.inf]))
    assert read_table(PATH)["weight"].isna().all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"age": 3}, "unknown column age; its columns are cat, mood, weight, lives"),
        ({"cat": ["tom", None]}, "column cat, row 2 (cat missing): a value is missing"),
        ({"cat": ["tom", ""]}, "column cat, row 2 (cat ): a value is missing; allowed: text, matc"),
        (
            {"cat": ["tom", "M"]},
            "column cat, row 2 (cat M): 'M' is not allowed; allowed: text, m",
        ),
        ({"cat": "tom"}, "row 2 (cat tom) is there twice"),
        (
            {"mood": ["good", "so"]},
            "row 2 (cat mog): 'so' is not allowed; allowed: text, good, b",
        ),
        ({"mood": [True, "bad"]}, "column mood, row 1 (cat tom): True is no text"),
        ({"weight": [4.5, -1]}, "row 2 (cat mog): -1.0 is too small; allowed: number, 0 to 20"),
        (
            {"weight": [21, 1]},
            "column weight, row 1 (cat tom): 21 is too large; allowed: number",
        ),
        ({"weight": ["4", 1]}, "column weight, row 1 (cat tom): '4' is no number"),
        ({"weight": [True, False]}, "column weight, row 1 (cat tom): True is no number"),
        ({"lives": [9, 6.5]}, "row 2 (cat mog): 6.5 is no whole number; allowed: whole number, at"),
        ({"lives": [9, np.nan]}, "column lives, row 2 (cat mog): a value is missing"),
        ({"lives": [9, np.inf]}, "column lives, row 2 (cat mog): a value is missing"),
        ({"lives": [9, -1]}, "column lives, row 2 (cat mog): -1 is too small; allowed: whole numb"),
        ({"fed": [True, 0]}, "column fed, row 2 (cat mog): 0 is neither True nor False"),
        ({"fed": [True, None]}, "column fed, row 2 (cat mog): a value is missing"),
        (
            {"sparsity": [0.5, 1.5]},
            "column sparsity, row 2 (cat mog): 1.5 is too large; allowed: n",
        ),
    ],
)
def test_a_fault_is_named_and_the_table_before_stays(declared, changes, words):
    write_table(PATH, cats())
    before = Path(PATH).read_bytes()
    with pytest.raises(DataError) as error:
        write_table(PATH, cats(**changes))
    assert str(error.value).startswith(f"{PATH}: ")
    assert words in str(error.value)
    assert Path(PATH).read_bytes() == before
    read_table(PATH)  # and its checksum


def test_a_lacking_column_is_named(declared):
    with pytest.raises(DataError, match="no column weight; it has cat, mood, lives, fed"):
        write_table(PATH, cats().drop(columns="weight"))


def test_a_table_that_is_not_declared_is_written_as_it_is(declared):
    path = "results/tables/dogs.csv"
    write_table(path, cats(age=np.inf))
    assert list(read_table(path)) == [*cats(), "age"]


def test_an_empty_table_keeps_its_columns(declared):
    write_table(PATH, cats().iloc[:0])
    assert list(read_table(PATH)) == NAMES.split()


def test_digits_that_were_read_are_the_text_that_was_written(declared):
    """A column of polygons such as 4, 5 and nothing is read as numbers."""
    kgons = table({"kgon": text("polygon", "4", "5").unless("none")}, "Polygons", "", "kgon")
    read = pd.DataFrame({"kgon": [4.0, 5.0, np.nan]})
    assert list(check.problems(read, kgons)) == []
    assert "6 is not allowed" in next(check.problems(pd.DataFrame({"kgon": [4, 6]}), kgons))
