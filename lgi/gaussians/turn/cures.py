"""What a recipe does about the turn, and what it gains: recipes against one, seed by seed.

Each recipe changes one thing of the reference unless it says otherwise, so that what differs is its
effect. Fits are paired: the same N and seed have the same random start. Three things are told
apart, each within the recipe's iterations, its *horizon*:

- it *delays* if most seeds turn, and later than with the reference: in iterations; whether also in
  the integrated rate, the sum of the learning rates up to the turn, is told beside
- it *freezes* if most seeds do not turn, the rate is spent at the end, and the best loss is higher
  than the reference's: the fit ends before it can turn, and before it is as good
- it *cures* if most seeds do not turn, the best loss is lower than the reference's, and coverage is
  kept from the best to the end
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lgi import intervals, prose
from lgi.claims import (
    ABOVE_0,
    MOST,
    NOT_APPLICABLE,
    OURS,
    SUPPORTED,
    Claim,
    Part,
    Sentences,
    enough,
    judge,
    verdict,
)
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.errors import DataError
from lgi.gaussians.fits import table as runs
from lgi.gaussians.fits.schedule import rates
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import RUN, Fit
from lgi.gaussians.turn import table as turns
from lgi.gaussians.turn.table import DECIDED, turning
from lgi.intervals import Interval

MEASURED = ("lost", "turned", "later", "later_in_rate", "gain")
"""What is told of a recipe with its interval, in columns such as ``gain``, ``gain_low``."""

DELAYS, FREEZES, CURES = KINDS = ("delays", "freezes", "cures")
TURNS, UNCLEAR = "turns", "undecided"

COLUMNS = (
    "recipe",
    "changes",
    "runs",
    "seeds",
    "decided",
    "iterations",
    "rate_at_end",
    "best_loss",
    "final_loss",
    "psnr_at_best",
    "best_iteration",
    "evaluations",
    "turn_iteration",
    "uncovered_at_end",
    *(f"{name}{end}" for name in MEASURED for end in ("", "_low", "_high", "_seeds")),
    "gain_p",
    "better",
    *KINDS,
    "kind",
)
RATE = {"schedule", "optimiser", "iterations"}
"""Settings that change the learning rate alone, and for how long."""

NOT_SPENT = "its rate is not spent at the end"
"""Why a recipe cannot freeze."""


def tables(
    fits: Iterable[Fit],
    *,
    factor: float,
    uncovered: float,
    recipes: Mapping[str, RecipeSettings],
    reference: str,
    spent: float,
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how recipes compare, and the runs on which that rests.

    Parameters
    ----------
    fits
        Runs of the recipes and of the reference.
    factor
        As for `lgi.gaussians.turn.table.table`.
    uncovered, recipes, reference, spent, confidence
        As for `compare`.

    Returns
    -------
    compared : DataFrame
        As from `compare`.
    rows : DataFrame
        ``image``, ``recipe``, ``n``, ``seed``, ``best_loss``, ``final_loss``, ``turned``,
        ``decided``, ``turn_iteration`` and ``integrated_rate``, a row per run.
    """
    of_turn = [*RUN, "turned", "decided", "turn_iteration", "integrated_rate"]
    turned = []

    def each_once() -> Iterator[Fit]:
        """Yield fits that both tables see, one of them in memory at a time."""
        for fit in fits:
            turned.append(turns.row(fit, factor, uncovered))
            yield fit

    rows = runs.table(each_once())
    rows = rows.merge(pd.DataFrame(turned, columns=list(turns.COLUMNS))[of_turn], on=RUN)
    compared = compare(
        rows,
        recipes=recipes,
        reference=reference,
        spent=spent,
        uncovered=uncovered,
        confidence=confidence,
    )
    return compared, rows[[*RUN, "best_loss", "final_loss", *of_turn[len(RUN) :]]]


