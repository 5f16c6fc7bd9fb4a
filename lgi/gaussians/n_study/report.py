"""Sections of the written analysis on loss against N: one seed's curve, and many seeds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi.prose import (
    Quantities,
    counted,
    estimate,
    interval,
    listed,
    number,
    percent,
    share,
    table,
)

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def section(study: "Study") -> Iterator[str]:
    """Yield what one seed's curve and many seeds say of N, line by line."""
    summary = Quantities(study.tables["n_study_summary"])
    yield from _n_study(study, summary)
    yield ""
    yield from _many_seeds(study, Quantities(study.tables["seeds_summary"]))


def _n_study(study: "Study", summary: Quantities) -> Iterator[str]:
    """Yield the N-study as the original wrote it."""
    seed = study.settings.original.seed
    fine = study.settings.run_list(study.settings.n_study.fine)
    rows = study.tables["n_study"]
    one = rows[rows["seed"] == seed]
    asked = study.settings.of_the_original
    yield f"## {'The N-study as the original wrote it' if asked else 'Loss against N, one seed'}"
    yield ""
    yield f"Seed {seed}, image {fine.image[0]}, recipe {fine.recipe[0]}."
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
        yield _line(summary, part, seed)
        yield ""
    yield _timing(study, summary, seed)
    yield ""
    yield _optimum(summary, seed, study.settings.n_study.tolerance)
    yield ""
    yield _between(summary, seed)
    yield ""
    yield (
        f"Tiers: {_tiers(summary)}. The cost of an iteration, counted as pixels that Gaussians reach, "
        f"grows as N to the power {number(summary.value('cost_exponent', seeds=seed), 2)}, with seed "
        f"{seed}."
    )
    yield ""
    yield from _reproducibility(study)
    if asked:
        yield ""
        yield from _discrepancies(study)


def _many_seeds(study: "Study", seeds: Quantities) -> Iterator[str]:
    """Yield what many seeds say of N."""
    steps = study.tables["steps"]
    entry = study.settings.run_list(study.settings.n_study.seeds.runs)
    yield "## Is non-monotone N real?"
    yield ""
    yield (
        f"{number(seeds.value('seeds'))} seeds for each N, recipe {entry.recipe[0]}. A step is the best loss "
        "minus that of the same seed with one Gaussian fewer: above 0 it is a regression."
    )
    yield ""
    yield from table(
        steps,
        {
            "N": ("n", number),
            "mean step [joint interval]": (("mean", "joint_low", "joint_high"), interval),
            "p (Holm)": ("p_holm", lambda p: number(p, 2)),
            "seeds that regress": (("share", "share_low", "share_high"), share),
            f"seed {study.settings.original.seed}": ("original", lambda value: f"{value:+.4f}"),
        },
    )
    yield ""
    yield study.figure("steps", "Paired steps over the seeds")
    yield ""
    yield study.claims.sentence("n_study.not_monotone")
    sure = steps.loc[steps["joint_low"] > 0, "n"].tolist()
    yield (
        "Corrected for the number of steps, the mean best loss rises at "
        + (f"N = {listed(sure)}." if sure else "no N.")
    )
    yield (
        f"Of all steps of single seeds {percent(seeds.value('regressing'))} go up; if every step were "
        "a normal draw with one common mean and deviation, "
        f"{percent(seeds.value('expected_regressing'))} would."
    )
    yield ""
    yield from _best(study, seeds)
    yield ""
    yield from _variance(study, seeds)
    yield ""
    yield from _one_seed(study, seeds)


def _line(summary: Quantities, part: str, seed: int) -> str:
    find = {"part": part, "seeds": seed}
    rises = summary.row("regressions", **find)
    steps = (
        f"{number(rises['value'])} of {counted(int(rises['n']), 'step')} to the next N "
        f"{'goes' if rises['value'] == 1 else 'go'} up. "
        if rises["n"]
        else ""
    )
    return (
        f"*{part}.* {steps}A line through the best losses has slope "
        f"{number(summary.value('slope', **find))} a Gaussian, R² = "
        f"{number(summary.value('r_squared', **find))}."
    )


def _timing(study: "Study", summary: Quantities, seed: int) -> str:
    find = {"part": "fine and gap", "seeds": seed}
    middle, trend = (
        summary.row(name, **find) for name in ("best_iteration", "best_iteration_against_n")
    )
    lists = study.claims.parts("n_study.timing").to_dict("records")
    over = listed(
        [f"{row['part']} {estimate(row, 2)} ({counted(row['n'], 'seed')})" for row in lists]
    )
    return (
        f"*Timing.* With seed {seed} the best loss comes at iteration {number(middle['value'])} "
        f"(median; {number(middle['low'])} to {number(middle['high'])}), "
        f"{percent(summary.value('best_share', **find))} of the iterations, and its rank correlation "
        f"with N is {number(trend['value'], 2)} from fine and gap. Mean over seeds, list by list: "
        f"{over}. {study.claims.sentence('n_study.timing')}"
    )


def _optimum(summary: Quantities, seed: int, tolerance: float) -> str:
    find = {"part": "fine and gap", "seeds": seed}
    best, ratio = summary.row("best_n", **find), summary.row("best_ratio", **find)
    broad = summary.row("best_n", part="broad", seeds=seed)
    return (
        f"*Optimal range.* From fine and gap, N = {number(best['value'])} is lowest; within "
        f"{percent(tolerance)} of it lie N from {number(best['low'])} to "
        f"{number(best['high'])}, {number(ratio['low'])} to {number(ratio['high'])} % of the pixels. "
        f"Of the broad runs N = {number(broad['value'])} is lowest."
    )


