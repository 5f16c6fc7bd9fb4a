"""Every table of the whole workflow in small is as its columns are declared, and can be read."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lgi.runs import read_run, read_table
from lgi.schema.check import problem_of
from lgi.schema.column import TEXT, TRUTH
from lgi.tables.declared import table_at
from lgi.tables.results import COLUMNS, README


@pytest.fixture(scope="module")
def tables(finished):
    """Every table of the run, by its path."""
    paths = sorted(path for path in finished.folder.glob("results/**/*.csv"))
    return {str(path.relative_to(finished.folder)): read_table(path) for path in paths}


@pytest.fixture(scope="module")
def page(finished):
    return (finished.folder / README).read_text(encoding="utf-8")


def test_every_table_is_as_its_columns_are_declared(tables):
    assert len(tables) > 70
    assert {path: problem_of(path, table) for path, table in tables.items()} == dict.fromkeys(
        tables, ""
    )


def test_no_number_stands_for_none(tables):
    for path, table in tables.items():
        for name, column in table_at(path).columns.items():
            if column.kind in (TEXT, TRUTH):
                words = set(table[name].dropna().astype(str))
                assert not words & {"none", "None", "never", "nan", "inf", "-inf", "-1"}, path
                continue
            values = table[name].to_numpy(dtype=float, na_value=np.nan)
            assert not np.isinf(values).any(), (path, name)
            assert column.low < 0 or not (values == -1).any(), (path, name)


def test_the_printed_sparsity_stands_right_after_the_exact_one(tables):
    having = [table for table in tables.values() if "sparsity" in table]
    assert len(having) > 20
    for table in having:
        assert list(table).index("S") == list(table).index("sparsity") + 1
        assert np.array_equal(table["S"], table["sparsity"].round(4))


def test_the_page_and_the_table_of_columns_name_every_column(tables, page):
    known = tables[COLUMNS]
    assert not known.duplicated(["table", "column"]).any()
    gathered = {p: t for p, t in tables.items() if p.startswith("results/tables/") and p != COLUMNS}
    for path, table in gathered.items():
        name = path.removeprefix("results/tables/")
        assert list(known.loc[known["table"] == name, "column"]) == list(table)
        assert f"[{name}]({name}) ({len(table):,})" in page
        for column in table:
            assert f"| `{column}` | " in page
    assert set(known["table"]) == {path.removeprefix("results/tables/") for path in gathered}


def test_the_lines_that_the_page_shows_run_without_lgi(finished, page):
    """They are run as they stand, from the folder of the run, and read what lgi reads."""
    with_pandas, with_numpy = re.findall(r"```python\n(.*?)```", page, re.S)
    assert (with_pandas.count("\n"), with_numpy.count("\n")) == (3, 3)
    saying = (
        "import sys\nassert not any(name.partition('.')[0] == 'lgi' for name in sys.modules)\n"
        "print(json.dumps([record, {name: run[name].shape for name in run.files}]))"
    )
    for lines in (with_pandas, with_numpy + saying):
        done = subprocess.run(
            [sys.executable, "-I", "-c", lines],
            cwd=finished.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
    record, shapes = json.loads(done.stdout)
    run = read_run(finished.folder / re.search(r'np\.load\("(.*)"\)', with_numpy)[1])
    assert record == run.record
    assert {name: tuple(shape) for name, shape in shapes.items() if name != "record"} == {
        name: array.shape for name, array in run.arrays.items()
    }


def test_claims_in_short_have_a_row_each(tables):
    for study in ("gaussians", "superposition", "regression"):
        claims = tables[f"results/tables/{study}_claims.csv"]
        short = tables[f"results/tables/{study}_claims_summary.csv"]
        assert set(short["id"]) == set(claims["id"])
        assert short["id"].is_unique
        assert (short["n_least"] <= short["n_most"]).all()
        named = short["rests_on"].fillna("").str.split("; ")
        assert [len(parts) if parts != [""] else 0 for parts in named] == list(short["parts"])
        assert pd.notna(short["verdict"]).all()
