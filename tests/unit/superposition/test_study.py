"""What a configuration asks of study 2: a small study of one's own is a short overlay."""

import pytest

from lgi.errors import ConfigError
from tests import configurations

ONE_SIZE = {"runs": {"samples": [100]}}
ONE_MODEL = {"runs": {"init": "kgon4", "samples": 50, "sparsity": 0.5, "seeds": 0}}
ELHAGE = {
    "hidden": 5,
    "phases": None,
    "data": {"kind": "uniform", "features": 20},
    "runs": {"init": ["random"], "samples": [1000], "sparsity": [0.9, 0.99], "seeds": [0, 1, 2]},
    "training": {"epochs": 300, "snapshots": {"points": 10, "first": 1, "last": 200}},
}


def catalogue(overlay):
    return configurations.catalogue({"superposition": overlay, "gaussians": None, "llc": None})


def asked(overlay, rule):
    found = catalogue(overlay)
    return found.result(rule).paths(found.config)


def test_the_published_experiments_are_asked_for_in_full():
    assert len(asked({}, "train_superposition")) == 4 * 2 * 9
    assert len(asked({}, "plot_snapshots")) == len(asked({}, "animate_polygons")) == 4 * 9
    assert asked({}, "kgon4_vs_kgon6") == [
        "results/tables/kgon4_vs_kgon6.csv",
        "results/figures/kgon4_vs_kgon6.png",
        "results/tables/kgon4_vs_kgon6_samples100.csv",
        "results/figures/kgon4_vs_kgon6_samples100.png",
    ]


def test_the_published_pictures_are_made_from_their_own_starts_and_samples():
    found = catalogue({})
    result = found.result("loss_vs_llc")
    assert len(result.paths(found.config)) == 2 * 7  # table and picture
    inputs = found.inputs(result, {"published_epoch": "526"})
    shown = {path.rsplit("/", 1)[0] for path in inputs["runs"]}
    assert shown == {
        "results/superposition/kgon4/samples100",
        "results/superposition/optimal/samples1000",
    }
    assert all("/published/" in path for path in inputs["estimates"])
    assert asked({}, "compare_published")


@pytest.mark.parametrize(
    ("overlay", "panels"),
    [
        (ONE_SIZE, ["random 4-gon"]),
        (ONE_MODEL, []),
        (ELHAGE, []),
        ({"llc": {"runs": ["fine"], "traces": []}}, []),
    ],
)
def test_a_study_without_a_published_start_leaves_its_panel_out(overlay, panels):
    found = catalogue(overlay)
    titles = [panel.title for panel in found.config.superposition.published_panels]
    assert titles == panels
    assert bool(asked(overlay, "loss_vs_llc")) == bool(panels)


@pytest.mark.parametrize("overlay", [ONE_SIZE, ONE_MODEL])
def test_one_number_of_samples_is_a_list_of_one(overlay):
    assert asked(overlay, "loss_over_training") == [
        "results/tables/loss_over_training.csv",
        "results/figures/loss_over_training.png",
    ]
    found = catalogue(overlay)
    constraints = found.constraints(*found.rules["loss_over_training"])
    assert constraints["variant"] == "(?:)"
    assert found.inputs(found.result("loss_over_training"), {"variant": ""})["runs"]


def test_one_model():
    assert asked(ONE_MODEL, "plot_snapshots") == [
        "results/figures/superposition/snapshots/kgon4/samples50/sparsity0.5000_seed0.png"
    ]
    assert asked(ONE_MODEL, "kgon4_vs_kgon6") == []


def test_features_in_more_than_two_dimensions_are_no_polygons():
    assert len(asked(ELHAGE, "train_superposition")) == 2
    for rule in ("plot_snapshots", "animate_polygons", "kgons_over_training"):
        assert asked(ELHAGE, rule) == []
    assert asked(ELHAGE, "dimensionality_vs_sparsity")


def test_phases_can_be_left_out():
    assert asked({}, "superposition_phases") == [
        "results/tables/superposition_phases.csv",
        "results/tables/superposition_phases_trained.csv",
        "results/figures/superposition_phases.png",
    ]
    assert asked({"phases": None}, "superposition_phases") == []


def test_one_active_feature_can_be_left_out():
    assert len(asked({}, "train_superposition_limit")) == 4 * 5
    assert asked({"limit": None}, "train_superposition_limit") == []
    assert asked({"limit": None}, "superposition_limit") == []


