"""Sections of the written analysis on loss against N: one seed's curve, and many seeds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi.prose import chosen, counted, estimate, interval, listed, number, percent, table

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def n_study(study: "Study") -> Iterator[str]:
    """Yield the N-study as the original wrote it."""
    settings, summary = study.settings["n_study"], study.summary
    seed = settings["seed"]
    rows = study.tables["n_study"]
    one = rows[rows["seed"] == seed]
    yield "## The N-study as the original wrote it"
    yield ""
    yield f"Seed {seed}, image {settings['image']}, recipe {settings['recipe']}."
    yield ""
    yield from table(
        one,
        {
            "N": ("n", number),
            "N / pixels": ("n_over_pixels", lambda share: percent(share, 2)),
            "pixels per Gaussian": ("pixels_per_gaussian", lambda value: number(value, 4)),
            "best loss": ("best_loss", lambda value: f"{value:.6f}"),
            "against N - 1": ("change", lambda value: f"{value:+.6f}" if value == value else "–"),
            "best at iteration": ("best_iteration", number),
            "last loss": ("final_loss", lambda value: number(value, 3)),
            "tier": ("tier", str),
            "evaluations an iteration": ("evaluations", lambda value: number(round(value))),
        },
    )
    yield ""
    yield study.figure("n_study", "Best loss against N: lists, tiers and seeds")
    yield ""
    for part in ("fine", "fine and gap", "broad"):
        yield _line(study, part, seed)
        yield ""
    yield _timing(study, seed)
    yield ""
    yield _optimum(study, seed)
    yield ""
    yield _between(study, seed)
    yield ""
    yield (
        f"Tiers: {_tiers(study)}. The cost of an iteration, counted as pixels that Gaussians reach, "
        f"grows as N to the power {estimate(summary.row('cost_exponent', seeds=seed))}."
    )
    yield ""
    yield from _reproducibility(study)
    yield ""
    yield from _discrepancies(study)


def many_seeds(study: "Study") -> Iterator[str]:
    """Yield what many seeds say of N."""
    claims, seeds, steps = study.claims, study.seeds, study.tables["steps"]
    count = seeds.value("seeds")
    yield "## Is non-monotone N real?"
    yield ""
    settings = study.settings["seeds"]
    yield (
        f"{number(count)} seeds for each N, recipe {settings['recipe']}. A step is the best loss "
        "minus that of the same seed with one Gaussian fewer: above 0 it is a regression."
    )
    yield ""
    yield from table(
        steps,
        {
            "N": ("n", number),
            "mean step [joint interval]": (("mean", "joint_low", "joint_high"), interval),
            "p (Holm)": ("p_holm", lambda p: number(p, 2)),
            "seeds that regress": (
                ("share", "share_low", "share_high"),
                lambda share, low, high: f"{percent(share)} [{percent(low)}, {percent(high)}]",
            ),
            "the original's seed": ("original", lambda value: f"{value:+.4f}"),
        },
    )
    yield ""
    yield study.figure("steps", "Paired steps over the seeds")
    yield ""
    yield chosen(
        claims.verdict("not monotone"),
        supported=f"At {_where(study, up=True)} the mean best loss rises, corrected for the number "
        "of steps: that the curve is not monotone is real.",
        not_supported="At no N does the mean best loss rise: every step up of a single curve is "
        "within what seeds do.",
        undecided="No rise of the mean best loss holds after correction, and none is excluded: "
        f"largest {estimate(claims.whole('not monotone'))}.",
    )
    yield (
        f"Of all steps of single seeds {percent(seeds.value('regressing'))} go up; if every step were "
        "a normal draw with one common mean and deviation, "
        f"{percent(seeds.value('expected_regressing'))} would."
    )
    yield ""
    yield from _of_the_original(study)
    yield ""
    yield from _variance(study)
    yield ""
    yield from _one_seed(study)


def _line(study: "Study", part: str, seed: int) -> str:
    summary = study.summary
    find = {"part": part, "seeds": seed}
    slope, bend = summary.row("slope", **find), summary.row("curvature", **find)
    rises = summary.row("regressions", **find)
    bends = "" if not np.isfinite(bend["low"]) else ", with no bend that can be told"
    if bend["low"] > 0 or bend["high"] < 0:
        bends = f", and it bends (coefficient of N²: {estimate(bend, 2)})"
    steps = (
        f"{number(rises['value'])} of {counted(int(rises['n']), 'step')} to the next N "
        f"{'goes' if rises['value'] == 1 else 'go'} up. "
        if rises["n"]
        else ""
    )
    return (
        f"*{part}.* {steps}A line through the best losses has slope "
        f"{estimate(slope)} a Gaussian, R² = {number(summary.value('r_squared', **find))}{bends}."
    )


def _timing(study: "Study", seed: int) -> str:
    find = {"part": "fine and gap", "seeds": seed}
    middle, trend = (
        study.summary.row(name, **find) for name in ("best_iteration", "best_iteration_against_n")
    )
    told = "cannot be told from none"
    if trend["low"] > 0 or trend["high"] < 0:
        told = "is there"
    return (
        f"*Timing.* The best loss comes at iteration {number(middle['value'])} (median; "
        f"{number(middle['low'])} to {number(middle['high'])}), "
        f"{percent(study.summary.value('best_share', **find))} of the iterations. A trend with N "
        f"{told}: rank correlation {estimate(trend, 2)}."
    )


def _optimum(study: "Study", seed: int) -> str:
    find = {"part": "fine and gap", "seeds": seed}
    best, ratio = study.summary.row("best_n", **find), study.summary.row("best_ratio", **find)
    broad = study.summary.row("best_n", part="broad", seeds=seed)
    return (
        f"*Optimal range.* From fine and gap, N = {number(best['value'])} is lowest; within "
        f"{percent(study.settings['n_study']['tolerance'])} of it lie N from {number(best['low'])} to "
        f"{number(best['high'])}, {number(ratio['low'])} to {number(ratio['high'])} % of the pixels. "
        f"Of the broad runs N = {number(broad['value'])} is lowest."
    )


def _between(study: "Study", seed: int) -> str:
    summary = study.summary
    fine = summary.row("share_above_broad_line", part="fine", seeds=seed)
    gap = summary.row("share_above_broad_line", part="across the gap", seeds=seed)
    text = (
        f"*Broad and fine.* {percent(fine['value'])} of the fine losses lie above the line through "
        f"the broad ones beside them, and {percent(gap['value'])} of those in the gap."
    )
    expected = summary.table[summary.table["quantity"] == "expected_beyond_gap"]
    if len(expected):
        row = expected.iloc[0]
        measured = summary.value("measured_beyond_gap", part=row["part"], seeds=seed)
        inside = row["low"] <= measured <= row["high"]
        text += (
            f" The line through fine and gap expects {estimate(row)} at {row['part']}; measured is "
            f"{number(measured, 4)}, {'inside' if inside else 'outside'} that interval."
        )
    return text


def _tiers(study: "Study") -> str:
    table, parts = study.summary.table, []
    for row in table[table["quantity"] == "tier"].to_dict("records"):
        where = f", N = {number(row['low'])} to {number(row['high'])}" if row["value"] else ""
        parts.append(f"{row['part']} {counted(int(row['value']), 'run')}{where}")
    return "; ".join(parts)


def _reproducibility(study: "Study") -> Iterator[str]:
    again, seed = study.tables["reproducibility"], study.settings["n_study"]["seed"]
    largest = number(again["absolute_difference"].max())
    yield "*Reproducibility.* " + chosen(
        study.claims.verdict("^runs are reproducible"),
        supported="Runs made again give exactly the same best losses. That says nothing of other "
        "seeds.",
        not_supported="Runs made again give other best losses.",
        undecided="No run was made twice.",
    )
    yield f"{counted(len(again), 'run')} made again, largest difference {largest}; of seed {seed}:"
    yield ""
    yield from table(
        again[again["seed"] == seed],
        {
            "N": ("n", number),
            "best loss": ("best_loss", lambda value: f"{value:.9f}"),
            "before": ("reference_best_loss", lambda value: f"{value:.9f}"),
            "difference": ("absolute_difference", number),
        },
    )


def _discrepancies(study: "Study") -> Iterator[str]:
    rows = study.tables["discrepancies"]
    odd = rows[(rows["agrees"] == False) | (rows["reproduced"] == False)]  # noqa: E712 (may be NaN)
    if odd.empty:
        yield "No statement of the original disagrees with its own table or with ours."
        return
    yield "Where the original's statements, its own table and our runs disagree:"
    yield ""
    yield from table(
        odd,
        {
            "statement": (("statement", "n"), _statement),
            "stated": (("stated_low", "stated_high"), _stated),
            "its table": ("published", lambda value: number(value, 5)),
            "ours": ("measured", lambda value: number(value, 5)),
            "holds in its table": ("agrees", _yes),
            "reproduced": ("reproduced", _yes),
        },
    )


def _statement(statement: str, n: float) -> str:
    name = statement.replace("_", " ")
    return f"{name}, N = {number(n)}" if np.isfinite(n) else name


def _stated(low: float, high: float) -> str:
    if low == high:
        return number(low, 6)
    if np.isinf(low):
        return f"at most {number(high, 6)}"
    return f"at least {number(low, 6)}" if np.isinf(high) else f"{number(low)} to {number(high)}"


def _yes(value: object) -> str:
    return "–" if pd.isna(value) else ("yes" if str(value) == "True" else "no")


def _where(study: "Study", *, up: bool) -> str:
    steps = study.tables["steps"]
    sure = steps["joint_low"] > 0 if up else steps["joint_high"] < 0
    return "N = " + listed(steps.loc[sure, "n"].tolist(), "no N")


def _of_the_original(study: "Study") -> Iterator[str]:
    claims = study.claims
    worse = claims.parts("do worse than one fewer$")
    yield (
        "*Difficult N.* "
        + " ".join(
            f"{row['part']}: {estimate(row)}, p = {number(row['p'], 2)}, {row['verdict']}."
            for row in worse.to_dict("records")
        )
        + " These are the other seeds' mean steps, at the N that the original calls worse than one "
        "fewer."
    )
    best = claims.whole("is the best of")
    yield chosen(
        best["verdict"],
        supported=f"{best['claim']}, as the original says.",
        not_supported=f"That {best['claim']} does not hold of the other seeds.",
        undecided=f"That {best['claim']} can neither be confirmed nor excluded by the other seeds.",
    )
    mean = study.seeds.row("best_n", "of the mean")
    single = study.seeds.row("best_n", "of single seeds")
    yield (
        f"The mean over seeds is lowest at N = {number(mean['value'])}, and near it from "
        f"{number(mean['low'])} to {number(mean['high'])}; single seeds have their best anywhere "
        f"from {number(single['low'])} to {number(single['high'])}."
    )


def _variance(study: "Study") -> Iterator[str]:
    seeds = study.seeds
    whole, beyond = (
        seeds.row("share_of_n", part) for part in ("of all losses", "of one curve beyond its trend")
    )
    yield (
        f"*Variance.* Of the variance of all best losses N explains {estimate(whole, 2)}; of the ups "
        f"and downs of one curve about its own trend it explains {estimate(beyond, 2)}."
    )
    yield chosen(
        study.claims.verdict("ups and downs of a curve"),
        supported="The ups and downs belong to N.",
        not_supported="The ups and downs are not those of N: another seed has others.",
        undecided="Whether the ups and downs belong to N is not decided.",
    )


def _one_seed(study: "Study") -> Iterator[str]:
    claims, seeds = study.claims, study.seeds
    picks, chance = seeds.row("picks_best"), seeds.value("picks_best", "by chance")
    yield (
        "*What one seed can tell.* Its ranking of N has a rank correlation of "
        f"{estimate(seeds.row('rank_correlation', 'losses'), 2)} with the mean of the others, its "
        f"steps one of {estimate(seeds.row('rank_correlation', 'steps'), 2)}. It picks their best N "
        f"in {percent(picks['value'])} of cases (by chance {percent(chance)}), and orders two "
        f"neighbouring N as they do in {percent(seeds.value('right_order', '1'))}, N that lie five "
        f"apart in {percent(seeds.value('right_order', '5'))}."
    )
    for pattern, what in (
        ("one seed is enough to rank", "rank N"),
        ("one seed is enough to tell", "say where one more Gaussian does worse"),
        ("one seed is enough to find", "find the best N"),
    ):
        yield chosen(
            claims.verdict(pattern),
            supported=f"One seed is enough to {what}.",
            not_supported=f"One seed is not enough to {what}.",
            undecided=f"Whether one seed is enough to {what} is not decided.",
        )
    needed = seeds.row("seeds_needed", "mean step")
    power = percent(study.settings["seeds"]["power"])
    yield (
        f"To see a step of the mean size with a chance of {power} takes "
        f"{number(needed['value'])} seeds."
    )
    yield ""
    yield study.figure("one_seed", "What one seed tells of N")
