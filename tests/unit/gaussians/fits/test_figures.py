import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from lgi.errors import DataError
from lgi.gaussians.fits import figures as gaussians
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.view import Fit
from tests.unit.gaussians.synthetic import NAMES, run_of

ITERATION = np.array([1, 2, 4, 8, 16, 32])
HEIGHT, WIDTH = 12, 20


@pytest.fixture
def table():
    """Seed 42 at 20, 30, 45..48 and 60, seed 7 at 45..48; published values for 45 and 46."""
    rows = [
        {"n": n, "seed": seed, "best_loss": loss, "published_best_loss": np.nan}
        for seed, losses in {
            42: {20: 0.11, 30: 0.09, 45: 0.08, 46: 0.07, 47: 0.075, 48: 0.06, 60: 0.05},
            7: {45: 0.081, 46: 0.083, 47: 0.084, 48: 0.06},
        }.items()
        for n, loss in losses.items()
    ]
    frame = pd.DataFrame(rows).assign(image="ramp", recipe="published")
    frame.loc[(frame["seed"] == 42) & frame["n"].isin([45, 46]), "published_best_loss"] = 0.08
    return frame.assign(change_vs_previous_n=frame.groupby("seed")["best_loss"].diff())


def points(axes, *markers):
    lines = [line for line in axes.lines if line.get_marker() in markers]
    return sorted((x, y) for line in lines for x, y in zip(*line.get_data(), strict=True))


def test_loss_vs_n_draws_every_row_once(table):
    whole, close = gaussians.loss_vs_n(table, NAMES).axes
    for axes, rows in ((whole, table), (close, table[table["n"].between(45, 48)])):
        drawn = sorted(zip(rows["n"], rows["best_loss"], strict=True))
        assert points(axes, "o", "^") == drawn
        worse = rows[rows["change_vs_previous_n"] > 0]
        assert points(axes, "^") == sorted(zip(worse["n"], worse["best_loss"], strict=True))
        assert points(axes, "D") == [(45, 0.08), (46, 0.08)]
        curves = [line for line in axes.lines if line.get_linestyle() == "-"]
        assert len(curves) == rows["seed"].nunique()
    assert len(points(whole, "^")) == 3
    assert len(points(whole, "o")) == len(table) - 3


def test_loss_vs_n_has_a_legend_entry_per_seed(table):
    (legend,) = gaussians.loss_vs_n(table, NAMES).legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["seed 7", "seed 42", "worse than the next smaller N", "published"]
    unpublished = table.assign(published_best_loss=np.nan)
    (legend,) = gaussians.loss_vs_n(unpublished, NAMES).legends
    assert [text.get_text() for text in legend.get_texts()] == labels[:-1]


def test_seeds_of_one_n_are_grey_points(table):
    extra = table[table["n"] == 47].assign(seed=[101, 102])
    figure = gaussians.loss_vs_n(pd.concat([table, extra]), NAMES)
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    expected = ["seed 7", "seed 42", "2 further seeds", "worse than the next smaller N"]
    assert labels == [*expected, "published"]
    assert figure.get_suptitle() == "a ramp, as published"


def test_an_image_that_stays_covered_has_an_axis_from_0():
    run = fitted()
    run["uncovered"][:] = 0
    _, below = gaussians.loss_and_coverage([run], NAMES).axes
    low, high = below.get_ylim()
    assert -0.001 < low < 0 < 0.01 < high < 0.011


@pytest.mark.parametrize("numbers", [[20, 30, 60], [45, 46, 47, 48]])
def test_loss_vs_n_has_one_panel_where_one_shows_all(table, numbers):
    figure = gaussians.loss_vs_n(table[table["n"].isin(numbers)], NAMES)
    assert len(figure.axes) == 1


def test_loss_vs_n_leaves_out_runs_without_a_loss(table):
    table.loc[0, "best_loss"] = np.nan
    figure = gaussians.loss_vs_n(table, NAMES)
    assert len(points(figure.axes[0], "o", "^")) == len(table) - 1


def test_loss_vs_n_without_rows_is_an_error(table):
    lost = table.assign(best_loss=np.nan)
    for frame, of in ((table[:0], "any run"), (lost, "image 'ramp' with recipe 'published'")):
        with pytest.raises(DataError, match=f"nothing to draw: no finite best loss of {of}"):
            gaussians.loss_vs_n(frame, NAMES)


