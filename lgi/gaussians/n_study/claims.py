"""What is claimed of N, mostly by the original, each claim with a computed verdict.

Seeds are what is independent, so every interval is over seeds. What the original says of single
N, from one seed, is tried on seeds of its own, and of its image alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_0,
    BELOW_0,
    EXACTLY_0,
    LESS_THAN_HALF,
    MOST,
    NOTHING,
    ORIGINAL,
    OURS,
    WHOLE,
    Claim,
    Part,
    Sentences,
    enough,
    judge,
    parts,
)
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.fits.table import rows_of
from lgi.gaussians.n_study import one_seed, variance
from lgi.gaussians.n_study.seeds import agreement_with_n, complete, curves, differences
from lgi.gaussians.n_study.settings import NClaimSettings, NStudySettings
from lgi.gaussians.original import OriginalStudy, per_cent
from lgi.gaussians.selection import RunList
from lgi.intervals import Interval
from lgi.prose import listed, percent, span
from lgi.randomness import generator

Curves = Mapping[str, pd.DataFrame]  # runs of one image and recipe, by their names


def claims(
    *,
    table: pd.DataFrame,
    reproducibility: pd.DataFrame,
    published: pd.DataFrame,
    settings: NStudySettings,
    original: OriginalStudy | None,
    lists: Sequence[RunList],
    names: GaussianNames = UNNAMED_FITS,
) -> Iterator[dict]:
    """Judge what is claimed of N.

    Parameters
    ----------
    table, reproducibility
        ``gaussians.csv`` and ``gaussians_reproducibility.csv``.
    published
        Published best losses: n, seed, best_loss.
    settings
        Which runs, and the margins.
    original
        What the original states; None on another image than its own, of which it states nothing.
    lists
        The lists of runs.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`; p is that of the t test that a mean is 0.
    """
    named, of = {entry.name: entry for entry in lists}, settings.claims
    losses = curves(table, named[settings.seeds.runs])
    whole = complete(losses)
    asked = dict(_curve(table, one.fits(lists), names) for one in of.curves)
    if original:
        fresh, printed = curves(table, named[original.fresh]), _printed(published, original.seed)
        yield from _as_bad_as_printed(fresh, printed, original, of)
        yield from _as_elsewhere(fresh, printed, original, of)
        yield from _worse(fresh, original, of)
        yield from _worse_by_seed(fresh, original, of)
        yield from _best(losses.drop(index=original.seed, errors="ignore"), original, of)
    yield from _reproducible(reproducibility)
    yield from _one_seed_is_enough(whole, of)
    if original:
        yield from _optimal_ratio(asked, original, of)
    yield from _more_is_better(whole, asked, of)
    yield from _not_monotone(losses, of)
    yield from _structure(whole, of)
    yield from _timing(table, [named[name] for name in settings.of_several_n()], of)


def _worse(
    losses: pd.DataFrame, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    values = _steps(losses, original.worse)
    claim = Claim(
        "n_study.worse",
        f"{listed(original.worse)} Gaussians do worse than one fewer",
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, mean over fresh seeds",
        ABOVE_0,
        Sentences(
            supported="{claim} on average over {n} fresh seeds: their mean step is {estimate}.",
            not_supported="That {claim} does not hold of the average over {n} fresh seeds: their "
            "mean step is {estimate}.",
            undecided="That {claim} can neither be confirmed nor excluded on {n} fresh seeds: "
            "their mean step is {estimate}.",
        ),
    )
    yield from judge(claim, _means(values, settings), _average(values, settings))


def _as_bad_as_printed(
    losses: pd.DataFrame, printed: pd.Series, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    steps = _steps(losses, original.worse)
    sizes = {f"N = {n}": printed.get(n, np.nan) for n in original.worse}
    values = {name: steps[name] / (size if size > 0 else np.nan) for name, size in sizes.items()}
    together = np.mean(list(steps.values()), axis=0) / _mean_rise(printed, original)
    numbers, size = listed(original.worse), percent(settings.size)
    claim = Claim(
        "n_study.as_bad_as_printed",
        f"{numbers} Gaussians do worse than one fewer by {size} of what the table of the original "
        "says, or more",
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, as a share of the printed difference, "
        "mean over fresh seeds; together: mean step over mean printed difference",
        (settings.size, np.inf),
        Sentences(
            supported=f"{numbers} Gaussians do worse by {size} of what the original printed, or "
            "more: on average over {n} fresh seeds by {share} of the printed rise.",
            not_supported=f"{numbers} Gaussians do not all do worse by {size} of what the original "
            "printed: on average over {n} fresh seeds the step there is {share} of the printed "
            "rise.",
            undecided=f"Whether {numbers} Gaussians do worse by {size} of what the original "
            "printed is not decided: {share} of the printed rise, {n} fresh seeds.",
        ),
    )
    yield from judge(claim, _means(values, settings), _means({WHOLE: together}, settings)[0])


def _as_elsewhere(
    losses: pd.DataFrame, printed: pd.Series, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    own = np.mean(list(_steps(losses, original.worse).values()), axis=0)
    ends, steps = (max(losses), min(losses)), len(original.worse)
    others = max(losses) - min(losses) - steps
    rest = losses[ends[0]] - losses[ends[1]] - steps * own
    values = (own - rest / others if others else rest * np.nan).to_numpy()
    margin = settings.size * _mean_rise(printed, original)
    numbers = listed(original.worse)
    claim = Claim(
        "n_study.other_steps",
        f"the step to {numbers} Gaussians is higher than that to the other N",
        OURS,
        f"mean step to {numbers} minus that to the other N of {span(min(losses), max(losses))}, "
        "mean over fresh seeds",
        ABOVE_0,
        Sentences(
            supported=f"The step to {numbers} Gaussians is higher than that to the other N, by "
            "{estimate}.",
            not_supported=f"The step to {numbers} Gaussians is lower than that to the other N, by "
            "{estimate}.",
            within=f"The step to {numbers} Gaussians is that to the other N: the two differ by "
            f"{{estimate}} over {{n}} fresh seeds, less than {percent(settings.size)} of what the "
            "original printed.",
            undecided=f"Whether the step to {numbers} Gaussians is another than that to the other "
            "N is not decided: the two differ by {estimate} over {n} fresh seeds.",
        ),
        margin=margin if margin > 0 else None,
    )
    yield from judge(claim, [], _means({WHOLE: values}, settings)[0])


def _worse_by_seed(
    losses: pd.DataFrame, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    rises = {
        name: step[np.isfinite(step)] > 0 for name, step in _steps(losses, original.worse).items()
    }
    every = np.all([s > 0 for s in _steps(complete(losses), original.worse).values()], axis=0)
    numbers, options = listed(original.worse), {"least": settings.least}
    claim = Claim(
        "n_study.worse_by_seed",
        f"most seeds do worse at {numbers} Gaussians than at one fewer",
        OURS,
        "share of fresh seeds whose best loss rises; together: at all of these N",
        MOST,
        Sentences(
            supported="{share} of {n} fresh seeds rise at all of them.",
            not_supported="{share} of {n} fresh seeds rise at all of them, as the original's "
            "seed does.",
            undecided="{share} of {n} fresh seeds rise at all of them.",
        ),
    )
    found = parts(rises, _share, settings.confidence, **options)
    yield from judge(claim, found, parts({WHOLE: every}, _share, settings.confidence, **options)[0])


def _best(
    losses: pd.DataFrame, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    best, values = original.best, {}
    if best in losses:
        values = {f"N = {n}": (losses[best] - losses[n]).to_numpy() for n in losses if n != best}
    found = _means(values, settings)
    claim = Claim(
        "n_study.best",
        f"N = {best} is the best of {span(min(losses), max(losses))}",
        ORIGINAL,
        f"best loss at N = {best} minus that of another N, mean over the other seeds; "
        "together: the N that comes closest",
        BELOW_0,
        Sentences(
            supported="{claim}, as the original says.",
            not_supported="That {claim} does not hold of the other seeds.",
            undecided="That {claim} can neither be confirmed nor excluded by {n} other seeds.",
        ),
    )
    yield from judge(claim, found, _largest(found))


def _reproducible(again: pd.DataFrame) -> Iterator[dict]:
    # A run that is made longer may find its best later, which is no difference.
    same = again[again["reference_best_iteration"] <= again["iterations"]]
    apart = same["absolute_difference"].to_numpy(dtype=float)
    apart = apart[np.isfinite(apart)]
    largest = apart.max() if len(apart) else np.nan
    yield from judge(
        _REPRODUCIBLE, [], Part(WHOLE, Interval(largest, largest, largest, len(apart)))
    )


def _one_seed_is_enough(losses: pd.DataFrame, settings: NClaimSettings) -> Iterator[dict]:
    rows, of_steps = losses.to_numpy(), differences(losses).to_numpy()
    correlation = "rank correlation of one seed's {} with the mean of the others, mean over seeds"
    picks = "share of seeds whose best N is that of the mean of the others"
    ranks = (settings.ranking, one_seed.agreement, one_seed.CORRELATION)
    where = "tell where one more Gaussian does worse"
    best = (settings.picking, one_seed.picks_best, one_seed.SHARE)
    tries = [
        ("one_seed_ranks", "rank N", correlation.format("losses"), rows, *ranks),
        ("one_seed_tells_steps", where, correlation.format("steps"), of_steps, *ranks),
        ("one_seed_finds_best", "find the best N", picks, rows, *best),
    ]
    for name, what, measure, of, margin, values, bounds in tries:
        claim = Claim(
            f"n_study.{name}",
            f"one seed is enough to {what}",
            ORIGINAL,
            measure,
            (margin, np.inf),
            Sentences(
                supported=f"One seed is enough to {what}.",
                not_supported=f"One seed is not enough to {what}.",
                undecided=f"Whether one seed is enough to {what} is not decided.",
            ),
        )
        random = generator(settings.seed, "claims", claim.id)
        found = one_seed.with_interval(values, of, settings.confidence, random, bounds)
        yield from judge(claim, [], enough(Part(WHOLE, found), settings.least))


def _optimal_ratio(
    asked: Curves, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    low, high = per_cent(original.ratio)
    values = {name: _inside_against_outside(rows, low, high) for name, rows in asked.items()}
    claim = Claim(
        "n_study.optimal_ratio",
        f"the optimal ratio of Gaussians to pixels is {span(low, high, '{:g}'.format)} %",
        ORIGINAL,
        "log of the lowest best loss inside the range over that outside, mean over seeds that ran "
        "N inside and above",
        BELOW_0,
        Sentences(
            supported="The ratio of Gaussians to pixels that the original calls optimal is the "
            "best of those tried.",
            not_supported="The ratio of Gaussians to pixels that the original calls optimal is "
            "not: others do better.",
            undecided="Whether the ratio that the original calls optimal is optimal is not "
            "decided.",
        ),
    )
    yield from judge(claim, _means(values, settings))


def _inside_against_outside(rows: pd.DataFrame, low: float, high: float) -> np.ndarray:
    """Return a value per seed that ran N inside the range, in per cent, and above it."""
    ratio = per_cent(rows["n_over_pixels"])
    inside = rows[ratio.between(low, high)].groupby("seed")["best_loss"].min()
    outside = rows[~ratio.between(low, high)].groupby("seed")["best_loss"].min()
    above = rows.loc[ratio > high, "seed"].unique()
    both = inside.index.intersection(outside.index).intersection(above)
    return np.log(inside[both].to_numpy() / outside[both].to_numpy())


def _more_is_better(
    losses: pd.DataFrame, asked: Curves, settings: NClaimSettings
) -> Iterator[dict]:
    values = {_range(losses): agreement_with_n(losses)}
    for name, rows in asked.items():
        # Seeds that ran more than the N above, which would count twice.
        wider = rows.groupby("seed").filter(lambda part: not part["n"].isin(losses.columns).all())
        values[f"{name}, all N"] = agreement_with_n(
            wider.pivot(index="seed", columns="n", values="best_loss")
        )
    yield from judge(_MORE_IS_BETTER, _means(values, settings, _correlation))


def _not_monotone(losses: pd.DataFrame, settings: NClaimSettings) -> Iterator[dict]:
    found = _means(_steps(losses, list(differences(losses))), settings)
    claim = Claim(
        "n_study.not_monotone",
        "loss against N is not monotone: at some N it rises"
        + (f" by more than {settings.rise:g}" if settings.rise else ""),
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, mean over seeds; together: the largest",
        (settings.rise, np.inf),
        Sentences(
            supported="Loss against N is not monotone: at some N one more Gaussian really does "
            "worse.",
            not_supported="Loss against N is monotone as far as can be told: no step up is more "
            "than the luck of a seed.",
            undecided="Whether loss against N is monotone is not decided: no step up is certain, "
            "and none is excluded; the largest is {estimate}.",
        ),
        follows="some",
    )
    yield from judge(claim, found, _largest(found))


def _structure(losses: pd.DataFrame, settings: NClaimSettings) -> Iterator[dict]:
    structure = Claim(
        "n_study.structure",
        "the ups and downs of a curve are those of N, not of its seed",
        ORIGINAL,
        "share of N in the variance of one seed's curve about its trend",
        (settings.structure, np.inf),
        Sentences(
            supported="The ups and downs of a curve belong to N.",
            not_supported="The ups and downs of a curve are not those of N: another seed has "
            "others.",
            undecided="Whether the ups and downs of a curve belong to N is not decided.",
        ),
    )
    matters = Claim(
        "n_study.seed_matters",
        f"for {_range(losses)} the seed matters more than N",
        OURS,
        "share of N in the variance of all losses",
        LESS_THAN_HALF,
        Sentences(
            supported="Among neighbouring N the seed matters more than N, so one curve of one "
            "seed shows its seed.",
            not_supported="Even among neighbouring N, N matters more than the seed.",
            undecided="Whether the seed matters more than N among neighbouring N is not decided.",
        ),
    )
    for claim, of in ((structure, "of one curve beyond its trend"), (matters, "of all losses")):
        found = variance.share(losses.to_numpy(), of, settings.confidence)
        yield from judge(claim, [], enough(Part(WHOLE, found), settings.least))


_REPRODUCIBLE = Claim(
    "n_study.reproducible",
    "runs are reproducible: made again, they have the same best loss",
    ORIGINAL,
    "largest difference of best losses, of runs whose best lies within both (n: runs)",
    EXACTLY_0,
    Sentences(
        supported="Runs made again give exactly the same best losses. That says nothing of other "
        "seeds.",
        not_supported="Runs made again give other best losses.",
        undecided="No run was made twice.",
    ),
)

_MORE_IS_BETTER = Claim(
    "n_study.more_is_better",
    "more Gaussians give a lower loss",
    ORIGINAL,
    "rank correlation of best loss and N, mean over seeds",
    BELOW_0,
    Sentences(
        supported="More Gaussians give a lower loss, by and large.",
        not_supported="More Gaussians do not everywhere give a lower loss.",
        undecided="Whether more Gaussians give a lower loss is not decided.",
    ),
)


def _timing(
    table: pd.DataFrame, entries: Sequence[RunList], settings: NClaimSettings
) -> Iterator[dict]:
    values = {
        entry.name.replace("_", " "): agreement_with_n(curves(table, entry, "best_iteration"))
        for entry in entries
    }
    yield from judge(_LATER, _means(values, settings, _correlation))


_LATER = Claim(
    "n_study.timing",
    "with more Gaussians the best loss comes later",
    OURS,
    "rank correlation of the iteration of the best loss and N, mean over seeds, list by list",
    ABOVE_0,
    Sentences(
        supported="With more Gaussians the best loss comes later, in every list of runs.",
        not_supported="With more Gaussians the best loss comes no later in some list of runs.",
        undecided="Whether the best loss comes later with more Gaussians is not decided.",
    ),
)


def _share(rises: np.ndarray, level: float) -> Interval:
    return intervals.share(int(rises.sum()), len(rises), level)


def _correlation(values: np.ndarray, level: float) -> Interval:
    """Return the mean of correlations, its interval cut to what one can be; NaN stays NaN."""
    found = intervals.mean(values, level)
    return found._replace(
        low=float(np.maximum(found.low, -1.0)), high=float(np.minimum(found.high, 1.0))
    )


def _means(
    values: Mapping[str, np.ndarray],
    settings: NClaimSettings,
    mean: Callable[[np.ndarray, float], Interval] = intervals.mean,
) -> list[Part]:
    """Return a part for each name: the mean over seeds, with intervals that hold together."""
    return parts(
        values,
        mean,
        settings.confidence,
        p=intervals.p_of_mean,
        least=settings.least,
    )


def _average(values: Mapping[str, np.ndarray], settings: NClaimSettings) -> Part:
    """Return the mean over parts and seeds; a seed counts if it has every part that any has."""
    known = [part for part in values.values() if np.isfinite(part).any()]
    return _means({WHOLE: np.mean(known, axis=0) if known else np.empty(0)}, settings)[0]


def _steps(losses: pd.DataFrame, numbers: Sequence[int]) -> dict[str, np.ndarray]:
    """Return the paired differences of some N from one fewer, a value per seed; NaN if not run."""
    found = differences(losses)
    missing = np.full(len(losses), np.nan)
    return {f"N = {n}": found[n].to_numpy() if n in found else missing for n in numbers}


def _curve(table: pd.DataFrame, fits: Sequence, names: GaussianNames) -> tuple[str, pd.DataFrame]:
    """Return the name of runs of one image and recipe, and those with a best loss."""
    rows = rows_of(table, fits)
    return names.fit(fits[0].image, fits[0].recipe), rows[np.isfinite(rows["best_loss"])]


def _printed(published: pd.DataFrame, seed: int) -> pd.Series:
    """Return the published loss minus that of one Gaussian fewer, by N."""
    losses = published[published["seed"] == seed].set_index("n")["best_loss"]
    return losses - losses.reindex(losses.index - 1).to_numpy()


def _mean_rise(printed: pd.Series, original: OriginalStudy) -> float:
    """Return the mean published rise at the N that do worse; NaN if they do not on average."""
    rise = float(np.mean([printed.get(n, np.nan) for n in original.worse]))
    return rise if rise > 0 else np.nan


def _largest(found: Sequence[Part]) -> Part:
    known = [part for part in found if np.isfinite(part.interval.value)]
    return max(known, key=lambda part: part.interval.value) if known else Part(WHOLE, NOTHING)


def _range(losses: pd.DataFrame) -> str:
    return f"N = {span(min(losses), max(losses))}"
