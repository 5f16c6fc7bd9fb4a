"""Parts of the written analysis of study 2 that are folded: what each table holds, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lgi.analysis import Folded
from lgi.claims import Claim, Claims
from lgi.llc.status import OK
from lgi.prose import MISSING, counted, estimate, listed, number, percent, span, table
from lgi.superposition.findings import (
    QUANTITIES,
    panel_name,
    polygon,
    segments,
    segments_text,
    sparsity_text,
)
from lgi.superposition.phases.table import ONE_ACTIVE
from lgi.superposition.settings import Superposition
from lgi.superposition.training.view import LOSSES, RUN


@dataclass(frozen=True)
class Study:
    """What the analysis is written from."""

    claims: Claims  # the rows that the summary shows
    judged: pd.DataFrame  # all rows
    asked: Mapping[str, Claim]  # by their ids
    tables: Mapping[str, pd.DataFrame]
    settings: Superposition
    links: Mapping[str, str]  # pictures by name, as paths from where the text lies
    films: Sequence[str] = ()  # those of them that are animations, by their names

    def figure(self, name: str, text: str) -> Iterator[str]:
        """Yield a picture as Markdown, if it is made."""
        if name in self.links:
            yield ""
            yield f"![{text}]({self.links[name]})"

    def link(self, *names: str) -> str:
        """Return links to pictures for a cell of a table, of those that are made."""
        return ", ".join(f"[{name}]({self.links[name]})" for name in names if name in self.links)

    def start(self, name: str) -> str:
        """Return what people read in place of the name of a start."""
        return self.settings.names.of("initialisations", name)

    def setting(self, name: str) -> str:
        """Return what people read in place of the name of a setting of the estimator."""
        return self.settings.names.of("settings", name)

    @property
    def scale(self) -> str:
        """The setting that figures show, in quotation marks."""
        return f"“{self.setting(self.settings.llc.drawn)}”"


def sections(study: Study) -> Iterator[Folded]:
    """Yield the parts of the tables that are made."""
    for name, (title, section) in SECTIONS.items():
        if not name or name in study.tables:
            yield Folded(title, list(section(study)))


def of_best_loss(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the loss that has no noise of its own, where it is known."""
    best = next((name for name in reversed(LOSSES) if (rows["loss"] == name).any()), "")
    return rows[rows["loss"] == best]


def loss_name(rows: pd.DataFrame) -> str:
    """Return what people read in place of the name of the loss of the rows."""
    return LOSSES[rows["loss"].iloc[0]]


def models(rows: pd.DataFrame, share: str) -> int:
    """Return of how many models a column is the share, summed over the rows."""
    return round((rows[share] * rows["seeds"]).sum())