def fitted(n=4, seed=0, count=5, loss=(0.5, 0.4, 0.2, 0.1, 0.3, 0.4), **record):
    rng = np.random.default_rng(seed)
    states = rng.uniform(0.1, 0.4, size=(count, n, len(PARAMETERS)))
    arrays = {
        "uncovered": np.array([0.1, 0, 0, 0.05, 0.5, 0.6]),
        "target": rng.uniform(size=(HEIGHT, WIDTH, 3)).astype(np.float32),
        "best": states[-2],
        "end": states[-1],
        "snapshots": states,
        "snapshot_iteration": np.array([1, 3, 8, 20, 32])[:count],
    }
    loss = np.array(loss) + 0.01 * n
    return Fit(run_of(loss, arrays, path="fit.npz", n=n, seed=seed, **record))


def flat(parameters):
    """Stand in for a renderer: an image of one shade that depends on the parameters."""
    return np.full((HEIGHT, WIDTH, 3), parameters[:, 5].mean())


@pytest.fixture(autouse=True)
def render_flat(monkeypatch):
    monkeypatch.setattr(Fit, "render", lambda _, parameters: flat(parameters))


def test_loss_and_coverage_draws_both_curves_of_every_run():
    runs = [fitted(n=4), fitted(n=6), fitted(n=9)]
    above, below = gaussians.loss_and_coverage(runs, NAMES).axes
    for axes, name in ((above, "loss"), (below, "uncovered")):
        curves = [line for line in axes.lines if len(line.get_xdata()) == len(ITERATION)]
        assert len(curves) == len(runs)
        for curve, run in zip(curves, runs, strict=True):
            assert np.array_equal(curve.get_xdata(), ITERATION)
            assert np.array_equal(curve.get_ydata(), run[name])
        assert points(axes, "o") == sorted((8, run[name][3]) for run in runs)
    assert below.get_xscale() == above.get_xscale() == "log"


@pytest.mark.parametrize(
    ("runs", "labels"),
    [
        ([fitted(n=5)], ["N = 5, seed 0"]),
        ([fitted(n=5), fitted(n=6)], ["N = 5", "N = 6"]),
        ([fitted(seed=1), fitted(seed=2)], ["seed 1", "seed 2"]),
        (
            [fitted(), fitted(n=5, recipe_name="wide")],
            ["as published, N = 4", "cut-off at 10 σ, N = 5"],
        ),
    ],
)
def test_loss_and_coverage_names_what_differs(runs, labels):
    (legend,) = gaussians.loss_and_coverage(runs, NAMES).legends
    assert [text.get_text() for text in legend.get_texts()] == [*labels, "best loss"]


def test_loss_and_coverage_without_runs_is_an_error():
    lost = fitted(loss=[np.nan] * len(ITERATION))
    for runs in ([], [lost]):
        with pytest.raises(DataError, match="nothing to draw: no runs with a finite loss"):
            gaussians.loss_and_coverage(runs, NAMES)


def test_fit_shows_target_and_both_states():
    run = fitted()
    figure = gaussians.fit(run, NAMES)
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(images) == 7
    assert np.allclose(images[0], run["target"])
    for k, state in enumerate(("best", "end")):
        image, backdrop, error = images[1 + 3 * k : 4 + 3 * k]
        assert np.allclose(image, flat(run[state]))
        assert np.allclose(backdrop, 0.5 + 0.5 * run["target"])
        assert np.allclose(error, np.abs(flat(run[state]) - run["target"]).mean(axis=2))
    titles = [axes.get_title() for axes in figure.axes]
    assert {"best, iteration 8\nloss 0.1400", "end, iteration 32\nloss 0.4400"} <= set(titles)
    assert figure.get_suptitle() == "flat image, as published, N = 4, seed 0"
    errors = [image for axes in figure.axes for image in axes.images if image.get_array().ndim == 2]
    assert {image.norm.vmax for image in errors} == {max(e.get_array().max() for e in errors)}


