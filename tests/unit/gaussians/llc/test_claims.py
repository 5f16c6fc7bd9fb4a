"""Statements about learning coefficients: opposite data give opposite verdicts."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, SUPPORTED, UNDECIDED, claim_table
from lgi.gaussians.llc.claims import claims
from lgi.gaussians.llc.settings import LLCClaims

SETTINGS = LLCClaims(confidence=0.95, margin=0.05, least=3)

ESTIMATED = "llc.estimable"
GROWS = "llc.grows_with_n"
REGULAR = "llc.regular"
HESSIAN = "llc.hessian"
JACOBIAN = "llc.jacobian"
RANK = "llc.effective_rank"
RANKS = "llc.ranks"
ALL = {ESTIMATED, GROWS, REGULAR, HESSIAN, JACOBIAN, RANK, RANKS}


def table(llc, *, factor=1.0, status="ok", image="a", setting="far", localisation=1.0):
    """Return estimates at N = 5 to 50, two seeds; what predicts them is `factor` times as much."""
    n = np.repeat([5, 10, 20, 30, 40, 50], 2)
    wobble = 1 + 0.005 * np.random.default_rng(0).normal(size=len(n))
    llc = np.asarray(llc(n)) * wobble
    return pd.DataFrame(
        {
            "image": image,
            "recipe": "minimum",
            "n": n,
            "seed": np.tile([1, 2], 6),
            "setting": setting,
            "localisation": localisation,
            "llc": llc,
            "parameters": 2 * factor * llc / wobble,
            "predicted": factor * llc / wobble,
            "predicted_jacobian": factor * llc / wobble,
            "effective_rank": 2 * factor * llc / wobble if factor == 1 else 100.0 - n,
            "status": status,
        }
    )


def verdicts(rows, settings=SETTINGS):
    found = claim_table(claims(rows, settings))
    assert set(found["id"]) == ALL
    whole = found[found["part"] == "together"]
    return dict(zip(whole["id"], whole["verdict"], strict=True))


def test_coefficients_that_are_as_predicted():
    assert set(verdicts(table(lambda n: 3.3 * n)).values()) == {SUPPORTED}


def test_coefficients_that_are_not():
    found = verdicts(table(lambda n: 150 - 2.0 * n, factor=1.5))
    assert found.pop(ESTIMATED) == SUPPORTED
    assert found.pop(RANKS) == SUPPORTED  # both fall with N
    assert set(found.values()) == {NOT_SUPPORTED}
    found = verdicts(table(lambda n: 3.3 * n, factor=1.5))
    assert found[GROWS] == SUPPORTED
    assert found[RANKS] == NOT_SUPPORTED


def test_estimates_that_are_not_ok_say_nothing():
    found = verdicts(table(lambda n: 3.3 * n, status="left the basin"))
    assert found.pop(ESTIMATED) == NOT_SUPPORTED
    assert set(found.values()) == {UNDECIDED}


def test_a_part_without_estimates_leaves_the_others_their_verdict():
    good = table(lambda n: 3.3 * n)
    bad = table(lambda n: -100.0 * n, image="b", status="left the basin")
    found = verdicts(pd.concat([good, bad]))
    assert found.pop(ESTIMATED) == NOT_SUPPORTED
    assert set(found.values()) == {SUPPORTED}


def test_too_few_estimates_decide_nothing():
    few = table(lambda n: 3.3 * n).iloc[[0, -1]]
    rows = claim_table(claims(few, SETTINGS)).set_index(["id", "part"])
    row = rows.loc[(HESSIAN, "a, minimum, far")]
    assert (row["verdict"], row["reason"]) == (UNDECIDED, "fewer than 3 estimates")
    assert row["statistic"] == pytest.approx(1, abs=0.02)
    assert verdicts(few)[HESSIAN] == UNDECIDED


def test_regular_is_told_where_localisation_is_weakest():
    weak = table(lambda n: 3.3 * n)
    strong = table(lambda n: 2.0 * n, setting="near", localisation=1e4)
    strong["parameters"] = weak["parameters"]
    rows = claim_table(claims(pd.concat([weak, strong]), SETTINGS))
    parts = rows.loc[rows["id"] == REGULAR, "part"].tolist()
    assert parts == ["together", "a, minimum, far"]
    assert verdicts(pd.concat([weak, strong]))[REGULAR] == SUPPORTED


def test_intervals_widen_with_their_number():
    one = table(lambda n: 3.3 * n)
    two = pd.concat([one, one.assign(image="b")])
    widths = []
    for rows in (one, two):
        found = claim_table(claims(rows, SETTINGS)).set_index(["id", "part"])
        row = found.loc[(JACOBIAN, "a, minimum, far")]
        widths.append(row["high"] - row["low"])
    assert widths[1] > 1.05 * widths[0]
