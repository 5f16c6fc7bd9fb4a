"""A price is asked of curves, or of none."""

import pytest

from lgi.errors import ConfigError
from tests.configurations import SMOKE, catalogue, checked


def test_curves_of_fewer_than_two_whole_n_are_refused():
    says = (
        "gaussians.price.fits: image gradient_checkerboard with recipe published_3000 has 1 N with "
        "all of its seeds; two or more are needed to choose from"
    )
    with pytest.raises(ConfigError, match=says):
        checked(SMOKE, {"gaussians": {"price": {"fits": {"runs": "again"}}}})


def test_a_grey_picture_has_one_colour():
    study = checked().gaussians
    assert study.parameters(study.price.fits) == {"exact": 8, "exact_grid": 8}
    assert study.parameters(study.price.fits, channels=1) == {"exact": 6, "exact_grid": 6}


def test_without_price_and_sizes_nothing_of_them_is_made():
    asked, none = (
        catalogue(SMOKE, *more).everything()
        for more in ([], [{"gaussians": {"price": None, "sizes": None}}])
    )
    gone = {path.split("/")[-1] for path in set(asked) - set(none)}
    assert gone == {
        "gaussians_price.csv",
        "gaussians_price_at.csv",
        "gaussians_free_energy.csv",
        "gaussians_price.png",
        "gaussians_free_energy.png",
        "gaussians_sizes.csv",
        "gaussians_sizes_growth.csv",
        "gaussians_sizes.png",
    }
    bare = catalogue(SMOKE, {"gaussians": {"price": None, "sizes": None}})
    for rule in ("gaussians_claims", "write_gaussians_report"):
        result = bare.result(rule)
        assert not set(bare.inputs(result, {})) & {"price", "sizes"}
        assert bare.settings(result, {}) is not None