def test_fit_draws_an_ellipse_per_gaussian_within_the_frame_of_the_image():
    run = fitted(n=7)
    figure = gaussians.fit(run, NAMES)
    patches = [c for axes in figure.axes for c in axes.collections if type(c) is PolyCollection]
    assert [len(patch.get_paths()) for patch in patches] == [7, 7]
    colours = patches[0].get_facecolors()[:, :3]
    assert np.allclose(colours, run["best"][:, 5:8])
    for patch in patches:
        assert patch.axes.get_xlim() == (-0.5, WIDTH - 0.5)
        assert patch.axes.get_ylim() == (HEIGHT - 0.5, -0.5)


def test_ellipses_lie_where_the_renderer_puts_one_sigma():
    run = fitted(n=3)
    parameters = run["best"].copy()
    parameters[:, 4] = [0, 0.7, -2.0]
    for outline, (x, y, sx, sy, rotation) in zip(
        gaussians.ellipses(run, parameters), parameters[:, :5], strict=True
    ):
        dx, dy = outline[:, 0] / WIDTH - x, outline[:, 1] / HEIGHT - y
        along = dx * np.cos(rotation) + dy * np.sin(rotation)
        across = dy * np.cos(rotation) - dx * np.sin(rotation)
        # The same rotation as lgi.gaussians.fits.render.weights.
        assert np.allclose((along / sx) ** 2 + (across / sy) ** 2, 1)


def test_fit_shows_a_state_that_is_best_and_end_once():
    run = fitted(loss=(0.5, 0.4, 0.3, 0.2, 0.1, 0.05), best_iteration=32)
    titles = [axes.get_title() for axes in gaussians.fit(run, NAMES).axes]
    shown = [title for title in titles if "iteration" in title]
    assert shown == ["the end is the best, iteration 32\nloss 0.0900"]


def test_fit_leaves_out_an_end_that_is_not_finite():
    run = fitted()
    run["end"][:] = np.nan
    titles = [axes.get_title() for axes in gaussians.fit(run, NAMES).axes]
    shown = [title for title in titles if "iteration" in title]
    assert shown == ["best, iteration 8\nloss 0.1400"]


def test_fit_without_finite_parameters_is_an_error():
    run = fitted()
    run["best"][:], run["end"][:] = np.nan, np.nan
    with pytest.raises(DataError, match=r"no finite parameters in fit\.npz"):
        gaussians.fit(run, NAMES)


def test_animation_has_a_frame_per_finite_snapshot():
    run = fitted()
    frames = gaussians.fit_frames(run, NAMES)
    # Those of iterations 1 and 8, the best, stay.
    times = [gaussians.HELD // 2, 1, gaussians.HELD, 1, 1]
    assert len(frames) == sum(times)
    assert frames.shape[1] % 2 == frames.shape[2] % 2 == 0
    differ = [(frames[k] != frames[k + 1]).any() for k in range(len(frames) - 1)]
    assert np.flatnonzero(differ).tolist() == (np.cumsum(times)[:-1] - 1).tolist()
    run["snapshots"][3:] = np.nan
    assert len(gaussians.fit_frames(run, NAMES)) == sum(times[:3])
    run["snapshots"][:] = np.nan
    with pytest.raises(DataError, match=r"no finite snapshots in fit\.npz"):
        gaussians.fit_frames(run, NAMES)


def test_animation_moves_image_ellipses_and_markers(monkeypatch):
    run = fitted()
    seen, shown = [], [0] * (gaussians.HELD // 2) + [1] + [2] * gaussians.HELD + [3, 4]

    def record(figure, moving, count, update):
        image, ellipses, loss, uncovered, clock = moving
        for k in range(count):
            update(k)
            now = run["snapshots"][shown[k]]
            assert np.allclose(image.get_array(), flat(now))
            outlines = [path.vertices[:-1] for path in ellipses.get_paths()]
            assert np.allclose(outlines, gaussians.ellipses(run, now))
            seen.append((loss.get_data(), uncovered.get_data(), clock.get_text()))

    monkeypatch.setattr("lgi.figures.animation.frames", record)
    gaussians.fit_frames(run, NAMES)
    assert len(seen) == len(shown)
    for k, (loss, uncovered, clock) in zip(shown, seen, strict=True):
        at = run["snapshot_iteration"][k]
        assert loss == ([at], [np.interp(at, ITERATION, run["loss"])])
        assert uncovered == ([at], [np.interp(at, ITERATION, run["uncovered"])])
        best = ", the best" if k == 2 else ""
        assert clock == f"iteration {at}{best}\nloss {np.interp(at, ITERATION, run['loss']):.4f}"
