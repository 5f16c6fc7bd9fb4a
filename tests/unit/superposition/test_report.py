"""The analysis of opposite worlds says opposite things, and a small study still has one."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from lgi.claims import ORIGINAL, UNDECIDED
from lgi.errors import DataError
from lgi.superposition import results
from lgi.superposition.claims import claims
from lgi.superposition.findings import findings
from lgi.superposition.phases.table import ONE_ACTIVE
from lgi.superposition.report import write
from lgi.superposition.training.view import LOSSES
from tests import configurations
from tests.unit.superposition.synthetic import judged

ALONE = {"gaussians": None, "llc": None}
CONFIG = configurations.checked(ALONE)
SMALL = {
    "runs": {"init": "random", "samples": 50, "sparsity": 0.5, "seeds": 0},
    "phases": None,
}
CELLS = pd.MultiIndex.from_product(
    [["kgon4", "optimal"], [100, 1000], [0.4262, 0.9933]], names=["init", "samples", "sparsity"]
).to_frame(index=False)


def tables(true=True):
    """Return the other tables: generalising, leaving and agreeing as claimed, or not at all."""
    gap, share = (0.3, 0.8) if true else (0.0, 0.1)
    changes = {"first_epoch": 20_000, "last_epoch": 40_000, "seeds": 50}
    changes |= {"improved": share, "worsened": 0.02, "loss": "population_loss"}
    places = {"median": gap, "low": gap - 0.01, "high": gap + 0.01, "epoch": 40_000}
    status = CELLS.assign(setting="fine", epoch=40_000, seeds=50)
    lowest = ["4", "4", "6"] if true else ["6", "6", "4"]
    phases = pd.DataFrame({"sparsity": [0.4, 0.6, 0.9], "kgon": lowest, "loss": 0.1})
    phases = phases.assign(data="binary", lowest=True, live_dimensionality=0.5)
    limit = phases.iloc[-1:].assign(data=ONE_ACTIVE, sparsity=1.0, loss=0.0)
    agreeing = 8 if true else 1
    cells = {"agreeing": agreeing, "cells": 9, "expected": 8.6}
    return {
        "gap": CELLS.assign(loss="population_loss", seeds=50, **places),
        "epochs": CELLS.assign(**changes),
        "departures": CELLS.assign(housed=50, left_n=50 if true else 0),
        "status": pd.concat(
            [status.assign(status="ok", share=share), status.assign(status="not local", share=0.2)]
        ),
        "phases": pd.concat([phases, limit]),
        "published": pd.DataFrame(
            [{"panel": "optimal", "epoch": 526, "quantity": "loss", "seeds": 50} | cells] * 9
        ),
    }


def further(right=True):
    """Return the tables of known answers, of the limit, and of where chains go."""
    scale = {"setting": "fine", "epoch": 40_000}
    model = CELLS.assign(seed=0, stable=right, **scale)
    return {
        "known": pd.DataFrame(
            {"problem": ["k-gon"] * 2, "n": 1000, "verdict": ["right" if right else "wrong"] * 2}
        ),
        "resolution": pd.concat([model.assign(factor=factor) for factor in (0.1, 1.0, 10.0)]),
        "locality": CELLS.assign(far=20, agree=0.0 if right else 1.0, **scale),
        "stability": CELLS.assign(kgon="4", states=50, left=0.0 if right else 0.9, **scale),
        "limit_llc": pd.DataFrame(
            [
                {
                    "kgon": "5",
                    "samples": 1000,
                    "loss": 0.0687,
                    "truth": 7.0,
                    "llc": 7.1,
                    "llc_se": 0.1,
                }
            ]
        ).assign(status="ok"),
        "limit_transitions": pd.DataFrame(
            {"method": ["sampling", "Laplace"], "n": [800.0, np.nan]}
        ),
    }


def written(claims, config=CONFIG, **tables):
    given = results._finding(config, {})
    found = {name: tables[name] for name in ("published", "phases") if name in tables}
    return write(
        claims=claims,
        findings=findings(claims, **given, **found),
        settings=config.superposition,
        links=results.links(config),
        films=list(results.films(config)),
        **tables,
    )


@cache
def text(true):
    return written(judged(true)[0], **tables(true), **further(true))


def row(report, start):
    return next(line for line in report.splitlines() if line.startswith(f"| {start}"))


def section(report, title):
    return report.split(f"<summary>{title}")[1].split("</details>")[0]


SAID = (
    "“Within a sparsity",
    "“Lower sparsity, higher final loss",
    "“Lower sparsity, higher final LLC",
    "“From the optimal start",
    "“and rise",
    "“At high sparsity they stay",
    "“Four-gon starts are worse",
    "“their best ones",
)
WISHES = ("40,000 epochs", "train against test", "phases", "the limit", "animations", "more seeds")


@pytest.mark.parametrize("said", SAID)
def test_each_sentence_of_the_original_has_a_row_with_its_verdict_number_and_figure(said):
    held, against = row(text(True), said), row(text(False), said)
    assert "**Supported**" in held
    assert "**Contradicted**" not in held
    assert "**Contradicted**" in against
    assert "**Supported**" not in against
    for line in (held, against):
        assert re.search(r"-?\d[\d.]* \[.*\], n = \d", line)
        assert "](../figures/" in line


@pytest.mark.parametrize("wish", WISHES)
def test_each_wish_has_a_row(wish):
    for true in (True, False):
        line = row(text(true), f"Wish: {wish}")
        assert "Not asked" not in line


def test_wishes_are_answered_from_the_tables():
    longer = (
        "the population loss of {} of 400 models falls by more than 0.01 of 1 − S, and that of 8"
    )
    assert longer.format(320) in row(text(True), "Wish: 40,000")
    assert longer.format(40) in row(text(False), "Wish: 40,000")
    told = "the 4-gon at S = 0.4 to 0.6 and the 6-gon at S = 0.9"
    assert told in row(text(True), "Wish: phases")
    told = "the 6-gon at S = 0.4 to 0.6 and the 4-gon at S = 0.9"
    assert told in row(text(False), "Wish: phases")
    assert "Lowest is the 6-gon" in row(text(True), "Wish: the limit")
    assert "Lowest is the 4-gon" in row(text(False), "Wish: the limit")
    assert "by 0.300 of 1 − S, medians of 8 cells" in row(text(True), "Wish: train")


def test_what_was_found_says_opposite_things_of_opposite_worlds():
    for title, held, against in (
        ("What was published, reproduced", "8 of 9", "1 of 9"),
        ("Where an estimate is a coefficient", "| 320 |", "| 40 |"),
        ("Who leaves its polygon", "| 50 of 50 |", "| 0 of 50 |"),
        ("Resolution", "8 have", "0 have"),
        ("Do chains from other models agree?", "| 0 % |", "| 100 % |"),
        ("Where chains go", "| 0 % |", "| 90 % |"),
        ("Known answers", "n | right |", "n | wrong |"),
    ):
        assert held in section(text(True), title), title
        assert against in section(text(False), title), title
        assert against not in section(text(True), title), title


def page(report):
    return report.split("## All of it")[0]


def test_the_page_has_the_findings_with_pictures_what_is_open_and_the_answers_first():
    for true in (True, False):
        heads = re.findall(r"^##? .*", text(true), re.MULTILINE)
        names = ["# Study 2", "## What was found", "## What is open", "## What the original said"]
        names += ["## All of it", "## Glossary"]
        assert [head.startswith(name) for head, name in zip(heads, names, strict=True)] == [
            True
        ] * 6
        assert len(re.findall(r"^### \d\. ", page(text(true)), re.MULTILINE)) == 4
        assert len(re.findall(r"^!\[", page(text(true)), re.MULTILINE)) == 6
    assert "comes out again for 8 of 9" in page(text(True))
    assert "Lower sparsity goes with a higher learning coefficient" in page(text(True))
    assert "Lower sparsity does not mean a higher learning coefficient" in page(text(False))


def test_two_animations_of_the_optimal_start_are_pictures():
    films = [line for line in text(True).splitlines() if line.startswith("![the polygon")]
    assert [film.endswith(".gif)") for film in films] == [True, True]
    assert "S = 0.4262" in films[0]
    assert "S = 0.9933" in films[1]


def test_claims_stand_in_three_groups():
    """In this world all are decided, so that the third has none."""
    rows = judged(True)[0]
    wholes = rows[rows["shown"]]
    theirs = wholes["source"] == ORIGINAL
    for title, part in (
        (f"Claims of the original, decided ({theirs.sum()})", wholes[theirs]),
        (f"Claims of this study, decided ({(~theirs).sum()})", wholes[~theirs]),
    ):
        told = section(text(True), title)
        for claim in part["claim"]:
            assert f"| {claim[0].upper()}{claim[1:]} |".replace("|last", "\\|last") in told
    assert "<summary>Undecided claims" not in text(True)
    assert "Nothing that was asked is left open." in page(text(True))


def undecided(id, low, high, statistic, part="together"):
    """Return a world in which a claim is undecided, with its interval."""
    table = judged(True)[0].copy()
    rows = (table["id"] == id) & table["part"].isin(["together", part])
    table.loc[rows, "verdict"] = UNDECIDED
    rows &= table["part"] == part
    table.loc[rows, ["low", "high", "statistic"]] = low, high, statistic
    return table


def test_what_is_open_says_how_many_more_models_would_decide_it():
    """An interval of -0.2 ± 0.4 leaves 0 once it is half as wide, with 4 times as many."""
    claim = "superposition.trend_of_llc"
    report = written(undecided(claim, -0.6, 0.2, -0.2))
    assert "What would decide it: about 4 times as many models, to tell the value from 0" in report
    report = written(undecided(claim, -0.6, 0.2, -0.2, part="kgon4"))
    assert "What would decide it: from the four-gon start, about 4 times as many models" in report
    report = written(undecided(claim, -0.4, 0.4, -0.001))
    assert "where the line is drawn rather than more models" in report
    report = written(undecided(claim, np.nan, np.nan, np.nan).assign(reason="fewer than 10 models"))
    assert "more models, since fewer than 10 models" in report
    assert section(report, "Undecided claims, and what would decide them (1)")


def test_what_is_not_reproduced_is_open():
    assert "optimal six-gon, 1,000 samples), 1 of 9" in page(text(False)).split("What is open")[1]
    assert "of 9" not in page(text(True)).split("What is open")[1].split("What the orig")[0]


NAMES = [*CONFIG.superposition.initialisations, *CONFIG.superposition.llc.settings, *LOSSES]


def without_targets(report):
    """Return what a reader sees: no targets of links, no anchors."""
    return re.sub(r"\]\([^)]*\)|<a id=[^>]*>", "", report)


@pytest.mark.parametrize("true", [True, False])
def test_no_name_of_the_configuration_reaches_a_reader(true):
    told = without_targets(text(true))
    shown = set(CONFIG.superposition.names.initialisations.values()) | {"published"}
    for name in set(NAMES) - shown - {"random", "optimal"}:
        assert not re.search(rf"\b{name}\b", told), name
    assert re.findall(r"\w+_\w+|kgon\d", told) == []
    assert "from the optimal start" not in told.lower().replace("“from the optimal start", "")


@pytest.mark.parametrize("true", [True, False])
def test_ranges_have_two_ends_and_numbers_are_numbers(true):
    told = without_targets(text(true))
    assert re.findall(r"(\b\S+) to \1\b", told) == []
    assert "nan" not in told
    assert "None" not in told


def test_a_missing_claim_is_missed_loudly():
    table = judged(True)[0]
    with pytest.raises(DataError, match="no claim is called"):
        written(table[table["id"] != "superposition.optimal_rises"])


def test_a_text_read_from_files_is_the_same(tmp_path):
    judged(True)[0].to_csv(tmp_path / "claims.csv", index=False)
    read = pd.read_csv(tmp_path / "claims.csv")
    assert written(read, **tables(), **further()) == text(True)


def test_a_small_study_makes_its_report_of_what_it_has():
    config = configurations.checked(ALONE, {"superposition": SMALL})
    told, figures = results.told(config), results.shown(config)
    assert "phases" not in told
    assert "phases" not in figures
    assert {"gap", "departures", "status"} < set(told)
    small = pd.DataFrame({"init": ["random"], "samples": [50], "sparsity": [0.5], "seed": [0]})
    states = small.assign(epoch=40_000, train_loss=0.1, test_loss=0.1, population_loss=0.1)
    llc = small.assign(epoch=40_000, llc=1.0, hessian_llc=1.0, directions=3, status="ok")
    asked = results._judged(config, {}) | {"names": ["fine"]}
    found = claims(states, [llc], **asked)
    report = written(found[0], config)
    assert row(report, "Wish: phases").count("Not asked") == 1
    assert "there are no such runs" in set(found[0]["reason"])
    assert "<summary>Phases" not in report
    assert "further statements of the original there are no runs here" in page(report)
    assert "optimal start at" not in report
    for said in SAID:
        assert row(report, said)


def test_the_report_asks_for_the_figures_that_it_links():
    given = results._written_from(CONFIG, {})
    assert set(given["figures"]) == set(results.shown(CONFIG).values())
    # Known answers belong to another section, which is left out here.
    made = {*results.SHOWN, *results.films(CONFIG)} - {"known answers"}
    assert made == set(results.shown(CONFIG))
    assert set(results.TOLD) - {"known"} == set(results.told(CONFIG))
    pictures = re.findall(r"\]\((\S+\.(?:png|gif))\)", text(True))
    assert set(pictures) <= set(results.links(CONFIG).values())
