"""Small models of study 2, trained for the page, with estimates that are made up."""

from pathlib import Path

import numpy as np
import pandas as pd

from lgi.claims import BELOW_0, ORIGINAL, OURS, Claim, Part, Sentences, claim_table, judge
from lgi.intervals import Interval
from lgi.llc.status import NOT_A_MINIMUM, NOT_LOCAL, OK
from lgi.runs import Run
from lgi.superposition.training.results import training_run
from lgi.superposition.training.run import train_run
from tests.configurations import SMOKE, checked

SPARSITIES = [0.42624657926256726, 0.8916319767781041]
SEEDS = [0, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 16]
STUDY = {
    "superposition": {
        "runs": {"init": ["kgon4", "kgon6"], "samples": [30, 100], "sparsity": SPARSITIES}
        | {"seeds": SEEDS},
        "llc": {"settings": {"fine": {"epochs": [0, 12, 200]}}},
    },
    "explorer": {
        "gaussians": None,
        "superposition": {"samples": 100, "films": {"seeds": [3], "samples": 100}, "snapshots": 6},
    },
}


def configured(*overlays):
    """Return the configuration of the page under test."""
    return checked(SMOKE, STUDY, *overlays)


def trained(config) -> list[Run]:
    """Return every run of study 2."""
    study = config.superposition
    return [
        Run(
            Path("run.npz"),
            *train_run(
                **training_run(
                    config,
                    study,
                    run.init,
                    run.samples,
                    hidden=study.hidden,
                    sparsity=study.runs.exact[run.sparsity],
                ),
                source="source",
            ),
        )
        for run in study.runs.runs()
    ]


def estimates(config) -> pd.DataFrame:
    """Return made-up estimates of every model, some of them beyond the axis or not ok."""
    study, random, parts = config.superposition, np.random.default_rng(0), []
    runs = study.runs
    for name in study.llc.runs:
        epochs = study.llc.settings[name].epochs.among(study.training.snapshot_epochs())
        index = pd.MultiIndex.from_product(
            [runs.init, runs.samples, runs.sparsity, runs.seeds, epochs],
            names=["init", "samples", "sparsity", "seed", "epoch"],
        )
        part = index.to_frame(index=False).assign(setting=name)
        size = len(part)
        part["llc"] = random.uniform(1, 9, size)
        part["llc_se"] = random.uniform(0.01, 0.5, size)
        part["hessian_llc"] = random.uniform(1, 9, size)
        part["directions"] = random.integers(1, 18, size)
        part["status"] = random.choice([OK, OK, OK, NOT_LOCAL, NOT_A_MINIMUM], size)
        part.loc[part["status"] == NOT_LOCAL, "llc"] *= -50
        parts.append(part.assign(sigma=0.1, n_beta=21.7, localisation=10.0))
    return pd.concat(parts, ignore_index=True)


def curve(config) -> pd.DataFrame:
    """Return the resolution curve of one state."""
    study = config.superposition
    state = {"init": study.runs.init[-1], "samples": 100, "sparsity": SPARSITIES[0], "seed": 3}
    state["epoch"] = study.training.epochs
    rows = {
        "factor": [0.1, 1.0, 10.0],
        "n_beta": [2.17, 21.7, 217.0],
        "llc": [-30.0, 7.5, 7.6],
        "llc_se": [2.0, 0.1, 0.1],
        "hessian_llc": 7.7,
        "status": [NOT_LOCAL, OK, OK],
        "stable": [False, True, False],
        "setting": "fine",
    }
    return pd.DataFrame(state | rows)


def claims() -> dict[str, pd.DataFrame]:
    """Return claims of both studies, with a view and without."""

    def judged(id: str, low: float, high: float, source: str) -> list[dict]:
        sentences = Sentences("It is so.", "It is not so.", "It is undecided.")
        claim = Claim(id, f"statement {id}", source, "difference", BELOW_0, sentences)
        return judge(claim, [Part("all", Interval((low + high) / 2, low, high, 12))])

    about = {"samples": 100, "loss": "train_loss", "states": "ok", "setting": "fine"}
    correlation = judged("superposition.no_correlation.kgon4", -0.5, -0.2, OURS)
    trend = judged("superposition.trend_of_llc", -0.5, 0.2, ORIGINAL)
    of_models = claim_table([row | about for row in correlation + trend], list(about))
    return {
        "gaussians_claims": claim_table(judged("turn.diverges", 0.1, 0.2, OURS)),
        "superposition_claims": of_models.assign(shown=True),
    }
