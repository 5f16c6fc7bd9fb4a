"""The written analysis of study 1: claims with verdicts first, then what they rest on, then methods.

Every number comes from a table and every sentence that states a finding is chosen by a verdict, so
that other data give another text. `lgi.prose` holds the words that choose.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from lgi.gaussians.report import learning, loss_vs_n, turning
from lgi.prose import Claims, Quantities, chosen, counted, interval, number, table
from lgi.verdicts import WHOLE


@dataclass(frozen=True)
class Study:
    """What the analysis is written from."""

    claims: Claims
    tables: Mapping[str, pd.DataFrame]
    summary: Quantities  # of the N-study
    seeds: Quantities  # of many seeds
    settings: Mapping  # gaussians.analysis of the configuration
    figures: Mapping[str, str]  # by name, paths relative to the text

    def figure(self, name: str, text: str) -> str:
        """Return a figure as Markdown."""
        return f"![{text}]({self.figures[name]})"


def write(
    claims: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping,
    figures: Mapping[str, str],
) -> str:
    """Return the analysis as Markdown.

    Parameters
    ----------
    claims
        All claims of study 1: columns `lgi.verdicts.COLUMNS`.
    tables
        Tables of study 1 by name: ``n_study``, ``n_study_summary``, ``discrepancies``,
        ``reproducibility``, ``steps``, ``seeds_summary``, ``turn``, ``cures``, ``elsewhere``,
        ``features``, ``prediction``, ``llc``.
    settings
        The ``gaussians.analysis`` section of the configuration.
    figures
        Path of each figure, relative to the text.
    """
    study = Study(
        Claims(claims),
        tables,
        Quantities(tables["n_study_summary"]),
        Quantities(tables["seeds_summary"]),
        settings,
        figures,
    )
    parts = [
        _title(study),
        _verdicts(study),
        loss_vs_n.n_study(study),
        loss_vs_n.many_seeds(study),
        turning.turn(study),
        turning.cures(study),
        learning.prediction(study),
        turning.in_detail(study),
        turning.elsewhere(study),
        learning.llc(study),
        _methods(study),
    ]
    return "\n".join(line for part in parts for line in (*part, ""))


def _title(study: Study) -> Iterator[str]:
    claims = study.claims
    yield "# Study 1: why loss against N looks as it does, and what cures it"
    yield ""
    yield (
        "Written by the workflow from its tables: every number stands in `results/tables/`, and "
        "which sentence is written depends on the verdicts below."
    )
    yield ""
    yield "In short:"
    yield ""
    yield "- " + chosen(
        claims.verdict("not monotone"),
        supported="Loss against N is not monotone: at some N one more Gaussian really does worse.",
        not_supported="Loss against N is monotone as far as can be told: no step up is more than "
        "the luck of a seed.",
        undecided="Whether loss against N is monotone is not decided: no step up is certain, and "
        "none is excluded.",
    )
    yield "- " + chosen(
        claims.verdict("seed matters more than N"),
        supported="Among neighbouring N the seed matters more than N, so one curve of one seed "
        "shows its seed.",
        not_supported="Even among neighbouring N, N matters more than the seed.",
        undecided="Whether the seed matters more than N among neighbouring N is not decided.",
    )
    yield "- " + chosen(
        claims.verdict("pixels lose their Gaussians"),
        supported="Training turns because pixels lose their Gaussians: the loss that is added after "
        "the best falls on uncovered pixels.",
        not_supported="Training does not turn because pixels lose their Gaussians: the loss that is "
        "added after the best falls elsewhere.",
        undecided="Why training turns is not decided.",
    )
    cures, idle = _recipes(study, "supported"), _recipes(study, "not supported")
    if cures:
        yield f"- What keeps a fit from turning: {', '.join(cures)}."
    if idle:
        yield f"- What does not: {', '.join(idle)}."
    yield "- " + chosen(
        claims.verdict(r"^the optimal ratio"),
        supported="The ratio of Gaussians to pixels that the original calls optimal is the best of "
        "those tried.",
        not_supported="The ratio of Gaussians to pixels that the original calls optimal is not: "
        "others do better.",
        undecided="Whether the ratio that the original calls optimal is optimal is not decided.",
    )
    yield "- " + chosen(
        claims.verdict("^how a fit starts predicts its best loss"),
        supported="How a fit starts tells how well it will do.",
        not_supported="How a fit starts does not tell how well it will do.",
        undecided="Nothing known before training is sure to tell how well a fit will do.",
    )
    yield "- " + chosen(
        claims.verdict("effective dimension of the Jacobian$"),
        supported="The local learning coefficient of a fit is half the effective dimension of the "
        "Jacobian of its image.",
        not_supported="The local learning coefficient of a fit is not half the effective dimension "
        "of the Jacobian of its image everywhere.",
        undecided="Whether the local learning coefficient of a fit is half the effective dimension "
        "of the Jacobian of its image is not decided.",
    )


def _recipes(study: Study, verdict: str) -> list[str]:
    cures = study.tables["cures"]
    return cures.loc[cures["cures"] == verdict, "recipe"].tolist()


def _verdicts(study: Study) -> Iterator[str]:
    claims = study.claims.table
    yield "## The claims and their verdicts"
    yield ""
    whole = claims[claims["part"] == WHOLE]
    parts = claims[claims["part"] != WHOLE].groupby("claim")["n"].sum()
    by_part = whole["statistic"].isna() & whole["claim"].isin(parts.index)
    whole = whole.assign(n=whole["n"].where(~by_part, whole["claim"].map(parts)))
    yield from table(
        whole,
        {
            "claim": ("claim", str),
            "whose": ("source", str),
            "verdict": ("verdict", lambda verdict: f"**{verdict}**"),
            "measure": ("measure", str),
            "value [interval]": (
                ("statistic", "low", "high"),
                lambda value, low, high: (
                    interval(value, low, high) if value == value else "part by part"
                ),
            ),
            "n": ("n", number),
        },
    )
    yield ""
    yield (
        "A claim says that a value lies in a region. It is supported where the whole interval of the "
        "value does, not supported where none of it does, undecided otherwise. A claim that speaks "
        "of several N, recipes or images holds only if it holds of each; the parts stand in "
        "`gaussians_claims.csv`, with p-values corrected for their number (Holm)."
    )


def _methods(study: Study) -> Iterator[str]:
    turn, seeds = study.settings["turn"], study.settings["seeds"]
    turns = study.tables["turn"]
    yield "## Methods"
    yield ""
    yield (
        f"{len(turns):,} fits: {counted(turns['image'].nunique(), 'image')}, "
        f"{counted(turns['recipe'].nunique(), 'recipe')}, N from {turns['n'].min()} to "
        f"{turns['n'].max()}, {counted(turns['seed'].nunique(), 'seed')}. Each is a file below `results/gaussians/` with its "
        "settings and the fingerprint of its code; docs/gaussians.md defines rendering, loss and "
        "gradient."
    )
    yield ""
    yield (
        "*Seeds.* Fits of one seed share their start: N + 1 Gaussians begin with the same first N. "
        "So N are compared within seeds, and seeds are what is independent. Intervals are Student's "
        "over seeds unless said otherwise; shares have Clopper and Pearson's exact intervals, "
        f"shares of variance the jackknife's, medians of resamples use {seeds['resamples']:,} "
        "bootstrap samples of seeds. Several intervals of one claim are widened so that they hold "
        "together (Bonferroni)."
    )
    yield ""
    yield (
        f"*Turning.* A fit has turned once a logged loss exceeds {turn['factor']:g} times its best. "
        "The loss on covered pixels is the reported loss of the image in which every uncovered "
        "pixel has the target's colour; the rest falls on uncovered pixels. SSIM is measured anew "
        "for that image, so the two parts add up to the loss."
    )
    yield ""
    yield (
        "*Prediction.* Each fold, a seed, or in a harder test a seed and an N, is predicted by least "
        "squares from all others; skill is the share of the baseline's squared error that a "
        "prediction saves."
    )
    yield ""
    yield (
        "*Learning coefficient.* Hamiltonian Monte Carlo around a minimum of the loss itself, pixels "
        "as samples; docs/gaussians_llc.md says what was tried."
    )
