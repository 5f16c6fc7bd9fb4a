import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from lgi.errors import DataError
from lgi.gaussians.prediction import features, figures
from lgi.gaussians.prediction import table as prediction
from lgi.gaussians.prediction.spectra import SUMMARISED
from tests.unit.gaussians.synthetic import NAMES

HERE = {"image": "board", "recipe": "short"}


@pytest.fixture(scope="module")
def values():
    """Singular values of two fits; the last one is 0."""
    rows = [
        {"n": n, "seed": 1, "state": state, "place": place + 1, "share": value / n}
        for n in (5, 6)
        for state in features.STATES
        for place, value in enumerate([n, 0.5, 0.0])
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def summary():
    """Medians and quartiles at two N."""
    rows = [
        {"feature": feature, "state": state, "n": n, "low": 0.1, "median": n / 20, "high": 0.4}
        for feature in SUMMARISED
        for state in features.STATES
        for n in (5, 6)
    ]
    return pd.DataFrame(rows).assign(seeds=2)


def skill(predictor, value, state="start", **changes):
    row = HERE | {
        "target": prediction.LOSS,
        "test": prediction.SEEDS,
        "measure": prediction.BEYOND,
        "state": state,
        "predictor": predictor,
        "form": prediction.VALUE,
        "value": value,
        "joint_low": value - 0.1,
        "joint_high": value + 0.1,
        "seeds": 20,
    }
    return row | changes


def lines(axes, marker):
    drawn = [line for line in axes.lines if line.get_marker() == marker]
    return sorted((x, y) for line in drawn for x, y in zip(*line.get_data(), strict=True))


def test_spectra_show_shares_of_the_largest_above_and_medians_below(values, summary):
    figure = figures.spectra(values, summary, **HERE, names=NAMES)
    assert len(figure.axes) == 6
    for axes, state in zip(figure.axes, features.STATES, strict=False):
        assert axes.get_title() == figures.TITLES[state]
        curves = [line for line in axes.lines if len(line.get_xdata()) == 3]
        assert [list(line.get_ydata()) for line in curves] == [[1, 0.1, 0], [1, 0.5 / 6, 0]]
    for axes in figure.axes[3:]:
        assert [line.get_label() for line in axes.lines] == list(figures.TITLES.values())
        for line, band in zip(axes.lines, axes.collections, strict=True):
            assert [list(end) for end in line.get_data()] == [[5, 6], [0.25, 0.3]]
            heights = band.get_paths()[0].vertices[:, 1]
            assert (heights.min(), heights.max()) == (0.1, 0.4)


def test_spectra_of_nothing_are_an_error(values, summary):
    with pytest.raises(DataError, match="nothing to draw: no features"):
        figures.spectra(values, summary[:0], **HERE, names=NAMES)
    with pytest.raises(DataError, match="nothing to draw: no singular values"):
        figures.spectra(values[:0], summary, **HERE, names=NAMES)


def test_what_is_summarised_is_drawn():
    assert tuple(figures.SUMMARIES) == SUMMARISED


def test_skills_stand_beside_their_names():
    rows = [
        skill("overlap", 0.3),
        skill("scale", 0.4, "best"),
        skill("N", 0.2, prediction.NO_STATE, measure=prediction.SKILL),
        skill("overlap", 0.7, recipe="long"),
    ]
    figure = figures.skills(pd.DataFrame(rows), **HERE, least=0.05, names=NAMES)
    loss, *_ = figure.axes
    names = [label.get_text() for label in loss.get_yticklabels()]
    assert names == [
        "without features",
        "N",
        "before training",
        "Gaussians per pixel at the start",
        "after training, at the best",
        "scale at the best",
    ]
    height = dict(zip(names, loss.get_yticks(), strict=True))
    found = {round(x, 6): y for x, y in lines(loss, "o")}
    assert found == {
        0.2: pytest.approx(height["N"], abs=0.3),
        0.3: pytest.approx(height["Gaussians per pixel at the start"], abs=0.3),
        0.4: pytest.approx(height["scale at the best"], abs=0.3),
    }


def test_what_is_not_told_from_chance_is_counted():
    rows = [
        skill("overlap", 0.3),
        skill("scale", 0.05),
        skill("spacing", 0.55, measure=prediction.AUC, target=prediction.REGRESSION),
        skill("uncovered", -0.2, "best"),
        skill(prediction.ALL, -0.2, "end"),
        skill("N", -0.3, prediction.NO_STATE, measure=prediction.SKILL),
    ]
    figure = figures.skills(pd.DataFrame(rows), **HERE, least=0.05, names=NAMES)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "without features",
        "N",
        "before training\n(2 features not told from chance)",
        "Gaussians per pixel at the start",
        "after training, at the best\n(1 feature not told from chance)",
        "after training, at the end",
        "all features at the end",
    ]
    assert figure.get_suptitle() == "board, short, 20 seeds"


def test_intervals_are_those_of_unseen_seeds():
    rows = [skill("overlap", 0.3), skill("overlap", 0.6, test=prediction.SEEDS_AND_N)]
    loss, *_ = figures.skills(pd.DataFrame(rows), **HERE, least=0.05, names=NAMES).axes
    segments = [
        segment[:, 0].tolist()
        for collection in loss.collections
        if isinstance(collection, LineCollection)
        for segment in collection.get_segments()
    ]
    assert segments == [[pytest.approx(0.2), pytest.approx(0.4)]]
    assert len(lines(loss, "o")) == 2


def test_skills_below_the_axis_are_arrows_at_its_edge():
    rows = [skill(prediction.ALL, -7.0), skill("scale", 0.15)]
    loss, *_ = figures.skills(pd.DataFrame(rows), **HERE, least=0.05, names=NAMES).axes
    assert [x for x, _ in lines(loss, "<")] == [figures.REACH[0]]
    assert [x for x, _ in lines(loss, "o")] == [0.15]


def test_missing_intervals_leave_points():
    rows = [skill("overlap", 0.3, joint_low=np.nan, joint_high=np.nan)]
    loss, *_ = figures.skills(pd.DataFrame(rows), **HERE, least=0.05, names=NAMES).axes
    assert [x for x, _ in lines(loss, "o")] == [0.3]


def test_no_skills_are_an_error():
    rows = pd.DataFrame([skill("overlap", np.nan)])
    with pytest.raises(DataError, match="nothing to draw: no skills of image 'board'"):
        figures.skills(rows, **HERE, least=0.05, names=NAMES)


def test_every_predictor_has_a_name():
    names = {*features.OF_JACOBIAN, *features.OF_GAUSSIANS, "loss", prediction.ALL}
    names |= {prediction.TREND, prediction.EACH_N, prediction.PREVIOUS}
    assert names == set(figures.LABELS)
    assert set(figures.HEADINGS) == {prediction.NO_STATE, *features.STATES}
