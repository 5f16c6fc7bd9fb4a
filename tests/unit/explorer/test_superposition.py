import numpy as np
import pytest

from lgi.explorer import superposition
from lgi.llc.status import OK
from lgi.superposition.selection import sparsity_name
from lgi.superposition.training.data import population
from lgi.superposition.training.view import Models
from tests.browser.trained_models import SPARSITIES, configured, curve, estimates, trained
from tests.unit.explorer.test_packing import unpacked


def _packed(config, runs, llc):
    settings = {"explorer": config.explorer, "superposition": config.superposition}
    tables = {"superposition_llc": llc, "superposition_llc_resolution": curve(config)}
    return superposition.packed(settings, runs, tables)


@pytest.fixture(scope="module")
def config():
    return configured()


@pytest.fixture(scope="module")
def runs(config):
    return trained(config)


@pytest.fixture(scope="module")
def llc(config):
    return estimates(config)


@pytest.fixture(scope="module")
def held(config, runs, llc):
    return unpacked(_packed(config, runs, llc))


def test_weights_are_those_of_the_runs(held, runs):
    words, arrays = held
    found = 0
    for models in map(Models, runs):
        init, samples, sparsity = models.names.values()
        for name, shelf in words["shelves"].items():
            if samples not in shelf["samples"]:
                continue
            place = (
                shelf["init"].index(init),
                shelf["samples"].index(samples),
                shelf["sparsity"].index(sparsity_name(sparsity)),
            )
            for m, seed in enumerate(shelf["seeds"]):
                own = models.model(seed).at(shelf["epochs"])
                size = own.W[0, 0].size
                kept = arrays[name][place][m]
                np.testing.assert_array_equal(kept[:, :size], own.W[0].reshape(len(kept), -1))
                np.testing.assert_array_equal(kept[:, size:], own.b[0])
                found += 1
    assert found == 4 * 12 + 4
    assert np.isfinite(arrays["still"]).all()
    assert np.isfinite(arrays["film"]).all()


def test_films_have_snapshots_between_those_with_an_estimate(held, config):
    epochs = held[0]["shelves"]["film"]["epochs"]
    assert set(epochs) >= set(held[0]["epochs"]) | {0, 200}
    assert len(epochs) > len(held[0]["epochs"])
    assert set(epochs) <= set(config.superposition.training.snapshot_epochs())


def test_estimates_stand_at_their_places(held, llc):
    words, arrays = held
    for row in llc.sample(100, random_state=0).to_dict("records"):
        (setting,) = (one for one in words["settings"] if one["name"] == row["setting"])
        place = (
            [one["name"] for one in words["starts"]].index(row["init"]),
            words["samples"].index(row["samples"]),
            [one["exact"] for one in words["sparsities"]].index(row["sparsity"]),
            words["seeds"].index(row["seed"]),
            setting["epochs"].index(row["epoch"]),
        )
        name = row["setting"]
        assert arrays[f"{name}.llc"][place] == pytest.approx(row["llc"], rel=2**-14)
        assert arrays[f"{name}.llc_se"][place] == pytest.approx(row["llc_se"], rel=2**-9)
        assert words["statuses"][arrays[f"{name}.status"][place]] == row["status"]


def test_losses_stand_at_their_places(held, runs):
    words, arrays = held
    models = Models(runs[-1]).at(words["epochs"])
    for name in superposition.SHOWN_LOSSES:
        kept = arrays[name][-1, -1, -1]
        np.testing.assert_allclose(kept, models.losses[name], rtol=2**-17)


def test_a_hessian_is_shown_where_there_is_a_minimum(held, config):
    for name in config.superposition.llc.runs:
        minimum = config.superposition.llc.settings[name].minimum is not None
        assert (f"{name}.hessian_llc" in held[1]) == minimum


def test_states_without_an_estimate_say_so(config, runs, llc):
    lost = (llc["seed"] == 3) & (llc["setting"] == "fine") & (llc["init"] == "kgon6")
    words, arrays = unpacked(_packed(config, runs, llc[~lost]))
    m = words["seeds"].index(3)
    assert (arrays["fine.status"][1, :, :, m] == superposition.MISSING).all()
    assert np.isnan(arrays["fine.llc"][1, :, :, m]).all()
    assert (arrays["fine.status"][0] != superposition.MISSING).all()


def test_the_order_of_run_files_plays_no_part(config, runs, llc):
    shuffled = llc.sample(frac=1, random_state=1)
    assert _packed(config, runs, llc) == _packed(config, runs[::-1], shuffled)


def test_patterns_are_those_of_the_population(held, config):
    _, arrays = held
    for s, sparsity in enumerate(SPARSITIES):
        patterns, probability = population(config.superposition.data, sparsity)
        np.testing.assert_array_equal(arrays["patterns"], patterns)
        np.testing.assert_array_equal(arrays["probability"][s], probability)


def test_display_names_stand_for_starts_and_settings(held):
    assert [one["shown"] for one in held[0]["starts"]] == ["four-gon", "six-gon"]
    assert "σ = 0.1" in [one["shown"] for one in held[0]["settings"]]


def test_a_resolution_curve_has_its_missing_values(config, runs, llc):
    table = curve(config).assign(llc=[np.nan, 7.5, 7.6])
    settings = {"explorer": config.explorer, "superposition": config.superposition}
    tables = {"superposition_llc": llc, "superposition_llc_resolution": table}
    words, _ = unpacked(superposition.packed(settings, runs, tables))
    (found,) = words["curves"]
    assert found["llc"] == [None, 7.5, 7.6]
    assert found["status"][1:] == [OK, OK]
    assert found["hessian"] == 7.7
