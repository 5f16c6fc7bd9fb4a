import pytest
from pydantic import ValidationError

from lgi.gaussians.fits.settings import recorded

BAD = {
    "cutoff": 0,
    "iterations": 0,
    "gradient": "l3",
    "blend": "product",
    "trained": ["opacity"],
    "edge": {"kind": "smooth", "background": 0},
    "early_stop": 1.0,
    "snapshots": -1,
    "schedule": {"kind": "linear"},
    "scale": {"low": 0, "high": 0.5},
    "position": {"low": 1, "high": 0},
    "initialisation": {"kind": "random", "scale": [0.1, 0.01]},
    "optimiser": {"kind": "adam", "rate": 0, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_named(make_recipe, name):
    with pytest.raises(ValidationError, match=name):
        make_recipe(**{name: BAD[name]})


def test_a_group_trained_twice_is_an_error(make_recipe):
    with pytest.raises(ValidationError, match="twice"):
        make_recipe(trained=["scale", "scale"])


@pytest.mark.parametrize(
    ("blend", "background", "allowed"), [("sum", 0.01, "null"), ("mean", None, "a number above 0")]
)
def test_the_background_of_a_smooth_edge_belongs_to_a_mean(make_recipe, blend, background, allowed):
    edge = {"kind": "smooth", "background": background}
    message = f"edge.background is {background}; allowed with blend {blend} is {allowed}"
    with pytest.raises(ValidationError, match=message):
        make_recipe(blend=blend, edge=edge)


def test_a_record_from_before_blends_had_a_name_means_the_mean():
    assert recorded({"cutoff": 2})["blend"] == "mean"
    assert recorded({"blend": "sum"})["blend"] == "sum"


def test_an_unknown_key_is_an_error(make_recipe):
    with pytest.raises(ValidationError, match="momentum"):
        make_recipe(momentum=0.9)


def test_numbers_may_be_text_as_yaml_reads_them(make_recipe):
    adam = {"kind": "adam", "rate": "1e-3", "beta1": 0.9, "beta2": 0.999, "epsilon": "1e-8"}
    assert make_recipe(optimiser=adam).optimiser.rate == 1e-3


def test_an_unknown_image_lists_the_known_ones(make_image):
    with pytest.raises(ValidationError, match="gradient_checkerboard"):
        make_image("stripes")
