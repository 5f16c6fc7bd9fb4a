"""Study 2 and the verdicts in the explorer, as people use them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from lgi.explorer import results
from lgi.explorer.page import write
from lgi.llc.status import OK
from lgi.superposition.geometry.geometry import kgon_kinds
from lgi.superposition.selection import sparsity_name
from lgi.superposition.training.population import population_losses
from lgi.superposition.training.view import Models
from tests.browser.trained_models import (
    SEEDS,
    SPARSITIES,
    claims,
    configured,
    curve,
    estimates,
    trained,
)

pytestmark = pytest.mark.slow

ROUNDING = 1e-12
"""Relative: page and package add the same 64 terms in float64, in another order. Each of them is a
few dozen operations of 2⁻⁵³, so that 64 of them differ by 1e-13 at most."""
LLC = "#view=superposition"


class Page:
    """A page with the runs that it shows."""

    def __init__(self, config, folder: Path) -> None:
        self.config = config
        self.runs = trained(config)
        self.llc = estimates(config)
        self.file = folder / "results" / "report" / "explorer.html"
        self.file.parent.mkdir(parents=True)
        tables = {"superposition_llc": self.llc, "superposition_llc_resolution": curve(config)}
        text = write(**results._settings(config, {}), models=self.runs, **tables, **claims())
        self.file.write_text(text, encoding="utf-8")

    def models(self, init: str, samples: int, sparsity: str) -> Models:
        """Return the models of a run."""
        for models in map(Models, self.runs):
            name = sparsity_name(models.names["sparsity"])
            if (models.names["init"], models.names["samples"], name) == (init, samples, sparsity):
                return models
        raise LookupError(init)

    def parameters(self, init: str, samples: int, sparsity: str, seed: int, epoch: int):
        """Return W [2, 6] and b [6] of a state."""
        alone = self.models(init, samples, sparsity).model(seed).at([epoch])
        return alone.W[0, 0], alone.b[0, 0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return Page(configured(), tmp_path_factory.mktemp("page"))


@pytest.fixture
def at(written, open_page):
    """Give a function that opens the page at a state and waits for it."""

    def opened(fragment, **given):
        page = open_page(written.file, fragment=fragment, **given)
        page.wait_for_selector("body[data-shown]")
        return page

    return opened


def settled(page, act):
    """Do something that shows another state; wait until it is shown."""
    before = page.evaluate("document.body.dataset.shown")
    act()
    page.wait_for_function(f"document.body.dataset.shown !== {json.dumps(before)}")
    page.wait_for_timeout(100)


def hash_of(page) -> dict[str, str]:
    text = "Object.fromEntries(new URLSearchParams(location.hash.slice(1)))"
    return page.evaluate(text)


def player(page) -> dict[str, str]:
    return page.evaluate("({...document.querySelector('.player').dataset})")


def place_of(page, model: str) -> tuple[float, float]:
    """Return where a model's point lies in the window."""
    x, y = page.evaluate(
        """(model) => {
          const plot = document.querySelector('.chart.scatter');
          plot.scrollIntoView({block: 'center'});
          const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
          for (const trace of plot.data) {
            const k = (trace.customdata ?? []).indexOf(model);
            if (k < 0) continue;
            return [box.left + xaxis._offset + xaxis.d2p(trace.x[k]),
                    box.top + yaxis._offset + yaxis.d2p(trace.y[k])];
          }
        }""",
        model,
    )
    return x, y


def test_views_fit_the_window_and_say_what_there_is(at, viewport, screenshot):
    page = at(f"{LLC}&model=kgon6-100-0.4262-3", viewport=viewport)
    for view in ("verdicts", "superposition"):
        settled(page, page.locator(f"nav a[data-view={view}]").click)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"]
        screenshot(page, f"explorer_{view}", whole=True)


