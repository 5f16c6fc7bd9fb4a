"""How an estimate depends on its setting: one value of it at a time."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lgi.llc.settings import EstimateSettings
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd

STEP_SIZE, LOCALISATION, N_BETA, N = "step_size", "localisation", "n_beta", "n"
DRAWS, RESOLUTION = "draws", "resolution"

DECADE = 10.0  # over which λ̂ stays, in both directions, where it is stable
SHARE, ERRORS = 0.1, 2.0  # of itself, or of its standard errors, by which it may move


@dataclass(frozen=True)
class Variation:
    """A setting with one of its values changed."""

    varied: str  # which one
    value: float
    name: str  # of the setting that it departs from
    setting: EstimateSettings


def variations(
    name: str,
    setting: EstimateSettings,
    values: Mapping[str, Iterable[float]],
    samples: int,
) -> Iterator[Variation]:
    """Yield a setting with each of some values in turn.

    Parameters
    ----------
    name, setting
        The setting that the values depart from.
    values
        What is varied, with its values: ``step_size`` ε, which then does not adapt; ``n_beta`` nβ;
        ``n``, that of nβ = n / ln n, with the data as they are; ``draws``, how many times as long
        the chains are, burn-in too; ``resolution``, how many times as large nβ and γ are, both; or
        a number of the setting.
    samples
        Number of training samples.
    """
    for varied, listed in values.items():
        for value in listed:
            changed = _changed(setting, varied, value, samples)
            yield Variation(varied, float(value), name, changed)


def sweep(
    variations: Iterable[Variation],
    estimate: Callable[[Variation], Mapping],
    samples: int,
) -> list[dict]:
    """Estimate with each variation; settings that are the same are estimated once.

    Parameters
    ----------
    variations
        From `variations`, or others.
    estimate
        Gives the row of an estimate.
    samples
        Number of training samples.

    Returns
    -------
    list of dict
        ``varied``, ``value``, ``setting`` (name of the one departed from), ``sampler``,
        ``localisation`` and ``n_beta`` of the estimate, and its row.
    """
    known: dict[str, Mapping] = {}
    rows = []
    for one in variations:
        same = one.setting.model_dump_json()
        if same not in known:
            known[same] = estimate(one)
        rows.append(described(one, samples) | dict(known[same]))
    return rows


def described(one: Variation, samples: int) -> dict:
    """Return what tells the rows of a sweep apart, for one of them; see `sweep`."""
    return {
        "varied": one.varied,
        "value": one.value,
        "setting": one.name,
        "sampler": one.setting.sampler.kind,
        "localisation": one.setting.localisation,
        "n_beta": one.setting.n_beta(samples),
    }


def stable(curve: "pd.DataFrame") -> np.ndarray:
    """Tell which estimates are ok, and stay what they are over a decade of nβ both ways.

    One stays where every estimate within the decades, ok or not, differs from it by no more than
    `SHARE` of it or `ERRORS` of its own standard errors. Where a curve does not reach so far, or
    an estimate has no value, nothing is stable.

    Parameters
    ----------
    curve
        Estimates of one state: n_beta, llc, llc_se, status.

    Returns
    -------
    numpy.ndarray
        bool [rows].
    """
    n_beta, llc, error = (curve[name].to_numpy() for name in ("n_beta", "llc", "llc_se"))
    # Factors are printed to a few digits: a decade less a hundredth is one.
    near = np.abs(np.log10(n_beta[:, None] / n_beta)) <= np.log10(DECADE) + 0.01
    reach = np.log10(DECADE) - 0.01
    there = (np.log10(n_beta / n_beta.min()) >= reach) & (np.log10(n_beta.max() / n_beta) >= reach)
    allowed = np.maximum(SHARE * np.abs(llc), ERRORS * error)[:, None]
    stays = np.abs(llc[:, None] - llc) <= allowed
    return (curve["status"] == OK).to_numpy() & there & (stays | ~near).all(axis=1)


def _changed(
    setting: EstimateSettings, varied: str, value: float, samples: int
) -> EstimateSettings:
    changes = {
        STEP_SIZE: lambda: {"sampler": setting.sampler.with_step(value)},
        N_BETA: lambda: _temperature(value, samples),
        N: lambda: _temperature(value / math.log(value), samples),
        DRAWS: lambda: {
            name: setting.thin * round(value * getattr(setting, name) / setting.thin)
            for name in ("draws", "burn_in")
        },
        RESOLUTION: lambda: (
            _temperature(value * setting.n_beta(samples), samples)
            | {"localisation": value * setting.localisation}
        ),
    }
    change = changes[varied]() if varied in changes else {varied: value}
    return setting.model_copy(update=change)


def _temperature(n_beta: float, samples: int) -> dict:
    return {"inverse_temperature": n_beta / samples, "n": None}
