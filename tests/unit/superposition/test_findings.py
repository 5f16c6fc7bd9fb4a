"""The findings of study 2 follow the verdicts and the numbers; what is not made is left out."""

import re

import numpy as np
import pandas as pd
import pytest

from lgi.claims import CONTRADICTED, NOT_SUPPORTED, SUPPORTED, UNDECIDED, WITHIN
from lgi.findings import COLUMNS, read_findings
from lgi.superposition import results
from lgi.superposition.findings import findings, segments, segments_text, sparsity_text
from lgi.superposition.phases.table import ONE_ACTIVE
from tests import configurations
from tests.unit.superposition.synthetic import both, judged, world

CONFIG = configurations.checked({"gaussians": None, "llc": None})
SETTINGS = CONFIG.superposition
TREND = "superposition.trend_of_llc"
CORRELATION = "superposition.no_correlation."


def published(loss=8, llc=1):
    cells = {"panel": "optimal", "epoch": 20_000, "cells": 8, "expected": 7.6, "seeds": 50}
    return pd.DataFrame(
        [
            cells | {"quantity": name, "agreeing": count, "sparsity": sparsity}
            for name, count in (("loss", loss), ("llc", llc))
            for sparsity in range(8)
        ]
    )


def estimates(ok, more=1, seeds=20):
    """Return two tables of estimates: of ten of a seed so many are ok, of every other one more."""
    rows = pd.MultiIndex.from_product([range(seeds), [20_000, 40_000], range(10)])
    rows = rows.set_names(["seed", "epoch", "model"]).to_frame(index=False)
    good = rows["model"] < ok + more * (rows["seed"] % 2)
    others = np.where(rows["model"] == 9, "not local", "not a minimum")
    rows["status"] = np.where(good, "ok", others)
    return [rows.iloc[::2], rows.iloc[1::2]]


def phases(*kgons):
    """Return a table in which these polygons are lowest one after the other."""
    rows = pd.DataFrame({"kgon": kgons, "sparsity": np.linspace(0.1, 0.9, len(kgons))})
    rows = rows.assign(data="binary", lowest=True, loss=0.1, live_dimensionality=0.5)
    limit = rows.iloc[-1:].assign(data=ONE_ACTIVE, sparsity=1.0)
    return pd.concat([rows, rows.assign(kgon="7", lowest=False), limit])


def found(claims=None, **also):
    table = findings(
        judged(True)[0] if claims is None else claims,
        settings=SETTINGS,
        figures=also.pop("figures", results.shown(CONFIG)),
        tables=results._finding(CONFIG, {})["tables"],
        **also,
    )
    assert tuple(table) == COLUMNS
    return {finding.id: finding for finding in read_findings(table)}


def with_verdict(id, verdict):
    table = judged(True)[0].copy()
    table.loc[(table["id"] == id) & (table["part"] == "together"), "verdict"] = verdict
    return table


def test_all_five_come_in_their_order_with_what_shows_them():
    all_of_them = found(published=published(), estimates=estimates(2), phases=phases("4", "6"))
    assert list(all_of_them) == ["published", "late_states", "correlation", "phases", "trend"]
    shown = {path.removeprefix("results/") for path in results.shown(CONFIG).values()}
    for finding in all_of_them.values():
        assert finding.figure in shown
        assert finding.alt
        assert re.fullmatch(r"tables/superposition_\w+\.csv", finding.table)
        assert finding.n > 0
        assert not finding.headline.endswith(".")
        assert finding.text.endswith(".")
        told = f"{finding.headline} {finding.text} {finding.measure} {finding.alt}"
        assert "nan" not in told
        assert not re.search(r"kgon\d|\w_\w", told)
        assert not re.search(r"\b(\S+) to \1\b", told)


def test_what_a_small_study_does_not_make_is_left_out():
    assert list(found()) == ["correlation", "trend"]
    assert found(figures={})["trend"].figure == ""
    bare = found(published=published().iloc[:0], estimates=[], phases=phases().iloc[:0])
    assert list(bare) == ["correlation", "trend"]


