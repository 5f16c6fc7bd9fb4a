"""Parts of the written analysis on why fits turn, on cures, and on one N in detail."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from lgi.analysis import Folded
from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED
from lgi.gaussians.fits.table import by_seed, rows_of
from lgi.gaussians.turn.cures import (
    CURES,
    DELAYS,
    FREEZES,
    TURNS,
    UNCLEAR,
    changes,
    rate_alone,
)
from lgi.gaussians.turn.table import DECIDED
from lgi.prose import (
    capital,
    counted,
    estimate,
    interval,
    listed,
    number,
    percent,
    quoted,
    share,
    some_of,
    span,
    table,
)

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[Folded]:
    """Yield why training turns, and which recipes keep a fit from it."""
    yield Folded("Why training turns", list(_turn(study)))
    yield Folded("What cures it, recipe by recipe", list(_cures(study)))


def undecided(study: "Study") -> Iterator[str]:
    """Yield of which recipes it is open what they do about the turn."""
    if recipes := that(study, UNCLEAR):
        every = len(study.tables["cures"]) - 1
        does = "does" if len(recipes) == 1 else "do"
        yield f"What {some_of(len(recipes), every, 'recipe')} {does} about the turn."


def that(study: "Study", *kinds: str) -> list[str]:
    """Return the recipes that do one of some things about the turn, of `cures.KINDS` or else."""
    rows = study.tables["cures"]
    rows = rows[rows["recipe"] != study.settings.turn.cures.reference]
    return study.settings.names.several("recipes", rows.loc[rows["kind"].isin(kinds), "recipe"])


def _turn(study: "Study") -> Iterator[str]:
    claims, settings = study.claims, study.settings.turn
    rows = rows_of(study.tables["turn"], settings.fits.fits(study.settings.runs))
    turned = rows[rows["turned"].astype(bool)]
    horizon = listed([f"{count:,}" for count in sorted(set(rows["iterations"]))])
    recipes = quoted(study.settings.names.several("recipes", sorted(set(rows["recipe"]))))
    yield (
        f"{capital(some_of(len(turned), len(rows), 'fit'))} with recipe {recipes}, from "
        f"{counted(rows['seed'].nunique(), 'seed')}, "
        f"{'turns' if len(turned) == 1 else 'turn'} within {horizon} iterations: a later loss "
        f"exceeds the best by a factor of {settings.factor:g}."
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
    yield (
        f"[The explorer]({study.link('report/explorer.html')}) renders fits at any iteration, with "
        "their uncovered pixels, and with another cut-off."
    )
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
        f"{estimate(early)} at the turn and {estimate(late)} at the end "
        f"(n = {counted(late['n'], 'seed')}). 1 would be all of it; more means that other pixels get "
        "better meanwhile."
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
            "The mean absolute error of the pixels lost by the end is "
            f"{mean['lost_error_before']} at the best and {mean['lost_error']} at the end; what they "
            f"bring along from the best is {part['brought_at_end']} of the rise. That of pixels "
            f"covered both times is {mean['kept_error_before']} and {mean['kept_error']}. SSIM, of "
            "windows that hold pixels of both kinds, is not split: it makes up "
            f"{part['rise_of_ssim_at_turn']} of the rise of the whole loss at the turn, "
            f"{part['rise_of_ssim_at_end']} at the end (means over seeds)."
        )
    yield claims.sentence("turn.kept_pixels")


def _cures(study: "Study") -> Iterator[str]:
    rows, settings = study.tables["cures"], study.settings.turn.cures
    reference = study.recipe(settings.reference)
    numbers = listed(sorted({fit.n for fit in settings.fits(study.settings.runs)}))
    yield (
        f"Each recipe beside {reference}, at N = {numbers}, from "
        f"{span(rows['seeds'].min(), rows['seeds'].max())} seeds; one value per seed counts. A recipe "
        "*cures* if most seeds do not turn within its iterations, its best loss is lower, and "
        f"coverage is kept: less than {percent(study.settings.turn.uncovered)} of the image is lost "
        "between best and end. It *freezes* if most do not turn, its learning rate is spent at the "
        f"end (at most {percent(settings.spent)} of its beginning), and its best loss is higher: "
        "the fit ends before it can turn, and before it is as good. It *delays* if most seeds turn, "
        "but later. Else it *turns*, if most seeds do, or what it does is *undecided*."
    )
    yield ""
    yield from table(
        _grouped(rows, settings.reference),
        {
            "recipe": ("recipe", study.recipe),
            "what it changes": ("changes", changed),
            "seeds that turn": (("turned", "turned_low", "turned_high"), share),
            "best loss": ("best_loss", number),
            "lower than the reference by": (_ends("gain"), interval),
            "verdict": ("kind", _text),
        },
    )
    yield ""
    yield (
        "Iterations, last loss, PSNR, coverage and by how much a turn is delayed stand in "
        f"[the table]({study.link('tables/gaussians_cures.csv')})."
    )
    yield ""
    yield study.figure("cures", "Best and last loss of every recipe, and what it does")
    yield ""
    for kind, text in TOLD.items():
        if recipes := that(study, kind):
            yield f"- {text.format(quoted(recipes))}"
    for line in (*_rate(study, rows), *_better(study, rows)):
        yield f"- {line}"


CHANGES = {
    "adam": "Adam",
    "blend": "blend",
    "cutoff": "cut-off",
    "early_stop": "early stop",
    "edge": "edge",
    "gradient": "gradient",
    "initialisation": "start",
    "iterations": "iterations",
    "optimiser": "learning rate",
    "schedule": "how the rate falls",
    "trained": "what is trained",
}
"""What people read in place of settings of a recipe."""

TOLD = {
    CURES: "Cures within its iterations: {}.",
    FREEZES: "Ends with a spent rate before it turns, and with a higher loss: {}.",
    DELAYS: "Turns all the same, but later: {}.",
    TURNS: "Turns, and that it turns later is not shown: {}.",
    UNCLEAR: "Which of these is not shown: {}.",
    NOT_APPLICABLE: "Not asked of {}: " + DECIDED + ".",
}
"""What is said of recipes that do the same about the turn."""


def changed(text: object) -> str:
    """Return what a recipe changes in words, from the column ``changes``."""
    return ", ".join(CHANGES.get(name, name.replace("_", " ")) for name in changes(text))


def _grouped(rows: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the rows by what their recipes do, the reference first, the lowest loss before."""
    order = {kind: place for place, kind in enumerate(TOLD)}
    place = rows["kind"].map(order).fillna(len(order)).where(rows["recipe"] != reference, -1)
    return rows.assign(place=place).sort_values(["place", "best_loss"])


