import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from lgi.display import SuperpositionNames
from lgi.errors import DataError, RunFileError
from lgi.figures.style import category_colours
from lgi.runs import Run
from lgi.superposition.geometry import polygons

EPOCH = np.array([0, 1, 10, 190, 2100, 40_000])
SEEDS = np.array([3, 7])
FEATURES = 6
RECORD = {"init": "kgon4", "samples": 1000, "sparsity": 0.96}
NAMES = SuperpositionNames(initialisations={"kgon4": "four-gon"}, settings={})
ESTIMATES = pd.DataFrame(
    {
        "seed": [3, 7, 7],
        "epoch": [40_000, 2100, 40_000],
        "llc": [1.0, 2.0, -3.0],
        "llc_se": [0.1, 0.2, 0.3],
        "status": ["ok", "ok", "not local"],
    }
)


def regular(corners, radius, turn=0.0):
    angle = turn + 2 * np.pi * np.arange(corners) / corners
    W = np.zeros((2, FEATURES))
    W[:, :corners] = radius * np.stack([np.cos(angle), np.sin(angle)])
    return W


@pytest.fixture
def run():
    """Seed 3 stays a square; seed 7 goes from a square to a hexagon."""
    square = np.stack([regular(4, 0.9)] * len(EPOCH))
    growing = square.copy()
    growing[3:] = regular(6, 1.3, 0.2)
    W = np.stack([square, growing])
    b = np.linspace(-1, 1, len(SEEDS) * len(EPOCH) * FEATURES).reshape(2, len(EPOCH), FEATURES)
    loss = np.stack([np.geomspace(1, 0.01, len(EPOCH))] * 2)
    arrays = {"seed": SEEDS, "epoch": EPOCH, "W": W, "b": b}
    return Run("run.npz", arrays | {"train_loss": loss, "test_loss": 1.1 * loss}, RECORD)


def test_strip_has_a_column_per_different_snapshot(run):
    figure = polygons.snapshots(run, seed=7, epochs=[0, 200, 2000, 10_000, 40_000])
    # 2,000 and 10,000 are both nearest to 2,100.
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [
        "epoch 0\n4-gon\nloss 1",
        "epoch 190\n6-gon\nloss 0.0631",
        "epoch 2,100\n6-gon\nloss 0.0251",
        "epoch 40,000\n6-gon\nloss 0.01",
    ]
    assert len(figure.axes) == 3 * 4


@pytest.mark.parametrize(
    ("estimates", "told"),
    [
        (None, ""),
        (ESTIMATES, "; λ̂ = −3.00 ± 0.30 (s.e.), not local"),
        (ESTIMATES[:2], "; λ̂ = 2.00 ± 0.20 (s.e.) at epoch 2,100, ok"),
        (ESTIMATES[:1], ""),
    ],
)
def test_the_title_names_the_model_its_loss_and_its_last_estimate(run, estimates, told):
    figure = polygons.snapshots(run, seed=7, epochs=[0], estimates=estimates, names=NAMES)
    assert figure.get_suptitle().splitlines() == [
        "four-gon start, S = 0.9600, 1,000 training samples, seed 7",
        f"training loss 0.01 at epoch 40,000{told}",
    ]


def test_a_tiny_loss_is_a_power_of_ten(run):
    run["train_loss"][:] = 1.4e-10
    figure = polygons.snapshots(run, seed=7, epochs=[0])
    assert figure.axes[0].get_title().endswith("loss 1.4·$10^{-10}$")


def test_a_model_that_stays_is_one_frame_that_says_so(run):
    run["b"][0] = 0.0
    run["W"][0, 3, 0, 0] += 0.009
    assert len(polygons.polygon_frames(run, seed=3)) == 1
    words = "stays: moves by less than 0.01 in 40,000 epochs"
    assert polygons.snapshots(run, seed=3, epochs=[0]).get_suptitle().splitlines()[-1] == words
    run["W"][0, 3, 0, 0] += 0.009
    assert len(polygons.polygon_frames(run, seed=3)) == len(EPOCH)
    assert words not in polygons.snapshots(run, seed=3, epochs=[0]).get_suptitle()


