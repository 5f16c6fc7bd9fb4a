"""Figures of study 2's coefficients alone."""

import numpy as np
import pandas as pd
import pytest

from lgi.display import SuperpositionNames
from lgi.errors import DataError
from lgi.superposition.llc import figures

SPARSITIES = [0.4, 0.8]

NAMES = SuperpositionNames(initialisations={"kgon4": "four-gon"}, settings={"fine": "σ = 0.1"})


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def curves():
    rows = [
        {"init": init, "samples": samples, "sparsity": sparsity, "seed": 0, "epoch": 9}
        | {"n_beta": samples * factor, "localisation": factor, "sigma": 0.1}
        | {"llc": llc, "llc_se": 0.1, "hessian_llc": 8.0, "status": status, "stable": stable}
        for init in ("random", "kgon4")
        for samples in (100, 1000)
        for sparsity in SPARSITIES
        for factor, llc, status, stable in (
            (0.1, -50.0, "not local", False),
            (1.0, 7.0, "ok", True),
            (10.0, 8.0, "not local", False),
        )
    ]
    return pd.DataFrame(rows)


def test_resolution_draws_every_state_at_every_scale(curves):
    figure = figures.resolution(curves, NAMES)
    grid = np.reshape(figure.axes, (2, 2))
    assert [axes.get_title() for axes in grid[0]] == ["S = 0.4000", "S = 0.8000"]
    assert [axes.get_ylabel() for axes in grid[:, 0]] == [
        "100 samples, γ = 0.01 nβ",
        "1,000 samples, γ = 0.001 nβ",
    ]
    assert "σ = 0.1" in figure.get_supxlabel()
    for axes in grid.ravel():
        assert axes.get_xscale() == "log"
        marks = [line for line in axes.lines if line.get_markersize() == 3.5]
        hollow = [line for line in marks if line.get_markerfacecolor() == "white"]
        # Of each start one is ok, one is not, and one lies below the axis: an arrow.
        assert (len(marks), len(hollow)) == (4, 2)
        arrows = [line for line in axes.lines if line.get_marker() == "v"]
        assert sum(len(line.get_xdata()) for line in arrows) == 2
        rings = [line for line in axes.lines if line.get_markersize() == 7]
        assert [list(line.get_ydata()) for line in rings] == [[7.0], [7.0]]
        lines = [line for line in axes.lines if line.get_linestyle() == "-"]
        assert all(set(line.get_ydata()) == {8.0} for line in lines)
    assert labels(figure)[:3] == ["random start", "four-gon start", "of the Hessian, at any scale"]


def test_resolution_counts_what_has_no_value(curves):
    curves.loc[0, "llc"] = np.nan
    assert "not drawn: 1 estimate\nwithout a value" in labels(figures.resolution(curves))
    with pytest.raises(DataError, match="no LLC at any scale"):
        figures.resolution(curves.assign(llc=np.nan))


@pytest.fixture
def cells():
    keys = ["setting", "samples", "sparsity", "epoch"]
    values = [["coarse", "fine"], [100, 1000], SPARSITIES, [5, 9]]
    frame = pd.MultiIndex.from_product(values, names=keys).to_frame(index=False)
    sigma = frame["setting"].map({"coarse": 0.3, "fine": 0.1})
    return frame.assign(sigma=sigma, n_beta=20.0, localisation=10.0)


def test_locality_says_at_which_scales(cells):
    made = cells.assign(agree=0.5, agree_low=0.4, agree_high=0.6, share_explained=-3.0)
    made["far_seeds"] = np.where(made["sparsity"] == 0.4, 3, 30)
    figure = figures.locality(made, NAMES)
    grid = np.reshape(figure.axes, (2, 2))
    assert [axes.get_title() for axes in grid[0]] == [
        "100 training samples",
        "1,000 training samples",
    ]
    assert labels(figure)[:2] == [
        "coarse\nnβ = 20\nγ = 10\nσ = 0.3",
        "σ = 0.1\nnβ = 20\nγ = 10",
    ]
    for above, below in grid.T:
        hollow = [line for line in above.lines if line.get_markerfacecolor() == "white"]
        assert [len(line.get_xdata()) for line in hollow] == [1, 1]
        assert all((line.get_ydata() == 0).all() for line in below.lines)
    with pytest.raises(DataError, match="no estimates of models on the same data"):
        figures.locality(made[:0])


def test_stability_shows_the_last_epoch(cells):
    made = pd.concat(
        [cells.assign(kgon=4, left=0.0, states=9), cells.assign(kgon="5+", left=0.75, states=8)]
    ).assign(to="6")
    made.loc[made["epoch"] == 5, "left"] = 1.0
    figure = figures.stability(made)
    panels = [axes for axes in figure.axes if axes.images and axes.get_title()]
    assert [axes.get_title() for axes in panels][:2] == [
        "coarse, nβ = 20, γ = 10, σ = 0.3\n100 training samples",
        "coarse, nβ = 20, γ = 10, σ = 0.3\n1,000 training samples",
    ]
    for axes in panels:
        np.testing.assert_array_equal(axes.images[0].get_array(), [[1, 1], [0.25, 0.25]])
        texts = [text.get_text() for text in axes.texts]
        assert sorted(texts) == ["8\n(6)", "8\n(6)", "9", "9"]
    ticks = [text.get_text() for text in panels[0].get_yticklabels()]
    assert ticks == ["4-gon", "5+-gon"]
    with pytest.raises(DataError, match="no states with a polygon"):
        figures.stability(made[:0])
