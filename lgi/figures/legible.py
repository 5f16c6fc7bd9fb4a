"""What a reader of a figure stumbles over: repeated ticks, texts on each other, cut or small."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from lgi.figures.style import UNSEEN, settled, styled

PAGE = 7.5
"""Inches of a page's width (README, a sheet of A4): a wider figure is shrunk to it."""

SMALLEST = 7.0
"""Points that a letter has at least on the page."""

AIR = 0.12
"""Share of a text's box, above and below, that its letters leave free: boxes may share it."""


@styled
def faults(figure: Figure) -> list[str]:
    """Return what makes a figure hard to read, a sentence each; none where there is nothing.

    Tick labels of an axis repeat; a text lies on another or reaches over the edge; a legend does,
    or covers a text; letters are smaller than `SMALLEST` once the figure is as wide as `PAGE`.

    Parameters
    ----------
    figure
        The figure; it is laid out as `lgi.figures.style.save` does.
    """
    settled(figure)
    shown = list(_shown(figure))
    texts = [one for one in shown if isinstance(one, Text) and one.get_text().strip()]
    placed = [(one, box) for one in texts if (box := _box(one)).width > 1 < box.height]
    legends = [one for one in shown if isinstance(one, Legend)]
    found = [
        *(line for axis in shown if isinstance(axis, Axis) for line in _repeated(axis)),
        *_overlapping(placed),
        *_cut(figure, placed, legends),
        *_covered(placed, legends),
        *_small(figure, texts),
    ]
    return list(dict.fromkeys(found))


def _shown(artist: Artist) -> Iterator[Artist]:
    """Yield what is drawn: the artist and what it holds, without ticks beyond the axis."""
    if not artist.get_visible():
        return
    yield artist
    children = artist.get_children()
    if isinstance(artist, Axis):
        children = [*drawn_ticks(artist), artist.label, artist.offsetText]
    elif isinstance(artist, Axes) and not artist.axison:
        children = [child for child in children if not isinstance(child, Axis)]
    for child in children:
        yield from _shown(child)


def drawn_ticks(axis: Axis) -> list[Artist]:
    """Return the ticks of an axis that lie within it."""
    along = axis.get_transform().transform
    low, high = sorted(along(np.asarray(axis.get_view_interval(), float)))
    slack = 1e-6 * (high - low)
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    places = along(np.array([tick.get_loc() for tick in ticks], float))
    within = (places >= low - slack) & (places <= high + slack)
    return [tick for tick, inside in zip(ticks, within, strict=True) if inside]


def tick_labels(axis: Axis) -> list[str]:
    """Return the tick labels that are drawn along an axis."""
    labels = [label for tick in drawn_ticks(axis) for label in (tick.label1, tick.label2)]
    return [one.get_text() for one in labels if one.get_visible() and one.get_text().strip()]


def _repeated(axis: Axis) -> Iterator[str]:
    counts = Counter(tick_labels(axis))
    if again := [label for label, count in counts.items() if count > 1]:
        name = axis.label.get_text() or axis.axes.get_title()
        where = f"{axis.axis_name} axis {_quoted(name)}" if name else f"{axis.axis_name} axis"
        yield f"{where}: tick labels repeat: {', '.join(again)}"


def _box(text: Text) -> Bbox:
    """Return the place of a text in pixels, without the air above and below its letters."""
    box = text.get_window_extent()
    lines = 1 + text.get_text().count("\n")
    lying = abs(text.get_rotation() % 180 - 90) > 45
    return box.padded(*((0, -AIR * box.height / lines) if lying else (-AIR * box.width / lines, 0)))


def _overlapping(placed: list[tuple[Text, Bbox]]) -> Iterator[str]:
    for (one, box), (other, place) in combinations(placed, 2):
        if _on_each_other(box, place):
            yield f"texts {_quoted(one.get_text())} and {_quoted(other.get_text())} overlap"


def _cut(figure: Figure, placed: list[tuple[Text, Bbox]], legends: list[Legend]) -> Iterator[str]:
    edge = figure.bbox.padded(UNSEEN * figure.dpi)
    for text, box in placed:
        if not _within(box, edge):
            yield f"text {_quoted(text.get_text())} is cut by the figure's edge"
    for legend in legends:
        if not _within(legend.get_window_extent(), edge):
            yield f"legend {_called(legend)} is cut by the figure's edge"


def _covered(placed: list[tuple[Text, Bbox]], legends: list[Legend]) -> Iterator[str]:
    for legend in legends:
        own, place = set(_shown(legend)), legend.get_window_extent()
        for text, box in placed:
            if text not in own and _on_each_other(box, place):
                yield f"legend {_called(legend)} lies on the text {_quoted(text.get_text())}"


def _small(figure: Figure, texts: list[Text]) -> Iterator[str]:
    scale = min(1.0, PAGE / figure.get_figwidth())
    sizes = {round(text.get_fontsize() * scale, 1): text for text in reversed(texts)}
    for size, text in sorted(sizes.items(), key=lambda one: one[0]):
        if size < SMALLEST:
            yield (
                f"text {_quoted(text.get_text())} has {size:g} pt on a page "
                f"({figure.get_figwidth():.1f} in wide, allowed {SMALLEST:g})"
            )


def _on_each_other(one: Bbox, other: Bbox) -> bool:
    return bool(np.all(np.minimum(one.max, other.max) - np.maximum(one.min, other.min) > 0.5))


def _within(inner: Bbox, outer: Bbox) -> bool:
    return bool(np.all(inner.min >= outer.min) and np.all(inner.max <= outer.max))


def _called(legend: Legend) -> str:
    texts = [text.get_text() for text in legend.get_texts()]
    return _quoted(legend.get_title().get_text() or (texts[0] if texts else ""))


def _quoted(text: str) -> str:
    return '"' + " ".join(text.split()) + '"'
