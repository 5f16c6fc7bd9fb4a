"""`lgi known-answers`: the rows of the workflow's table, and their verdicts."""

import pytest

from lgi.llc.known.answers import known_answers
from lgi.llc.known.results import settings
from lgi.runs import read_table, write_table
from tests.configurations import SMOKE, checked
from tests.unit.cli.conftest import SMALL

FEW = {"llc": {"known_answers": ["quadratic", "rotation-symmetric minimum"], "n": [1000, 100]}}


def test_the_table_is_that_of_the_workflow(lgi, tmp_path):
    done = lgi("known-answers", "-n", 1000, "-n", 100, "--out", "answers.csv", *SMALL)
    assert done.code == 0
    last = done.out.splitlines()[-1]
    assert last.startswith("10 problems: ")
    assert last.endswith(" s")
    write_table(tmp_path / "asked.csv", known_answers(**settings(checked(SMOKE, FEW))))
    answers, asked = (tmp_path / name for name in ("answers.csv", "asked.csv"))
    assert answers.read_bytes() == asked.read_bytes()


def test_some_of_them(lgi):
    done = lgi("known-answers", "--only", "quadratic", "--repeats", 2, *SMALL)
    assert done.out.splitlines()[-1].startswith("4 problems: ")
    assert {line.split()[0] for line in done.out.splitlines()[1:-1]} == {"quadratic"}


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("no problem is called 'nope'; there are deep linear network", ("--only", "nope")),
        ("'1'; allowed are whole numbers from 2", ("--repeats", 1)),
        ("'1'; allowed are whole numbers from 2", ("-n", 1)),
        ("allowed is a name that ends in .csv", ("--out", "x.txt")),
    ],
)
def test_bad_usage(fails, words, arguments):
    fails(2, words, "known-answers", *arguments)


def test_the_table_can_be_shown_and_is_not_replaced(lgi, fails, tmp_path):
    command = ("known-answers", "--only", "quadratic", "--out", "a.csv", *SMALL)
    assert lgi(*command).code == 0
    fails(1, "a.csv: exists; --force replaces it", *command)
    assert len(read_table(tmp_path / "a.csv")) == 4
    assert "a table of 4 rows" in lgi("show", "a.csv").out
