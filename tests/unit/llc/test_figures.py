import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.llc import figures as figures
from lgi.llc.inference_data import Trace
from lgi.superposition.llc.tables import SCALE, status_shares

INITS = ["random", "kgon4", "kgon6", "optimal"]
SPARSITIES = [0.4, 0.8, 0.97]
SEEDS = range(5)
EPOCHS = [0, 13, 40_000]


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    keys = ["init", "samples", "sparsity", "seed", "epoch"]
    frame = pd.MultiIndex.from_product([INITS, [100, 1000], SPARSITIES, SEEDS, EPOCHS], names=keys)
    frame = frame.to_frame(index=False)
    for name in ("train_loss", "test_loss", "population_loss"):
        frame[name] = rng.uniform(0, 1, len(frame))
    return frame


@pytest.fixture
def llc(table):
    rng = np.random.default_rng(1)
    frame = table[["init", "samples", "sparsity", "seed", "epoch"]].copy()
    far, near = -rng.uniform(5, 500, len(frame)), 3 + rng.normal(size=len(frame))
    frame["llc"] = np.where(frame["epoch"] == 0, far, near)
    frame["status"] = np.where(frame["epoch"] == 0, "not a minimum", "ok")
    frame = frame.assign(sigma=0.1, n_beta=144.76, localisation=10.0)
    # At epoch 13 one seed of each is at no minimum.
    frame.loc[(frame["epoch"] == 13) & (frame["seed"] == 2), "status"] = "not a minimum"
    return frame


