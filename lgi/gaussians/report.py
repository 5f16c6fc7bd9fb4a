"""The written analysis of study 1: one page of findings, and below it, folded, what they rest on.

Every number comes from a table, and every sentence that states a finding is the one that a claim
allows, so that other data give another text.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from lgi.analysis import Folded, analysis, link
from lgi.claims import NOT_APPLICABLE, ORIGINAL, UNDECIDED, WHOLE, Claims
from lgi.findings import read_findings
from lgi.gaussians.blending import report as blending
from lgi.gaussians.elsewhere import report as elsewhere
from lgi.gaussians.llc import report as llc
from lgi.gaussians.n_study import report as n_study
from lgi.gaussians.prediction import report as prediction
from lgi.gaussians.price import report as price
from lgi.gaussians.settings import Gaussians
from lgi.gaussians.sizes import report as sizes
from lgi.gaussians.turn import report as turn
from lgi.prose import counted, interval, number, some_of, span, table


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

    def image(self, name: str) -> str:
        """Return what people read in place of the name of an image."""
        return self.settings.names.of("images", name)

    def recipe(self, name: str) -> str:
        """Return what people read in place of the name of a recipe, in quotation marks."""
        return f"“{self.settings.names.of('recipes', name)}”"

    def link(self, path: str) -> str:
        """Return a path below ``results/`` as seen from the text."""
        return link(path)


def write(
    *,
    claims: pd.DataFrame,
    findings: pd.DataFrame,
    settings: Gaussians,
    links: Mapping[str, str],
    figures: Iterable = (),
    **tables: pd.DataFrame,
) -> str:
    """Return the analysis as Markdown.

    Parameters
    ----------
    claims, findings
        ``gaussians_claims.csv`` and ``gaussians_findings.csv``.
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
    return analysis(
        study=1,
        title="Study 1: how well N Gaussians fit an image, and why training turns",
        lead=list(_lead(study)),
        findings=read_findings(findings),
        undecided=list(_undecided(study)),
        parts=chain(
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
            [Folded("Methods", list(_methods(study)))],
        ),
    )


def _lead(study: Study) -> Iterator[str]:
    settings = study.settings
    fine = settings.run_list(settings.n_study.fine).image[0]
    yield (
        f"A fit moves N Gaussians by gradient descent until they make an image, here mostly "
        f"“{study.image(fine)}”. Its loss is how far they are from it, the best loss the lowest along "
        "the way; its recipe is how it is trained, and its seed decides the random start."
    )
    if not settings.of_the_original:
        yield (
            f"This is about image “{study.image(fine)}”. What the original study says of single N it "
            "says of another picture, and it is not asked here."
        )
    yield (
        "The workflow wrote this from its tables; other data give other sentences. Square brackets "
        "hold intervals; n counts what is independent."
    )


def _undecided(study: Study) -> Iterator[str]:
    """Yield what is open; of recipes and the turn in one line."""
    claims = study.claims.table
    rows = claims[(claims["part"] == WHOLE) & (claims["verdict"] == UNDECIDED)]
    rows = rows[~rows["id"].str.startswith("cures.")]
    for row in rows[:MOST].to_dict("records"):
        yield f"Whether {row['claim']}{_so_far(study, row)}."
    if (more := len(rows) - MOST) > 0:
        yield f"{counted(more, 'more claim')} below."
    yield from turn.undecided(study)


MOST = 8
"""So many undecided claims stand on the first page; the claims below are all of them."""


def _so_far(study: Study, row: Mapping) -> str:
    """Return of how many seeds or parts a claim is undecided, or why nothing is known of it."""
    if np.isfinite(row["low"]):
        return f" (n = {number(row['n'])})"
    parts = study.claims.parts(row["id"])
    left = parts[parts["verdict"] == UNDECIDED]
    if parts.empty:
        return f" ({row['reason']})" if row["reason"] else ""
    return f" (open in {some_of(len(left), len(parts), 'case')})"


ORIGINAL_SAID, ADDED, OPEN = (
    "What the original said",
    "What this study adds",
    "What is undecided",
)


def _verdicts(study: Study) -> Iterator[Folded]:
    """Yield the claims in three groups."""
    yield Folded("Every claim with its verdict", list(_claims(study)))


def _claims(study: Study) -> Iterator[str]:
    claims = study.claims.table
    whole = claims[(claims["part"] == WHOLE) & ~claims["id"].str.startswith("cures.")]
    # The same seeds may stand behind several parts: their numbers do not add up.
    parts = claims[claims["part"] != WHOLE].groupby("id")["n"].agg(["min", "max"])
    by_part = whole["statistic"].isna() & whole["id"].isin(parts.index)
    ends = whole[["id", "n"]].join(parts, on="id")
    whole = whole.assign(
        fewest=ends["n"].where(~by_part, ends["min"]), most=ends["n"].where(~by_part, ends["max"])
    )
    is_open, theirs = whole["verdict"] == UNDECIDED, whole["source"] == ORIGINAL
    for title, rows in (
        (ORIGINAL_SAID, whole[theirs & ~is_open]),
        (ADDED, whole[~theirs & ~is_open]),
        (OPEN, whole[is_open]),
    ):
        if rows.empty:
            continue
        yield f"**{title}**"
        yield ""
        yield from table(
            rows,
            {
                "claim": ("claim", str),
                "verdict": ("verdict", lambda verdict: f"**{verdict}**"),
                "value [interval]": (("verdict", "statistic", "low", "high"), _value),
                "n": (("fewest", "most"), span),
                "what the value is": ("measure", str),
            },
        )
        yield ""
    yield (
        "A claim says that a value lies in a region. It is supported where the whole interval of the "
        "value does, not supported where none of it does, undecided otherwise. n counts seeds, "
        "unless the measure says otherwise: fits of one seed are no independent observations. A "
        "claim that speaks of several N, recipes or images holds only if it holds of each; the parts "
        f"stand in [the table of claims]({study.link('tables/gaussians_claims.csv')}), with p-values "
        "corrected for their number (Holm). A claim that a definition decides, whatever the data say, "
        "is not applicable. What recipes do about the turn is told below, recipe by recipe, and "
        f"[the explorer]({study.link('report/explorer.html')}) shows each verdict with its evidence."
    )


def _value(verdict: str, value: float, low: float, high: float) -> str:
    if value != value and verdict != NOT_APPLICABLE:
        return "part by part"
    return interval(value, low, high)


def _methods(study: Study) -> Iterator[str]:
    turn, seeds = study.settings.turn, study.settings.n_study.seeds
    turns = study.tables["turn"]
    every, listed = len(study.settings.fitted()), len(turns)
    yield (
        f"{listed:,} fits are listed in the configuration and stand in `gaussians.csv`: "
        f"{counted(turns['image'].nunique(), 'image')}, "
        f"{counted(turns['recipe'].nunique(), 'recipe')}, N = "
        f"{span(turns['n'].min(), turns['n'].max())}, {counted(turns['seed'].nunique(), 'seed')}. {every - listed:,} more are "
        f"made to be watched and for effective dimensions: {every:,} in all. Each is a file below "
        "`results/gaussians/` with its settings and the fingerprint of its code; `docs/gaussians.md` "
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
        "which each fit was taken further, with pixels as samples; `docs/gaussians_llc.md` says what "
        "was tried."
    )
