"""Figures of the effective dimension of fits: what is drawn, hollow and beyond."""

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.gaussians.llc.figures import llc_sweep, llc_vs_n
from tests.unit.gaussians.synthetic import NAMES


@pytest.fixture
def table():
    """Two images with two settings, one recipe with a single N."""
    rows = [
        (image, "minimum", n, seed, setting, localisation)
        for image in ("one", "two")
        for n in (5, 10, 20)
        for seed in (1, 2)
        for setting, localisation in (("far", 100.0), ("near", 1e4))
    ]
    rows += [("one", "smooth", 50, 1, "far", 100.0)]
    names = ["image", "recipe", "n", "seed", "setting", "localisation"]
    frame = pd.DataFrame(rows, columns=names).assign(noise=0.01, status="ok", llc_se=0.5)
    frame["parameters"] = 7 * frame["n"]
    frame["predicted"] = frame["predicted_jacobian"] = 3.0 * frame["n"]
    frame["effective_rank"] = 4.0 * frame["n"]
    return frame.assign(llc=3.1 * frame["n"])


@pytest.fixture
def swept(table):
    one = table[(table["image"] == "one") & (table["n"] == 10)].iloc[:1]
    parts = [
        one.assign(varied=varied, value=value, **{varied: value})
        for varied, values in (("noise", (0.001, 0.01)), ("localisation", (1.0, 100.0, 1e4)))
        for value in values
    ]
    return pd.concat(parts, ignore_index=True)


def points(axes, face=None):
    """Return the drawn estimates, those of a face colour if one is given."""
    found = [bars.lines[0] for bars in axes.containers]
    return [
        tuple(xy)
        for line in found
        if face is None or line.get_markerfacecolor() == face
        for xy in line.get_xydata()
    ]


def test_a_panel_for_each_image_and_setting(table):
    figure = llc_vs_n(table, NAMES)
    assert len(figure.axes) == 4
    assert [axes.get_title() for axes in figure.axes][:2] == [
        "one, to a minimum\nσ = 0.01, γ = 100",
        "two, to a minimum\nσ = 0.01, γ = 100",
    ]
    for axes in figure.axes:
        assert sorted(points(axes)) == sorted((n, 3.1 * n) for n in (5, 10, 20) for _ in (1, 2))


def test_lines_are_what_predicts_the_coefficient(table):
    axes = llc_vs_n(table, NAMES).axes[0]
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    heights = [line.get_ydata()[-1] / 20 for line in lines]
    assert heights == pytest.approx([3.5, 3.0, 3.0, 2.0])


def test_what_is_not_ok_is_hollow(table):
    table.loc[table["n"] == 20, "status"] = "not converged"
    figure = llc_vs_n(table, NAMES)
    axes = figure.axes[0]
    assert {x for x, _ in points(axes, "white")} == {20}
    assert {x for x, _ in points(axes)} == {5, 10, 20}
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "not ok (8 of 25), arrow: beyond the axis" in texts


def test_what_lies_beyond_the_axis_is_an_arrow_at_its_edge(table):
    table.loc[table.index[0], "llc"] = -400
    table.loc[table.index[4], "llc"] = 5_000
    axes = llc_vs_n(table, NAMES).axes[0]
    low, high = axes.get_ylim()
    assert (low, high) == pytest.approx((0, 1.08 * 70))
    arrows = [line for line in axes.lines if line.get_marker() in "v^" and len(line.get_xdata())]
    assert [(line.get_marker(), *line.get_xdata()) for line in arrows] == [("v", 5), ("^", 10)]
    for line in arrows:
        assert low < line.get_ydata()[0] < high


def test_what_is_not_finite_is_left_out(table):
    table.loc[table["n"] == 20, "llc"] = np.nan
    assert {x for x, _ in points(llc_vs_n(table, NAMES).axes[0])} == {5, 10}


def test_nothing_to_draw_is_an_error(table, swept):
    with pytest.raises(DataError, match="no effective dimensions at several N"):
        llc_vs_n(table[table["recipe"] == "smooth"], NAMES)
    with pytest.raises(DataError, match="no effective dimensions with varied settings"):
        llc_sweep(swept.assign(llc=np.nan), NAMES)


def test_a_row_of_panels_for_each_fit(swept):
    figure = llc_sweep(pd.concat([swept, swept.assign(n=20, llc=60.0)]), NAMES)
    assert len(figure.axes) == 4
    noise, localisation = figure.axes[:2]
    assert {x for x, _ in points(noise)} == {0.001, 0.01}
    assert {x for x, _ in points(localisation)} == {1.0, 100.0, 1e4}
    assert noise.get_xscale() == localisation.get_xscale() == "log"
    assert noise.get_title() == "one, to a minimum\nN = 10, seed 1, γ = 100"
    assert localisation.get_title().endswith("σ = 0.01")