def compare(
    rows: pd.DataFrame,
    *,
    recipes: Mapping[str, RecipeSettings],
    reference: str,
    spent: float,
    uncovered: float,
    confidence: float,
) -> pd.DataFrame:
    """Return a row per recipe: how its runs end, and how they differ from the reference's.

    Parameters
    ----------
    rows
        The runs to compare, those of the reference included: columns of
        `lgi.gaussians.fits.table.table`, with ``turned``, ``decided``, ``turn_iteration`` and
        ``integrated_rate`` of `lgi.gaussians.turn.table.table`.
    recipes
        Settings of each recipe, the reference included, in the order of the rows.
    reference
        Recipe that the others are compared with.
    spent
        The rate is spent where it ends at no more than this share of where it began.
    uncovered
        Coverage is kept where no more of the image than this share loses it.
    confidence
        Level of the intervals of all recipes together.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. One value per seed counts (`lgi.gaussians.fits.table.by_seed`), and
        losses, ``evaluations`` and shares are means over seeds; ``best_iteration`` and
        ``turn_iteration`` are medians over runs. ``changes`` names the settings that differ from
        the reference's, ``decided`` says whether its definition decides whether its runs turn,
        ``rate_at_end`` is the last learning rate as a share of the first. Of
        `MEASURED`, each with its interval and its number of seeds, ``lost`` is how much more of
        the image is uncovered at the end than at the best, ``turned`` the share of seeds most of
        whose runs turn (exact interval), ``later`` log2 of the iteration of the turn over that of
        the reference's, pairs of runs that both turn, ``later_in_rate`` the same of the integrated
        rate, and ``gain`` the reference's best loss minus the recipe's, with a p-value corrected
        for the number of recipes (Holm). ``better`` is the verdict on a gain above 0, `KINDS` are
        the verdicts on what the recipe does (`claims_of`), and ``kind`` is that of them which is
        supported: else `TURNS` where most seeds do, `UNCLEAR` where nothing is. A verdict that the
        recipe's definition decides is not applicable, and a gain from stopping early alone.

    Raises
    ------
    DataError
        If the reference has no runs.
    """
    beside = rows[rows["recipe"] == reference]
    if beside.empty:
        raise DataError(f"no runs with recipe {reference} to compare with")
    level = intervals.joint_level(confidence, len(recipes) - 1)
    found = [
        _row(
            rows[rows["recipe"] == name],
            recipe,
            level,
            None if name == reference else (beside, recipes[reference]),
        )
        for name, recipe in recipes.items()
    ]
    result = pd.DataFrame(found, columns=list(COLUMNS))
    result["gain_p"] = intervals.holm(result["gain_p"].to_numpy(float))
    for place, row in enumerate(result.to_dict("records")):
        if row["recipe"] == reference:
            continue  # nothing to compare it with
        judged = claims_of(row, reference, spent, uncovered)
        verdicts = {kind: judge(*judged[kind])[0]["verdict"] for kind in KINDS}
        result.loc[place, list(KINDS)] = list(verdicts.values())
        result.loc[place, "kind"] = _kind(row, verdicts)
    return result


def changes(text: object) -> list[str]:
    """Return the settings that a recipe changes, from the column ``changes``."""
    return text.split(", ") if isinstance(text, str) and text else []


