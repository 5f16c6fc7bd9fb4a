"""Statements about effective dimensions: opposite data give opposite verdicts, and seeds count."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, SUPPORTED, UNDECIDED, claim_table
from lgi.gaussians.llc.claims import IDS, claims
from lgi.gaussians.llc.settings import LLCClaims

SETTINGS = LLCClaims(confidence=0.95, margin=0.05, least=3)
GROWS, HESSIAN, JACOBIAN = "llc.grows_with_n", "llc.hessian", "llc.jacobian"
NUMBERS, SEEDS = [10, 30, 50], [1, 2, 3, 4]


def table(llc, *, factor=1.0, status="ok", image="a", setting="sharp"):
    """Return estimates of four seeds at three N; what predicts them is `factor` times as much."""
    rows = pd.DataFrame([(n, seed) for n in NUMBERS for seed in SEEDS], columns=["n", "seed"])
    exact = np.asarray(llc(rows["n"]))
    wobble = 1 + 0.005 * np.random.default_rng(0).normal(size=len(rows))
    return rows.assign(
        image=image,
        recipe="minimum",
        setting=setting,
        llc=exact * wobble,
        predicted=factor * exact,
        predicted_jacobian=factor * exact,
        effective_rank=2 * factor * exact,
        status=status,
    )


def judged(rows):
    return claim_table(claims(rows, SETTINGS))


def verdicts(rows):
    found = judged(rows)
    assert set(found["id"]) == set(IDS)
    whole = found[found["part"] == "together"]
    return dict(zip(whole["id"], whole["verdict"], strict=True))


def test_estimates_that_are_as_predicted():
    assert set(verdicts(table(lambda n: 3.3 * n)).values()) == {SUPPORTED}


def test_estimates_that_are_not():
    found = verdicts(table(lambda n: 150 - 2.0 * n, factor=1.5))
    assert set(found.values()) == {NOT_SUPPORTED}
    assert verdicts(table(lambda n: 3.3 * n, factor=1.5))[GROWS] == SUPPORTED


def test_estimates_that_are_not_ok_say_nothing():
    found = verdicts(table(lambda n: 3.3 * n, status="left the basin"))
    assert set(found.values()) == {UNDECIDED}


def test_a_part_without_estimates_leaves_the_others_their_verdict():
    bad = table(lambda n: -100.0 * n, image="b", status="left the basin")
    found = verdicts(pd.concat([table(lambda n: 3.3 * n), bad]))
    assert set(found.values()) == {SUPPORTED}


def test_seeds_are_counted_not_estimates():
    """Twelve estimates are four values."""
    rows = table(lambda n: 3.3 * n)
    row = judged(rows).set_index(["id", "part"]).loc[(HESSIAN, "a · minimum · sharp")]
    assert row["n"] == len(SEEDS)
    of_seed = (rows["llc"] / rows["predicted"]).groupby(rows["seed"]).mean()
    assert row["statistic"] == pytest.approx(of_seed.mean())
    # Student's t at 95 % with three degrees of freedom.
    assert row["high"] - row["statistic"] == pytest.approx(3.182446305284263 * of_seed.std() / 2)


def test_two_seeds_decide_nothing():
    rows = table(lambda n: 3.3 * n)
    rows = rows[rows["seed"] < 3]
    row = judged(rows).set_index(["id", "part"]).loc[(HESSIAN, "a · minimum · sharp")]
    assert (row["verdict"], row["reason"]) == (UNDECIDED, "fewer than 3 seeds")
    assert row["statistic"] == pytest.approx(1, abs=0.02)
    assert set(verdicts(rows).values()) == {UNDECIDED}


def test_seeds_are_compared_at_the_n_that_all_have():
    """Seed 1 has no estimate at N = 50, where those of the others are twice what is predicted."""
    rows = table(lambda n: 3.3 * n)
    rows.loc[rows["n"] == 50, "llc"] *= 2
    rows.loc[(rows["n"] == 50) & (rows["seed"] == 1), "status"] = "not converged"
    assert verdicts(rows)[HESSIAN] == SUPPORTED


def test_a_single_n_has_no_slope():
    rows = table(lambda n: 3.3 * n)
    found = verdicts(rows[rows["n"] == 30])
    assert (found[GROWS], found[HESSIAN]) == (UNDECIDED, SUPPORTED)


def test_the_slope_is_that_of_the_line():
    rows = table(lambda n: 2.0 * n**1.1)
    row = judged(rows).set_index(["id", "part"]).loc[(GROWS, "a · minimum · sharp")]
    slopes = [np.polyfit(own["n"], own["llc"], 1)[0] for _, own in rows.groupby("seed")]
    assert row["statistic"] == pytest.approx(np.mean(slopes))


def test_intervals_widen_with_their_number():
    one = table(lambda n: 3.3 * n)
    widths = []
    for rows in (one, pd.concat([one, one.assign(image="b")])):
        row = judged(rows).set_index(["id", "part"]).loc[(JACOBIAN, "a · minimum · sharp")]
        widths.append(row["high"] - row["low"])
    assert widths[1] > 1.05 * widths[0]


def test_the_margin_is_said():
    found = judged(table(lambda n: 3.3 * n)).set_index(["id", "part"])
    assert "within 5 %: the Laplace value" in found.loc[(HESSIAN, "together"), "sentence"]
