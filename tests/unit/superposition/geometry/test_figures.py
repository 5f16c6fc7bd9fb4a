import numpy as np
import pandas as pd
import pytest

from lgi.display import SuperpositionNames
from lgi.errors import DataError
from lgi.superposition.geometry import figures

INITS = ["random", "kgon4", "kgon6", "optimal"]
SPARSITIES = [0.4, 0.8, 0.97]
SEEDS = range(5)
EPOCHS = [0, 13, 40_000]
NAMES = SuperpositionNames(initialisations={"kgon4": "four-gon"}, settings={})
KGONS = ["degenerate", "4", "5+", "6"]


def panels(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


@pytest.fixture
def shares():
    keys = ["init", "samples", "sparsity", "epoch", "kgon"]
    frame = pd.MultiIndex.from_product([INITS, [1000], SPARSITIES, EPOCHS, KGONS], names=keys)
    frame = frame.to_frame(index=False)
    return frame.assign(share=np.tile([0.1, 0.2, 0.3, 0.4], len(frame) // 4))


def test_kgons_over_training(shares):
    figure = figures.kgons_over_training(shares, NAMES)
    assert len(figure.axes) == len(INITS) * len(SPARSITIES)
    titles = [axes.get_title() for axes in figure.axes[: len(SPARSITIES)]]
    assert titles == ["S = 0.4000", "S = 0.8000", "S = 0.9700"]
    assert [axes.get_ylabel() for axes in figure.axes[:: len(SPARSITIES)]] == [
        *("random", "four-gon", "kgon6", "optimal")
    ]
    for axes in figure.axes:
        tops = [layer.get_paths()[0].vertices[:, 1].max() for layer in axes.collections]
        assert np.allclose(tops, [0.1, 0.3, 0.6, 1])
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["degenerate", "4-gon", "5+-gon", "6-gon"]


def test_a_kind_keeps_its_colour_whichever_others_occur(shares):
    both = [
        figures.kgons_over_training(frame).axes[0].collections[-1].get_facecolor()
        for frame in (shares, shares[shares["kgon"] == "6"])
    ]
    assert np.array_equal(*both)


@pytest.fixture
def features():
    rng = np.random.default_rng(2)
    keys = ["init", "samples", "sparsity", "seed", "feature"]
    frame = pd.MultiIndex.from_product([INITS, [1000], SPARSITIES, SEEDS, range(6)], names=keys)
    frame = frame.to_frame(index=False)
    norm = np.where(frame["feature"] < 4, 1.1, 0.1)
    dimensionality = np.where(frame["feature"] < 4, 0.5, 0.01) + rng.normal(0, 0.01, len(frame))
    density = 1 / (1 - frame["sparsity"])
    frame = frame.assign(inverse_density=density, norm=norm, dimensionality=dimensionality)
    shown = frame["dimensionality"].where(frame["feature"] < 4)
    median = shown.groupby([frame["init"], frame["sparsity"]]).transform("median")
    return frame.assign(represented=shown.notna(), median_represented=median)


def test_dimensionality_vs_sparsity(features):
    figure = figures.dimensionality_vs_sparsity(features, NAMES)
    assert list(panels(figure))[:2] == ["random start", "four-gon start"]
    for init, axes in zip(INITS, panels(figure).values(), strict=True):
        rows = features[features["init"] == init]
        (dots,) = axes.collections
        assert np.array_equal(dots.get_offsets()[:, 1], rows["dimensionality"])
        # Points are moved aside by 15 % at most, so that sparsities stay apart.
        assert np.abs(np.log(dots.get_offsets()[:, 0] / rows["inverse_density"])).max() < 0.15
        median = next(line for line in axes.lines if line.get_marker() == "s")
        expected = rows[rows["feature"] < 4].groupby("inverse_density")["dimensionality"].median()
        assert np.allclose(median.get_xdata(), expected.index)
        assert np.allclose(median.get_ydata(), expected)
        plateaus = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert np.allclose(plateaus, [1, 2 / 3, 1 / 2, 2 / 5, 1 / 3])


def test_kinds_that_a_file_holds_as_numbers_are_kinds(shares):
    numbers = shares[shares["kgon"].isin(["4", "6"])]
    read = numbers.assign(kgon=numbers["kgon"].astype(int), share=0.5)
    (legend,) = figures.kgons_over_training(read).legends
    assert [text.get_text() for text in legend.get_texts()] == ["4-gon", "6-gon"]


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (figures.kgons_over_training, "shares"),
        (figures.dimensionality_vs_sparsity, "features"),
    ],
)
def test_without_rows_there_is_no_figure(draw, name, request):
    with pytest.raises(DataError, match="nothing to draw: no "):
        draw(request.getfixturevalue(name)[:0])
