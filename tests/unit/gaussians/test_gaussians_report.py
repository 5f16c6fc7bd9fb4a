"""The analysis of opposite worlds says opposite things."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from lgi.gaussians import (
    claims,
    cures,
    elsewhere,
    features,
    llc,
    llc_claims,
    n_study,
    prediction,
    seeds,
    turn,
)
from lgi.gaussians.analysis import reproducibility
from lgi.gaussians.discrepancies import discrepancies
from lgi.gaussians.report import write
from lgi.gaussians.study_settings import AnalysisSettings
from lgi.verdicts import claim_table

CONFIG = Path(__file__).parents[3] / "config.yaml"
ANALYSIS = yaml.safe_load(CONFIG.read_text())["gaussians"]["analysis"]
SETTINGS = AnalysisSettings.model_validate(
    ANALYSIS
    | {
        "seeds": ANALYSIS["seeds"] | {"resamples": 50},
        "elsewhere": ANALYSIS["elsewhere"] | {"runs": ["elsewhere"]},
    }
)
FINE, GAP = list(range(45, 56)), list(range(56, 65))
LISTS = {"fine": FINE, "gap": GAP, "broad": [20, 40, 45, 50, 55, 60, 65, 100]}
NUMBERS = sorted({*FINE, *GAP, *LISTS["broad"]})
SEEDS = [42, *range(1, 10)]
IMAGE = "gradient_checkerboard"
RECIPES = {
    "published": {"edge": "hard", "schedule": "constant"},
    "cosine": {"edge": "hard", "schedule": "cosine"},
    "smooth": {"edge": "smooth", "schedule": "constant"},
}
FIGURES = dict.fromkeys(
    [
        *("n_study", "steps", "one_seed", "turn", "cures", "neighbours", "film", "prediction"),
        *("spectra", "elsewhere", "llc", "llc_sweep"),
    ],
    "../figures/x.png",
)


def as_claimed(n):
    """Jagged, with its lowest point at N = 53, and rising beyond 55."""
    return 0.09 - 0.0005 * n + 0.004 * (n % 2) + (0.01 if n != 53 else 0) + 0.001 * max(n - 55, 0)


def falling(n):
    return 0.12 - 0.0008 * n


class World:
    """Tables of study 1 where everything is as claimed, or where nothing is.

    In a calm world no fit turns.
    """

    def __init__(self, *, claimed: bool, calm: bool = False) -> None:
        self.random = np.random.default_rng(3)
        self.curve = as_claimed if claimed else falling
        self.cure = "smooth" if claimed else "cosine"
        self.on_uncovered = 0.9 if claimed else 0.1
        self.regular = claimed
        self.calm = calm
        self.beyond = 1.5 if claimed else 0.5  # loss with many Gaussians over that in the range

    def runs(self) -> pd.DataFrame:
        recipes = ("published", "published_3000", "cosine", "smooth")
        rows = [
            self.run(IMAGE, recipe, n, seed)
            for recipe in recipes
            for n in NUMBERS
            for seed in SEEDS
        ]
        rows += [
            self.run("edges", "published_3000", n, seed) for n in (20, 52, 150) for seed in SEEDS
        ]
        table = pd.DataFrame(rows)
        other = table["image"] == "edges"
        many = table["n"] == 150
        table.loc[other, "best_loss"] = 0.05 * (1 + 0.001 * table.loc[other, "seed"] % 1)
        table.loc[other & many, "best_loss"] *= self.beyond
        return table

    def run(self, image, recipe, n, seed) -> dict:
        best = self.curve(n) + 1e-5 * self.random.normal()
        if recipe == self.cure:
            best *= 0.5
        turns = self.turns(recipe)
        return {
            "image": image,
            "recipe": recipe,
            "n": n,
            "seed": seed,
            "iterations": 3000 if recipe == "published_3000" else 10_000,
            "best_loss": best,
            "best_iteration": 1000 + n,
            "final_loss": 3 * best if turns else best,
            "psnr_at_best": 20.0,
            "uncovered_at_end": 0.5 if turns else 0.0,
            "evaluations": 100.0 * n,
            "n_over_pixels": n / 4096,
            "pixels_per_gaussian": 4096 / n,
            "published_best_loss": np.nan,
            "state": "finished",
        }

    def turns(self, recipe) -> bool:
        return recipe != self.cure and not self.calm

    def turn(self, runs: pd.DataFrame) -> pd.DataFrame:
        turned = np.array([self.turns(recipe) for recipe in runs["recipe"]])
        there = np.where(turned, 1.0, np.nan)
        share = self.on_uncovered + 0.01 * self.random.normal(size=len(runs))
        frame = runs[[*turn.RUN, "best_iteration", "best_loss"]].assign(
            turned=turned,
            turn_iteration=1500 * there,
            uncovered_iteration=(1200 if self.on_uncovered > 0.5 else 2000) * there,
            share_at_turn=share * there,
            share_at_end=share * there,
        )
        frame = frame.assign(
            **{name: 0.1 for name in turn.COLUMNS if name.startswith("uncovered_at")}
        )
        return frame.assign(increase_at_turn=there, increase_at_end=there, correlation=there)

    def features(self, runs: pd.DataFrame) -> pd.DataFrame:
        rows = runs[(runs["recipe"] == "published_3000") & runs["n"].isin(FINE)]
        rows = rows[rows["image"] == IMAGE]
        names = (*features.OF_JACOBIAN, *features.OF_GAUSSIANS)
        return pd.concat(
            rows[["image", "recipe", "n", "seed", "best_loss"]].assign(
                state=state,
                loss=0.1,
                **{name: self.random.normal(size=len(rows)) for name in names},
            )
            for state in features.STATES
        )

    def llc(self) -> pd.DataFrame:
        """Coefficients of regular fits, or of fits with a fixed coefficient whatever N."""
        rows = [
            {
                "image": IMAGE,
                "recipe": "minimum",
                "n": n,
                "seed": seed,
                "setting": "far",
                "noise": 0.01,
                "localisation": 100.0,
                "parameters": 8 * n,
                "llc": (4.0 * n if self.regular else 10 - 0.1 * n) + 0.01 * self.random.normal(),
                "llc_se": 0.1,
                "predicted": 4.0 * n,
                "predicted_jacobian": 4.0 * n,
                "effective_rank": 8.0 * n,
                "rhat": 1.0,
                "verdict": "ok",
            }
            for n in (5, 10, 20, 30)
            for seed in (1, 2)
        ]
        return pd.DataFrame(rows).reindex(columns=list(llc.COLUMNS))

    def write(self) -> str:
        runs = self.runs()
        turns = self.turn(runs)
        published = pd.DataFrame({"n": FINE, "seed": 42, "best_loss": 0.07})
        published["iteration_as_published"] = np.nan
        study = n_study.n_study(runs, published, LISTS, SETTINGS.n_study)
        losses = seeds.curves(runs, SETTINGS.seeds, FINE, SEEDS)
        iterations = seeds.curves(runs, SETTINGS.seeds, FINE, SEEDS, column="best_iteration")
        again = reproducibility(runs.iloc[:0])
        compared = cures.compare(runs[runs["recipe"].isin(RECIPES)], turns, RECIPES, SETTINGS.cures)
        images = runs[runs["recipe"] == "published_3000"]
        known = self.features(runs)
        predicted = prediction.table(known, SETTINGS.prediction)
        tables = {
            "n_study": study,
            "n_study_summary": n_study.summary(study, LISTS, SETTINGS.n_study),
            "discrepancies": discrepancies(study, published, SETTINGS.n_study, SETTINGS.claims),
            "reproducibility": again,
            "steps": seeds.steps(losses, SETTINGS.seeds, 42),
            "seeds_summary": seeds.summary(losses, iterations, SETTINGS.seeds, 42, 0.05),
            "turn": turns,
            "cures": compared,
            "elsewhere": elsewhere.curves(images, SETTINGS.elsewhere),
            "features": known,
            "prediction": predicted,
            "llc": self.llc(),
        }
        found = [
            claim_table(claims.claims(losses, 42, again, runs, published, SETTINGS.claims)),
            claim_table(turn.claims(turns, SETTINGS.turn)),
            claim_table(cures.claims(compared, SETTINGS.cures)),
            claim_table(elsewhere.claims(images, SETTINGS.elsewhere)),
            prediction.claims(predicted, SETTINGS.prediction),
            claim_table(llc_claims.claims(tables["llc"], SETTINGS.llc.claims)),
        ]
        return write(pd.concat(found), tables, SETTINGS.model_dump(), FIGURES)


@pytest.fixture(scope="module")
def texts():
    return World(claimed=True).write(), World(claimed=False).write()


def test_where_no_fit_turns_none_is_said_to():
    text = World(claimed=True, calm=True).write()
    assert "Turning is the exception" in text
    assert "Turning is the rule" not in text
    assert "Why training turns is not decided" in text


SENTENCES = {
    "one more Gaussian really does worse": "is monotone as far as can be told",
    "Training turns because pixels lose": "Training does not turn because",
    "So the turn is a loss of coverage": "So the turn is not a loss of coverage",
    "Coverage goes first": "Coverage does not go first",
    "What keeps a fit from turning: smooth": "What keeps a fit from turning: .*cosine",
    "is the best of those tried": "optimal is not: others do better",
    "Turning is the rule": "",
    "that the curve is not monotone is real": "At no N does the mean best loss rise",
    "N = 53 is the best of 45 to 55, as the original says": "does not hold of the other seeds",
    "The ups and downs belong to N": "The ups and downs are not those of N",
    "Most fits turn all the same with cosine": "",
    "The learning rate is not the cause": "The learning rate has a part in it",
    "Fits are regular": "Fits are singular",
    "Where it can, it grows with N": "It does not grow with N",
    "does better than the most Gaussians tried": "there is no such optimal range",
}


@pytest.mark.parametrize("claimed", SENTENCES)
def test_opposite_worlds_get_opposite_sentences(texts, claimed):
    first, second = texts
    assert claimed in first
    opposite = SENTENCES[claimed]
    if opposite:
        assert claimed not in second
        assert re.search(opposite, second)
        assert not re.search(opposite, first)


def test_the_text_has_no_hole(texts):
    for text in texts:
        assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", text.lower())
        assert "None" not in text
        assert len(re.findall(r"^## ", text, re.MULTILINE)) == 10


def test_every_claim_is_listed_with_its_verdict(texts):
    for text in texts:
        rows = [
            line for line in text.splitlines() if re.search(r"\| \*\*(not )?supp|\*\*undec", line)
        ]
        assert len(rows) > 20
