"""Sections of the written analysis on why fits turn, on cures, and on other images."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lgi.prose import chosen, counted, estimate, interval, listed, number, percent, table
from lgi.verdicts import NOT_SUPPORTED, SUPPORTED, UNDECIDED

if TYPE_CHECKING:
    from lgi.gaussians.report import Study


def turn(study: "Study") -> Iterator[str]:
    """Yield why training turns."""
    claims, settings = study.claims, study.settings["turn"]
    rows = study.tables["turn"]
    rows = rows[rows["recipe"].isin(settings["recipes"])]
    turned = rows[rows["turned"].astype(bool)]
    yield "## Why does training turn?"
    yield ""
    yield (
        f"{len(turned):,} of {counted(len(rows), 'fit')} with recipe "
        f"{listed(settings['recipes'])} turn: a later loss exceeds the best by a factor of "
        f"{settings['factor']:g}."
    )
    yield chosen(
        claims.verdict("^training diverges"),
        supported="Turning is the rule.",
        not_supported="Turning is the exception.",
        undecided="Whether most fits turn is not decided.",
    )
    if len(turned):
        yield (
            f"At the best (median iteration {number(rows['best_iteration'].median())}) "
            f"{percent(turned['uncovered_at_best'].median(), 1)} of the image is uncovered, at the "
            f"turn {percent(turned['uncovered_at_turn'].median(), 1)}, at the end "
            f"{percent(turned['uncovered_at_end'].median(), 1)} (medians)."
        )
    yield ""
    yield study.figure("turn", "Loss on covered and uncovered pixels along training")
    yield ""
    early, late = (
        claims.whole("pixels lose their Gaussians"),
        claims.whole("at the end of training"),
    )
    yield (
        "Share of the loss that is added after the best and falls on uncovered pixels: "
        f"{estimate(early)} at the turn, {estimate(late)} at the end. 1 would be all of it; more "
        "means that the covered pixels get better meanwhile."
    )
    yield chosen(
        early["verdict"],
        supported="So the turn is a loss of coverage.",
        not_supported="So the turn is not a loss of coverage.",
        undecided="Whether the turn is a loss of coverage is not decided.",
    )
    yield chosen(
        claims.verdict("coverage is lost before"),
        supported=f"Coverage goes first: {percent(settings['uncovered'])} of the image is lost for "
        "good before the loss has risen.",
        not_supported="Coverage does not go first: the loss rises before pixels are lost.",
        undecided="Which comes first, the loss of coverage or the rise of the loss, is not decided.",
    )
    correlation = turned["correlation"].median()
    yield (
        "From the best on, loss and uncovered share have a median rank correlation of "
        f"{number(correlation)}."
    )


def cures(study: "Study") -> Iterator[str]:
    """Yield which recipes keep a fit from turning."""
    rows = study.tables["cures"]
    reference = study.settings["cures"]["reference"]
    others = rows[rows["recipe"] != reference]
    yield "## What cures it?"
    yield ""
    yield (
        f"Each recipe with {counted(int(rows['runs'].max()), 'run')} beside {reference}, at the same "
        "N and seeds. *Gain* is how much lower its best loss is, run by run."
    )
    yield ""
    yield from table(
        rows,
        {
            "recipe": ("recipe", str),
            "changes": ("changes", lambda text: text if isinstance(text, str) else ""),
            "best loss": ("best_loss", number),
            "last loss": ("final_loss", number),
            "PSNR at best (dB)": ("psnr_at_best", lambda value: number(value, 4)),
            "best at iteration": ("best_iteration", number),
            "turn": (
                ("turned", "turned_low", "turned_high"),
                lambda share, low, high: f"{percent(share)} [{percent(low)}, {percent(high)}]",
            ),
            "cures": ("cures", lambda text: text if isinstance(text, str) else ""),
            "gain [interval]": (("gain", "gain_low", "gain_high"), interval),
            "better": ("better", lambda text: text if isinstance(text, str) else ""),
            "regressions": (
                ("regressions", "regression_steps"),
                lambda found, steps: f"{found} of {steps}",
            ),
        },
    )
    yield ""
    yield study.figure("cures", "Best and last loss of every recipe")
    yield ""
    by_verdict = {
        verdict: others.loc[others["cures"] == verdict, "recipe"].tolist()
        for verdict in (SUPPORTED, NOT_SUPPORTED, UNDECIDED)
    }
    if by_verdict[SUPPORTED]:
        yield f"Most fits do not turn with {listed(by_verdict[SUPPORTED])}."
    if by_verdict[NOT_SUPPORTED]:
        yield f"Most fits turn all the same with {listed(by_verdict[NOT_SUPPORTED])}."
    if by_verdict[UNDECIDED]:
        yield f"Not decided: {listed(by_verdict[UNDECIDED])}."
    yield from _schedules(study)
    better = others.loc[others["better"] == SUPPORTED].sort_values("best_loss")
    if len(better):
        first = better.iloc[0]
        yield (
            f"Better best losses than {reference}: {listed(better['recipe'].tolist())}; the lowest "
            f"has {first['recipe']}, {number(first['best_loss'])}."
        )


def _schedules(study: "Study") -> Iterator[str]:
    """Yield whether a change of the rate alone, by schedule or size, cures."""
    rows = study.tables["cures"]
    rate = rows[rows["changes"].isin(["schedule", "optimiser"])]
    if rate.empty:
        return
    names, found = listed(rate["recipe"].tolist()), set(rate["cures"])
    if found == {NOT_SUPPORTED}:
        yield f"The learning rate is not the cause: {names} change nothing else, and none cures."
    elif SUPPORTED in found:
        good = rate.loc[rate["cures"] == SUPPORTED, "recipe"].tolist()
        yield f"The learning rate has a part in it: {listed(good)} change nothing else and cure."
    else:
        yield f"Whether the learning rate has a part in it is not decided by {names}."


def in_detail(study: "Study") -> Iterator[str]:
    """Yield one N and its neighbours side by side."""
    settings, features = study.settings["neighbours"], study.tables["features"]
    numbers = settings["n"]
    middle = numbers[len(numbers) // 2]
    runs = study.tables["turn"]
    runs = runs[
        (runs["image"] == settings["image"])
        & (runs["recipe"] == settings["recipe"])
        & (runs["seed"] == settings["seed"])
        & runs["n"].isin(numbers)
    ]
    yield f"## N = {middle} in detail"
    yield ""
    yield f"Seed {settings['seed']}, recipe {settings['recipe']}, and its neighbours."
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
    at_best = features[
        (features["seed"] == settings["seed"])
        & features["n"].isin(numbers)
        & (features["state"] == "best")
        & (features["image"] == settings["image"])
    ]
    if len(at_best):
        yield ""
        yield "How their Gaussians lie at the best:"
        yield ""
        yield from table(
            at_best.drop_duplicates("n"),
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
    yield study.figure("neighbours", f"N = {listed(numbers)} at their best")
    yield ""
    yield study.figure("film", f"N = {middle} through its turn")
    if len(runs):
        lowest = runs.loc[runs["best_loss"].idxmin(), "n"]
        yield ""
        yield chosen(
            SUPPORTED if lowest == middle else NOT_SUPPORTED,
            supported=f"Of these three, N = {middle} is lowest with this seed; whether that is a "
            "property of N is asked above.",
            not_supported=f"Of these three, N = {number(lowest)} is lowest with this seed, not "
            f"N = {middle}.",
            undecided="",
        )


def elsewhere(study: "Study") -> Iterator[str]:
    """Yield whether an optimal ratio holds for other images and resolutions."""
    rows, settings = study.tables["elsewhere"], study.settings["elsewhere"]
    low, high = settings["ratio"]
    yield "## Does it hold elsewhere?"
    yield ""
    lowest = rows[rows["is_lowest"].astype(bool)]
    most = rows.groupby(["image", "recipe"])["n"].transform("max")
    lowest = lowest.assign(at_most=lowest["n"] == most[lowest.index])
    yield from table(
        lowest,
        {
            "image": ("image", lambda name: name.replace("_", " ")),
            "recipe": ("recipe", str),
            "lowest at N": (
                ("n", "at_most"),
                lambda n, at_most: f"{n}, the most tried" if at_most else f"{n}",
            ),
            "N / pixels": ("n_over_pixels", lambda share: percent(share, 2)),
            "best loss": (("best_loss", "low", "high"), interval),
            "PSNR (dB)": ("psnr_at_best", lambda value: number(value, 4)),
            "in the range": ("in_range", lambda inside: "yes" if inside else "no"),
        },
    )
    yield ""
    yield study.figure("elsewhere", "Best loss against N / pixels for every image")
    yield ""
    for recipe in sorted(rows["recipe"].unique()):
        claim = study.claims.whole(f"for other images and resolutions, with recipe {recipe}$")
        parts = study.claims.parts(f"for other images and resolutions, with recipe {recipe}$")
        against = parts.loc[parts["verdict"] == NOT_SUPPORTED, "part"].tolist()
        favour = parts.loc[parts["verdict"] == SUPPORTED, "part"].tolist()
        yield chosen(
            claim["verdict"],
            supported=f"With {recipe}, a range of {percent(low, 2)} to {percent(high, 2)} does "
            "better than the most Gaussians tried, on every image.",
            not_supported=f"With {recipe}, there is no such optimal range: many more Gaussians do "
            f"better on {listed(against)}"
            + (f", though not on {listed(favour)}." if favour else "."),
            undecided=f"With {recipe}, whether there is such an optimal range is not decided.",
        )
