"""Sections of the written analysis on why fits turn, on cures, and on one N in detail."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED, UNDECIDED
from lgi.gaussians.fits.table import rows_of
from lgi.prose import counted, estimate, interval, listed, number, percent, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[str]:
    """Yield why training turns, and which recipes keep a fit from it."""
    yield from _turn(study)
    yield ""
    yield from _cures(study)


def _turn(study: "Study") -> Iterator[str]:
    claims, settings = study.claims, study.settings.turn
    rows = rows_of(study.tables["turn"], settings.fits.fits(study.settings.runs))
    turned = rows[rows["turned"].astype(bool)]
    yield "## Why does training turn?"
    yield ""
    yield (
        f"{len(turned):,} of {counted(len(rows), 'fit')} with recipe "
        f"{listed(sorted(set(rows['recipe'])))} turn: a later loss exceeds the best by a factor of "
        f"{settings.factor:g}."
    )
    yield claims.sentence("turn.diverges")
    if len(turned):
        yield (
            f"At the best (median iteration {number(rows['best_iteration'].median())}) "
            f"{percent(turned['uncovered_at_best'].median(), 1)} of the image is uncovered, at the "
            f"turn {percent(turned['uncovered_at_turn'].median(), 1)}, at the end "
            f"{percent(turned['uncovered_at_end'].median(), 1)} (medians)."
        )
    yield ""
    yield study.figure("turn", "Loss on covered and uncovered pixels along training")
    yield ""
    early, late = (claims.whole(f"turn.lost_pixels{when}") for when in ("", "_at_end"))
    yield (
        "Share of the loss that is added after the best and falls on uncovered pixels: "
        f"{estimate(early)} at the turn, {estimate(late)} at the end. 1 would be all of it; more "
        "means that the covered pixels get better meanwhile."
    )
    yield early["sentence"]
    yield late["sentence"]
    yield claims.sentence("turn.coverage_first")
    yield (
        "From the best on, loss and uncovered share have a median rank correlation of "
        f"{number(turned['correlation'].median())}."
    )


def _cures(study: "Study") -> Iterator[str]:
    rows = study.tables["cures"]
    reference = study.settings.turn.cures.reference
    others = rows[rows["recipe"] != reference]
    yield "## What cures it?"
    yield ""
    yield (
        f"Each recipe with {counted(int(rows['runs'].max()), 'run')} beside {reference}, at the same "
        "N and seeds. *Gain* is how much lower its best loss is, run by run."
    )
    yield ""
    yield from table(
        rows,
        {
            "recipe": ("recipe", str),
            "changes": ("changes", lambda text: text if isinstance(text, str) else ""),
            "best loss": ("best_loss", number),
            "last loss": ("final_loss", number),
            "PSNR at best (dB)": ("psnr_at_best", lambda value: number(value, 4)),
            "best at iteration": ("best_iteration", number),
            "turn": (
                ("turned", "turned_low", "turned_high"),
                lambda share, low, high: f"{percent(share)} [{percent(low)}, {percent(high)}]",
            ),
            "cures": ("cures", lambda text: text if isinstance(text, str) else ""),
            "gain [interval]": (("gain", "gain_low", "gain_high"), interval),
            "better": ("better", lambda text: text if isinstance(text, str) else ""),
            "regressions": (
                ("regressions", "regression_steps"),
                lambda found, steps: f"{found} of {steps}",
            ),
        },
    )
    yield ""
    yield study.figure("cures", "Best and last loss of every recipe")
    yield ""
    for verdict, text in {
        SUPPORTED: "Most fits do not turn with {}.",
        NOT_SUPPORTED: "Most fits turn all the same with {}.",
        UNDECIDED: "Not decided: {}.",
    }.items():
        if recipes := cured(study, verdict):
            yield text.format(listed(recipes))
    if recipes := cured(study, NOT_APPLICABLE):
        reason = study.claims.whole(f"cures.{recipes[0]}")["reason"]
        yield f"Not applicable to {listed(recipes)}: {reason}."
    yield from _rate(study, rows)
    better = others.loc[others["better"] == SUPPORTED].sort_values("best_loss")
    if len(better):
        first = better.iloc[0]
        yield (
            f"Better best losses than {reference}: {listed(better['recipe'].tolist())}; the lowest "
            f"has {first['recipe']}, {number(first['best_loss'])}."
        )


def cured(study: "Study", verdict: str) -> list[str]:
    """Return the recipes of which it has a verdict that they keep fits from turning."""
    recipes = study.tables["cures"]["recipe"]
    others = recipes[recipes != study.settings.turn.cures.reference]
    return [name for name in others if study.claims.verdict(f"cures.{name}") == verdict]


def _rate(study: "Study", rows: pd.DataFrame) -> Iterator[str]:
    """Yield whether a change of the rate alone, by schedule or size, cures."""
    rate = rows.loc[rows["changes"].isin(["schedule", "optimiser"]), "recipe"].tolist()
    if not rate:
        return
    good = [name for name in rate if name in cured(study, SUPPORTED)]
    if good:
        yield f"The learning rate has a part in it: {listed(good)} change nothing else and cure."
    elif set(rate) <= set(cured(study, NOT_SUPPORTED)):
        yield (
            f"The learning rate is not the cause: {listed(rate)} change nothing else, and none "
            "cures."
        )
    else:
        yield f"Whether the learning rate has a part in it is not decided by {listed(rate)}."


def in_detail(study: "Study") -> Iterator[str]:
    """Yield one N and its neighbours side by side."""
    settings = study.settings.turn.neighbours
    chosen, middle = settings.fits.fits(study.settings.runs), settings.middle
    runs = rows_of(study.tables["turn"], chosen)
    yield f"## N = {middle} in detail"
    yield ""
    yield (
        f"Seed {listed(sorted({fit.seed for fit in chosen}))}, recipe "
        f"{listed(sorted({fit.recipe for fit in chosen}))}, and its neighbours."
    )
    yield ""
    yield from table(
        runs,
        {
            "N": ("n", number),
            "best loss": ("best_loss", lambda value: f"{value:.6f}"),
            "best at iteration": ("best_iteration", number),
            "uncovered at best": ("uncovered_at_best", lambda value: percent(value, 1)),
            "turns at iteration": ("turn_iteration", number),
            "uncovered at the end": ("uncovered_at_end", lambda value: percent(value, 1)),
        },
    )
    # Another recipe may have gone through the same best, as one of fewer iterations does.
    known = study.tables["features"].query("state == 'best'")
    at_best = known.merge(runs[["image", "n", "seed", "best_loss"]]).drop_duplicates("n")
    if len(at_best):
        yield ""
        yield "How their Gaussians lie at the best:"
        yield ""
        yield from table(
            at_best,
            {
                "N": ("n", number),
                "parameters at a bound": ("at_bounds", lambda value: percent(value, 1)),
                "Gaussians at a pixel": ("overlap", number),
                "spacing of neighbours": ("spacing", number),
                "its variation": ("spacing_variation", number),
                "effective rank of the Jacobian": (
                    "effective_rank",
                    lambda value: number(value, 4),
                ),
                "log10 of its condition number": ("log10_condition", number),
            },
        )
    yield ""
    numbers = listed([fit.n for fit in chosen])
    yield study.figure("neighbours", f"N = {numbers} at their best")
    yield ""
    yield study.figure("film", f"N = {middle} through its turn")
    if len(runs):
        yield ""
        lowest = runs.loc[runs["best_loss"].idxmin(), "n"]
        if lowest == middle:
            yield (
                f"Of these, N = {middle} is lowest with this seed; whether that is a property of N "
                "is asked above."
            )
        else:
            yield f"Of these, N = {lowest} is lowest with this seed, not N = {middle}."
