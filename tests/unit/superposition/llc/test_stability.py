"""Which polygons chains leave, and for which."""

import numpy as np
import pandas as pd
import pytest

from lgi.superposition.llc.stability import COLUMNS, stability

KEYS = {"setting": "fine", "sigma": 0.1, "n_beta": 20.0, "localisation": 10.0}
KEYS |= {"samples": 100, "sparsity": 0.8, "epoch": 7}


def states(*rows):
    """Return estimates of (kgon, fall, lowest_kgon)."""
    frame = pd.DataFrame(rows, columns=["kgon", "fall", "lowest_kgon"])
    return frame.assign(seed=np.arange(len(frame)) // 2, **KEYS)


def test_leaving_is_falling_to_another_polygon():
    rows = states(
        ("4", 0.0, "4"), ("4", 2.0, "5"), ("4", 9.0, "4"), ("4", 9.0, "5"), ("4", 9.0, "5+")
    )
    (row,) = stability(rows, {"fine": 3.0}).to_dict("records")
    assert (row["states"], row["seeds"]) == (5, 3)
    assert row["fell"] == pytest.approx(0.6)
    assert row["left"] == pytest.approx(0.4)
    # Of two as frequent the first by name.
    assert (row["to"], row["to_share"]) == ("5", 0.5)


def test_a_row_for_each_polygon_also_where_a_file_holds_numbers():
    rows = states((4, 9.0, 5), (4, 0.0, 4), (5, 0.0, 5), ("5+", 9.0, "6"))
    table = stability(rows, {"fine": 3.0})
    assert list(table) == COLUMNS
    assert table["kgon"].tolist() == ["4", "5", "5+"]
    assert table["left"].tolist() == [0.5, 0.0, 1.0]
    assert table["to"].tolist() == ["5", "", "6"]
    assert table["to_share"].isna().tolist() == [False, True, False]


def test_settings_without_a_threshold_and_falls_without_a_value_are_left_out():
    rows = states(("4", 9.0, "5"), ("4", np.nan, "4"))
    table = stability(pd.concat([rows, rows.assign(setting="raw_mse")]), {"fine": 3.0})
    assert table["setting"].tolist() == ["fine"]
    assert table["states"].tolist() == [1]
    assert stability(rows, {}).empty
