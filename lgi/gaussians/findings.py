"""The five findings of study 1, each written from rows of its tables and by the verdict of a claim.

Other data give another headline; a finding whose claim rests on no runs is left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED, UNDECIDED, WHOLE, Claims, Sentences
from lgi.display import GaussianNames
from lgi.findings import Finding, findings_table
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.price.table import DESCRIPTION, REGULAR
from lgi.gaussians.turn.cures import CURES, changes, rate_alone
from lgi.prose import capital, counted, number, percent, quoted, some_of, span

OF_CLAIMS = "tables/gaussians_claims.csv"


@dataclass(frozen=True)
class Known:
    """What findings are written from."""

    claims: Claims
    cures: pd.DataFrame
    price: pd.DataFrame | None
    names: GaussianNames
    original: OriginalStudy | None  # none on another image than its own
    ratio: tuple[float, float]  # range of N / pixels beside which more are tried
    image: str  # of the N-study
    reference: str  # recipe that cures are compared with
    turning: Sequence[str]  # recipes of which it is asked whether and why they turn
    factor: float  # by which a loss exceeds its best once a fit has turned
    figures: Mapping[str, str]  # paths below results/, by what the analysis calls them
    tables: Mapping[str, str]  # the same of tables

    def row(self, id: str) -> dict | None:
        """Return the row that says most of a claim; none where no value is known.

        Its number is that of the whole, or of the first of those parts that rest on the most
        values; its verdict is that of the whole.
        """
        rows = self.claims.table
        rows = rows[(rows["id"] == id) & np.isfinite(rows["statistic"])]
        if self.verdict(id) == NOT_APPLICABLE:
            return None
        if rows.empty:
            return None
        most = rows.sort_values("n", kind="stable", ascending=False)
        whole = rows[rows["part"] == WHOLE]
        return (whole if len(whole) else most).iloc[0].to_dict() | {"verdict": self.verdict(id)}

    def verdict(self, id: str) -> str:
        """Return the verdict on a claim, `UNDECIDED` where nobody asked it."""
        known = id in set(self.claims.table["id"])
        return self.claims.verdict(id) if known else UNDECIDED


def findings(
    claims: pd.DataFrame,
    cures: pd.DataFrame,
    names: GaussianNames,
    original: OriginalStudy,
    of_the_original: bool,
    image: str,
    reference: str,
    turning: Sequence[str],
    factor: float,
    figures: Mapping[str, str],
    tables: Mapping[str, str],
    price: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what study 1 found, most important first.

    Parameters
    ----------
    claims, cures
        ``gaussians_claims.csv`` and ``gaussians_cures.csv``.
    names
        What people read in place of names.
    original
        What the original states.
    of_the_original
        Whether the N-study is of its image.
    image
        That of the N-study.
    reference
        The recipe that cures are compared with.
    turning
        The recipes of which it is asked whether and why they turn.
    factor
        By which a loss exceeds its best once a fit has turned.
    figures, tables
        Paths below ``results/`` by name.
    price
        ``gaussians_price.csv``, where a price is asked.

    Returns
    -------
    DataFrame
        As from `lgi.findings.findings_table`.
    """
    known = Known(
        claims=Claims(claims),
        cures=cures,
        price=price,
        names=names,
        original=original if of_the_original else None,
        ratio=original.ratio,
        image=image,
        reference=reference,
        turning=turning,
        factor=factor,
        figures=figures,
        tables=tables,
    )
    return findings_table(found for write in FINDINGS if (found := write(known)) is not None)


ENOUGH = Sentences("is enough", "is not enough", "may or may not be enough")


def _seed(known: Known) -> Finding | None:
    row = known.row("n_study.seed_matters")
    if row is None:
        return None
    headline = Sentences(
        "One curve of loss against N shows its seed, not what N does",
        "Among neighbouring N, N matters more than the seed",
        "Whether the seed or N matters more among neighbouring N is not decided",
    ).of(row["verdict"])
    ranks, best = (
        ENOUGH.of(known.verdict(f"n_study.one_seed_{what}")) for what in ("ranks", "finds_best")
    )
    means = (
        f"One seed {ranks} to rank N{' or' if ranks == best else f', and {best}'} to find the best."
    )
    return Finding(
        id="seed",
        headline=headline,
        text=f"Of the variance of best losses among neighbouring N, N explains "
        f"{percent(row['statistic'])}; the rest comes with the seed, which decides the random "
        f"start. {means}",
        measure="share of N in the variance of best losses",
        figure=known.figures["one_seed"],
        alt="What one seed tells of the mean over the others",
        table=OF_CLAIMS,
        **_number(row),
    )