def test_a_click_on_a_point_opens_the_polygon_of_its_model(written, at):
    page = at(f"{LLC}&starts=kgon4&sparsities=0.8916&trails=none&only=ok")
    rows = written.llc
    ok = rows[
        (rows["setting"] == "fine")
        & (rows["epoch"] == 200)
        & (rows["samples"] == 100)
        & (rows["init"] == "kgon4")
        & (rows["sparsity"] == SPARSITIES[1])
        & (rows["status"] == OK)
    ]
    for seed in ok["seed"].iloc[:3]:
        x, y = place_of(page, f"kgon4-100-0.8916-{seed}")
        settled(page, lambda x=x, y=y: page.mouse.click(x, y))
        shown = player(page)
        assert shown["init"] == "kgon4"
        assert (shown["samples"], shown["sparsity"]) == ("100", "0.8916")
        assert (shown["seed"], shown["epoch"]) == (str(seed), "200")
        W, b = written.parameters("kgon4", 100, "0.8916", seed, 200)
        parameters = page.evaluate("[...models.state().parameters]")
        np.testing.assert_array_equal(parameters, np.concatenate([W.ravel(), b]))
        assert "four-gon, S = 0.8916" in page.locator(".player h2").inner_text()


def test_losses_and_polygons_of_the_page_are_those_of_the_runs(written, at):
    page = at(LLC)
    compared = 0
    for init in ("kgon4", "kgon6"):
        for sparsity in map(sparsity_name, SPARSITIES):
            models = written.models(init, 100, sparsity)
            for seed in SEEDS:
                held = page.evaluate(
                    """([model, sparsity]) => {
                      const {epochs, parameters} = models.film(model);
                      const toy = models.toy();
                      return {epochs, losses: parameters.map((one) => toy.loss(one, sparsity)),
                              kinds: parameters.map(toy.kind)};
                    }""",
                    [{"init": init, "samples": 100, "sparsity": sparsity, "seed": seed}, sparsity],
                )
                alone = models.model(seed).at(held["epochs"])
                np.testing.assert_allclose(
                    held["losses"], alone.losses["population_loss"][0], rtol=ROUNDING
                )
                kinds = [
                    f"{kind}\N{NON-BREAKING HYPHEN}gon" for kind in kgon_kinds(alone.W, alone.b)[0]
                ]
                assert held["kinds"] == kinds
                compared += len(kinds)
    assert compared >= 2 * 2 * len(SEEDS) * 3


