"""Which figures of fits are asked for, and which fits each shows."""

from types import SimpleNamespace

import pytest

from lgi.errors import ConfigError
from lgi.gaussians.fits.drawn import FitsSettings, figures, fits_of
from lgi.gaussians.selection import RunList

LISTS = [
    RunList(name="few", image="ramp", recipe=["published", "wide"], n=[4, 5, 6], seeds=[42, 1]),
]
FIT = {"image": "cat", "recipe": "wide", "n": 9, "seeds": 7}


def configuration(**changes):
    settings = {
        "loss_vs_n": [{"image": "ramp", "recipe": "published", "n": [4, 6]}],
        "loss_and_coverage": [{"runs": "few", "recipe": "wide", "seeds": 1}],
        "drawn": [FIT, {"runs": "few", "recipe": "wide", "n": 4}],
    }

    def select(*selections):
        return sorted({fit for one in selections for fit in one.fits(LISTS)})

    return SimpleNamespace(
        gaussians=SimpleNamespace(
            runs=LISTS,
            fits=FitsSettings.model_validate(settings | changes),
            select=select,
            listed=lambda: sorted(LISTS[0].fits()),
        )
    )


def test_a_figure_for_each_of_what_names_one():
    config = configuration()
    assert figures(config, "loss_vs_n") == [{"image": "ramp", "recipe": "published"}]
    assert figures(config, "loss_and_coverage") == [{"image": "ramp", "recipe": "wide", "seed": 1}]
    assert [(f["image"], f["n"], f["seed"]) for f in figures(config, "drawn")] == [
        ("cat", 9, 7),
        ("ramp", 4, 1),
        ("ramp", 4, 42),
    ]


def test_a_figure_shows_the_fits_selected_for_it_or_else_all_listed_ones():
    config = configuration()
    shown = fits_of(config, "loss_vs_n", {"image": "ramp", "recipe": "published"})
    assert sorted({fit.n for fit in shown}) == [4, 6]
    unasked = fits_of(config, "loss_vs_n", {"image": "ramp", "recipe": "wide"})
    assert sorted({fit.n for fit in unasked}) == [4, 5, 6]
    with pytest.raises(ConfigError, match="no runs of image ramp with recipe wide, seed 9 to draw"):
        fits_of(config, "loss_and_coverage", {"image": "ramp", "recipe": "wide", "seed": "9"})


def test_a_figure_is_asked_for_once():
    assert not list(configuration().gaussians.fits.problems(configuration()))
    again = configuration(drawn=[FIT, FIT | {"n": [8, 9]}])
    assert list(again.gaussians.fits.problems(again)) == [
        ("drawn", "must not repeat image cat with recipe wide, n 9, seed 7")
    ]