def _turn(known: Known) -> Finding | None:
    row, turns = known.row("turn.lost_pixels"), known.row("turn.diverges")
    if row is None or turns is None:
        return None
    headline = Sentences(
        "Training turns because pixels lose their Gaussians",
        "Training turns, and not because pixels lose their Gaussians",
        "Why training turns is not decided",
    ).of(row["verdict"])
    where = Sentences(
        "The rise falls on pixels that have become uncovered, black since no Gaussian reaches them",
        "Most of the rise does not fall on pixels that have lost their Gaussians",
        "Whether most of the rise falls on pixels that have lost their Gaussians is open",
    ).of(row["verdict"])
    better = "; their share is above 1, as others get better meanwhile" if row["low"] > 1 else ""
    count = round(turns["statistic"] * turns["n"])
    told = f"{some_of(count, int(turns['n']), 'seed')} {'turns' if count == 1 else 'turn'}"
    with_recipe = f"With recipe {quoted(known.names.several('recipes', known.turning))}"
    return Finding(
        id="turn",
        headline=headline,
        text=f"{with_recipe} {told}: after its best the loss rises above "
        f"{known.factor:g} times it. {where}{better}.",
        measure=_of_part("share of the rise that falls on pixels which lost their Gaussians", row),
        figure=known.figures["turn"],
        alt="What pixels add to the loss along training",
        table=OF_CLAIMS,
        **_number(row),
    )


def _cure(known: Known) -> Finding | None:
    rows = known.cures[known.cures["recipe"] != known.reference]
    if rows.empty:
        return None
    cures = rows[rows["kind"] == CURES]
    cures = cures.assign(count=[len(changes(text)) for text in cures["changes"]])
    of_rate = _of_rate(rate_alone(rows))
    same = {
        "id": "cures",
        "figure": known.figures["cures"],
        "alt": "Best and last loss of every recipe, and what it does about the turn",
        "table": known.tables["cures"],
    }
    if cures.empty:
        return Finding(
            headline="No recipe that was tried is shown to keep a fit from turning and to fit "
            "better",
            text=f"A recipe (how a fit is trained) cures if most seeds do not turn, the best loss "
            f"is lower, and coverage is kept. None is shown to{f'; {of_rate}' if of_rate else ''}.",
            measure="recipes that are shown to cure",
            value=0.0,
            low=np.nan,
            high=np.nan,
            n=len(rows),
            unit="recipes",
            **same,
        )
    first = cures.sort_values(["count", "best_loss"]).iloc[0]
    called, edge = known.names.of("recipes", first["recipe"]), first["changes"] == "edge"
    cure = "an edge that the gradient sees" if edge else f"the recipe {quoted([called])}"
    sums = known.verdict("blending.sum_turns") == NOT_SUPPORTED
    how = ", a cut-off at which a Gaussian's weight falls to 0 by a slope" if edge else ""
    turned = round(first["turned"] * first["turned_seeds"])
    total = number(first["turned_seeds"])
    also = "where colours are added, not averaged, fits do not turn either" if sums else ""
    told = "; ".join(filter(None, (also, of_rate)))
    return Finding(
        headline=f"What cures it: {cure}{', or colours that are added' if sums else ''}",
        text=f"With {quoted([called])}{how}, {number(turned) if turned else 'none'} of {total} "
        f"seeds {'turns' if turned < 2 else 'turn'}, and the best loss is lower. "
        f"{capital(told)}{'.' if told else ''}".strip(),
        measure=f"best loss with {quoted([known.names.of('recipes', known.reference)])} less that "
        f"with {quoted([called])}",
        value=float(first["gain"]),
        low=float(first["gain_low"]),
        high=float(first["gain_high"]),
        n=int(first["gain_seeds"]),
        unit="seeds",
        claim=f"cures.{first['recipe']}",
        **same,
    )