def test_the_loss_follows_a_feature_that_is_dragged_until_it_is_put_back(written, at):
    page = at(f"{LLC}&model=kgon4-100-0.4262-7")
    W, b = written.parameters("kgon4", 100, "0.4262", 7, 200)
    data = written.config.superposition.data
    before = population_losses(W, b, data, SPARSITIES[0])
    assert float(player(page)["loss"]) == pytest.approx(float(before), rel=ROUNDING)
    tip = page.locator(".tip[data-feature='2']")
    tip.scroll_into_view_if_needed()
    box = tip.locator("circle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y - 30, steps=4)
    page.wait_for_function(f"document.querySelector('.player').dataset.loss !== '{before}'")
    settled(page, page.mouse.up)
    feature, right, up = hash_of(page)["moved"].split("_")
    assert feature == "2"
    scale = 2 * float(page.locator(".plane").get_attribute("data-reach")) / box_side(page)
    moved = np.float64(W)
    np.testing.assert_allclose(
        [float(right), float(up)], moved[:, 2] + scale * np.array([40, 30]), atol=2 * scale
    )
    moved[:, 2] = float(right), float(up)
    after = population_losses(moved, np.float64(b), data, SPARSITIES[0])
    assert float(player(page)["loss"]) == pytest.approx(float(after), rel=ROUNDING)
    assert after != before
    settled(page, lambda: tip.press("ArrowUp"))
    moved[1, 2] = float(hash_of(page)["moved"].split("_")[2])
    assert moved[1, 2] == pytest.approx(float(up) + 0.01)
    nudged = population_losses(moved, np.float64(b), data, SPARSITIES[0])
    assert float(player(page)["loss"]) == pytest.approx(float(nudged), rel=ROUNDING)
    settled(page, page.get_by_role("button", name="Put back").click)
    assert "moved" not in hash_of(page)
    assert float(player(page)["loss"]) == pytest.approx(float(before), rel=ROUNDING)


def box_side(page) -> float:
    box = page.locator(".plane").bounding_box()
    return min(box["width"], box["height"])


def test_sliders_go_through_the_epochs(written, at):
    page = at(f"{LLC}&model=kgon6-100-0.4262-3")
    settled(page, lambda: page.get_by_label("epoch", exact=True).fill("0"))
    assert hash_of(page)["epoch"] == "0"
    assert "at epoch 0" in page.locator(".said").first.inner_text()
    assert player(page)["epoch"] == "0"
    of_polygon = page.get_by_label("epoch of the polygon")
    epochs = page.evaluate("models.state().snapshots.epochs")
    assert len(epochs) > 3
    settled(page, lambda: of_polygon.fill("2"))
    assert player(page)["epoch"] == str(epochs[2])
    W, b = written.parameters("kgon6", 100, "0.4262", 3, epochs[2])
    parameters = page.evaluate("[...models.state().parameters]")
    np.testing.assert_array_equal(parameters, np.concatenate([W.ravel(), b]))
    of_polygon.evaluate("(slider) => slider.blur()")
    settled(page, lambda: page.keyboard.press("ArrowRight"))
    assert player(page)["epoch"] == str(epochs[3])
    settled(page, lambda: page.keyboard.press("n"))
    assert player(page)["seed"] == "4"


def test_the_address_holds_the_state(at):
    state = (
        "&setting=raw_mse&samples=100&epoch=12&starts=kgon6&sparsities=0.4262&trails=all&only=ok"
        "&loss=population_loss&model=kgon6-100-0.4262-9&at=200&moved=1_0.25_-0.5"
    )
    page = at(LLC + state)
    told = {
        "said": page.locator(".said").all_inner_texts(),
        "player": player(page),
        "chosen": [
            page.locator("#view-superposition select").nth(k).input_value() for k in range(5)
        ],
    }
    assert told["player"]["epoch"] == "200"
    assert told["chosen"] == ["raw_mse", "100", "llc", "population_loss", "all"]
    again = at(page.evaluate("location.hash"))
    assert told["said"] == again.locator(".said").all_inner_texts()
    assert told["player"] == player(again)
    assert hash_of(page) == hash_of(again)


def test_what_the_address_names_and_is_not_there_is_left_out(at):
    page = at(f"{LLC}&setting=none&samples=7&epoch=x&starts=no&model=no-1-2-3&measure=&moved=9_a_b")
    assert (
        "0 models with 100 training samples at epoch 200"
        in page.locator(".said").first.inner_text()
    )
    assert page.locator(".player").is_hidden()


def test_rows_that_are_shown_are_downloaded(written, at):
    page = at(f"{LLC}&starts=kgon4&only=ok&setting=fine&epoch=12")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download these rows").first.click()
    with open(started.value.path(), encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    rows = written.llc
    there = (rows["setting"] == "fine") & (rows["epoch"] == 12) & (rows["samples"] == 100)
    wanted = rows[there & (rows["init"] == "kgon4") & (rows["status"] == OK)]
    by_model = {(row["sparsity"], int(row["seed"])): row for row in found}
    assert len(found) == len(by_model) == len(wanted)
    assert {row["start"] for row in found} == {"four-gon"}
    for row in wanted.to_dict("records"):
        shown = by_model[sparsity_name(row["sparsity"]), row["seed"]]
        # The page keeps 13 bits of an estimate, 16 of a loss; then five digits are written.
        assert float(shown["LLC"]) == pytest.approx(row["llc"], rel=2**-14 + 5e-5)
        models = written.models("kgon4", 100, shown["sparsity"]).model(row["seed"]).at([12])
        loss = models.losses["train_loss"][0, 0]
        assert float(shown["training_loss"]) == pytest.approx(loss, rel=2**-17 + 5e-5)


def test_a_model_without_weights_says_which_are_nearest(at):
    page = at(f"{LLC}&samples=30&model=kgon6-30-0.4262-4")
    said = page.locator(".player .controls.note")
    assert "The weights of this model are not in the page" in said.inner_text()
    settled(page, said.get_by_role("button").first.click)
    assert (player(page)["samples"], player(page)["seed"]) == ("100", "4")


def test_resolution_curves_are_drawn_where_there_are_some(at):
    page = at(f"{LLC}&model=kgon6-100-0.8916-3")
    assert "No resolution curve was made of this state" in page.locator(".player").inner_text()
    settled(page, page.get_by_role("button", name="seed 3, six-gon, S = 0.4262").click)
    said = "Seen at 3 scales, 2 estimates are ok, and stay what they are over a decade"
    assert said in page.locator(".player").inner_text()
    assert "The Hessian says 7.7" in page.locator(".player").inner_text()


def test_correlations_are_those_of_scipy(at):
    page, random = at(LLC), np.random.default_rng(1)
    for _ in range(5):
        x, y = random.integers(0, 6, (2, 12)).tolist()
        found = page.evaluate("([x, y]) => statistics.correlation(x, y)", [x, y])
        assert found == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_a_card_sets_the_view_to_its_evidence(at):
    page = at("#view=verdicts")
    card = page.locator("[data-claim='superposition.no_correlation.kgon4']")
    assert "supported" in card.locator(".verdict").inner_text()
    assert "-0.350 [-0.500, -0.200], n = 12" in card.inner_text()
    settled(page, card.locator("h2").click)
    state = hash_of(page)
    wanted = {"view": "superposition", "setting": "fine", "samples": "100", "epoch": "200"}
    assert state == wanted | {"starts": "kgon4", "only": "ok"}
    assert page.get_by_label("only ok").is_checked()
    settled(page, page.go_back)
    assert hash_of(page)["view"] == "verdicts"


def test_cards_are_filtered_and_link_to_pictures(at):
    page = at("#view=verdicts")
    assert page.locator(".card").count() == 3
    settled(page, lambda: page.get_by_label("Verdict", exact=True).select_option("undecided"))
    assert page.locator(".card").count() == 1
    settled(page, page.get_by_role("button", name="Show all").click)
    settled(page, lambda: page.get_by_label("Study", exact=True).select_option("gaussians"))
    links = [link.get_attribute("href") for link in page.locator(".card a").all()]
    assert links == ["../figures/gaussians_turn.png", "../tables/gaussians_turn.csv"]
    assert "✗ not supported" in page.locator(".card").inner_text()


def test_a_study_without_a_plane_and_without_an_exact_loss_is_shown(tmp_path, open_page):
    data = {"kind": "uniform", "features": 6, "test_samples": 20}
    small = {
        "superposition": {
            "hidden": 3,
            "data": data,
            "runs": {"init": "random", "samples": [20, 100], "sparsity": SPARSITIES[:1]},
            "geometry": {"polygons": {"init": None}},
            "phases": None,
            "llc": {"traces": []},
        }
    }
    page_file = Page(configured(small), tmp_path).file
    page = open_page(page_file, fragment=f"{LLC}&model=random-100-0.4262-3")
    page.wait_for_selector("body[data-shown]")
    said = page.locator(".player").inner_text()
    assert "The exact population loss is not known to this page" in said
    assert "the hidden dimension is not 2" in said


@pytest.mark.parametrize(("named", "shown"), [("superposition", "superposition"), ("none", None)])
def test_the_name_of_a_study_is_its_first_view(at, named, shown):
    page = at(f"#view={named}")
    current = page.get_attribute("#views a[aria-current]", "data-view")
    first = page.get_attribute("#views a", "data-view")
    assert current == (shown or first)
