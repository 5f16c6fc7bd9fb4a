"""Sections of the written analysis on why fits turn, on cures, and on one N in detail."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED
from lgi.gaussians.fits.table import by_seed, rows_of
from lgi.gaussians.turn.cures import CURES, DELAYS, FREEZES, RATE, TURNS, UNCLEAR
from lgi.gaussians.turn.table import DECIDED
from lgi.prose import counted, estimate, interval, listed, number, percent, share, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[str]:
    """Yield why training turns, and which recipes keep a fit from it."""
    yield from _turn(study)
    yield ""
    yield from _cures(study)


def in_short(study: "Study") -> Iterator[str]:
    """Yield what recipes do about the turn, for the summary that the text starts with."""
    for kind, text in SHORT.items():
        if recipes := that(study, kind):
            yield f"- {text}: {listed(recipes)}."


def that(study: "Study", *kinds: str) -> list[str]:
    """Return the recipes that do one of some things about the turn, of `cures.KINDS` or else."""
    rows = study.tables["cures"]
    return rows.loc[rows["kind"].isin(kinds), "recipe"].tolist()


def _turn(study: "Study") -> Iterator[str]:
    claims, settings = study.claims, study.settings.turn
    rows = rows_of(study.tables["turn"], settings.fits.fits(study.settings.runs))
    turned = rows[rows["turned"].astype(bool)]
    horizon = listed([f"{count:,}" for count in sorted(set(rows["iterations"]))])
    yield "## Why does training turn?"
    yield ""
    yield (
        f"{len(turned):,} of {counted(len(rows), 'fit')} with recipe "
        f"{listed(sorted(set(rows['recipe'])))}, from {counted(rows['seed'].nunique(), 'seed')}, "
        f"turn within {horizon} iterations: a later loss exceeds the best by a factor of "
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
    yield study.figure("turn", "What pixels add to the loss along training")
    yield ""
    yield from _split(study, turned)
    yield claims.sentence("turn.coverage_first")
    yield (
        "From the best on, loss and uncovered share have a median rank correlation of "
        f"{number(turned['correlation'].median())}."
    )


def _split(study: "Study", turned: pd.DataFrame) -> Iterator[str]:
    """Yield on which pixels the rise is."""
    claims = study.claims
    early, late = (claims.whole(f"turn.lost_pixels{when}") for when in ("", "_at_end"))
    yield (
        "The pixel loss, the part of the loss that is a mean over pixels, can be split exactly. Of "
        "its rise since the best, pixels that were covered then and are not any more make up "
        f"{estimate(early)} at the turn and {estimate(late)} at the end (n = {number(late['n'])} seeds). 1 "
        "would be all of it; more means that other pixels get better meanwhile."
    )
    yield early["sentence"]
    yield late["sentence"]
    if len(turned):
        mean = {
            name: number(by_seed(turned, f"{name}_at_end").mean())
            for name in ("lost_error_before", "lost_error", "kept_error_before", "kept_error")
        }
        part = {
            name: percent(by_seed(turned, name).mean())
            for name in ("brought_at_end", "rise_of_ssim_at_turn", "rise_of_ssim_at_end")
        }
        yield (
            "The mean absolute error of the pixels lost by the end goes from "
            f"{mean['lost_error_before']} at the best to {mean['lost_error']}; what they bring "
            f"along from the best is {part['brought_at_end']} of the rise. That of pixels covered "
            f"both times goes from {mean['kept_error_before']} to {mean['kept_error']}. SSIM, of "
            "windows that hold pixels of both kinds, is not split: it makes up "
            f"{part['rise_of_ssim_at_turn']} of the rise of the whole loss at the turn, "
            f"{part['rise_of_ssim_at_end']} at the end (means over seeds)."
        )
    yield claims.sentence("turn.kept_pixels")


def _cures(study: "Study") -> Iterator[str]:
    rows, settings = study.tables["cures"], study.settings.turn.cures
    reference = settings.reference
    numbers = listed(sorted({fit.n for fit in settings.fits(study.settings.runs)}))
    yield "## What cures it?"
    yield ""
    yield (
        f"Each recipe beside {reference}, at N = {numbers}, from "
        f"{counted(int(rows['seeds'].max()), 'seed')}; one value per seed counts. A recipe "
        "*delays* if most seeds turn, but later. It *freezes* if most do not turn within its "
        f"iterations, its rate is spent at their end (at most {percent(settings.spent)} of its "
        "beginning), and its best loss is higher: the fit ends before it can turn, and before it is "
        "as good. It *cures* if most do not turn within its iterations, its best loss is lower, and "
        f"coverage is kept: less than {percent(study.settings.turn.uncovered)} of the image is lost "
        "between best and end. *Gain* is how much lower its best loss is, seed by seed; *later* "
        "compares the turns of runs that both turn, in iterations, and in the integrated rate, the "
        "sum of the learning rates up to the turn."
    )
    yield ""
    yield from table(
        rows,
        {
            "recipe": ("recipe", str),
            "changes": ("changes", _text),
            "iterations": ("iterations", number),
            "best loss": ("best_loss", number),
            "last loss": ("final_loss", number),
            "PSNR at best (dB)": ("psnr_at_best", lambda value: number(value, 4)),
            "best at iteration": ("best_iteration", number),
            "uncovered at end": ("uncovered_at_end", lambda value: percent(value, 1)),
            "seeds that turn": (("turned", "turned_low", "turned_high"), share),
            "turn at iteration": ("turn_iteration", number),
            "times as late [interval]": (_ends("later"), _times),
            "in integrated rate": (_ends("later_in_rate"), _times),
            "gain [interval]": (_ends("gain"), interval),
            "better": ("better", _text),
            "it": ("kind", _text),
        },
    )
    yield ""
    yield study.figure("cures", "Best and last loss of every recipe, and what it does")
    yield ""
    for kind, text in LONG.items():
        if recipes := that(study, kind):
            yield text.format(listed(recipes))
    if recipes := that(study, NOT_APPLICABLE):
        yield f"Not applicable to {listed(recipes)}: {DECIDED}."
    yield from _rate(rows, reference)
    better = rows.loc[rows["better"] == SUPPORTED].sort_values("best_loss")
    if len(better):
        first = better.iloc[0]
        yield (
            f"Better best losses than {reference}, whether they turn or not: "
            f"{listed(better['recipe'].tolist())}; the lowest has {first['recipe']}, "
            f"{number(first['best_loss'])}."
        )


SHORT = {
    CURES: "What cures, within its iterations (no turn, a lower loss, coverage kept)",
    FREEZES: "What ends with a spent rate before it turns, and with a higher loss",
    DELAYS: "What turns all the same, but later",
    TURNS: "What turns all the same, and for all we know no later",
}

LONG = {
    CURES: "Cures, within its iterations: {}.",
    FREEZES: "Freezes: {}.",
    DELAYS: "Delays: {}.",
    TURNS: "Most seeds turn, and that they turn later is not shown: {}.",
    UNCLEAR: "Which of the three is not shown: {}.",
}


def _rate(rows: pd.DataFrame, reference: str) -> Iterator[str]:
    """Yield what a change of the rate alone, by schedule, size or horizon, does."""
    changes = rows["changes"].map(lambda text: set(_text(text).split(", ")))
    rate = rows[changes.map(lambda keys: keys <= RATE)]
    if rate.empty:
        return
    cure = rate.loc[rate["kind"] == CURES, "recipe"].tolist()
    if cure:
        yield f"The learning rate has a part in it: {listed(cure)} change nothing else and cure."
        return
    ruled_out = rate["cures"] == NOT_SUPPORTED
    yield (
        f"Of {counted(len(rate), 'recipe')} that change the learning rate alone (and for how long), "
        f"none is shown to cure, and {int(ruled_out.sum())} are shown not to."
    )
    sooner = rate.loc[(rate["kind"] == DELAYS) & (rate["later_in_rate_high"] < 0), "recipe"]
    if len(sooner):
        yield (f"In the integrated rate, what delays turns sooner: {listed(sooner.tolist())}.")
    if (rate["kind"] == FREEZES).any():
        yield (
            "So the rate moves the turn, and one that is spent before it lets a fit end without."
        )
    if not (rate["better"] == SUPPORTED).any():
        yield f"Not one of them is shown to have a lower best loss than {reference}."


def _ends(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _times(value: float, low: float, high: float) -> str:
    """Return a factor with its interval, from their logarithms to base 2."""
    return interval(*(2**end for end in (value, low, high)))


def _text(text: object) -> str:
    """Return a cell's text, empty where there is none."""
    return text if isinstance(text, str) else ""


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
