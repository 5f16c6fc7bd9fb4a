import errno

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from lgi.errors import DataError, RunFileError
from lgi.figures import style
from lgi.figures.legible import tick_labels


def figure_with_a_curve():
    figure = style.new_figure(2, 2)
    figure.subplots().plot([0, 1], [0, 1])
    return figure


def test_save_writes_png_and_svg_with_the_same_bytes_every_time(tmp_path):
    for name in ("a", "b"):
        style.save(tmp_path / name / "curve.png", figure_with_a_curve())
    for suffix in (".png", ".svg"):
        first, second = ((tmp_path / name / "curve").with_suffix(suffix) for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    assert b"date" not in (tmp_path / "a" / "curve.svg").read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["curve.png", "curve.svg"]


def test_save_that_fails_leaves_nothing(tmp_path, monkeypatch):
    figure = figure_with_a_curve()

    def fail(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(style, "imsave", fail)
    with pytest.raises(RunFileError, match=r"curve\.png: cannot be written \(disk full\)"):
        style.save(tmp_path / "curve.png", figure)
    assert not list(tmp_path.iterdir())


def test_need_says_what_is_missing():
    style.need(1, "rows")
    with pytest.raises(DataError, match="nothing to draw: no rows of x"):
        style.need(0, "rows of x")


def test_look_is_not_left_behind():
    before = dict(mpl.rcParams)

    @style.styled
    def draw():
        assert mpl.rcParams["svg.hashsalt"] == "lgi"

    draw()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("count", [1, 6, 8, 9, 20])
def test_colours_are_all_different(count):
    for colours in (style.category_colours(count), style.ordered_colours(count)):
        assert len(set(colours)) == count


def test_ordered_colours_grow_lighter():
    red, green, blue = np.array([mpl.colors.to_rgb(c) for c in style.ordered_colours(9)]).T
    # Rec. 709 luma: enough to order shades, also without colour vision.
    assert (np.diff(0.2126 * red + 0.7152 * green + 0.0722 * blue) > 0).all()


def test_colour_by_follows_the_order_of_values():
    assert list(style.colour_by([0.9, 0.1, 0.9, 0.5])) == [0.1, 0.5, 0.9]


@pytest.mark.parametrize(
    ("last", "labels"), [(0, [0, 1]), (40_000, [0, 100, 10_000]), (100, [0, 1, 10, 100])]
)
def test_epoch_axis_shows_epoch_0(last, labels):
    axes = style.new_figure(2, 2).subplots()
    style.epoch_axis(axes, last)
    assert list(axes.get_xticks()) == labels
    assert axes.get_xlim()[0] < 0 < last + 1 <= axes.get_xlim()[1] + 1


@pytest.mark.parametrize(
    ("values", "scale"),
    [([0, 0.5], "linear"), ([3, 20], "linear"), ([1.5, 20], "symlog"), ([-400, 6], "symlog")],
)
def test_signed_log_axis_is_logarithmic_only_where_it_helps(values, scale):
    axes = style.new_figure(2, 2).subplots()
    style.signed_log_axis(axes, "x", values, 1.0, 1.0)
    assert axes.get_xscale() == scale
    assert axes.get_yscale() == "linear"


def test_signed_log_axis_labels_both_sides():
    axes = style.new_figure(2, 2).subplots()
    style.signed_log_axis(axes, "y", [-400, 30], 10.0, 1.5)
    assert list(axes.get_yticks()) == [-100, -10, -5, 0, 5, 10]
    axes.set_ylim(-400, 30)
    axes.figure.canvas.draw()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["−$10^{2}$", "−10", "−5", "0", "5", "10"]


def test_loss_axis_has_labels_within_one_decade():
    axes = style.new_figure(2, 2).subplots()
    style.loss_axis(axes, [0.04, 0.6])
    assert {0.05, 0.1, 0.2, 0.5} <= {round(float(tick), 4) for tick in axes.get_yticks()}


@pytest.mark.parametrize(
    ("top", "labels"),
    [
        (1.0, ["0%", "20%", "40%", "60%", "80%", "100%"]),
        (0.012, ["0.0%", "0.5%", "1.0%"]),
        (0.0, ["0.0%", "0.2%", "0.4%", "0.6%", "0.8%", "1.0%"]),
        (0.1, ["0%", "2%", "4%", "6%", "8%", "10%"]),
    ],
)
def test_percent_axis_tells_its_ticks_apart(top, labels):
    axes = style.new_figure(2, 2).subplots()
    style.percent_axis(axes, "y", top)
    axes.figure.canvas.draw()
    assert tick_labels(axes.yaxis) == labels


@pytest.mark.parametrize(
    ("ends", "labels"),
    [
        ((0.9, 60), ["1", "2", "5", "10", "20", "50"]),
        ((900, 1100), ["900", "950", "1000", "1050", "1100"]),
        ((0.5, 2e6), ["1", "10", "100", "1000", "10000", "$10^{5}$", "$10^{6}$"]),
        ((20, 60), ["20", "30", "50"]),
    ],
)
def test_plain_log_axis_labels(ends, labels):
    axes = style.new_figure(2, 2).subplots()
    axes.set_xlim(*ends)
    style.plain_log_axis(axes, "x")
    axes.set_xlim(*ends)
    axes.figure.canvas.draw()
    assert tick_labels(axes.xaxis) == labels


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")  # before it has grown
@pytest.mark.parametrize("panels", [1, 2, 5])
@pytest.mark.parametrize(
    ("where", "columns"), [("outside upper center", 3), ("outside right center", 1)]
)
def test_no_legend_is_cut_whatever_the_number_of_panels(tmp_path, panels, where, columns):
    figure = style.new_figure(1.2 * panels + 2.5, 1.5)
    for axes in figure.subplots(1, panels, squeeze=False)[0]:
        axes.plot([0, 1], label="what a line of many words says in a legend")
    lines = figure.axes[0].lines
    figure.legend(handles=[*lines, *lines, *lines], loc=where, ncols=columns)
    figure.supylabel("a label that is longer than the panel is high")
    style.save(tmp_path / "x.png", figure)
    low, high = figure.get_tightbbox().get_points()
    assert (low >= -style.UNSEEN).all()
    assert (high <= figure.get_size_inches() + style.UNSEEN).all()


def test_a_figure_that_is_not_cut_keeps_its_size(tmp_path):
    figure = style.new_figure(3, 2)
    figure.subplots().plot([0, 1])
    style.save(tmp_path / "x.png", figure)
    assert figure.get_size_inches().tolist() == [3, 2]


def test_a_figure_is_drawn_once_for_each_file(tmp_path, monkeypatch):
    drawn, draw = [], Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda *given: drawn.append(given) or draw(*given))
    figure = style.new_figure(3, 2)
    figure.add_subplot().plot([1, 2])
    style.save(tmp_path / "a.png", figure)
    assert len(drawn) == 2


def test_a_saved_figure_has_the_bytes_of_savefig(tmp_path):
    for name in ("here", "savefig"):
        figure = style.new_figure(3, 2)
        figure.add_subplot().plot([1, 2], label="line")
        if name == "here":
            style.save(tmp_path / "here.png", figure)
        else:
            with mpl.rc_context(style.LOOK):
                figure.savefig(tmp_path / "savefig.png", metadata={"Software": None})
    assert (tmp_path / "here.png").read_bytes() == (tmp_path / "savefig.png").read_bytes()
