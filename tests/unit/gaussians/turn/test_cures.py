"""Recipes compared, on runs whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED, UNDECIDED
from lgi.errors import DataError
from lgi.gaussians.turn import cures

SEEDS = 12


def runs_of(recipe, best, final, seeds=SEEDS, n=(5, 6), turn=1000, rate=0.001, lost=0.1):
    """A row per N and seed of a table of runs, with the table of their turns."""
    random = np.random.default_rng(2)
    rows = []
    for number in n:
        for seed in range(seeds):
            loss = best + 0.001 * seed + 0.0001 * random.normal()
            at = turn * 1.1 ** random.normal() if final > 1.1 * loss else np.nan
            rows.append(
                {
                    "image": "flat",
                    "recipe": recipe,
                    "n": number,
                    "seed": seed,
                    "best_loss": loss,
                    "final_loss": final,
                    "psnr_at_best": 20.0,
                    "best_iteration": 100,
                    "evaluations": 1000.0,
                    "uncovered_at_best": 0.05,
                    "uncovered_at_end": 0.05 + lost * random.uniform(0.9, 1),
                    "turned": np.isfinite(at),
                    "decided": False,
                    "turn_iteration": at,
                    "integrated_rate": at * rate,
                }
            )
    return pd.DataFrame(rows)


def compared(*parts, recipes):
    return cures.compare(
        pd.concat(parts, ignore_index=True),
        recipes=recipes,
        reference="published",
        spent=0.1,
        uncovered=0.01,
        confidence=0.95,
    )


REFERENCE = ("published", 0.08, 0.3)
COSINE = {"kind": "cosine", "final": 0.01}


def test_three_things_are_told_apart(make_recipe):
    slow = make_recipe().optimiser.model_dump() | {"rate": 0.0001}
    recipes = {
        "published": make_recipe(),
        "slow": make_recipe(optimiser=slow),
        "same": make_recipe(cutoff=3.6),
        "frozen": make_recipe(iterations=500, schedule=COSINE),
        "smooth": make_recipe(edge={"kind": "smooth", "background": 0.001}),
    }
    table = compared(
        runs_of(*REFERENCE),
        runs_of("slow", 0.08, 0.3, turn=3000, rate=0.0001),
        runs_of(*REFERENCE).assign(recipe="same"),
        runs_of("frozen", 0.1, 0.1, lost=0),
        runs_of("smooth", 0.05, 0.05, lost=0),
        recipes=recipes,
    ).set_index("recipe")
    assert list(table.index) == list(recipes)
    assert table["kind"].tolist() == ["", "delays", "turns", "freezes", "cures"]
    assert table.loc["slow", list(cures.KINDS)].tolist() == [
        SUPPORTED,
        NOT_APPLICABLE,
        NOT_SUPPORTED,
    ]
    assert table.loc["frozen", list(cures.KINDS)].tolist() == [
        NOT_SUPPORTED,
        SUPPORTED,
        NOT_SUPPORTED,
    ]
    assert table.loc["smooth", ["cures", "better"]].tolist() == [SUPPORTED, SUPPORTED]
    assert table.loc["slow", "later"] == pytest.approx(np.log2(3), abs=0.1)
    assert table.loc["slow", "later_in_rate"] == pytest.approx(np.log2(0.3), abs=0.1)
    assert table.loc["smooth", "gain"] == pytest.approx(0.03, abs=0.001)
    assert table.loc["frozen", "rate_at_end"] == pytest.approx(0.01, abs=0.001)
    assert table["changes"].tolist() == ["", "optimiser", "cutoff", "iterations, schedule", "edge"]
    assert np.isnan(table.loc["published", "gain"])


def test_seeds_count_and_not_their_runs(make_recipe):
    recipes = {"published": make_recipe(), "smooth": make_recipe(cutoff=9.0)}
    fits = (runs_of(*REFERENCE, seeds=3), runs_of("smooth", 0.05, 0.05, seeds=3, lost=0))
    row = compared(*fits, recipes=recipes).iloc[1]
    assert (row["runs"], row["seeds"], row["turned_seeds"], row["gain_seeds"]) == (6, 3, 3, 3)
    assert row["cures"] == UNDECIDED  # none of three seeds turns: too few for a verdict
    assert row["kind"] == "undecided"


def test_a_lower_loss_without_coverage_is_no_cure(make_recipe):
    recipes = {"published": make_recipe(), "bare": make_recipe(cutoff=9.0)}
    table = compared(runs_of(*REFERENCE), runs_of("bare", 0.05, 0.05, lost=0.2), recipes=recipes)
    row = table.iloc[1]
    assert (row["better"], row["cures"]) == (SUPPORTED, NOT_SUPPORTED)


def test_what_keeps_its_rate_cannot_freeze(make_recipe):
    recipes = {"published": make_recipe(), "grid": make_recipe(cutoff=9.0)}
    table = compared(runs_of(*REFERENCE), runs_of("grid", 0.1, 0.1, lost=0), recipes=recipes)
    assert table["freezes"].tolist()[1] == NOT_APPLICABLE
    claim, parts = cures.claims_of(table.iloc[1], "published", 0.1, 0.01)["freezes"]
    assert claim.id == "cures.grid.freezes"
    assert {part.reason for part in parts} == {cures.NOT_SPENT}


@pytest.fixture
def stopping(make_recipe):
    return {"published": make_recipe(), "early_stop": make_recipe(early_stop=1.1)}


def test_a_recipe_that_only_stops_early_gets_no_verdict(stopping):
    ended = runs_of("early_stop", 0.08, 0.2).assign(decided=True)
    table = compared(runs_of(*REFERENCE), ended, recipes=stopping)
    row = table.set_index("recipe").loc["early_stop"]
    assert row["changes"] == "early_stop"
    assert set(row[[*cures.KINDS, "kind", "better"]]) == {NOT_APPLICABLE}
    assert row["turned"] == 1  # what was counted stays


def test_what_stops_early_and_changes_more_may_fit_better(stopping, make_recipe):
    recipes = stopping | {"early_stop": make_recipe(early_stop=1.1, cutoff=10.0)}
    ended = runs_of("early_stop", 0.05, 0.06).assign(decided=True)
    row = compared(runs_of(*REFERENCE), ended, recipes=recipes).iloc[1]
    assert (row["kind"], row["better"]) == (NOT_APPLICABLE, SUPPORTED)


def test_a_comparison_needs_its_reference(make_recipe):
    with pytest.raises(DataError, match="recipe published"):
        compared(runs_of("slow", 0.08, 0.3), recipes={"slow": make_recipe()})
