"""What the page is given of study 1."""

import numpy as np
import pandas as pd
import pytest

from lgi.config import read_config
from lgi.errors import ConfigError
from lgi.explorer.gaussians import LOGGED, MEASURED, SHOWN, packed
from lgi.explorer.measuring import losses
from lgi.explorer.page import write
from lgi.explorer.settings import LARGEST
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.view import Fit
from lgi.runs import Run
from tests.configurations import SMOKE_FILE
from tests.unit.explorer.test_packing import unpacked

IMAGE = "gradient_checkerboard"


@pytest.fixture(scope="module")
def config():
    return read_config(SMOKE_FILE)


@pytest.fixture(scope="module")
def run(config):
    study = config.gaussians
    image, recipe = study.images[IMAGE], study.recipes["smooth"]
    return Run("", *fit_run(IMAGE, image, "smooth", recipe, 5, 42, source=""))


@pytest.fixture(scope="module")
def runs_table(config):
    """Return best losses of the lists of the page: the seed's number, less with every N."""
    study = config.gaussians
    names = config.explorer.gaussians.loss_vs_n
    fits = dict.fromkeys(fit for name in names for fit in study.run_list(name).fits())
    return pd.DataFrame([fit._asdict() | {"best_loss": fit.seed - fit.n / 100} for fit in fits])


@pytest.fixture(scope="module")
def held(config, run, runs_table):
    settings = {"explorer": config.explorer, "gaussians": config.gaussians}
    return unpacked(packed(settings, [run], {"gaussians_runs": runs_table}))


def test_states_are_those_of_the_run_file_with_the_best_among_them(held, run):
    words, arrays = held
    (said,) = words["runs"]
    fit = Fit(run)
    assert (said["image"], said["recipe"], said["n"], said["seed"]) == fit.name
    assert said["states"] == sorted({*fit["snapshot_iteration"].tolist(), fit.best_iteration})
    place = said["states"].index(fit.best_iteration)
    np.testing.assert_array_equal(arrays["states_0"][:, place].T, fit["best"][:, SHOWN])
    np.testing.assert_array_equal(arrays["target_0"], fit["target"])
    logged = dict(zip(LOGGED, arrays["logged_0"], strict=True))
    np.testing.assert_array_equal(logged["loss"], fit["loss"])


def test_what_is_measured_of_a_state_is_what_the_run_logged(held, run):
    words, arrays = held
    fit, states = Fit(run), words["runs"][0]["states"]
    measured = dict(zip(MEASURED, arrays["measured_0"], strict=True))
    both = [k for k in fit["iteration"].tolist() if k in states]
    assert len(both) > 4
    for name in ("loss", "l1", "l2", "ssim"):
        logged = [fit[name][fit["iteration"].tolist().index(k)] for k in both]
        np.testing.assert_array_equal(measured[name][[states.index(k) for k in both]], logged)
    weights = fit.recipe.loss
    np.testing.assert_allclose(
        measured["on_covered"] + measured["on_uncovered"],
        weights.l1 * measured["l1"] + weights.l2 * measured["l2"],
        rtol=1e-5,
    )


def test_an_image_that_is_the_target_has_no_loss(config):
    target = np.random.default_rng(0).random((16, 24, 3), dtype=np.float32)
    found = losses(target, target, config.gaussians.recipes["published"].loss)
    assert (found.l1, found.l2) == (0, 0)
    assert found.ssim == pytest.approx(1, abs=1e-6)


def test_readers_are_given_display_names(held, config):
    words, _ = held
    names = config.gaussians.names
    assert [image["title"] for image in words["images"]] == [names.of("images", IMAGE)]
    assert words["runs"][0]["title"] == names.of("recipes", "smooth")


def test_a_curve_holds_every_seed_their_mean_and_an_order_to_draw_them_in(held, config):
    curve = held[0]["curves"][0]
    entry = config.gaussians.run_list("seeds")
    assert (curve["name"], curve["n"], curve["seeds"]) == ("seeds", entry.n, entry.seeds)
    expected = [[seed - n / 100 for n in entry.n] for seed in entry.seeds]
    assert curve["losses"] == expected
    assert curve["value"] == pytest.approx(np.mean(expected, axis=0))
    assert all(low < mean < high for low, mean, high in _ends(curve))
    assert curve["count"] == [len(entry.seeds)] * len(entry.n)
    assert sorted(curve["order"]) == list(range(len(entry.seeds)))


def _ends(curve):
    return zip(curve["low"], curve["value"], curve["high"], strict=True)


def test_a_run_without_a_finite_loss_is_left_out_of_the_mean(config, runs_table):
    runs = runs_table.copy()
    runs.loc[runs["seed"] == 42, "best_loss"] = np.nan
    settings = {"explorer": config.explorer, "gaussians": config.gaussians}
    words, _ = unpacked(packed(settings, [], {"gaussians_runs": runs}))
    curve = words["curves"][0]
    assert curve["losses"][curve["seeds"].index(42)] == [None] * len(curve["n"])
    assert curve["count"] == [len(curve["seeds"]) - 1] * len(curve["n"])


def test_a_page_with_all_that_the_fits_may_take_stays_below_ten_megabytes():
    empty = write(settings={"explorer": read_config().explorer})
    assert len(empty.encode()) + LARGEST + 2_000_000 < 10_000_000


def _refusal(**changes):
    with pytest.raises(ConfigError) as refused:
        read_config(changes={"explorer": {"gaussians": changes}})
    return str(refused.value)


def test_names_that_are_not_defined_are_refused():
    fit = {"image": IMAGE, "n": 50, "seeds": 42}
    assert "explorer.gaussians.fits.0.recipe: unknown recipe; found 'magic'" in _refusal(
        fits=[fit | {"recipe": "magic"}]
    )
    assert "loss_vs_n: unknown list of runs; found 'none'" in _refusal(loss_vs_n="none")


def test_a_list_of_several_recipes_is_no_curve():
    assert "explorer.gaussians.loss_vs_n.0: list cures has recipe" in _refusal(loss_vs_n="cures")


def test_more_fits_than_a_page_can_hold_are_refused():
    message = _refusal(fits=[{"runs": "seeds"}])
    assert "explorer.gaussians.fits: their states take up to 21.1 MB; allowed are 3 MB" in message


def test_a_study_that_does_not_run_or_is_not_shown_is_left_out():
    for changes in ({"gaussians": None}, {"explorer": {"gaussians": None}}, {"explorer": None}):
        assert read_config(changes=changes)
    text = write(settings={"explorer": read_config(changes={"gaussians": None}).explorer})
    assert 'id="data-gaussians"' not in text