def last(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last epoch."""
    return rows[rows["epoch"] == rows["epoch"].max()]


def _published(study: Study) -> Iterator[str]:
    rows = study.tables["published"].drop_duplicates(["panel", "epoch", "quantity"])
    yield (
        f"The setting “{study.setting(study.settings.published.setting)}” on the starts and "
        "numbers of samples that were published. How many medians agree with the published ones "
        "within two standard errors, the error of reading them off the pictures included:"
    )
    yield ""
    yield from table(
        rows.assign(start=[panel_name(study.settings, title) for title in rows["panel"]]),
        {
            "start": ("start", str),
            "epoch": ("epoch", number),
            "quantity": ("quantity", lambda quantity: QUANTITIES.get(quantity, quantity)),
            "agree": (("agreeing", "cells"), lambda agreeing, cells: f"{agreeing} of {cells}"),
            "expected by chance alone": ("expected", number),
        },
    )
    yield from study.figure("published", "our medians less the published, in standard errors")


def _scale(study: Study) -> Iterator[str]:
    llc = study.settings.llc
    yield (
        "Chains start at w*, are held to it by γ, the localisation, and walk where nβ times the "
        "loss is low: the larger the inverse temperature nβ, n / ln n by definition, the more "
        "finely they look. That means something for the negative log likelihood of a stated model "
        "alone, such as Gaussian noise of deviation σ. The settings of the estimator here, of "
        f"which figures show {study.scale}:"
    )
    yield ""
    rows = []
    for name in llc.runs:
        setting = llc.settings[name]
        sigma = getattr(setting.likelihood, "sigma", None)
        model = f"Gaussian, σ = {sigma:g}" if sigma else "mean squared error, no likelihood"
        sizes = [setting.data.samples] if setting.data else study.settings.runs.samples
        n_beta = " and ".join(f"{setting.n_beta(n):.1f} for n = {n:,}" for n in sizes)
        if setting.data:
            n_beta = f"{setting.n_beta(sizes[0]):.1f}, on {sizes[0]:,} fresh samples"
        at = "minimum near the state" if setting.minimum else "the state itself"
        rows.append((study.setting(name), model, n_beta, f"{setting.localisation:g}", at))
    names = ["setting", "likelihood", "nβ", "γ", "w*"]
    yield from table(pd.DataFrame(rows, columns=names), {name: (name, str) for name in names})


def _known(study: Study) -> Iterator[str]:
    rows = study.tables["known"]
    yield (
        f"The setting {study.scale}, one and the same for all, on problems whose coefficient is "
        "known exactly: of how many it is right, refused where the status says that the estimate "
        "is no coefficient, or wrong."
    )
    yield ""
    counts = pd.crosstab([rows["n"], rows["problem"]], rows["verdict"]).reset_index()
    words = [word for word in ("right", "refused", "wrong") if word in counts]
    yield from table(
        counts,
        {"problem": ("problem", str), "n": ("n", number)}
        | {word: (word, number) for word in words},
    )
    yield from study.figure("known answers", "estimates of known coefficients")


def _status(study: Study) -> Iterator[str]:
    rows = study.tables["status"].copy()
    rows["count"] = rows["share"] * rows["seeds"]
    yield (
        "The status of an estimate is ok, and the estimate a coefficient, or the first test that "
        "it fails:"
    )
    yield ""
    found = []
    for (setting, epoch), part in rows.groupby(["setting", "epoch"]):
        counts = part.groupby("status")["count"].sum()
        others = counts.drop(OK, errors="ignore")
        most = f"{others.idxmax()}, {percent(others.max() / counts.sum())}" if others.sum() else ""
        found.append((setting, epoch, counts.sum(), counts.get(OK, 0), most))
    yield from table(
        pd.DataFrame(found, columns=["setting", "epoch", "estimates", "ok", "most"]),
        {
            "setting": ("setting", study.setting),
            "epoch": ("epoch", number),
            "estimates": ("estimates", lambda count: number(round(count))),
            "ok": ("ok", lambda count: number(round(count))),
            "most frequent other status": ("most", str),
        },
    )
    yield from study.figure("status", "share of each status")


def _resolution(study: Study) -> Iterator[str]:
    rows = study.tables["resolution"]
    drawn = rows[rows["factor"] == 1]
    states = [*RUN, "seed", "epoch"]
    stable = int(drawn["stable"].astype(bool).sum())
    somewhere = int(rows.groupby(states)["stable"].any().sum())
    yield (
        f"Of {counted(rows.groupby(states).ngroups, 'state')} seen at many scales {somewhere} have "
        f"an estimate that stays over a decade of nβ in both directions; at the scale in use, "
        f"{study.scale}, {stable} do."
    )
    yield from study.figure("resolution", "estimate against nβ, γ in proportion")


def _locality(study: Study) -> Iterator[str]:
    rows = last(study.tables["locality"])
    yield (
        "Pairs of models on the same data whose minima lie far apart. If chains stay at their "
        "minima, the mean loss that they see, E[L], differs between the two; where it is the same, "
        "both have gone to the same place, or nowhere in particular. At epoch "
        f"{rows['epoch'].max():,}, means over cells weighted by pairs:"
    )
    yield ""
    found = [
        (setting, part["far"].sum(), _weighted(part, "agree", "far"))
        for setting, part in rows.groupby("setting")
    ]
    yield from table(
        pd.DataFrame(found, columns=["setting", "far", "agree"]),
        {
            "setting": ("setting", study.setting),
            "pairs far apart": ("far", number),
            "with the same E[L]": ("agree", percent),
        },
    )
    yield from study.figure("locality", "agreement of chains between models")


def _stability(study: Study) -> Iterator[str]:
    rows = study.tables["stability"]
    rows = last(rows[rows["setting"] == study.settings.llc.drawn])
    yield (
        f"The setting {study.scale}, last epoch: chains whose lowest draw, followed downhill, ends "
        "in a lower minimum on another polygon."
    )
    yield ""
    found = [
        (kgon, part["states"].sum(), _weighted(part, "left", "states"))
        for kgon, part in rows.groupby(rows["kgon"].astype(str))
    ]
    yield from table(
        pd.DataFrame(found, columns=["kgon", "states", "left"]),
        {
            "polygon of w*": ("kgon", polygon),
            "states": ("states", number),
            "left it": ("left", percent),
        },
    )
    yield from study.figure("stability", "polygons that chains leave")


def _phases(study: Study) -> Iterator[str]:
    rows = study.tables["phases"]
    lowest = rows[(rows["data"] != ONE_ACTIVE) & rows["lowest"].astype(bool)]
    dimensions = lowest["live_dimensionality"]
    yield f"The population loss is lowest for {segments_text(segments(rows))}."
    yield (
        "The mean dimensionality of those of its features that are not dropped is "
        f"{span(dimensions.min(), dimensions.max())}."
    )
    yield from study.figure("phases", "lowest population loss of each polygon")


def _limit(study: Study) -> Iterator[str]:
    rows = study.tables["limit_llc"]
    yield (
        "Samples of which exactly one feature is active have minima whose coefficient λ is known; "
        "λ̂ is its estimate there, ± its standard error:"
    )
    yield ""
    yield from table(
        rows,
        {
            "polygon": ("kgon", lambda kgon: polygon(str(kgon))),
            "samples n": ("samples", number),
            "loss": ("loss", lambda loss: number(loss, 4)),
            "λ": ("truth", number),
            "λ̂": (("llc", "llc_se"), lambda llc, se: f"{number(llc)} ± {number(se, 2)}"),
            "status": ("status", str),
        },
    )
    if "limit_transitions" in study.tables:
        moves = study.tables["limit_transitions"]
        known = moves[moves["n"].notna()]
        if len(known):
            each = [f"{number(row.n)} by {row.method}" for row in known.itertuples()]
            yield ""
            yield (
                "The number n of samples at which the posterior gives the 6-gon as much weight as "
                f"the 5-gon is {listed(each)}."
            )
        if len(known) < len(moves):
            never = listed(list(moves.loc[moves["n"].isna(), "method"]))
            yield f"By {never} the weights are equal at none of the n that were asked."
    yield from study.figure("limit", "plateaus, coefficients and posterior")


def _gap(study: Study) -> Iterator[str]:
    rows = last(of_best_loss(study.tables["gap"]))
    yield (
        f"By how much the {loss_name(rows)} lies above the training loss at epoch "
        f"{rows['epoch'].max():,}, divided by 1 − S, medians over seeds; the sparsities at which "
        "it is least and most:"
    )
    yield ""
    found = []
    for (init, samples), part in rows.groupby(["init", "samples"]):
        low, high = part.loc[part["median"].idxmin()], part.loc[part["median"].idxmax()]
        found.append((init, samples, _median_at(low), _median_at(high)))
    yield from table(
        pd.DataFrame(found, columns=["init", "samples", "least", "most"]),
        {
            "start": ("init", study.start),
            "samples": ("samples", number),
            "least": ("least", str),
            "most": ("most", str),
        },
    )
    yield from study.figure("gap", "the gap, and what longer training changes")
    if "epochs" in study.tables:
        yield from _longer(study)


def _longer(study: Study) -> Iterator[str]:
    rows = of_best_loss(study.tables["epochs"])
    if rows.empty:
        return
    yield ""
    yield (
        f"From epoch {rows['first_epoch'].iloc[0]:,} to {rows['last_epoch'].iloc[0]:,} the "
        f"{loss_name(rows)} changes by more than {study.settings.generalisation.improved:g} of "
        "1 − S in so many models:"
    )
    yield ""
    found = [
        (*names, models(part, "improved"), models(part, "worsened"), part["seeds"].sum())
        for names, part in rows.groupby(["init", "samples"])
    ]
    yield from table(
        pd.DataFrame(found, columns=["init", "samples", "better", "worse", "models"]),
        {
            "start": ("init", study.start),
            "samples": ("samples", number),
            "better": ("better", number),
            "worse": ("worse", number),
            "of models": ("models", number),
        },
    )


def _departures(study: Study) -> Iterator[str]:
    rows, claims = study.tables["departures"], study.settings.claims
    yield (
        "Models that leave their first polygon for good, of those that have one, at low "
        f"(S ≤ {claims.low_sparsity:g}), high (S ≥ {claims.high_sparsity:g}) and all sparsities:"
    )
    yield ""
    found = []
    for names, part in rows.groupby(["init", "samples"]):
        low = part[part["sparsity"] <= claims.low_sparsity]
        high = part[part["sparsity"] >= claims.high_sparsity]
        found.append((*names, *map(_left, (low, high, part))))
    yield from table(
        pd.DataFrame(found, columns=["init", "samples", "low", "high", "all"]),
        {
            "start": ("init", study.start),
            "samples": ("samples", number),
            "low": ("low", str),
            "high": ("high", str),
            "all": ("all", str),
        },
    )
    yield from study.figure("departures", "who leaves, when, and for which polygon")


SECTIONS: Mapping[str, tuple[str, Callable[[Study], Iterator[str]]]] = {
    "published": ("What was published, reproduced", _published),
    "": ("Scale: the settings of the estimator", _scale),
    "known": ("Known answers", _known),
    "status": ("Where an estimate is a coefficient", _status),
    "resolution": ("Resolution", _resolution),
    "locality": ("Do chains from other models agree?", _locality),
    "stability": ("Where chains go", _stability),
    "phases": ("Phases by sparsity", _phases),
    "limit_llc": ("The limit of one active feature", _limit),
    "gap": ("Train against test, and longer training", _gap),
    "departures": ("Who leaves its polygon", _departures),
}
"""Title of each part and what writes it, in their order, by the table that it needs."""


def _weighted(rows: pd.DataFrame, column: str, weight: str) -> float:
    known = rows.dropna(subset=[column])
    total = known[weight].sum()
    return (known[column] * known[weight]).sum() / total if total else float("nan")


def _median_at(row: pd.Series) -> str:
    return f"{estimate({**row, 'value': row['median']})} at S = {sparsity_text(row['sparsity'])}"


def _left(rows: pd.DataFrame) -> str:
    return f"{rows['left_n'].sum():,} of {rows['housed'].sum():,}" if len(rows) else MISSING