def panels(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def legend(figure):
    """Return the labels of the only legend, of the figure or of one of its panels."""
    boxes = [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]
    (box,) = boxes
    return [text.get_text() for text in box.get_texts()]


def clouds(axes, marker_area):
    return [c for c in axes.collections if c.get_sizes()[0] == marker_area]


class TestLossVsLLC:
    def draw(self, table, llc, epoch=13):
        keys = ["init", "samples", "sparsity", "seed", "epoch"]
        both = table[[*keys, "train_loss"]].merge(llc[[*keys, *SCALE, "llc", "status"]], on=keys)
        return figures.loss_vs_llc(both, epoch=epoch, samples=1000)

    def test_a_panel_per_initialisation_in_the_order_of_the_table(self, table, llc):
        assert list(panels(self.draw(table, llc))) == INITS

    def test_a_point_per_seed(self, table, llc):
        figure = self.draw(table, llc)
        chosen = table.merge(llc)[lambda t: (t["samples"] == 1000) & (t["epoch"] == 13)]
        for init, axes in panels(figure).items():
            drawn = np.concatenate([cloud.get_offsets() for cloud in clouds(axes, 9)])
            rows = chosen[chosen["init"] == init]
            assert len(drawn) == len(SPARSITIES) * len(SEEDS)
            assert sorted(map(tuple, drawn)) == sorted(
                zip(rows["llc"], rows["train_loss"], strict=True)
            )

    @pytest.mark.parametrize(("epoch", "hollow"), [(0, 5), (13, 1), (40_000, 0)])
    def test_hollow_where_not_ok(self, table, llc, epoch, hollow):
        figure = self.draw(table, llc, epoch)
        for axes in panels(figure).values():
            empty = [c for c in clouds(axes, 9) if not len(c.get_facecolors())]
            assert sum(len(c.get_offsets()) for c in empty) == hollow * len(SPARSITIES)
        labels = legend(figure)
        assert any("hollow: not ok" in label for label in labels) == (hollow > 0)
        assert labels[: len(SPARSITIES)] == ["S = 0.4000", "S = 0.8000", "S = 0.9700"]

    def test_a_curve_through_the_medians_of_the_sparsities(self, table, llc):
        figure = self.draw(table, llc)
        chosen = table.merge(llc)[lambda t: (t["samples"] == 1000) & (t["epoch"] == 13)]
        for init, axes in panels(figure).items():
            medians = (
                chosen[chosen["init"] == init].groupby("sparsity")[["llc", "train_loss"]].median()
            )
            curve = next(line for line in axes.lines if len(line.get_xdata()) == len(SPARSITIES))
            assert np.allclose(np.transpose(curve.get_data()), medians)
            (squares,) = clouds(axes, 20)
            assert np.allclose(squares.get_offsets(), medians)

    def test_colours_belong_to_sparsities(self, table, llc):
        figure = self.draw(table, llc, 40_000)
        for axes in panels(figure).values():
            edges = {tuple(c.get_edgecolors()[0][:3]) for c in clouds(axes, 9)}
            assert len(edges) == len(SPARSITIES)

    def test_early_epochs_far_from_a_minimum_stay_readable(self, table, llc):
        for axes in panels(self.draw(table, llc, 0)).values():
            assert axes.get_xscale() == "symlog"
        for axes in panels(self.draw(table, llc, 40_000)).values():
            assert axes.get_xscale() == "linear"

    def test_values_that_are_not_finite_are_counted_in_the_legend(self, table, llc):
        assert not any("not drawn" in label for label in legend(self.draw(table, llc)))
        table.loc[table["seed"] == 4, "train_loss"] = np.nan
        llc.loc[llc["seed"] == 3, "llc"] = np.nan
        figure = self.draw(table, llc)
        for axes in panels(figure).values():
            drawn = sum(len(cloud.get_offsets()) for cloud in clouds(axes, 9))
            assert drawn == len(SPARSITIES) * (len(SEEDS) - 2)
        assert f"not drawn: {2 * len(SPARSITIES) * len(INITS)} estimates\nwithout a value" in (
            legend(figure)
        )

    @pytest.mark.parametrize("status", ["not converged", "biased step", "not local", "diverged"])
    def test_every_status_but_ok_is_hollow(self, table, llc, status):
        llc["status"] = np.where(llc["seed"] == 1, status, "ok")
        for axes in panels(self.draw(table, llc)).values():
            empty = [c for c in clouds(axes, 9) if not len(c.get_facecolors())]
            assert [len(c.get_offsets()) for c in empty] == [1] * len(SPARSITIES)

    def test_nothing_to_draw(self, table, llc):
        with pytest.raises(DataError, match="no loss and LLC at epoch 14 with 1000 samples"):
            self.draw(table, llc, 14)
        with pytest.raises(DataError, match="no loss and LLC"):
            self.draw(table[:0], llc)
        with pytest.raises(DataError, match="no loss and LLC"):
            self.draw(table, llc[:0])


def test_llc_over_training(llc):
    figure = figures.llc_over_training(llc, samples=100)
    assert list(panels(figure)) == INITS
    rows = llc[llc["samples"] == 100]
    for init, axes in panels(figure).items():
        curves = [line for line in axes.lines if line.get_linestyle() == "-"]
        assert len(curves) == len(axes.collections) == len(SPARSITIES)
        for curve, sparsity in zip(curves, SPARSITIES, strict=True):
            part = rows[(rows["init"] == init) & (rows["sparsity"] == sparsity)]
            assert list(curve.get_xdata()) == EPOCHS
            assert np.allclose(curve.get_ydata(), part.groupby("epoch")["llc"].median())
        hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
        # One seed of five at epoch 13 is no majority; all are at epoch 0.
        assert [list(line.get_xdata()) for line in hollow] == [[0]] * len(SPARSITIES)


def test_axes_say_at_which_scale(table, llc):
    scale = "nβ = 144.8, γ = 10, σ = 0.1"
    both = table.merge(llc)
    for figure, label in (
        (figures.loss_vs_llc(both, epoch=13, samples=100), "get_supxlabel"),
        (figures.llc_over_training(llc, samples=100), "get_supylabel"),
        (
            figures.llc_status(status_shares(llc.assign(setting="fine")), samples=100),
            "get_supxlabel",
        ),
    ):
        assert scale in getattr(figure, label)()
    both = pd.concat([llc, llc.assign(sigma=0.3)])
    assert figures.scale_label(both) == "nβ = 144.8, γ = 10, σ = 0.1 or 0.3"


def test_late_epochs_fill_the_axis(llc):
    late = llc.replace({"epoch": {0: 3_243, 13: 20_000}})
    axes, *_ = panels(figures.llc_over_training(late, samples=100)).values()
    low, high = axes.get_xlim()
    assert 2_000 < low < 3_243
    assert 40_000 < high < 60_000
    assert axes.get_xscale() == "log"


def hollow_medians(axes):
    lines = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    return [list(line.get_xdata()) for line in lines]


def test_llc_settings_has_a_row_per_setting(llc):
    both = pd.concat(
        [llc.assign(setting="published"), llc.assign(setting="fine", llc=2 * llc["llc"])]
    )
    both.loc[(both["setting"] == "published") & (both["epoch"] == 13), "status"] = "biased step"
    figure = figures.llc_settings(both, samples=1000)
    grid = np.reshape(figure.axes, (2, len(INITS)))
    assert [axes.get_title() for axes in grid[0]] == INITS
    labels = [axes.get_ylabel().splitlines() for axes in grid[:, 0]]
    assert [label[0] for label in labels] == ["published", "fine"]
    assert [label[1:] for label in labels] == 2 * [["nβ = 144.8", "γ = 10", "σ = 0.1"]]
    for row, setting in zip(grid, ["published", "fine"], strict=True):
        for axes, init in zip(row, INITS, strict=True):
            rows = both[(both["setting"] == setting) & (both["init"] == init)]
            rows = rows[rows["samples"] == 1000]
            curves = [line for line in axes.lines if line.get_linestyle() == "-"]
            for curve, (_, part) in zip(curves, rows.groupby("sparsity"), strict=True):
                assert np.allclose(curve.get_ydata(), part.groupby("epoch")["llc"].median())
            hollow = [0, 13] if setting == "published" else [0]
            assert hollow_medians(axes) == [hollow] * len(SPARSITIES)
    assert "hollow: not ok,\nno coefficient" in legend(figure)


def test_llc_status_stacks_the_shares(llc):
    shares = status_shares(llc.assign(setting="fine"))
    figure = figures.llc_status(shares, samples=100)
    grid = np.reshape(figure.axes, (len(INITS), len(SPARSITIES)))
    assert [axes.get_title() for axes in grid[0]] == ["S = 0.4000", "S = 0.8000", "S = 0.9700"]
    assert [axes.get_ylabel() for axes in grid[:, 0]] == sorted(INITS)
    assert legend(figure) == ["not a minimum", "ok"]
    for axes in figure.axes:
        ok, not_a_minimum = axes.containers
        assert np.allclose([bar.get_height() for bar in ok], [0, 0.8, 1])
        assert np.allclose([bar.get_height() for bar in not_a_minimum], [1, 0.2, 0])
        assert np.allclose([bar.get_y() for bar in not_a_minimum], [0, 0.8, 1])
    for axes in grid[-1]:
        assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "13", "40,000"]


