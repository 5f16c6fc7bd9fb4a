"""Study 1 in the explorer: what it renders is what the engine renders, and what a reader does."""

import csv
import json
import re

import numpy as np
import pytest

from lgi.config import read_config
from lgi.explorer.gaussians import SHOWN
from lgi.explorer.page import write
from lgi.gaussians.fits import fit_cpu, render64
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.settings import HardEdge, SmoothEdge
from lgi.gaussians.fits.table import table
from lgi.gaussians.fits.view import Fit
from lgi.runs import Run
from tests.configurations import SMOKE_FILE

pytestmark = pytest.mark.slow

# Both are float64 and start from the same float32 parameters: only the order of sums differs.
FLOAT64 = 1e-12
# The engine is float32: a weight exp(-d²/2) is off by d²/2 times the rounding of d², 1e-6 of it at
# the cut-off of 10 sigma, and more where a narrow Gaussian lies far from 0.
PIXEL = 1e-4
# As a share of c²: where d² is nearer to it than this, float32 may take the other side, or lose the
# little weight that a smooth edge leaves there.
EDGE = 1e-4
# L1, L2, SSIM and the loss are means over the image, SSIM a float32 sum of thousands of windows.
LOSS = 1e-5

BACKGROUND = 0.001
FAST = {"kind": "adam", "rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1.0e-8}
IMAGE = "gradient_checkerboard"
RECIPES = ["published", "exact", "smooth", "sum", "sum_smooth", "error_guided_sum"]
CHANGES = {
    "gaussians": {
        "recipes": {
            "published": {"iterations": 600, "optimiser": FAST},
            "exact": {"iterations": 100},
        }
    },
    "explorer": {
        "gaussians": {
            "fits": [
                {"image": IMAGE, "recipe": RECIPES, "n": 5, "seeds": 42},
                {"image": IMAGE, "recipe": ["published", "exact"], "n": 6, "seeds": [42, 1]},
                {"image": "photograph", "recipe": "published_3000", "n": 5, "seeds": 42},
            ]
        }
    },
}

RENDER = """(text) => JSON.stringify(JSON.parse(text).map((asked) => {
    const {rows, width, height, how, target, weights} = asked;
    const rendered = rendering.render(Float32Array.from(rows.flat()), width, height, how);
    return {image: [...rendered.image], losses: rendering.losses(rendered, target, weights)};
}))"""
PIXELS = """(side) => {
    const canvas = document.querySelector(`.fits-${side} canvas`);
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, [...data]];
}"""


@pytest.fixture(scope="module")
def config():
    return read_config(SMOKE_FILE, changes=CHANGES)


@pytest.fixture(scope="module")
def train(config):
    study, trained = config.gaussians, {}

    def run(fit):
        if fit not in trained:
            image, recipe = study.images[fit.image], study.recipes[fit.recipe]
            content = fit_run(fit.image, image, fit.recipe, recipe, fit.n, fit.seed, source="")
            trained[fit] = Run("", *content)
        return trained[fit]

    return run


@pytest.fixture(scope="module")
def fits(config, train):
    """Return the fits of the page by what names them."""
    return {f: Fit(train(f)) for f in config.gaussians.select(*config.explorer.gaussians.fits)}


@pytest.fixture(scope="module")
def runs_table(config, train):
    study = config.gaussians
    listed = {
        fit for name in config.explorer.gaussians.loss_vs_n for fit in study.run_list(name).fits()
    }
    return table(Fit(train(fit)) for fit in listed)


@pytest.fixture(scope="module")
def page_file(config, train, fits, runs_table, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    settings = {"explorer": config.explorer, "gaussians": config.gaussians}
    text = write(settings=settings, fits=map(train, fits), gaussians_runs=runs_table)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def opened(open_page, page_file):
    """Return a function that opens the page at a state and waits until it is shown."""

    def opened(state="", **options):
        page = open_page(page_file, fragment=state, **options)
        page.wait_for_selector("body[data-shown]")
        return page

    return opened


def settled(page, action):
    """Do something to the page, and wait until what it changes is shown."""
    before = page.evaluate("Number(document.body.dataset.shown)")
    action()
    page.wait_for_function(f"Number(document.body.dataset.shown) > {before}")
    page.evaluate("explorer.set({})")


def state_of(page):
    return page.evaluate("explorer.state()")


def changed(fit, cutoff, kind):
    """Return cut-off and edge of a recipe with some of them changed, as the page changes them."""
    edge = fit.recipe.edge
    if kind != edge.kind:
        black = None if fit.recipe.blend == "sum" else BACKGROUND
        edge = (
            HardEdge(kind="hard") if kind == "hard" else SmoothEdge(kind="smooth", background=black)
        )
    return cutoff, edge


def in_page(page, asked):
    """Return image and losses of states as the page computes them.

    Asked is a list of fit, state, cut-off and edge; all in one call, which each costs.
    """
    described = [
        {
            "rows": state[:, SHOWN].astype(float).tolist(),
            "width": fit.width,
            "height": fit.height,
            "how": {
                "cutoff": cutoff,
                "edge": edge.kind,
                "background": getattr(edge, "background", None) or 0,
                "blend": fit.recipe.blend,
            },
            "target": fit["target"].astype(float).ravel().tolist(),
            "weights": fit.recipe.loss.model_dump(),
        }
        for fit, state, cutoff, edge in asked
    ]
    found = json.loads(page.evaluate(RENDER, json.dumps(described)))
    for (fit, *_), one in zip(asked, found, strict=True):
        yield np.reshape(one["image"], (fit.height, fit.width, 3)), one["losses"]


def some_states(fit):
    return [fit["start"], fit["best"], *fit["snapshots"][[9, -9, -1]]]


def ways(fit):
    """Return cut-offs and edges: as trained, and on the slider."""
    yield fit.recipe.cutoff, fit.recipe.edge
    yield from (changed(fit, c, k) for c in (3.5, 6.2, 10.0) for k in ("hard", "smooth"))


def far_from_the_cutoff(fit, state, cutoff):
    """Return at which pixels no Gaussian ends within float32's rounding."""
    state = state[state[:, 2] > 0].astype(float)
    x, y, sx, sy, angle = state.T[:5, :, None, None]
    dx, dy = np.arange(fit.width) / fit.width - x, np.arange(fit.height)[:, None] / fit.height - y
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = dy * np.cos(angle) - dx * np.sin(angle)
    d2 = (along / sx) ** 2 + (across / sy) ** 2
    return (abs(d2 / cutoff**2 - 1) > EDGE).all(axis=0)


def test_pictures_are_those_of_the_reference_and_of_the_engine(opened, fits):
    asked = [
        (fit, state, *way)
        for fit in fits.values()
        for state in some_states(fit)
        for way in ways(fit)
    ]
    for (fit, state, cutoff, edge), (image, _) in zip(asked, in_page(opened(), asked), strict=True):
        how = (state, fit.width, fit.height, cutoff, edge, fit.recipe.blend)
        np.testing.assert_allclose(image, render64.render(*how)[0], rtol=0, atol=FLOAT64)
        there = far_from_the_cutoff(fit, state, cutoff)
        assert there.mean() > 0.9
        engine = fit_cpu.render(*how)[0]
        np.testing.assert_allclose(image[there], engine[there], rtol=0, atol=PIXEL)


def test_losses_are_those_that_the_run_logged(opened, fits):
    asked, logged = [], []
    for fit in fits.values():
        kept = dict(zip(fit["snapshot_iteration"].tolist(), fit["snapshots"], strict=True))
        kept |= {fit.best_iteration: fit["best"]}
        for place, iteration in enumerate(fit["iteration"].tolist()):
            if iteration in kept:
                asked.append((fit, kept[iteration], fit.recipe.cutoff, fit.recipe.edge))
                logged.append({name: fit[name][place] for name in ("loss", "l1", "l2", "ssim")})
    assert len(asked) > 4 * len(fits)
    for (_, losses), run in zip(in_page(opened(), asked), logged, strict=True):
        assert {name: losses[name] for name in run} == pytest.approx(run, rel=0, abs=LOSS)


def test_pixel_losses_are_divided_as_the_study_divides_them(opened, fits):
    asked = [
        (fit, state, fit.recipe.cutoff, fit.recipe.edge)
        for fit in fits.values()
        for state in some_states(fit)
    ]
    for (fit, state, cutoff, _), (_, losses) in zip(asked, in_page(opened(), asked), strict=True):
        weights = fit.recipe.loss
        absolute, squared, covered = fit.errors(state)
        loss = (weights.l1 * absolute + weights.l2 * squared) / fit.pixels
        # Pixels that a Gaussian just reaches may fall to either side.
        near = ~far_from_the_cutoff(fit, state, cutoff)
        off = LOSS + loss[near].sum()
        assert losses["on_covered"] == pytest.approx(loss[covered].sum(), rel=0, abs=off)
        assert losses["on_uncovered"] == pytest.approx(loss[~covered].sum(), rel=0, abs=off)
        share = 1 - covered.mean()
        assert losses["uncovered"] == pytest.approx(share, rel=0, abs=near.mean() + 1e-12)


def test_what_is_packed_is_what_the_run_file_holds(opened, fits):
    held = opened().evaluate(
        """async () => {
            const {words, arrays} = await explorer.data("gaussians");
            const listed = Object.entries(arrays).map(([k, a]) => [k, [[...a.data], a.shape]]);
            return [words, Object.fromEntries(listed)];
        }"""
    )
    words, arrays = held
    assert [(r["image"], r["recipe"], r["n"], r["seed"]) for r in words["runs"]] == list(fits)
    for number, fit in enumerate(fits.values()):
        values, shape = arrays[f"states_{number}"]
        states = np.reshape(values, shape)
        iterations = words["runs"][number]["states"]
        assert set(fit["snapshot_iteration"].tolist()) <= set(iterations)
        for iteration, snapshot in zip(fit["snapshot_iteration"], fit["snapshots"], strict=True):
            place = iterations.index(iteration)
            np.testing.assert_array_equal(states[:, place].T, snapshot[:, SHOWN])
        place = iterations.index(fit.best_iteration)
        np.testing.assert_array_equal(states[:, place].T, fit["best"][:, SHOWN])


@pytest.mark.parametrize("kind", ["hard", "smooth"])
def test_the_slider_of_the_cutoff_renders_what_the_engine_renders(opened, fits, kind):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact&iteration=600")
    settled(page, lambda: page.select_option("#fits-edge", kind))
    settled(page, lambda: page.locator("#fits-cutoff").fill("7.3"))
    assert state_of(page) | {"cutoff": "7.3", "edge": kind} == state_of(page)
    for side, recipe in (("left", "published"), ("right", "exact")):
        fit = next(f for name, f in fits.items() if name[:3] == (IMAGE, recipe, 5))
        state = fit["snapshots"][-1]
        cutoff, edge = changed(fit, 7.3, kind)
        engine, _ = fit_cpu.render(state, fit.width, fit.height, cutoff, edge, fit.recipe.blend)
        height, width, shown = page.evaluate(PIXELS, side)
        shown = np.reshape(shown, (height, width, 4))[:, :, :3]
        there = far_from_the_cutoff(fit, state, cutoff)
        levels = np.clip(255 * engine, 0, 255)
        assert abs(shown - levels)[there].max() <= 0.5 + 255 * PIXEL
        text = page.locator(f".fits-{side} figcaption").inner_text()
        assert text.startswith(f"cut-off 7.3 σ, {kind} edge")
        assert fit.recipe.cutoff != cutoff


def test_the_state_shown_is_the_nearest_below(opened, fits):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact&iteration=599")
    for side, recipe in (("left", "published"), ("right", "exact")):
        fit = next(f for name, f in fits.items() if name[:3] == (IMAGE, recipe, 5))
        kept = {1, fit.best_iteration, *fit["snapshot_iteration"].tolist()}
        last = max(k for k in kept if k <= 599)
        said = page.locator(".fits-sentences p").nth(int(side == "right")).inner_text()
        assert f"iteration {last} of {fit.recipe.iterations}" in said


def test_the_hash_holds_everything_and_reload_restores_it(opened):
    state = (
        "#view=fits&image=gradient_checkerboard&n=6&seed=1&left=exact&right=published&iteration=40"
        "&ellipses=1&error=1&uncovered=1&cutoff=5.5&edge=smooth"
    )
    page = opened(state)

    def found():
        chosen = {k: page.input_value(f"#fits-{k}") for k in ("n", "seed", "left", "right", "edge")}
        checked = [page.is_checked(f"#fits-{k}") for k in ("ellipses", "error", "uncovered")]
        return chosen, page.input_value("#fits-cutoff"), checked

    before = found()
    assert before == (
        {"n": "6", "seed": "1", "left": "exact", "right": "published", "edge": "smooth"},
        "5.5",
        [True, True, True],
    )
    picture = page.evaluate(PIXELS, "left")
    page.reload()
    page.wait_for_selector("body[data-shown]")
    assert found() == before
    assert page.evaluate(PIXELS, "left") == picture
    assert page.evaluate("location.hash") == state


def test_back_and_forward_go_through_what_was_chosen(opened):
    page = opened("#view=fits&n=5&seed=42")
    settled(page, lambda: page.select_option("#fits-n", "6"))
    settled(page, lambda: page.check("#fits-ellipses"))
    settled(page, lambda: page.click("#views a[data-view=loss_vs_n]"))
    assert page.is_visible("#view-loss_vs_n")
    settled(page, page.go_back)
    assert page.is_visible("#view-fits")
    assert page.is_checked("#fits-ellipses")
    settled(page, page.go_back)
    assert not page.is_checked("#fits-ellipses")
    settled(page, page.go_back)
    assert page.input_value("#fits-n") == "5"
    settled(page, page.go_forward)
    assert page.input_value("#fits-n") == "6"


def test_a_view_that_was_left_is_found_as_it_was(opened):
    page = opened("#view=fits&n=6&seed=1")
    settled(page, lambda: page.click("#views a[data-view=loss_vs_n]"))
    settled(page, lambda: page.click("#views a[data-view=fits]"))
    assert state_of(page) == {"view": "fits", "n": "6", "seed": "1"}


def test_keys_do_what_the_foot_of_the_page_says(opened):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact")
    said = page.locator("#keys").inner_text()
    for key in ("←", "→", "space", "t turn", "e ellipses"):
        assert key in re.sub(r"\s+", " ", said)
    slider = page.locator("#fits-iteration")
    last = int(slider.input_value())
    settled(page, lambda: page.keyboard.press("ArrowLeft"))
    assert int(slider.input_value()) == last - 1
    settled(page, lambda: page.keyboard.press("ArrowRight"))
    assert int(slider.input_value()) == last
    for key, name in (("e", "ellipses"), ("u", "uncovered"), ("r", "error")):
        settled(page, lambda key=key: page.keyboard.press(key))
        assert state_of(page)[name] == "1"
        settled(page, lambda key=key: page.keyboard.press(key))
        assert name not in state_of(page)
    settled(page, lambda: page.keyboard.press("+"))
    assert state_of(page)["cutoff"] == "4.0"
    settled(page, lambda: page.keyboard.press("h"))
    assert state_of(page)["edge"] == "smooth"
    settled(page, lambda: page.keyboard.press("o"))
    assert not {"cutoff", "edge"} & set(state_of(page))


def test_space_plays_and_pauses(opened):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact&iteration=1")
    page.keyboard.press(" ")
    page.wait_for_function("Number(explorer.state().iteration) > 2")
    page.keyboard.press(" ")
    assert page.inner_text("#fits-play") == "play"
    page.wait_for_timeout(300)
    stopped = state_of(page)
    page.wait_for_timeout(300)
    assert state_of(page) == stopped


def test_keys_of_a_control_that_has_the_focus_are_its_own(opened):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact&iteration=100")
    page.focus("#fits-cutoff")
    settled(page, lambda: page.keyboard.press("ArrowRight"))
    assert state_of(page)["iteration"] == "100"
    assert state_of(page)["cutoff"] == "3.6"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    settled(page, lambda: page.keyboard.press("e"))
    assert state_of(page)["ellipses"] == "1"


def test_the_turn_is_that_of_the_study(opened, fits):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact")
    fit = next(f for name, f in fits.items() if name[:3] == (IMAGE, "published", 5))
    later = fit["iteration"] > fit.best_iteration
    turned = fit["iteration"][later & (fit["loss"] > 1.1 * fit.at_best("loss"))]
    assert len(turned)
    settled(page, lambda: page.keyboard.press("t"))
    states = fit["snapshot_iteration"]
    assert state_of(page)["iteration"] == str(states[states >= turned[0]][0])
    assert f"The fit turns at iteration {turned[0]}:" in page.inner_text(".fits-sentences")
    assert page.is_disabled("#fits-rightTurn")
    settled(page, lambda: page.click("#fits-best"))
    assert state_of(page)["iteration"] == str(fit.best_iteration)


def test_the_rows_of_the_charts_are_downloaded(opened, fits):
    page = opened("#view=fits&n=5&seed=42&left=published&right=sum")
    with page.expect_download() as waiting:
        page.click("#fits-download")
    assert waiting.value.suggested_filename == "fits_n5_seed42.csv"
    rows = list(csv.DictReader(waiting.value.path().read_text(encoding="utf-8").splitlines()))
    for recipe in ("published", "sum"):
        fit = next(f for name, f in fits.items() if name[:3] == (IMAGE, recipe, 5))
        mine = {int(r["iteration"]): r for r in rows if r["recipe"] == recipe}
        assert list(mine) == sorted({fit.best_iteration, *fit["snapshot_iteration"].tolist()})
        best = mine[fit.best_iteration]
        assert {best["n"], best["seed"], best["rendered"]} == {"5", "42", "engine"}
        assert float(best["loss"]) == fit.at_best("loss")
        pixel = fit.recipe.loss.l1 * fit.at_best("l1") + fit.recipe.loss.l2 * fit.at_best("l2")
        both = float(best["on_covered"]) + float(best["on_uncovered"])
        assert both == pytest.approx(pixel, abs=LOSS)


def test_rows_of_another_cutoff_are_computed_by_the_page(opened):
    page = opened("#view=fits&n=5&seed=42&left=published&right=exact&cutoff=10.0&edge=hard")
    with page.expect_download() as waiting:
        page.click("#fits-download")
    rows = list(csv.DictReader(waiting.value.path().read_text(encoding="utf-8").splitlines()))
    assert {(r["cutoff"], r["edge"], r["rendered"]) for r in rows} == {("10", "hard", "page")}


def test_runs_that_are_not_there_are_said(opened):
    page = opened("#view=fits&n=7&seed=3&left=wide")
    said = page.inner_text(".fits-missing")
    assert "holds no fit of N = 7" in said
    assert "no fit of seed 3" in said
    assert page.is_visible(".fits-pictures")
    page = opened("#view=fits&image=photograph")
    assert "one fit of N = 5 and seed 42" in page.inner_text(".fits-missing")


def test_no_internal_name_is_read(opened, config):
    page = opened()
    for view in ("fits", "loss_vs_n"):
        page.evaluate(f"explorer.open('{view}')")
        text = page.inner_text("body")
        named = [*config.gaussians.recipes, *config.gaussians.images]
        assert not [name for name in named if "_" in name and name in text]


def test_a_drawn_seed_stands_on_the_mean(opened, config, runs_table):
    page = opened("#view=loss_vs_n&runs=seeds")
    entry = config.gaussians.run_list("seeds")
    seen = []
    for number in range(1, len(entry.seeds) + 1):
        settled(page, lambda: page.click("#loss_vs_n-draw"))
        assert state_of(page)["draw"] == str(number)
        seen.append(int(re.search(r"Seed (\d+) has", page.inner_text("#view-loss_vs_n"))[1]))
    assert sorted(seen) == sorted(entry.seeds)
    with page.expect_download() as waiting:
        page.click("#loss_vs_n-download")
    rows = list(csv.DictReader(waiting.value.path().read_text(encoding="utf-8").splitlines()))
    mine = runs_table[(runs_table["recipe"] == entry.recipe[0]) & (runs_table["image"] == IMAGE)]
    for row in rows:
        losses = mine[(mine["n"] == int(row["n"])) & mine["seed"].isin(entry.seeds)]
        assert float(row["mean"]) == pytest.approx(losses["best_loss"].mean(), rel=1e-12)
        own = losses.loc[losses["seed"] == seen[-1], "best_loss"].iloc[0]
        assert float(row[f"seed_{seen[-1]}"]) == own
        assert float(row["low"]) < float(row["mean"]) < float(row["high"])
    page.reload()
    page.wait_for_selector("body[data-shown]")
    assert f"Seed {seen[-1]} has" in page.inner_text("#view-loss_vs_n")


@pytest.mark.parametrize(
    "state",
    [
        "#view=fits&n=5&ellipses=1&uncovered=1",
        "#view=fits&error=1",
        "#view=loss_vs_n&draw=1&every=1",
    ],
)
def test_it_fits_the_window(opened, screenshot, viewport, state):
    page = opened(state, viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    labelled = page.evaluate(
        """[...document.querySelector("main section:not([hidden])")
                .querySelectorAll("button, select, input, canvas[role], .chart")]
            .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
            .map((one) => one.outerHTML)"""
    )
    assert labelled == []
    name = re.sub(r"\W+", "_", state.removeprefix("#view="))
    screenshot(page, f"explorer_{name}", whole=True)


def test_charts_name_their_axes_with_units(opened):
    page = opened()
    for view in ("fits", "loss_vs_n"):
        page.evaluate(f"explorer.open('{view}')")
        titles = page.evaluate(
            """(id) => [...document.querySelectorAll(`#view-${id} .js-plotly-plot`)]
                .map(({layout}) => [layout.xaxis.title.text, layout.yaxis.title.text])""",
            view,
        )
        assert titles
        assert all("(" in y and x for x, y in titles), json.dumps(titles)


def test_the_name_of_the_study_is_its_first_view(opened):
    page = opened("#view=gaussians")
    assert page.get_attribute("#views a[aria-current]", "data-view") == "fits"