def test_claims_without_runs_are_no_findings():
    table, llc = world(True)
    few = both(table[table["init"] == "random"], llc)[0]
    small = configurations.checked(
        {"gaussians": None, "llc": None}, {"superposition": {"runs": {"init": "random"}}}
    )
    told = findings(
        few,
        settings=small.superposition,
        figures={},
        tables=results._finding(small, {})["tables"],
    )
    assert list(told["id"]) == ["correlation"]
    assert "optimal" not in told["headline"].iloc[0]


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        (SUPPORTED, "Lower sparsity goes with a higher learning coefficient"),
        (NOT_SUPPORTED, "Lower sparsity does not mean a higher learning coefficient"),
        (CONTRADICTED, "Lower sparsity does not mean a higher learning coefficient"),
        (WITHIN, "Sparsity and learning coefficient hardly go together"),
        (UNDECIDED, "Whether lower sparsity means a higher learning coefficient is undecided"),
    ],
)
def test_the_trend_is_told_by_its_verdict(verdict, headline):
    finding = found(with_verdict(TREND, verdict))["trend"]
    assert finding.headline == headline
    assert finding.claim == TREND


@pytest.mark.parametrize(
    ("verdict", "optimal"),
    [
        (SUPPORTED, "do not correlate from the .*optimal six-gon"),
        (CONTRADICTED, "but do from the optimal six-gon start"),
        (NOT_SUPPORTED, "but do from the optimal six-gon start"),
        (UNDECIDED, "from the optimal six-gon start it is undecided"),
    ],
)
def test_the_correlation_is_told_start_by_start(verdict, optimal):
    finding = found(with_verdict(CORRELATION + "optimal", verdict))["correlation"]
    assert re.search(optimal, finding.headline)
    assert f"“{verdict}”" in finding.text
    assert finding.unit == "models"


def test_where_nothing_is_decided_the_headline_says_so():
    table = judged(True)[0].copy()
    table.loc[table["id"].str.startswith(CORRELATION), "verdict"] = UNDECIDED
    headline = found(table)["correlation"].headline
    assert headline.startswith("Whether loss and learning coefficient correlate")


@pytest.mark.parametrize(
    ("loss", "llc", "headline"),
    [
        (8, 8, "What was published comes out again: all 16 medians agree"),
        (8, 1, "comes out again for 8 of 8 training losses and 1 of 8 learning coefficients"),
        (2, 1, "Most of what was published does not come out again: 3 of 16 agree"),
    ],
)
def test_what_was_published_is_told_by_how_much_agrees(loss, llc, headline):
    finding = found(published=published(loss, llc))["published"]
    assert headline in finding.headline
    assert finding.value == (loss + llc) / 16
    assert "chance alone would leave 15" in finding.text
    stands_out = "learning coefficient at epoch 20,000 (optimal six-gon, 1,000 samples)"
    assert (stands_out in finding.text) == (llc < 8)


@pytest.mark.parametrize(
    ("ok", "more", "headline"),
    [
        (2, 1, "Most trained states have no learning coefficient at all: 50 of 200 do"),
        (8, 1, "Most trained states have a learning coefficient: 170 of 200"),
        (3, 4, "100 of 200 trained states have a learning coefficient"),
    ],
)
def test_late_states_are_told_by_the_share_that_is_ok(ok, more, headline):
    finding = found(estimates=estimates(ok, more))["late_states"]
    assert finding.headline == headline
    assert finding.n == 20
    assert finding.unit == "seeds"
    assert finding.low < finding.value < finding.high
    assert "at epoch 40,000" in finding.text


def test_states_that_are_all_ok_need_no_reasons_and_have_no_interval():
    finding = found(estimates=estimates(10))["late_states"]
    assert "of the others" not in finding.text
    assert finding.headline == "200 of 200 trained states have a learning coefficient"
    assert np.isnan([finding.low, finding.high]).all()


def test_one_polygon_that_is_always_lowest_is_no_change():
    one = found(phases=phases("6", "6", "6"))["phases"]
    assert one.headline == "The 6-gon is the best polygon at every sparsity that was tried"
    assert one.value == one.n == 3
    two = found(phases=phases("4", "4", "6"))["phases"]
    assert "from low to high: 4-gon and 6-gon" in two.headline
    assert (two.low, two.high) == (0.5, 0.9)
    assert "has 0.5 of a dimension" in two.text.replace("0.500", "0.5")


def test_stretches_of_one_sparsity_have_one_end():
    told = segments_text(segments(phases("4", "5+", "5+", "6")))
    assert (
        told == "the 4-gon at S = 0.1, the 5+-gon at S = 0.3667 to 0.6333 and the 6-gon at S = 0.9"
    )
    assert [sparsity_text(value) for value in (0, 0.05, 0.42624657926256726)] == [
        "0",
        "0.05",
        "0.4262",
    ]
