"""Each fault of a figure is found, and a figure without one has none."""

import pytest
from matplotlib.ticker import PercentFormatter

from lgi.figures import legible, style


def plain(width=3.0, height=2.0, **layout):
    """Return a figure with a panel, a title, labels and a legend."""
    figure = style.new_figure(width, height, **layout)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], label="a line")
    axes.set(title="a title", xlabel="time (s)", ylabel="length (m)")
    axes.legend(loc="lower right")
    return figure, axes


@style.styled
def found(change=lambda figure, axes: None, **size):
    """Return the faults of the plain figure after a change."""
    figure, axes = plain(**size)
    change(figure, axes)
    return legible.faults(figure)


def test_a_figure_without_a_fault():
    assert found() == []


def repeated(figure, axes):
    axes.set_ylim(0, 0.01)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def test_repeated_tick_labels():
    (said,) = found(repeated)
    assert said.startswith('y axis "length (m)": tick labels repeat: 0%')


def test_ticks_beyond_the_axis_are_not_read():
    def beyond(figure, axes):
        axes.set_xticks([0.2, 0.8, 5], ["a", "b", "a"])
        axes.set_xlim(0, 1)

    assert found(beyond) == []


def test_what_is_not_drawn_is_not_read():
    def hidden(figure, axes):
        repeated(figure, axes)
        axes.set_axis_off()
        axes.text(0.5, 0.005, "under", visible=False)
        axes.text(0.5, 0.005, "over")

    assert found(hidden) == []


def test_texts_on_each_other():
    def twice(figure, axes):
        axes.text(0.5, 0.5, "under")
        axes.text(0.52, 0.5, "over")

    assert found(twice) == ['texts "under" and "over" overlap']


def test_a_tick_label_under_a_title():
    def over(figure, axes):
        figure.text(0.5, 0.95, "a title of the whole", ha="center")

    assert found(over) == ['texts "a title" and "a title of the whole" overlap']


def test_lines_of_text_close_to_each_other_are_no_fault():
    def close(figure, axes):
        axes.set_yticks([0.2, 0.34], ["one", "other"])

    assert found(close) == []


def test_what_is_cut():
    def cut(figure, axes):
        # Out of what the figure is enlarged by.
        text = axes.text(0.5, 0.5, "a text")
        text.set_in_layout(False)
        text.set_position((-3, 0.5))

    assert found(cut) == ['text "a text" is cut by the figure\'s edge']


def test_a_legend_beyond_the_edge():
    def beyond(figure, axes):
        legend = axes.legend(loc="center", bbox_to_anchor=(1.3, 0.5))
        legend.set_in_layout(False)
        for text in legend.get_texts():
            text.set_text("")

    assert found(beyond) == ['legend "" is cut by the figure\'s edge']


def test_a_legend_on_a_title():
    def over(figure, axes):
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1.2), handlelength=8)

    said = found(over)
    assert 'legend "a line" lies on the text "a title"' in said


@pytest.mark.parametrize(("width", "size"), [(3.0, 6.5), (legible.PAGE * 1.5, 8.0)])
def test_small_letters_on_the_page(width, size):
    def small(figure, axes):
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.legend_.get_texts()):
            text.set_fontsize(12)
        axes.tick_params(labelsize=12)
        axes.title.set_fontsize(size)

    (said,) = found(small, width=width)
    assert said.startswith('text "a title" has ')
    assert "pt on a page" in said