def test_strip_shows_the_numbers_of_the_run(run):
    figure = polygons.snapshots(run, seed=7, epochs=[0, 40_000])
    planes, norms, biases = np.array(figure.axes).reshape(3, 2)
    for k, snapshot in enumerate((0, -1)):
        W, b = run["W"][1, snapshot], run["b"][1, snapshot]
        spokes, tips = planes[k].collections
        assert np.allclose(tips.get_offsets(), W.T)
        assert np.allclose([segment[1] for segment in spokes.get_segments()], W.T)
        colours = [to_hex(c) for c in tips.get_facecolors()]
        assert colours == [c.lower() for c in category_colours(FEATURES)]
        for axes, values in ((norms[k], np.hypot(*W)), (biases[k], b)):
            heights = [path.vertices[1, 1] for path in axes.collections[0].get_paths()]
            assert np.allclose(heights, values)


@pytest.mark.parametrize(("snapshot", "corners"), [(0, 4), (-1, 6)])
def test_hull_goes_round_once_through_the_corners(run, snapshot, corners):
    figure = polygons.snapshots(run, seed=7, epochs=[EPOCH[snapshot]])
    hull = next(patch for patch in figure.axes[0].patches if hasattr(patch, "get_xy"))
    outline = hull.get_xy()[:-1]  # closed: the last point is the first
    assert len(outline) == corners
    step = np.diff(np.unwrap(np.arctan2(*np.vstack([outline, outline[:1]]).T[::-1])))
    assert np.allclose(step, 2 * np.pi / corners)


def test_a_hull_without_area_is_drawn_as_nothing(run):
    run["W"][0, :] = 0
    figure = polygons.snapshots(run, seed=3, epochs=[0])
    assert figure.axes[0].get_title() == "epoch 0\ndegenerate\nloss 1"


def test_animation_has_a_frame_per_snapshot_and_epoch_0(run):
    frames = polygons.polygon_frames(run, seed=7)
    assert frames.shape[0] == len(EPOCH)
    height, width = frames.shape[1:3]
    assert height % 2 == width % 2 == 0
    assert all((frames[k] != frames[k + 1]).any() for k in range(len(EPOCH) - 1))


def test_animation_puts_the_marker_on_the_loss_of_each_snapshot(run, monkeypatch):
    seen = []

    def record(figure, moving, count, update):
        marker = next(artist for artist in moving if hasattr(artist, "get_xdata"))
        for k in range(count):
            update(k)
            seen.append((marker.get_xdata()[0], marker.get_ydata()[0]))
        labels = [line.get_label() for line in figure.axes[-1].lines]
        assert labels[:2] == ["training", "test"]

    monkeypatch.setattr("lgi.figures.animation.frames", record)
    polygons.polygon_frames(run, seed=7)
    assert seen == list(zip(EPOCH, run["train_loss"][1], strict=True))


def test_snapshots_that_are_not_finite_are_left_out(run):
    run["W"][1, 4:] = np.nan
    assert len(polygons.polygon_frames(run, seed=7)) == 4


@pytest.mark.parametrize("draw", [polygons.polygon_frames, polygons.snapshots])
class TestWhatCannotBeDrawn:
    def draw(self, draw, run, seed):
        return draw(run, seed=seed, **({"epochs": [0]} if draw is polygons.snapshots else {}))

    def test_unknown_seed(self, draw, run):
        with pytest.raises(RunFileError, match=r"run\.npz: no seed 5; it holds 3, 7"):
            self.draw(draw, run, 5)

    def test_more_than_two_hidden_dimensions(self, draw, run):
        run.arrays["W"] = np.zeros((2, len(EPOCH), 3, FEATURES))
        with pytest.raises(DataError, match="need hidden dimension 2; it has 3"):
            self.draw(draw, run, 3)

    def test_no_finite_snapshot(self, draw, run):
        run["b"][0] = np.nan
        with pytest.raises(DataError, match="no snapshot of seed 3 is finite"):
            self.draw(draw, run, 3)


def test_more_features_than_colours_still_draw(run):
    models = np.random.default_rng(0).normal(size=(1, 3, 2, 11))
    arrays = {"seed": np.array([0]), "epoch": EPOCH[:3], "W": models, "b": models[:, :, 0]}
    loss = np.ones((1, 3))
    wide = Run("wide.npz", arrays | {"train_loss": loss, "test_loss": loss}, RECORD)
    figure = polygons.snapshots(wide, seed=0, epochs=[0])
    assert len(figure.axes[0].collections[1].get_offsets()) == 11