def _rate(study: "Study", rows: pd.DataFrame) -> Iterator[str]:
    """Yield what a change of the rate alone, by schedule, size or horizon, does."""
    rate, names = rate_alone(rows), study.settings.names
    if rate.empty:
        return
    cure = names.several("recipes", rate.loc[rate["kind"] == CURES, "recipe"])
    if cure:
        yield f"The learning rate has a part in it: {quoted(cure)} change nothing else and cure."
        return
    ruled_out = int((rate["cures"] == NOT_SUPPORTED).sum())
    change = "changes" if len(rate) == 1 else "change"
    yield (
        f"Of {counted(len(rate), 'recipe')} that {change} the learning rate alone (and for how long), "
        f"none is shown to cure, and {number(ruled_out)} {'is' if ruled_out == 1 else 'are'} shown "
        "not to."
    )
    sooner = rate.loc[(rate["kind"] == DELAYS) & (rate["later_in_rate_high"] < 0), "recipe"]
    if len(sooner):
        yield (
            "In the sum of the learning rates up to the turn, what delays it turns sooner: "
            f"{quoted(names.several('recipes', sooner))}."
        )
    if (rate["kind"] == FREEZES).any():
        yield (
            "So the rate moves the turn, and one that is spent before it lets a fit end without."
        )
    if not (rate["better"] == SUPPORTED).any():
        yield (
            "Not one of them is shown to have a lower best loss than "
            f"{study.recipe(study.settings.turn.cures.reference)}."
        )


def _better(study: "Study", rows: pd.DataFrame) -> Iterator[str]:
    """Yield which recipes fit better than the reference, whether they turn or not."""
    better = rows.loc[rows["better"] == SUPPORTED].sort_values("best_loss")
    if len(better):
        first = better.iloc[0]
        yield (
            "Better best losses than "
            f"{study.recipe(study.settings.turn.cures.reference)}, whether they turn or not: "
            f"{quoted(study.settings.names.several('recipes', better['recipe']))}; the lowest has "
            f"{study.recipe(first['recipe'])}, {number(first['best_loss'])}."
        )


def _ends(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _text(text: object) -> str:
    """Return a cell's text, that of the reference where there is none."""
    return text if isinstance(text, str) and text else "(the reference)"


def in_detail(study: "Study") -> Iterator[Folded]:
    """Yield one N and its neighbours side by side."""
    middle = study.settings.turn.neighbours.middle
    yield Folded(f"N = {middle} in detail", list(_detail(study)))


def _detail(study: "Study") -> Iterator[str]:
    settings = study.settings.turn.neighbours
    chosen, middle = settings.fits.fits(study.settings.runs), settings.middle
    runs = rows_of(study.tables["turn"], chosen)
    recipes = study.settings.names.several("recipes", sorted({fit.recipe for fit in chosen}))
    yield (
        f"Seed {listed(sorted({fit.seed for fit in chosen}))}, recipe {quoted(recipes)}, and its "
        "neighbours."
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