@pytest.fixture
def calibration():
    rng = np.random.default_rng(4)
    sweeps = [
        ("reference", "hmc", [np.nan]),
        ("step_size", "sgld", [0.001, 0.01, 0.1]),
        ("step_size", "hmc", [0.01, 0.1]),
        ("localisation", "hmc", [0.1, 1.0, 10.0]),
        ("n_beta", "hmc", [5.0, 20.0, 40.0, 80.0]),
        ("n", "hmc", [100, 1000]),
        ("draws", "hmc", [0.1, 1.0, 3.0]),
    ]
    rows = [
        {"init": init, "samples": 100, "sparsity": 0.4, "seed": 2, "epoch": 40_000}
        | {"varied": varied, "sampler": sampler, "value": value, "llc": 4 + rng.normal()}
        for init in ("kgon4", "kgon6")
        for varied, sampler, values in sweeps
        for value in values
    ]
    frame = pd.DataFrame(rows).assign(
        localisation=0.4, n_beta=20.0, llc_se=0.1, bias=0.5, bias_se=0.2, acceptance=0.8, ess=300.0
    )
    frame["status"] = np.where(frame["value"] == 0.1, "biased step", "ok")
    return frame


def swept(axes):
    """Return the curves of a panel as (x, y), and its points in all and hollow."""
    curves = [line for line in axes.lines if line.get_linestyle() in {"-", "--"}]
    curves = [line for line in curves if line.get_lw() == 0.8]
    marks = [line for line in axes.lines if line.get_markersize() == 4]
    hollow = [line for line in marks if line.get_markerfacecolor() == "white"]
    count = lambda lines: sum(len(line.get_xdata()) for line in lines)  # noqa: E731
    return curves, count(marks), count(hollow)


