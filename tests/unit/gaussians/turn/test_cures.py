"""Recipes compared, on runs whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED
from lgi.errors import DataError
from lgi.gaussians.turn import cures


def runs_of(recipe, best, final, seeds=6, n=(5, 6)):
    """A row per N and seed of a table of runs, with the table of their turns."""
    rows = [
        {
            "image": "flat",
            "recipe": recipe,
            "n": number,
            "seed": seed,
            "best_loss": best + 0.001 * seed + 0.01 * k,
            "final_loss": final,
            "psnr_at_best": 20.0,
            "best_iteration": 100,
            "evaluations": 1000.0,
            "uncovered_at_end": 0.1,
            "turned": final > 1.1 * (best + 0.001 * seed),
            "decided": False,
        }
        for k, number in enumerate(n)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows)


def compared(*parts, recipes):
    rows = pd.concat(parts, ignore_index=True)
    return cures.compare(rows, recipes=recipes, reference="published", confidence=0.95)


def test_a_cure_is_told_from_what_changes_nothing(make_recipe):
    recipes = {
        "published": make_recipe(),
        "slow": make_recipe(iterations=7),
        "smooth": make_recipe(edge={"kind": "smooth", "background": 0.001}),
    }
    table = compared(
        runs_of("published", 0.08, 0.3),
        runs_of("slow", 0.08, 0.3),
        runs_of("smooth", 0.05, 0.05),
        recipes=recipes,
    ).set_index("recipe")
    assert list(table.index) == ["published", "slow", "smooth"]
    assert table.loc["slow", ["cures", "changes"]].tolist() == [NOT_SUPPORTED, "iterations"]
    assert table.loc["smooth", ["cures", "better"]].tolist() == [SUPPORTED, SUPPORTED]
    assert table.loc["smooth", "gain"] == pytest.approx(0.03)
    assert table.loc["smooth", "changes"] == "edge"
    assert (table["regressions"] == 6).all()  # each seed, from 5 to 6
    assert np.isnan(table.loc["published", "gain"])


@pytest.fixture
def stopping(make_recipe):
    return {"published": make_recipe(), "early_stop": make_recipe(early_stop=1.1)}


def test_a_recipe_that_only_stops_early_is_neither_a_cure_nor_none(stopping):
    ended = runs_of("early_stop", 0.08, 0.1).assign(decided=True)
    table = compared(runs_of("published", 0.08, 0.3), ended, recipes=stopping)
    row = table.set_index("recipe").loc["early_stop"]
    assert row[["changes", "cures", "better"]].tolist() == ["early_stop"] + [NOT_APPLICABLE] * 2
    assert row["turned"] == 1  # what was counted stays
    turning, gain = cures.parts(row.to_dict() | {"recipe": "early_stop"})
    assert not turning.applies
    assert not gain.applies


def test_what_stops_early_and_changes_more_may_fit_better(stopping, make_recipe):
    recipes = stopping | {"early_stop": make_recipe(early_stop=1.1, cutoff=10.0)}
    ended = runs_of("early_stop", 0.05, 0.06).assign(decided=True)
    table = compared(runs_of("published", 0.08, 0.3), ended, recipes=recipes)
    assert table["cures"].tolist()[1] == NOT_APPLICABLE
    assert table["better"].tolist()[1] == SUPPORTED


def test_a_comparison_needs_its_reference(make_recipe):
    with pytest.raises(DataError, match="recipe published"):
        compared(runs_of("slow", 0.08, 0.3), recipes={"slow": make_recipe()})