def rate_alone(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of recipes that change the learning rate alone, and for how long."""
    own = rows["changes"].map(lambda text: bool(changes(text)) and set(changes(text)) <= RATE)
    return rows[own.astype(bool)]


def claims_of(
    row: Mapping,
    reference: str,
    spent: float,
    uncovered: float,
    names: GaussianNames = UNNAMED_FITS,
) -> dict[str, tuple[Claim, list[Part]]]:
    """Return what is claimed of a recipe, by kind, with the conditions that must all hold.

    Parameters
    ----------
    row
        Of a recipe other than the reference, as from `compare`.
    reference, spent, uncovered
        As for `compare`.
    names
        What people read in place of names.
    """
    called = _Called(row["recipe"], *names.several("recipes", (row["recipe"], reference)))
    horizon = f"its {int(row['iterations']):,} iterations"
    turned, later, gain, lost = (
        _interval(row, name) for name in ("turned", "later", "gain", "lost")
    )
    why_not = DECIDED if row["decided"] else ""
    not_spent = NOT_SPENT if row["rate_at_end"] > spent else ""
    still = "most seeds do not turn", _shifted(turned, -1, 0.5)
    delaying = [
        _condition("most seeds turn", _shifted(turned, 1, -0.5), why_not),
        _condition("the turn comes later", later, why_not),
    ]
    freezing = [
        _condition(*still, why_not or not_spent),
        _condition("the best loss is higher", _shifted(gain, -1, 0), why_not or not_spent),
    ]
    curing = [
        _condition(*still, why_not),
        _condition("the best loss is lower", gain, why_not, row["gain_p"]),
        _condition("coverage is kept", _shifted(lost, -1, uncovered), why_not),
    ]
    return {
        DELAYS: (_delays(row, called), delaying),
        FREEZES: (_freezes(called, horizon), freezing),
        CURES: (_cures(called, horizon, uncovered), curing),
    }


@dataclass(frozen=True)
class _Called:
    """A recipe, by its name and as people read it, and the one that it is compared with."""

    name: str
    recipe: str
    reference: str


def _delays(row: Mapping, called: _Called) -> Claim:
    recipe, reference = f"“{called.recipe}”", f"“{called.reference}”"
    times, in_rate = (
        prose.interval(*(2 ** row[f"{name}{end}"] for end in ("", "_low", "_high")))
        for name in ("later", "later_in_rate")
    )
    return Claim(
        f"cures.{called.name}.delays",
        f"{recipe} delays the turn",
        OURS,
        "share of seeds that turn, beyond one half; log2 of the iteration of the turn over that "
        f"with {reference}",
        ABOVE_0,
        Sentences(
            supported=f"{recipe} delays the turn: it comes at {times} times the iterations, and at "
            f"{in_rate} times the integrated rate.",
            not_supported=f"{recipe} does not delay the turn.",
            undecided=f"Whether {recipe} delays the turn is not decided.",
        ),
    )


def _freezes(called: _Called, horizon: str) -> Claim:
    recipe, reference = f"“{called.recipe}”", f"“{called.reference}”"
    return Claim(
        f"cures.{called.name}.freezes",
        f"{recipe} freezes the fit before its turn",
        OURS,
        f"share of seeds that do not turn, beyond one half; best loss minus that with {reference}",
        ABOVE_0,
        Sentences(
            supported=f"{recipe} freezes the fit before its turn: most seeds do not turn within "
            f"{horizon}, at whose end the rate is spent, and the best loss is higher than with "
            f"{reference}.",
            not_supported=f"{recipe} does not freeze the fit before its turn.",
            undecided=f"Whether {recipe} freezes the fit before its turn is not decided.",
        ),
    )


def _cures(called: _Called, horizon: str, uncovered: float) -> Claim:
    recipe, reference = f"“{called.recipe}”", f"“{called.reference}”"
    return Claim(
        f"cures.{called.name}",
        f"{recipe} cures: no turn, a lower best loss, coverage kept",
        OURS,
        f"share of seeds that do not turn, beyond one half; best loss with {reference} minus that "
        f"with {recipe}; {prose.percent(uncovered)} minus the share of the image uncovered since "
        "the best",
        ABOVE_0,
        Sentences(
            supported=f"{recipe} cures: within {horizon} most seeds do not turn, the best loss is "
            f"lower than with {reference}, and coverage is kept.",
            not_supported=f"{recipe} does not cure.",
            undecided=f"Whether {recipe} cures is not decided.",
        ),
    )


def _row(
    rows: pd.DataFrame,
    recipe: RecipeSettings,
    level: float,
    reference: tuple[pd.DataFrame, RecipeSettings] | None,
) -> dict:
    """Return what the runs of a recipe do, and how they differ from the reference's."""
    name = rows["recipe"].iloc[0]
    first, last = (float(rates(recipe, k, k)[0]) for k in (1, recipe.iterations))
    rows = rows.assign(lost=rows["uncovered_at_end"] - rows["uncovered_at_best"])
    means = ("best_loss", "final_loss", "psnr_at_best", "evaluations", "uncovered_at_end")
    row = dict.fromkeys(COLUMNS, np.nan) | {
        "recipe": name,
        "changes": "",
        "runs": len(rows),
        "seeds": rows["seed"].nunique(),
        "iterations": recipe.iterations,
        "decided": bool(rows["decided"].any()),
        "rate_at_end": last / first,
        "best_iteration": rows["best_iteration"].median(),
        "turn_iteration": rows["turn_iteration"].median(),
        **dict.fromkeys(("better", *KINDS, "kind"), ""),
        **{column: runs.by_seed(rows, column).mean() for column in means},
    }
    row |= _told("turned", turning(rows, name, level).interval)
    row |= _told("lost", intervals.mean(runs.by_seed(rows, "lost").to_numpy(), level))
    if reference is None:
        return row
    beside, settings = reference
    changed = [key for key, value in recipe if value != getattr(settings, key)]
    gains = runs.differences_by_seed(rows, beside, "best_loss").to_numpy()
    gain = Part(name, intervals.mean(gains, level), applies=changed != ["early_stop"])
    row |= _told("gain", gain.interval)
    row |= {"changes": ", ".join(changed), "gain_p": intervals.p_of_mean(gains)}
    row["better"] = gain.verdict(ABOVE_0)
    for column, measure in (("turn_iteration", "later"), ("integrated_rate", "later_in_rate")):
        own, other = (one.assign(log2=np.log2(one[column])) for one in (rows, beside))
        later = runs.differences_by_seed(other, own, "log2").to_numpy()
        row |= _told(measure, intervals.mean(later, level))
    return row


def _kind(row: Mapping, verdicts: Mapping[str, str]) -> str:
    """Return what a recipe does, of what is told apart."""
    if row["decided"]:
        return NOT_APPLICABLE
    if shown := [kind for kind in reversed(KINDS) if verdicts[kind] == SUPPORTED]:
        return shown[0]
    return TURNS if verdict(row["turned_low"], row["turned_high"], MOST) == SUPPORTED else UNCLEAR


def _told(name: str, found: Interval) -> dict:
    """Return the columns of a measure."""
    ends = ("", "_low", "_high", "_seeds")
    return {f"{name}{end}": value for end, value in zip(ends, found, strict=True)}


def _interval(row: Mapping, name: str) -> Interval:
    return Interval(*(row[f"{name}{end}"] for end in ("", "_low", "_high", "_seeds")))


def _shifted(interval: Interval, sign: int, by: float) -> Interval:
    """Return the interval of a value times 1 or -1, plus a constant."""
    low, high = sorted((sign * interval.low, sign * interval.high))
    return Interval(sign * interval.value + by, low + by, high + by, interval.n)


def _condition(name: str, interval: Interval, why_not: str = "", p: float = np.nan) -> Part:
    """Return a condition of a claim; none where a definition decides."""
    if why_not:
        return Part(name, interval, p=p, reason=why_not, applies=False)
    return enough(Part(name, interval, p=p), least=1)