def test_llc_calibration_draws_every_estimate(calibration):
    figure = figures.llc_calibration(calibration)
    assert len(figure.axes) == 8
    for axes, varied, sweeps, hollow in zip(
        figure.axes,
        [*["step_size"] * 3, "draws", "localisation", "n_beta", "n", "draws"],
        [4, 4, 4, 2, 2, 2, 2, 2],
        [4, 4, 4, 2, 2, 0, 0, 2],
        strict=True,
    ):
        curves, points, empty = swept(axes)
        assert len(curves) == sweeps
        assert points == (calibration["varied"] == varied).sum()
        assert empty == hollow
        assert axes.get_xscale() == "log"
        dotted = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert dotted == {"localisation": [0.4], "n_beta": [20.0]}.get(varied, [])
    first = swept(figure.axes[4])[0][0]
    rows = calibration[(calibration["varied"] == "localisation") & (calibration["init"] == "kgon4")]
    assert np.allclose(np.transpose(first.get_data()), rows[["value", "llc"]])
    labels = legend(figure)
    assert labels[:4] == [
        "kgon4, 100 samples, S = 0.4000, seed 2, epoch 40,000",
        "kgon6, 100 samples, S = 0.4000, seed 2, epoch 40,000",
        "sgld",
        "hmc",
    ]
    assert "hollow: not ok,\nno coefficient" in labels


def test_a_calibration_that_left_to_infinity_is_counted(calibration):
    calibration.loc[calibration["value"] == 0.1, ["llc", "llc_se", "bias", "bias_se"]] = np.nan
    labels = legend(figures.llc_calibration(calibration))
    assert "not drawn: 8 estimates\nwithout a value" in labels


def test_llc_trace_draws_every_chain_and_ends_at_the_estimate():
    rng = np.random.default_rng(5)
    record = {"init": "kgon4", "samples": 100, "sparsity": 0.4, "seed": 2, "epoch": 13}
    trace = Trace(
        loss=rng.normal(size=(3, 40)),
        loss_at_w=-1.0,
        n_beta=10.0,
        burn_in=10,
        thin=5,
        record={**record, "setting": {"sampler": {"kind": "hmc"}}},
    )
    above, below = figures.llc_trace(trace).axes
    assert above.get_title() == "kgon4, 100 samples, S = 0.4000, seed 2, epoch 13: hmc"
    assert len(above.lines) == 3
    for line, chain in zip(above.lines, trace.llc, strict=True):
        assert np.allclose(line.get_ydata(), chain)
        assert np.array_equal(line.get_xdata(), 5 * np.arange(1, 41))
    assert len(below.lines) == 4
    ends = [line.get_ydata()[-1] for line in below.lines]
    kept = trace.llc[:, 10:]
    assert np.allclose(ends, [*kept.mean(axis=1), kept.mean()])
    assert all(line.get_xdata()[0] == 55 for line in below.lines)


def test_a_trace_that_is_all_burn_in_cannot_be_drawn():
    trace = Trace(np.zeros((2, 10)), 0.0, 1.0, burn_in=10, thin=1, record={})
    with pytest.raises(DataError, match="no draws after the burn-in"):
        figures.llc_trace(trace)


@pytest.mark.parametrize("draw", [figures.llc_over_training, figures.llc_settings])
def test_without_rows_there_is_no_figure(draw, llc):
    llc["setting"] = "fine"
    for rows, samples in ((llc[:0], 1000), (llc, 7), (llc.assign(llc=np.nan), 1000)):
        with pytest.raises(DataError, match=f"nothing to draw: no .* with {samples} samples"):
            draw(rows, samples=samples)
    with pytest.raises(DataError, match="no estimates with 7 samples"):
        figures.llc_status(status_shares(llc), samples=7)