def _more(known: Known) -> Finding | None:
    """Return what more Gaussians do, beside the ratio that the original calls optimal if asked."""
    inside = span(*known.ratio, lambda end: percent(end, 2))
    beyond = [row for row in _parts(known, "elsewhere.") if np.isfinite(row["statistic"])]
    better = sum(row["verdict"] == SUPPORTED for row in beyond)
    many = (
        "The most Gaussians tried fit better than {} for "
        f"{some_of(better, len(beyond), 'pair')} of image and recipe."
        if beyond
        else ""
    )
    same = {
        "figure": known.figures["elsewhere"],
        "alt": "Best loss against the ratio of Gaussians to pixels, for every image",
        "table": OF_CLAIMS,
    }
    row = known.row("n_study.optimal_ratio") if known.original else None
    if row is not None:
        headline = Sentences(
            "The ratio of Gaussians to pixels that was called optimal is the best tried",
            "The ratio of Gaussians to pixels that was called optimal is not optimal",
            "Whether the ratio that was called optimal is optimal is not decided",
        ).of(row["verdict"])
        factor = {end: float(np.exp(row[end])) for end in ("statistic", "low", "high")}
        return Finding(
            id="ratio",
            headline=headline,
            text=f"On “{known.names.of('images', known.image)}” the lowest best loss with N at "
            f"{inside} of the pixels is {number(factor['statistic'])} times the lowest of the "
            f"other N. {many.format('N in that range')}".strip(),
            measure=_of_part(
                "lowest loss inside the range over the lowest outside (the logarithm in the table)",
                row,
            ),
            **_number(row | factor),
            **same,
        )
    row = known.row("n_study.more_is_better")
    if row is None:
        return None
    return Finding(
        id="more",
        headline=Sentences(
            "More Gaussians give a lower loss",
            "More Gaussians do not everywhere give a lower loss",
            "Whether more Gaussians give a lower loss is not decided",
        ).of(row["verdict"]),
        text="The rank correlation of best loss and N is "
        f"{number(row['statistic'])} on average over seeds; it is -1 where each further Gaussian "
        "lowers the loss. "
        f"{many.format(f'N at {inside} of the pixels')}".strip(),
        measure=_of_part("rank correlation of best loss and N", row),
        **_number(row),
        **same,
    )


def _of_rate(rows: pd.DataFrame) -> str:
    """Return how many recipes that change the learning rate alone cure; nothing where none does."""
    if rows.empty:
        return ""
    cure = int((rows["kind"] == CURES).sum())
    return (
        f"of {counted(len(rows), 'recipe')} that {'changes' if len(rows) == 1 else 'change'} the "
        f"learning rate alone, {number(cure) if cure else 'none'} is shown to cure"
    )


def _priced(known: Known) -> Finding | None:
    if known.price is None:
        return None
    rows = known.price
    rows = rows[(rows["score"] == DESCRIPTION) & (rows["price"] == REGULAR)]
    rows = rows[np.isfinite(rows["n_star"].astype(float))]
    if rows.empty:
        return None
    own = rows[rows["image"] == known.image]
    row = (own if len(own) else rows).iloc[0]
    end = "at least " if row["n_star"] >= row["most_tried"] else ""
    end = "at most " if row["n_star"] <= row["least_tried"] else end
    best = f"{end}{number(row['n_star'])}"
    price = f"{number(row['bits'])} bits"
    most = known.verdict("n_study.more_is_better") == SUPPORTED
    needs = known.row("price.needs_bits") if known.original else None
    called = ""
    if needs is not None:
        called = Sentences(
            f"N = {known.original.best}, which the original calls best, is the best only "
            f"at {number(needs['statistic'])} times that price.",
            f"N = {known.original.best}, which the original calls best, is the best "
            "at that price or below.",
            f"Whether N = {known.original.best}, which the original calls best, is the "
            "best at that price is open.",
        ).of(needs["verdict"])
    return Finding(
        id="price",
        headline=f"How many Gaussians to use: {'without a price the most; ' if most else ''}"
        f"at {price} a parameter, {best}",
        text=f"A parameter, a number of a Gaussian, costs {price}, ½ log₂ of the pixels, by the "
        f"free energy of a regular model; then N = {best} takes the fewest bits for the Gaussians "
        f"and what they leave of “{known.names.of('images', row['image'])}”. {called}".strip(),
        measure=f"best N at {number(row['bits'])} bits per parameter, median over seeds",
        value=float(row["n_star"]),
        low=float(row["low"]),
        high=float(row["high"]),
        n=int(row["seeds"]),
        unit="seeds",
        figure=known.figures["price"],
        alt="Best N against the price of a parameter",
        table=known.tables["price"],
        claim="price.needs_bits" if needs is not None else "",
    )


FINDINGS: Sequence[Callable[[Known], Finding | None]] = (_seed, _turn, _cure, _more, _priced)
"""What writes each finding, or none where its runs are not there."""


def _number(row: Mapping) -> dict:
    """Return the number of a claim as fields of a finding."""
    return {
        "value": float(row["statistic"]),
        "low": float(row["low"]),
        "high": float(row["high"]),
        "n": int(row["n"]),
        "unit": "seeds",
        "claim": row["id"],
    }


def _of_part(measure: str, row: Mapping) -> str:
    """Return what a number is, with the part that it is of, if it is not of the whole."""
    return measure if row["part"] == WHOLE else f"{measure}: {row['part']}"


def _parts(known: Known, start: str) -> Iterator[dict]:
    rows = known.claims.table
    own = rows[rows["id"].str.startswith(start) & (rows["part"] != WHOLE)]
    yield from own.to_dict("records")
