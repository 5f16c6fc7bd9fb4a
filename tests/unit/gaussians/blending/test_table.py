"""Blends, edges and starts compared, on runs whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, SUPPORTED, UNDECIDED, WITHIN, Claims, claim_table
from lgi.errors import ConfigError, DataError
from lgi.gaussians.blending import figures
from lgi.gaussians.blending.claims import claims
from lgi.gaussians.blending.settings import BlendingSettings
from lgi.gaussians.blending.table import tables
from tests.configurations import RUNS, SMOKE, checked
from tests.unit.gaussians.synthetic import NAMES

SETTINGS = BlendingSettings(confidence=0.95, margin=0.05, least=3, fits={"runs": "blending"})
SMOOTH, NULL = {"kind": "smooth", "background": 0.001}, {"kind": "smooth", "background": None}
KMEANS = {"kind": "kmeans", "scale": [0.01, 0.1], "colour_weight": 1.0}
GROWING = {"kind": "error_guided", "scale": [0.01, 0.1], "first": 0.5, "rounds": 4, "until": 0.1}
CELLS = {
    "published": {},
    "smooth": {"edge": SMOOTH},
    "sum": {"blend": "sum"},
    "sum_smooth": {"blend": "sum", "edge": NULL},
    "kmeans": {"initialisation": KMEANS},
    "error_guided": {"initialisation": GROWING},
}
BEST = {
    "published": 0.08,
    "smooth": 0.05,
    "sum": 0.06,
    "sum_smooth": 0.06,
    "kmeans": 0.05,
    "error_guided": 0.07,
}


@pytest.fixture
def world(make_recipe):
    """Return a function that compares runs of given best losses; those with a hard mean turn."""

    def make(best=BEST, seeds=10, noise=0.01, images=("flat",), **changed):
        cells = CELLS | changed
        recipes = {name: make_recipe(**cells[name]) for name in best}
        random = np.random.default_rng(0)
        rows = [
            {
                "image": image,
                "recipe": name,
                "n": 50,
                "seed": seed,
                "initial_loss": 0.3,
                "best_loss": loss * np.exp(noise * random.normal()),
                "final_loss": 0.1,
                "psnr_at_best": 20.0,
                "best_iteration": 100,
                "uncovered_at_end": 0.0,
            }
            for image in images
            for name, loss in best.items()
            for seed in range(seeds)
        ]
        runs = pd.DataFrame(rows)
        turn = runs[["image", "recipe", "n", "seed"]].assign(
            turned=[
                (recipes[name].blend, recipes[name].edge.kind) == ("mean", "hard")
                for name in runs["recipe"]
            ]
        )
        fits = list(turn[["image", "recipe", "n", "seed"]].itertuples(index=False, name=None))
        return tables(runs, turn, fits=fits, recipes=recipes, confidence=0.95)

    return make


def judged(runs):
    return Claims(claim_table(claims(runs=runs, settings=SETTINGS)))


def test_a_row_per_cell_in_words_of_its_recipe(world):
    compared, runs = world()
    assert len(runs) == 60
    cells = compared.set_index(["start", "rate", "blend", "edge"])
    assert len(cells) == 6
    own = cells.loc[("random", 0.001, "sum", "smooth")]
    best = runs.loc[(runs["recipe"] == "sum_smooth"), "best_loss"]
    assert own["best_loss"] == pytest.approx(best.mean())
    assert own["low"] < best.mean() < own["high"]
    assert own[["seeds", "turned"]].tolist() == [10, 0]
    assert cells.loc[("kmeans", 0.001, "mean", "hard"), "turned"] == 1


def test_runs_that_are_not_there_are_an_error():
    with pytest.raises(DataError, match="blends"):
        tables(
            pd.DataFrame(columns=["image", "recipe", "n", "seed"]),
            pd.DataFrame(columns=["image", "recipe", "n", "seed", "turned"]),
            fits=[("flat", "sum", 5, 1)],
            recipes={},
            confidence=0.95,
        )


def test_verdicts_follow_the_runs(world):
    found = judged(world()[1])
    assert found.verdict("blending.mean_turns") == SUPPORTED
    assert found.verdict("blending.sum_turns") == NOT_SUPPORTED
    assert found.sentence("blending.sum_turns").endswith("do not turn within their iterations.")
    assert found.verdict("blending.edge_of_mean") == SUPPORTED
    assert found.whole("blending.edge_of_mean")["statistic"] == pytest.approx(
        np.log(8 / 5), abs=0.02
    )
    assert found.verdict("blending.edge_of_sum") == WITHIN
    assert found.sentence("blending.edge_of_sum") == (
        "Where colours are added, a smooth edge and a hard one fit alike, to 5 %, in the one case "
        "(flat · random start)."
    )
    assert found.verdict("blending.sum_with_hard") == SUPPORTED
    assert "a mean fits better than a sum in the one case" in found.sentence(
        "blending.sum_with_smooth"
    )
    assert found.verdict("blending.error_guided_or_random") == SUPPORTED
    assert "A k-means start fits better than an error-guided start" in found.sentence(
        "blending.error_guided_or_kmeans"
    )
    assert found.whole("blending.error_guided_or_kmeans")["n"] == 10


def test_few_or_noisy_seeds_decide_nothing(world):
    assert judged(world(seeds=2)[1]).verdict("blending.edge_of_mean") == UNDECIDED
    found = judged(world(noise=0.5)[1])
    assert found.verdict("blending.edge_of_sum") == UNDECIDED
    sentence = found.sentence("blending.edge_of_sum")
    assert "is not decided in the one case (flat · random start)" in sentence


def test_every_image_and_rate_is_a_part(world):
    fast = {"kind": "adam", "rate": 0.002, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    best = BEST | {"fast": 0.08, "fast_sum": 0.06}
    _, runs = world(
        best,
        images=("flat", "steep"),
        fast={"optimiser": fast},
        fast_sum={"optimiser": fast, "blend": "sum"},
    )
    parts = judged(runs).parts("blending.sum_with_hard")
    assert parts["part"].tolist() == [
        f"{image} · random start · rate {rate}"
        for image in ("flat", "steep")
        for rate in (0.001, 0.002)
    ]
    assert (parts["n"] == 10).all()


def test_the_figure_shows_every_run_and_who_turns(world):
    compared, runs = world(images=("flat", "steep"))
    figure = figures.blending(compared, runs, NAMES)
    assert len(figure.axes) == 6
    drawn = sum(
        len(line.get_xdata())
        for axes in figure.axes
        for line in axes.lines
        if line.get_markerfacecolor() in figures.COLOURS.values()
    )
    assert drawn == len(runs)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["10 of 10 turn", *["0 of 10 turn"] * 3]
    with pytest.raises(DataError, match="blends"):
        figures.blending(compared.iloc[:0], runs.iloc[:0], NAMES)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"cutoff": 5.0}, "recipes other and published_3000 differ in cutoff"),
        (
            {"optimiser": {"kind": "adam", "rate": 0.1, "beta1": 0.5, "beta2": 0.9, "epsilon": 1}},
            "recipes other and published_3000 differ in optimiser",
        ),
        ({"snapshots": 3}, "recipes other and published_3000 share start, rate, blend and edge"),
    ],
)
def test_recipes_that_differ_in_more_or_in_nothing_are_refused(changes, problem):
    others = [entry for entry in RUNS if entry["name"] != "blending"]
    entry = {
        "name": "blending",
        "image": "gradient_checkerboard",
        "recipe": ["published_3000", "other"],
        "n": 5,
        "seeds": [1, 2, 3],
    }
    overlay = {
        "gaussians": {
            "recipes": {"other": {"from": "published_3000"} | changes},
            "runs": [*others, entry],
        }
    }
    with pytest.raises(ConfigError, match=f"gaussians.blending.fits: {problem}"):
        checked(SMOKE, overlay)


def test_recipes_may_differ_in_the_rate():
    other = {
        "from": "sum",
        "optimiser": {"kind": "adam", "rate": 0.1, "beta1": 0.9, "beta2": 0.999, "epsilon": 1.0e-8},
    }
    entry = {
        "name": "blending",
        "image": "gradient_checkerboard",
        "recipe": ["sum", "other"],
        "n": 5,
        "seeds": [1],
    }
    others = [entry for entry in RUNS if entry["name"] != "blending"]
    study = {"recipes": {"other": other}, "runs": [*others, entry]}
    checked(SMOKE, {"gaussians": study, "explorer": {"gaussians": None}})
