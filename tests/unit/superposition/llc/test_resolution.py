"""Resolution curves: nβ and γ in proportion, and what counts as stable."""

import numpy as np
import pandas as pd
import pytest

from lgi.llc.sweep import stable
from lgi.superposition.llc.resolution import COLUMNS, curves
from lgi.superposition.llc.settings import Resolution
from tests.unit.superposition.llc.test_calibration import SETTING


def curve(llc, errors=0.01, n_beta=None, status="ok"):
    n_beta = 10.0 ** np.arange(len(llc)) if n_beta is None else n_beta
    frame = pd.DataFrame({"n_beta": n_beta, "llc": llc, "llc_se": errors})
    return stable(frame.assign(status=status)).tolist()


def test_stable_is_flat_over_a_decade_both_ways():
    assert curve([5.0, 5.1, 4.9, 5.0]) == [False, True, True, False]
    assert curve([5.0, 5.1, 4.9, 9.0]) == [False, True, False, False]
    assert curve([1.0, 2.0, 4.0, 8.0]) == [False] * 4


def test_an_estimate_may_move_within_its_own_error_only():
    moved = [5.0, 5.0, 6.0]
    assert curve(moved, [0.01, 0.6, 0.01]) == [False, True, False]
    # A neighbour that is noise makes nothing stable.
    assert curve(moved, [0.01, 0.01, 9.0]) == [False] * 3


def test_every_estimate_within_the_decades_counts():
    n_beta = [1.0, 3.16, 10.0, 31.6, 100.0]
    assert curve([5.0] * 5, n_beta=n_beta) == [False, False, True, False, False]
    assert curve([5.0, 5.0, 5.0, 7.0, 5.0], n_beta=n_beta) == [False] * 5
    # What lies further away does not.
    assert curve([5.0, 5.0, 5.0, 5.0, -90.0]) == [False, True, True, False, False]


def test_what_is_not_ok_or_has_no_value_is_not_stable():
    assert curve([5.0] * 3, status=["ok", "not local", "ok"]) == [False] * 3
    assert curve([5.0] * 3, status=["not local", "ok", "ok"]) == [False, True, False]
    assert curve([5.0, 5.0, np.nan]) == [False] * 3


def test_a_curve_has_a_row_for_each_factor(kgon6_run):
    factors = Resolution(setting="fine", factors=[0.1, 1.0, 10.0], models=[{"nearest": {}}])
    table = curves([(kgon6_run, 1, 4000), (kgon6_run, 5, 63)], {"fine": SETTING}, factors)
    assert list(table) == COLUMNS
    assert table["seed"].tolist() == [1, 1, 1, 5, 5, 5]
    assert table["factor"].tolist() == 2 * [0.1, 1.0, 10.0]
    ratio = table["localisation"] / table["n_beta"]
    assert ratio.to_numpy() == pytest.approx(ratio[0])
    # Each direction of a quadratic loss keeps its share.
    for _, rows in table.groupby("seed"):
        assert rows["hessian_llc"].to_numpy() == pytest.approx(rows["hessian_llc"].iloc[0])
    # The closer chains stay, the less they see of what is not quadratic.
    near = table[table["seed"] == 1].set_index("factor")["distance"]
    assert near[10.0] < near[1.0] < near[0.1]