def _between(summary: Quantities, seed: int) -> str:
    fine = summary.row("share_above_broad_line", part="fine", seeds=seed)
    gap = summary.row("share_above_broad_line", part="across the gap", seeds=seed)
    text = (
        f"*Broad and fine.* {percent(fine['value'])} of the fine losses lie above the line through "
        f"the broad ones beside them, and {percent(gap['value'])} of those in the gap, with seed "
        f"{seed}."
    )
    expected = summary.table[summary.table["quantity"] == "expected_beyond_gap"]
    if len(expected):
        row = expected.iloc[0]
        measured = summary.value("measured_beyond_gap", part=row["part"], seeds=seed)
        text += (
            f" The line through fine and gap expects {number(row['value'])} at {row['part']}; "
            f"measured is {number(measured, 4)}."
        )
    return text


def _tiers(summary: Quantities) -> str:
    table, parts = summary.table, []
    for row in table[table["quantity"] == "tier"].to_dict("records"):
        where = f", N = {number(row['low'])} to {number(row['high'])}" if row["value"] else ""
        parts.append(f"{row['part']} {counted(int(row['value']), 'run')}{where}")
    return "; ".join(parts)


def _reproducibility(study: "Study") -> Iterator[str]:
    again, seed = study.tables["reproducibility"], study.settings.original.seed
    largest = number(again["absolute_difference"].max())
    yield "*Reproducibility.* " + study.claims.sentence("n_study.reproducible")
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
    odd = rows[rows["agrees"].eq(False) | rows["reproduced"].eq(False)]
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
    if not np.isfinite(low):
        return f"at most {number(high, 6)}"
    return (
        f"at least {number(low, 6)}"
        if not np.isfinite(high)
        else f"{number(low)} to {number(high)}"
    )


def _yes(value: object) -> str:
    return "–" if pd.isna(value) else ("yes" if str(value) == "True" else "no")


def _difficult(study: "Study") -> Iterator[str]:
    """Yield what fresh seeds say of the N that the original calls worse than one fewer."""
    claims = study.claims
    yield (
        f"*Difficult N.* {listed(study.settings.original.worse)}, which the original calls worse than "
        "one fewer, on seeds that it did not run and that nothing else here rests on:"
    )
    for claim in ("as_bad_as_printed", "other_steps", "worse", "worse_by_seed"):
        yield claims.sentence(f"n_study.{claim}")
    yield "Of these N, mean step, its share of the printed one, and share of seeds that rise:"
    yield ""
    found = [
        claims.parts(f"n_study.{claim}").set_index("part")
        for claim in ("worse", "as_bad_as_printed", "worse_by_seed")
    ]
    steps, shares, rising = (rows.apply(estimate, axis=1) for rows in found)
    together = pd.DataFrame({"step": steps, "share": shares, "rising": rising}).rename_axis("part")
    yield from table(
        together.reset_index(),
        {
            "": ("part", str),
            "mean step [joint interval]": ("step", str),
            "of the printed step": ("share", str),
            "share of seeds that rise": ("rising", str),
        },
    )
    yield ""


def _best(study: "Study", seeds: Quantities) -> Iterator[str]:
    if study.settings.of_the_original:
        yield from _difficult(study)
        yield study.claims.sentence("n_study.best")
    mean = seeds.row("best_n", "of the mean")
    single = seeds.row("best_n", "of single seeds")
    yield (
        f"The mean over seeds is lowest at N = {number(mean['value'])}, and near it from "
        f"{number(mean['low'])} to {number(mean['high'])}; single seeds have their best anywhere "
        f"from {number(single['low'])} to {number(single['high'])}."
    )


def _variance(study: "Study", seeds: Quantities) -> Iterator[str]:
    whole, beyond = (
        seeds.row("share_of_n", part) for part in ("of all losses", "of one curve beyond its trend")
    )
    yield (
        f"*Variance.* Of the variance of all best losses N explains {estimate(whole, 2)}; of the ups "
        f"and downs of one curve about its own trend it explains {estimate(beyond, 2)}."
    )
    yield study.claims.sentence("n_study.structure")
    yield study.claims.sentence("n_study.seed_matters")


def _one_seed(study: "Study", seeds: Quantities) -> Iterator[str]:
    picks, chance = seeds.row("picks_best"), seeds.value("picks_best", "by chance")
    yield (
        "*What one seed can tell.* Its ranking of N has a rank correlation of "
        f"{estimate(seeds.row('rank_correlation', 'losses'), 2)} with the mean of the others, its "
        f"steps one of {estimate(seeds.row('rank_correlation', 'steps'), 2)}. It picks their best N "
        f"in {percent(picks['value'])} of cases (by chance {percent(chance)}), and orders two "
        f"neighbouring N as they do in {percent(seeds.value('right_order', '1'))}, N that lie five "
        f"apart in {percent(seeds.value('right_order', '5'))}."
    )
    for claim in ("one_seed_ranks", "one_seed_tells_steps", "one_seed_finds_best"):
        yield study.claims.sentence(f"n_study.{claim}")
    needed = seeds.row("seeds_needed", "mean step")
    power = percent(study.settings.n_study.seeds.power)
    yield (
        f"To see a step of the mean size with a chance of {power} takes "
        f"{number(needed['value'])} seeds."
    )
    yield ""
    yield study.figure("one_seed", "What one seed tells of N")
