"""What is claimed of N, mostly by the original, each claim with a computed verdict.

Seeds are what is independent, so every interval is over seeds. Claims that were made from one
seed's curve are tried on the other seeds.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_0,
    BELOW_0,
    EXACTLY_0,
    LESS_THAN_HALF,
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
from lgi.gaussians.fits.table import rows_of
from lgi.gaussians.n_study import one_seed, variance
from lgi.gaussians.n_study.seeds import agreement_with_n, complete, curves, differences
from lgi.gaussians.n_study.settings import NClaimSettings, NStudySettings
from lgi.gaussians.original import OriginalStudy, per_cent
from lgi.gaussians.selection import RunList
from lgi.intervals import Interval
from lgi.prose import listed
from lgi.randomness import generator

Curves = Mapping[str, pd.DataFrame]  # runs of one image and recipe, by their names


def claims(
    *,
    table: pd.DataFrame,
    reproducibility: pd.DataFrame,
    published: pd.DataFrame,
    settings: NStudySettings,
    original: OriginalStudy,
    lists: Sequence[RunList],
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
        What the original states.
    lists
        The lists of runs.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`; p is that of the t test that a mean is 0.
    """
    entry = next(entry for entry in lists if entry.name == settings.seeds.runs)
    losses, of = curves(table, entry), settings.claims
    others, whole = losses.drop(index=original.seed, errors="ignore"), complete(losses)
    asked = dict(_curve(table, one.fits(lists)) for one in of.curves)
    yield from _worse(others, original, of)
    yield from _as_bad_as_printed(others, _printed(published, original.seed), original, of)
    yield from _best(others, original, of)
    yield from _reproducible(reproducibility)
    yield from _one_seed_is_enough(whole, of)
    yield from _optimal_ratio(asked, original, of)
    yield from _more_is_better(whole, asked, of)
    yield from _not_monotone(losses, of)
    yield from _structure(whole, of)


def _worse(
    losses: pd.DataFrame, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    values = _steps(losses, original.worse)
    claim = Claim(
        "n_study.worse",
        f"{listed(original.worse)} Gaussians do worse than one fewer",
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, mean over the other seeds",
        ABOVE_0,
        _AS_THE_ORIGINAL_SAYS,
    )
    yield from judge(claim, _means(values, settings), _average(values, settings))


def _as_bad_as_printed(
    losses: pd.DataFrame, printed: pd.Series, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    steps = _steps(losses, original.worse)
    sizes = {f"N = {n}": printed.get(n, np.nan) for n in original.worse}
    values = {name: steps[name] / (size if size > 0 else np.nan) for name, size in sizes.items()}
    numbers, size = listed(original.worse), f"{settings.size:g}"
    claim = Claim(
        "n_study.as_bad_as_printed",
        f"{numbers} Gaussians do worse than one fewer by {size} of what the table of the original "
        "says, or more",
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, as a share of the printed difference, "
        "mean over the other seeds",
        (settings.size, np.inf),
        Sentences(
            supported=f"{numbers} Gaussians do worse by {size} of what its table says, or more.",
            not_supported=f"{numbers} Gaussians do not all do worse by {size} of what its table "
            "says.",
            undecided=f"Whether {numbers} Gaussians do worse by {size} of what its table says is "
            "not decided.",
        ),
    )
    yield from judge(claim, _means(values, settings), _average(values, settings))


def _best(
    losses: pd.DataFrame, original: OriginalStudy, settings: NClaimSettings
) -> Iterator[dict]:
    best, values = original.best, {}
    if best in losses:
        values = {f"N = {n}": (losses[best] - losses[n]).to_numpy() for n in losses if n != best}
    found = _means(values, settings)
    claim = Claim(
        "n_study.best",
        f"N = {best} is the best of {min(losses)} to {max(losses)}",
        ORIGINAL,
        f"best loss at N = {best} minus that of another N, mean over the other seeds; "
        "together: the N that comes closest",
        BELOW_0,
        _AS_THE_ORIGINAL_SAYS,
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
        f"the optimal ratio of Gaussians to pixels is {low:g} to {high:g} %",
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
    yield from judge(_MORE_IS_BETTER, _means(values, settings))


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


_AS_THE_ORIGINAL_SAYS = Sentences(
    supported="{claim}, as the original says.",
    not_supported="That {claim} does not hold of the other seeds.",
    undecided="That {claim} can neither be confirmed nor excluded by the other seeds.",
)

_REPRODUCIBLE = Claim(
    "n_study.reproducible",
    "runs are reproducible: made again, they have the same best loss",
    ORIGINAL,
    "largest difference of best losses, of runs whose best lies within both",
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


def _means(values: Mapping[str, np.ndarray], settings: NClaimSettings) -> list[Part]:
    """Return a part for each name: the mean over seeds, with intervals that hold together."""
    return parts(
        values,
        intervals.mean,
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


def _curve(table: pd.DataFrame, fits: Sequence) -> tuple[str, pd.DataFrame]:
    """Return the name of runs of one image and recipe, and those with a best loss."""
    rows = rows_of(table, fits)
    return f"{fits[0].image}, {fits[0].recipe}", rows[np.isfinite(rows["best_loss"])]


def _printed(published: pd.DataFrame, seed: int) -> pd.Series:
    """Return the published loss minus that of one Gaussian fewer, by N."""
    losses = published[published["seed"] == seed].set_index("n")["best_loss"]
    return losses - losses.reindex(losses.index - 1).to_numpy()


def _largest(found: Sequence[Part]) -> Part:
    known = [part for part in found if np.isfinite(part.interval.value)]
    return max(known, key=lambda part: part.interval.value) if known else Part(WHOLE, NOTHING)


def _range(losses: pd.DataFrame) -> str:
    return f"N = {min(losses)} to {max(losses)}"
