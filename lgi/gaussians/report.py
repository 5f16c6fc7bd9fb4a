"""The written analysis of study 1: claims with verdicts first, then what they rest on, then methods.

Every number comes from a table, and every sentence that states a finding is the one that a claim
allows, so that other data give another text.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from lgi.claims import NOT_APPLICABLE, WHOLE, Claims
from lgi.gaussians.blending import report as blending
from lgi.gaussians.elsewhere import report as elsewhere
from lgi.gaussians.llc import report as llc
from lgi.gaussians.n_study import report as n_study
from lgi.gaussians.prediction import report as prediction
from lgi.gaussians.price import report as price
from lgi.gaussians.settings import Gaussians
from lgi.gaussians.sizes import report as sizes
from lgi.gaussians.turn import report as turn
from lgi.prose import counted, interval, number, table

OF_THE_ORIGINAL = (
    "n_study.as_bad_as_printed",
    "n_study.other_steps",
    "n_study.optimal_ratio",
)
"""Claims that the text starts with where it is about the original's image."""

IN_SHORT = (
    "n_study.seed_matters",
    "n_study.not_monotone",
    "turn.lost_pixels",
    "prediction.loss_from_start",
    "llc.hessian",
)
"""Claims that the text starts with on any image."""


@dataclass(frozen=True)
class Study:
    """What the analysis is written from."""

    claims: Claims
    tables: Mapping[str, pd.DataFrame]
    settings: Gaussians
    links: Mapping[str, str]  # figures by name, as paths from where the text lies

    def figure(self, name: str, text: str) -> str:
        """Return a figure as Markdown."""
        return f"![{text}]({self.links[name]})"


def write(
    *,
    claims: pd.DataFrame,
    settings: Gaussians,
    links: Mapping[str, str],
    figures: Iterable = (),
    **tables: pd.DataFrame,
) -> str:
    """Return the analysis as Markdown.

    Parameters
    ----------
    claims
        ``gaussians_claims.csv``.
    settings
        The section of study 1.
    links
        Figures by name, as paths from where the text lies.
    figures
        What they show; the text needs no more than that they are there.
    **tables
        Tables of study 1 by name: ``n_study``, ``n_study_summary``, ``discrepancies``,
        ``reproducibility``, ``steps``, ``seeds_summary``, ``turn``, ``cures``, ``blending``,
        ``elsewhere``, ``features``, ``llc``; and where they are asked, ``price``, ``price_at`` and
        ``free_energy``, and ``sizes`` and ``sizes_growth``.

    Raises
    ------
    DataError
        If a claim that the text speaks of is not among the claims.
    """
    study = Study(Claims(claims), tables, settings, links)
    parts = [
        _title(study),
        _verdicts(study),
        n_study.section(study),
        turn.section(study),
        blending.section(study),
        prediction.section(study),
        turn.in_detail(study),
        elsewhere.section(study),
        llc.section(study),
        price.section(study),
        sizes.section(study),
        _methods(study),
    ]
    return "\n".join(line for part in parts for line in (*part, ""))


def _title(study: Study) -> Iterator[str]:
    yield "# Study 1: why loss against N looks as it does, and what cures it"
    yield ""
    if not study.settings.of_the_original:
        image = study.settings.run_list(study.settings.n_study.fine).image[0]
        yield (
            f"This is about image {image}. What the original study says of single N it says of "
            "another picture, and it is not asked here."
        )
        yield ""
    yield (
        "Written by the workflow from its tables: every number stands in `results/tables/`, and "
        "which sentence is written depends on the verdicts below."
    )
    yield ""
    yield "In short:"
    yield ""
    for claim in (*(OF_THE_ORIGINAL if study.settings.of_the_original else ()), *IN_SHORT):
        yield f"- {study.claims.sentence(claim)}"
        if claim == "turn.lost_pixels":
            yield from turn.in_short(study)


