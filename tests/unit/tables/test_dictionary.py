"""The page of the tables names every table and column, and how to read them."""

import pandas as pd

from lgi.tables.declared import TABLES, table_at
from lgi.tables.dictionary import COLUMNS, describe
from lgi.tables.results import _runs, _tables
from tests.configurations import SMOKE, checked

HELD = [
    ("results/tables/gaussians.csv", "Study", "Gather fits.", ""),
    ("results/tables/llc_status.csv", "Other", "Count.", "Shares."),
    ("results/tables/llc_status_samples100.csv", "Other", "Count.", "Shares."),
]


def test_every_table_and_column_is_on_the_page_and_in_the_table():
    page, columns = describe([pd.DataFrame({"a": range(n)}) for n in (1200, 3, 5)], HELD, ["r.npz"])
    assert list(columns) == list(COLUMNS)
    assert "| 1,200 | Every fit. |" in page
    assert "(2 tables) | 3 to 5 |" in page
    assert 'np.load("r.npz")' in page
    for path, *_ in HELD:
        table = table_at(path)
        name = path.removeprefix("results/tables/")
        assert f"]({name})" in page
        assert list(columns.loc[columns["table"] == name, "column"]) == list(table.columns)
        for column in table.columns:
            assert f"| `{column}` |" in page


def test_links_of_the_index_lead_to_a_section():
    page, _ = describe([pd.DataFrame()] * 3, HELD, [])
    for part in page.split("](#")[1:]:
        assert f'<a id="{part.partition(")")[0]}"></a>' in page
    assert "np.load" not in page


def test_all_tables_that_are_asked_for_are_described_but_the_own_one():
    config = checked(SMOKE)
    paths = [path for path, *_ in _tables(config)]
    assert "results/tables/superposition_llc.csv" in paths
    assert "results/tables/columns.csv" not in paths
    assert len(paths) == len(set(paths))
    assert all(run.endswith(".npz") for run in _runs(config))
    assert "results/tables/columns.csv" in TABLES
