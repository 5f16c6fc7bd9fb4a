import numpy as np
import pandas as pd
import pytest

from lgi.display import SuperpositionNames
from lgi.errors import DataError
from lgi.superposition.training import figures

INITS = ["random", "kgon4", "kgon6", "optimal"]
SPARSITIES = [0.4, 0.8, 0.97]
EPOCHS = [0, 13, 40_000]
LOSSES = ["train_loss", "test_loss", "population_loss", "test_gap", "population_gap"]
LABELS = ["mean", "best seed"]
DRAWN = ["train_loss", "population_gap"]
NAMES = SuperpositionNames(initialisations={"kgon4": "four-gon"}, settings={})


@pytest.fixture
def losses():
    rng = np.random.default_rng(0)
    keys = ["loss", "init", "samples", "sparsity", "epoch"]
    frame = pd.MultiIndex.from_product([LOSSES, INITS, [1000], SPARSITIES, EPOCHS], names=keys)
    frame = frame.to_frame(index=False)
    frame[["least", "low", "median", "high", "most"]] = np.sort(rng.random((len(frame), 5)))
    return frame


def test_loss_over_training(losses):
    figure = figures.loss_over_training(losses, NAMES)
    grid = np.array(figure.axes).reshape(2, len(INITS))
    titles = [axes.get_title() for axes in grid[0]]
    assert titles == ["random start", "four-gon start", "kgon6 start", "optimal start"]
    for row, name in zip(grid, DRAWN, strict=True):
        for axes, init in zip(row, INITS, strict=True):
            curves = [line for line in axes.lines if line.get_linestyle() == "-"]
            assert len(curves) == len(axes.collections) == len(SPARSITIES)
            for line, sparsity in zip(curves, SPARSITIES, strict=True):
                part = losses[
                    (losses["loss"] == name)
                    & (losses["init"] == init)
                    & (losses["sparsity"] == sparsity)
                ]
                assert np.allclose(line.get_ydata(), part["median"])
            assert list(axes.lines[0].get_xdata()) == EPOCHS
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(SPARSITIES)


def test_quartile_bands_reach_from_quartile_to_quartile(losses):
    figure = figures.loss_over_training(losses)
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    part = losses[(losses["loss"] == LOSSES[0]) & (losses["init"] == INITS[0])]
    part = part[(part["sparsity"] == SPARSITIES[0]) & (part["epoch"] == 0)]
    at_0 = band[band[:, 0] == 0, 1]
    assert np.allclose([at_0.min(), at_0.max()], part[["low", "high"]])


@pytest.mark.parametrize(
    ("unknown", "gap"), [("none", "population"), ("population", "test"), ("test|population", None)]
)
def test_the_gap_is_that_of_the_loss_with_the_least_noise(losses, unknown, gap):
    figure = figures.loss_over_training(losses[~losses["loss"].str.match(unknown)])
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    below = [f"{gap} loss − training loss,\nin units of 1 − S"] if gap else []
    assert labels == ["training loss, 1,000 samples", *below]


@pytest.fixture
def starts():
    rows = [
        {"init": init, "samples": 1000, "seeds": 5, "sparsity": s}
        | {"mean_loss": mean, "best_loss": best}
        for init, values in {"kgon4": (0.3, 0.1), "kgon6": (0.2, 0.2)}.items()
        for s in SPARSITIES
        for mean, best in [np.array(values) * (1 - s)]
    ]
    frame = pd.DataFrame(rows)
    frame = frame.assign(mean_low=0.9 * frame["mean_loss"], mean_high=1.1 * frame["mean_loss"])
    first = frame["init"] == "kgon4"
    return frame.assign(
        mean_ratio=np.where(first, 1.5, np.nan), best_ratio=np.where(first, 0.5, np.nan)
    )


def test_kgon4_vs_kgon6(starts):
    losses, ratios = figures.kgon4_vs_kgon6(starts, NAMES).axes
    drawn = {line.get_label(): line for line in losses.lines}
    assert list(drawn) == [
        "four-gon, mean",
        "four-gon, best seed",
        "kgon6, mean",
        "kgon6, best seed",
    ]
    for init in ("kgon4", "kgon6"):
        for label, column in (("mean", "mean_loss"), ("best seed", "best_loss")):
            line = drawn[f"{NAMES.of('initialisations', init)}, {label}"]
            assert np.allclose(line.get_ydata(), starts[starts["init"] == init][column])
            assert np.allclose(line.get_xdata(), 1 / (1 - np.array(SPARSITIES)))
    assert len(losses.collections) == 2
    assert losses.get_title() == "1,000 training samples, 5 seeds"
    assert ratios.get_ylabel() == "final training loss, four-gon / kgon6"
    mean, best = ratios.lines[:2]
    assert np.allclose(mean.get_ydata(), 1.5)
    assert np.allclose(best.get_ydata(), 0.5)


def test_a_best_loss_of_0_has_no_ratio(starts):
    starts.loc[starts["sparsity"] == 0.97, "best_loss"] = 0.0
    starts.loc[starts["sparsity"] == 0.97, "best_ratio"] = np.nan
    _, ratios = figures.kgon4_vs_kgon6(starts).axes
    assert [len(line.get_xdata()) for line in ratios.lines[:2]] == [3, 2]


def test_one_start_cannot_be_compared(starts):
    with pytest.raises(DataError, match="no second start beside kgon4"):
        figures.kgon4_vs_kgon6(starts[starts["init"] == "kgon4"])


@pytest.mark.parametrize(
    ("draw", "name"),
    [(figures.loss_over_training, "losses"), (figures.kgon4_vs_kgon6, "starts")],
)
def test_without_rows_there_is_no_figure(draw, name, request):
    with pytest.raises(DataError, match="nothing to draw: no "):
        draw(request.getfixturevalue(name)[:0])
