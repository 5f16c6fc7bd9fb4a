"""Worlds in which every claim about study 2 holds, or in which the opposite of each does."""

from functools import cache

import numpy as np
import pandas as pd

from lgi.display import SuperpositionNames
from lgi.superposition import claims
from lgi.superposition.settings import ClaimSettings, Original, Panel

INITS = ["kgon4", "kgon6", "optimal", "random"]
SPARSITIES = [0.4, 0.7, 0.9, 0.97, 0.99]
SEEDS = 40
EPOCHS = [0, 85, 40_000]
SETTINGS = ClaimSettings(
    confidence=0.95,
    resamples=200,
    seed=0,
    least=10,
    low_sparsity=0.8,
    high_sparsity=0.96,
    best=0.1,
    correlation_margin=0.3,
    llc_margin=0.5,
    loss_margin=0.05,
    ratio_margin=0.05,
)
KEYS = ["init", "samples", "sparsity", "seed", "epoch"]
LOSSES = ["train_loss", "test_loss", "population_loss"]

ROLES = Original(kgon4="kgon4", kgon6="kgon6", optimal="optimal")
PANELS = [
    Panel(title="random 4-gon", init="kgon4", samples=100),
    Panel(title="optimal", init="optimal", samples=1000),
]
SCALES = {"drawn": "fine", "published": "published"}
STARTS = {"kgon4": "four-gon", "kgon6": "six-gon", "optimal": "optimal six-gon"}
NAMES = SuperpositionNames(initialisations=STARTS, settings={"fine": "σ = 0.1"})


def world(true: bool, seeds=SEEDS, samples=(1000,)):
    """Return tables in which every claim holds, or in which the opposite of each does."""
    rng = np.random.default_rng(3)
    frame = pd.MultiIndex.from_product([INITS, samples, SPARSITIES, range(seeds), EPOCHS])
    frame = frame.set_names(KEYS).to_frame(index=False)
    size = len(frame)
    density = 1 - frame["sparsity"]
    last, first = frame["epoch"] == EPOCHS[-1], frame["epoch"] == 0
    six, four, optimal = (frame["init"] == init for init in ("kgon6", "kgon4", "optimal"))
    six |= optimal
    low, high = frame["sparsity"] < 0.8, frame["sparsity"] > 0.96

    luck = rng.uniform(-1, 1, size)
    loss = density * (0.2 + 0.01 * luck) * (1 + density if true else density**-1.2)
    llc = (2 + 6 * density if true else 8 - 6 * density) + 0.1 * rng.uniform(-1, 1, size)
    llc += 0 if true else 0.2 * luck * six
    # From four-gons worse on average, the best fifth better; or so from six-gons.
    worse = four if true else six
    loss *= np.where(worse, np.where(frame["seed"] % 3 == 0, 0.8, 1.5), 1)
    begins = (0.5 if true else 12) + 0.1 * rng.uniform(-1, 1, size)
    llc = np.where(optimal & low & first, begins, llc)
    if true:  # high sparsity: nothing happens along training
        llc = np.where(optimal & high, 2 + 0.1 * rng.uniform(-1, 1, size), llc)
    else:
        llc = np.where(optimal & high & first, llc - 3, llc)
        loss = np.where(optimal & high & first, loss + 10 * density, loss)
    table = frame.assign(**dict.fromkeys(LOSSES, loss))
    measures = {"llc": llc, "hessian_llc": llc + 1, "directions": np.round(10 * llc)}
    estimates = frame.assign(**measures, status=np.where(last | first, "ok", "not a minimum"))
    return table, estimates


def both(table, llc, roles=ROLES, settings=SETTINGS, fine=None):
    """Return both tables; setting published estimates all states, fine the last ones alone."""
    fine = llc[llc["epoch"] == EPOCHS[-1]] if fine is None else fine
    names = ["published", "fine"]
    return claims.claims(table, [llc, fine], names, settings, roles, PANELS, SCALES, 1000, NAMES)


@cache
def judged(true: bool):
    """Return both tables of such a world of two numbers of samples; they are not to be changed."""
    return both(*world(true, samples=(100, 1000)))