def _verdicts(study: Study) -> Iterator[str]:
    claims = study.claims.table
    yield "## The claims and their verdicts"
    yield ""
    whole = claims[(claims["part"] == WHOLE) & ~claims["id"].str.startswith("cures.")]
    # The same seeds may stand behind several parts: their numbers do not add up.
    parts = claims[claims["part"] != WHOLE].groupby("id")["n"].agg(["min", "max"])
    by_part = whole["statistic"].isna() & whole["id"].isin(parts.index)
    ends = whole[["id", "n"]].join(parts, on="id")
    whole = whole.assign(
        fewest=ends["n"].where(~by_part, ends["min"]), most=ends["n"].where(~by_part, ends["max"])
    )
    yield from table(
        whole,
        {
            "claim": ("claim", str),
            "whose": ("source", str),
            "verdict": ("verdict", lambda verdict: f"**{verdict}**"),
            "measure": ("measure", str),
            "value [interval]": (
                ("verdict", "statistic", "low", "high"),
                lambda verdict, value, low, high: (
                    "part by part"
                    if value != value and verdict != NOT_APPLICABLE
                    else interval(value, low, high)
                ),
            ),
            "n": (
                ("fewest", "most"),
                lambda few, most: (
                    number(few) if few == most else f"{number(few)} to {number(most)}"
                ),
            ),
        },
    )
    yield ""
    yield (
        "A claim says that a value lies in a region. It is supported where the whole interval of the "
        "value does, not supported where none of it does, undecided otherwise. n counts seeds, "
        "unless the measure says otherwise: fits of one seed are no independent observations. A "
        "claim that speaks of several N, recipes or images holds only if it holds of each; the parts "
        "stand in `gaussians_claims.csv`, with p-values corrected for their number (Holm). A claim "
        "that a definition decides, whatever the data say, is not applicable. What recipes do about "
        "the turn is told below, recipe by recipe."
    )


def _methods(study: Study) -> Iterator[str]:
    turn, seeds = study.settings.turn, study.settings.n_study.seeds
    turns = study.tables["turn"]
    yield "## Methods"
    yield ""
    every, listed = len(study.settings.fitted()), len(turns)
    yield (
        f"{listed:,} fits are listed in the configuration and stand in `gaussians.csv`: "
        f"{counted(turns['image'].nunique(), 'image')}, "
        f"{counted(turns['recipe'].nunique(), 'recipe')}, N from {turns['n'].min()} to "
        f"{turns['n'].max()}, {counted(turns['seed'].nunique(), 'seed')}. {every - listed:,} more are "
        f"made to be watched and for effective dimensions: {every:,} in all. Each is a file below "
        "`results/gaussians/` with its settings and the fingerprint of its code; docs/gaussians.md "
        "defines rendering, loss and gradient."
    )
    yield ""
    yield (
        "*Seeds.* Fits of one seed share their start: N + 1 Gaussians begin with the same first N. "
        "So N are compared within seeds, and seeds are what is independent. Intervals are Student's "
        "over seeds unless said otherwise; shares have Clopper and Pearson's exact intervals, "
        f"shares of variance the jackknife's, medians of resamples use {seeds.resamples:,} "
        "bootstrap samples of seeds. Several intervals of one claim are widened so that they hold "
        "together (Bonferroni)."
    )
    yield ""
    yield (
        f"*Turning.* A fit has turned once a logged loss exceeds {turn.factor:g} times its best, "
        "within its iterations. L1 and L2 are means over pixels, so their rise is the sum of what "
        "pixels add; they are told apart by whether they were covered at the best and are covered "
        "then. The states compared are the best, the first kept one from the turn on, and the end."
    )
    yield ""
    yield (
        "*Prediction.* Each fold, a seed, or in a harder test a seed and an N, is predicted by least "
        "squares from all others; skill is the share of the baseline's squared error that a "
        "prediction saves. The skill that would have been found is that of predictors which were "
        "planted, made of the losses' own ups and downs."
    )
    yield ""
    yield (
        "*Effective dimension.* Hamiltonian Monte Carlo around a minimum of the squared error, to "
        "which each fit was taken further, with pixels as samples; docs/gaussians_llc.md says what "
        "was tried."
    )
