import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.figures import superposition as figures

INITS = ["random", "kgon4", "kgon6", "optimal"]
SPARSITIES = [0.4, 0.8, 0.97]
SEEDS = range(5)
EPOCHS = [0, 13, 40_000]
KGONS = ["degenerate", "4", "5+", "6"]


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    keys = ["init", "samples", "sparsity", "seed", "epoch"]
    frame = pd.MultiIndex.from_product([INITS, [100, 1000], SPARSITIES, SEEDS, EPOCHS], names=keys)
    frame = frame.to_frame(index=False)
    for name in ("train_loss", "test_loss", "population_loss"):
        frame[name] = rng.uniform(0, 1, len(frame))
    return frame


def panels(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def test_loss_over_training(table):
    figure = figures.loss_over_training(table, samples=1000)
    grid = np.array(figure.axes).reshape(3, len(INITS))
    assert [axes.get_title() for axes in grid[0]] == INITS
    names = ["train_loss", "test_loss", "population_loss"]
    for row, name in zip(grid, names, strict=True):
        for axes, init in zip(row, INITS, strict=True):
            assert len(axes.lines) == len(axes.collections) == len(SPARSITIES)
            for line, sparsity in zip(axes.lines, SPARSITIES, strict=True):
                part = table[
                    (table["samples"] == 1000)
                    & (table["init"] == init)
                    & (table["sparsity"] == sparsity)
                ]
                assert np.allclose(line.get_ydata(), part.groupby("epoch")[name].median())
            assert list(axes.lines[0].get_xdata()) == EPOCHS
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(SPARSITIES)


def test_quartile_bands_reach_from_quartile_to_quartile(table):
    figure = figures.loss_over_training(table[table["seed"] < 5], samples=1000)
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    part = table[(table["samples"] == 1000) & (table["init"] == INITS[0])]
    part = part[(part["sparsity"] == SPARSITIES[0]) & (part["epoch"] == 0)]["train_loss"]
    at_0 = band[band[:, 0] == 0, 1]
    assert np.allclose([at_0.min(), at_0.max()], part.quantile([0.25, 0.75]))


def test_a_population_loss_that_is_not_known_has_no_row(table):
    figure = figures.loss_over_training(table.assign(population_loss=np.nan), samples=1000)
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert labels == ["training loss", "test loss"]


@pytest.fixture
def shares():
    keys = ["init", "samples", "sparsity", "epoch", "kgon"]
    frame = pd.MultiIndex.from_product([INITS, [1000], SPARSITIES, EPOCHS, KGONS], names=keys)
    frame = frame.to_frame(index=False)
    return frame.assign(share=np.tile([0.1, 0.2, 0.3, 0.4], len(frame) // 4))


def test_kgons_over_training(shares):
    figure = figures.kgons_over_training(shares, samples=1000)
    assert len(figure.axes) == len(INITS) * len(SPARSITIES)
    titles = [axes.get_title() for axes in figure.axes[: len(SPARSITIES)]]
    assert titles == ["S = 0.4000", "S = 0.8000", "S = 0.9700"]
    assert [axes.get_ylabel() for axes in figure.axes[:: len(SPARSITIES)]] == INITS
    for axes in figure.axes:
        tops = [layer.get_paths()[0].vertices[:, 1].max() for layer in axes.collections]
        assert np.allclose(tops, [0.1, 0.3, 0.6, 1])
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["6-gon", "5+-gon", "4-gon", "degenerate"]


def test_a_kind_keeps_its_colour_whichever_others_occur(shares):
    both = [
        figures.kgons_over_training(frame, samples=1000).axes[0].collections[-1].get_facecolor()
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
    return frame.assign(inverse_density=density, norm=norm, dimensionality=dimensionality)


def test_dimensionality_vs_sparsity(features):
    figure = figures.dimensionality_vs_sparsity(features, samples=1000)
    assert list(panels(figure)) == INITS
    for init, axes in panels(figure).items():
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


@pytest.fixture
def starts():
    rows = [
        {"init": init, "samples": 1000, "sparsity": s, "mean_loss": mean, "best_loss": best}
        for init, values in {"kgon4": (0.3, 0.1), "kgon6": (0.2, 0.2)}.items()
        for s in SPARSITIES
        for mean, best in [np.array(values) * (1 - s)]
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(mean_low=0.9 * frame["mean_loss"], mean_high=1.1 * frame["mean_loss"])


def test_kgon4_vs_kgon6(starts):
    losses, ratios = figures.kgon4_vs_kgon6(starts, samples=1000).axes
    drawn = {line.get_label(): line for line in losses.lines}
    assert list(drawn) == ["kgon4, mean", "kgon4, best seed", "kgon6, mean", "kgon6, best seed"]
    for init in ("kgon4", "kgon6"):
        for label, column in (("mean", "mean_loss"), ("best seed", "best_loss")):
            line = drawn[f"{init}, {label}"]
            assert np.allclose(line.get_ydata(), starts[starts["init"] == init][column])
            assert np.allclose(line.get_xdata(), 1 / (1 - np.array(SPARSITIES)))
    assert len(losses.collections) == 2
    mean, best = ratios.lines[:2]
    assert np.allclose(mean.get_ydata(), 1.5)
    assert np.allclose(best.get_ydata(), 0.5)


def test_a_best_loss_of_0_has_no_ratio(starts):
    starts.loc[starts["sparsity"] == 0.97, "best_loss"] = 0.0
    _, ratios = figures.kgon4_vs_kgon6(starts, samples=1000).axes
    assert [len(line.get_xdata()) for line in ratios.lines[:2]] == [3, 2]


def test_one_start_cannot_be_compared(starts):
    with pytest.raises(DataError, match="no second start beside kgon4"):
        figures.kgon4_vs_kgon6(starts[starts["init"] == "kgon4"], samples=1000)


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (figures.loss_over_training, "table"),
        (figures.kgons_over_training, "shares"),
        (figures.dimensionality_vs_sparsity, "features"),
        (figures.kgon4_vs_kgon6, "starts"),
    ],
)
def test_without_rows_there_is_no_figure(draw, name, request):
    frame = request.getfixturevalue(name)
    for rows, samples in ((frame[:0], 1000), (frame, 7)):
        with pytest.raises(DataError, match=f"nothing to draw: no .* with {samples} samples"):
            draw(rows, samples=samples)