def test_a_figure_asks_only_for_the_runs_that_it_shows():
    found = catalogue({"figures": {"samples": 100}})
    assert found.config.superposition.variants == {"": 100, "_samples1000": 1000}
    for rule, count in (("loss_over_training", 4 * 9), ("kgon4_vs_kgon6", 2 * 9)):
        runs = found.inputs(found.result(rule), {"variant": "_samples1000"})["runs"]
        assert len(runs) == count
        assert all("/samples1000/" in path for path in runs)


def test_starts_play_the_roles_that_the_original_gives_them():
    """What a start is called changes nothing."""
    names = {"kgon4": "random", "kgon6": "optimal", "optimal": "kgon4"}
    overlay = {"original": names, "runs": {"init": ["random", "optimal"]}}
    assert len(asked(overlay, "kgon4_vs_kgon6")) == 2 * 2  # a table and a figure, for two sizes
    found = catalogue(overlay)
    result = found.result("kgon4_vs_kgon6")
    settings = found.settings(result, {"variant": ""})
    assert (settings["first"], settings["second"]) == ("random", "optimal")


BAD = {
    "empty list": ({"runs": {"seeds": []}}, ["runs.seeds: ", "at least 1", "found []"]),
    "run twice": ({"runs": {"samples": [50, 50]}}, ["runs.samples: must not repeat 50"]),
    "sparsity of 1": (
        {"runs": {"sparsity": [0.4262, 1.0]}},
        ["runs.sparsity.1: ", "less than 1", "found 1.0"],
    ),
    "sparsities with one name": (
        {"runs": {"sparsity": [0.12341, 0.12342]}},
        ["runs.sparsity: ", "first four decimals", "0.1234"],
    ),
    "unknown start": (
        {"runs": {"init": ["kgon4", "kgon9"]}},
        ["runs.init.1: unknown initialisation; found 'kgon9', there are random, kgon4"],
    ),
    "unknown role": (
        {"original": {"kgon4": "square"}},
        ["original.kgon4: unknown initialisation; found 'square', there are random, kgon4"],
    ),
    "one start for two roles": (
        {"original": {"kgon4": "kgon6"}},
        ["original: kgon4 and kgon6 are compared and must differ, not kgon6"],
    ),
    "a start that does not fit": (
        {"hidden": 3},
        ["runs.init.1: kgon4: a kgon start needs hidden 2, not 3"],
    ),
    "samples that are not run": (
        {"figures": {"samples": 70}},
        [
            "figures.samples: unknown number of samples among superposition.runs.samples; "
            "found 70, there are 100, 1000"
        ],
    ),
    "polygons that are not run": (
        {"geometry": {"polygons": {"seeds": [0, 77], "sparsity": 0.5}}},
        [
            "geometry.polygons.seeds.1: unknown seed among superposition.runs.seeds; found 77",
            "geometry.polygons.sparsity.0: unknown sparsity among superposition.runs.sparsity; "
            "found '0.5000', there are 0.4262, 0.6708",
        ],
    ),
    "phases without an exact population loss": (
        {"data": {"kind": "uniform"}},
        ["phases: needs data whose population loss is known exactly: binary", "kind uniform"],
    ),
    "phases of too many features": (
        {"data": {"features": 17}},
        ["phases: needs data whose population loss is known exactly", "with 17 features"],
    ),
    "one active feature without noise": (
        {"limit": {"posterior": {"noise": 0.0}}},
        ["limit.posterior.noise: ", "greater than 0", "found 0.0"],
    ),
    "sizes that do not ascend": (
        {"limit": {"posterior": {"samples": [300, 100]}}},
        ["limit.posterior: samples must ascend and stay below largest (30000)"],
    ),
    "phases in space": (
        {"hidden": 3, "runs": {"init": "random"}},
        ["phases: polygons need superposition.hidden 2, not 3"],
    ),
    "low and high sparsity overlap": (
        {"claims": {"low_sparsity": 0.97}},
        ["claims: low_sparsity 0.97 must be below high_sparsity 0.96"],
    ),
}


@pytest.mark.parametrize(("overlay", "says"), BAD.values(), ids=BAD)
def test_what_is_not_allowed_is_said_with_its_place(overlay, says):
    with pytest.raises(ConfigError) as error:
        catalogue(overlay)
    for text in says:
        assert text in str(error.value)
    assert f"superposition.{says[0].split(':')[0]}" in str(error.value)
