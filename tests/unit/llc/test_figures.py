import numpy as np
import pandas as pd
import pytest

from lgi.display import SuperpositionNames
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


HIGHEST = 9.0  # half of 18 parameters: the axis of the LLC goes from -2.25 to 11.25
NAMES = SuperpositionNames(initialisations={"kgon4": "four-gon"}, settings={"fine": "σ = 0.1"})


def starts(figure):
    """Return the panels by the first line of their titles."""
    return {title.splitlines()[0]: axes for title, axes in panels(figure).items()}


def arrows(axes):
    return [c for c in axes.collections if c.get_sizes()[0] == 12]


class TestLossVsLLC:
    def draw(self, table, llc, epoch=13, **names):
        keys = ["init", "samples", "sparsity", "seed", "epoch"]
        both = table[[*keys, "train_loss"]].merge(llc[[*keys, *SCALE, "llc", "status"]], on=keys)
        return figures.loss_vs_llc(both, epoch=epoch, samples=1000, highest=HIGHEST, **names)

    def test_a_titled_panel_per_initialisation_in_the_order_of_the_table(self, table, llc):
        assert list(starts(self.draw(table, llc))) == [f"{init} start" for init in INITS]
        assert "four-gon start" in starts(self.draw(table, llc, names=NAMES))

    def test_all_epochs_have_the_same_axes(self, table, llc):
        llc["llc"] *= np.where(llc["epoch"] == 13, 0.1, 1)
        limits = {
            (axes.get_xlim(), axes.get_ylim())
            for epoch in EPOCHS
            for axes in panels(self.draw(table, llc, epoch)).values()
        }
        # Three times the loss of answering 0 at the lowest sparsity.
        assert limits == {((-2.25, 11.25), (-1e-4, 3 * (1 - 0.4)))}

    def test_a_point_per_seed(self, table, llc):
        figure = self.draw(table, llc)
        chosen = table.merge(llc)[lambda t: (t["samples"] == 1000) & (t["epoch"] == 13)]
        for init, axes in zip(INITS, panels(figure).values(), strict=True):
            drawn = np.concatenate([cloud.get_offsets() for cloud in clouds(axes, 9)])
            rows = chosen[chosen["init"] == init]
            assert len(drawn) == len(SPARSITIES) * len(SEEDS)
            assert sorted(map(tuple, drawn)) == sorted(
                zip(rows["llc"], rows["train_loss"], strict=True)
            )

    def test_what_is_beyond_is_an_arrow_at_the_edge_and_counted(self, table, llc):
        llc.loc[llc["seed"] == 1, "llc"] = -300.0
        llc.loc[llc["seed"] == 2, "llc"] = 40.0
        table.loc[table["seed"] == 3, "train_loss"] = 7.0
        count = len(SPARSITIES)
        for title, axes in panels(self.draw(table, llc)).items():
            words = f"{count} below, {count} above, {count} higher losses"
            assert title.splitlines()[2] == f"beyond the axes: {words}"
            seen = np.concatenate([cloud.get_offsets() for cloud in clouds(axes, 9)])
            assert len(seen) == count * (len(SEEDS) - 3)
            below, above, higher = (arrow.get_offsets() for arrow in arrows(axes))
            assert np.allclose(below[:, 0], -2.25 + 0.02 * 13.5)
            assert np.allclose(above[:, 0], 11.25 - 0.02 * 13.5)
            assert (higher[:, 1] < 1.8).all()
            assert len(below) == len(above) == len(higher) == count

    @pytest.mark.parametrize(("epoch", "hollow"), [(13, 1), (40_000, 0)])
    def test_hollow_where_not_ok(self, table, llc, epoch, hollow):
        figure = self.draw(table, llc, epoch)
        for title, axes in panels(figure).items():
            empty = [c for c in clouds(axes, 9) if not len(c.get_facecolors())]
            assert sum(len(c.get_offsets()) for c in empty) == hollow * len(SPARSITIES)
            assert title.splitlines()[1] == f"{3 * (5 - hollow)} of 15 ok"
        assert any("hollow: not ok" in label for label in legend(figure)) == (hollow > 0)

    def test_medians_are_those_of_the_ok_where_five_are(self, table, llc):
        llc.loc[(llc["epoch"] == 40_000) & (llc["sparsity"] == 0.8), "status"] = "not local"
        chosen = table.merge(llc)[lambda t: (t["samples"] == 1000) & (t["epoch"] == 40_000)]
        figure = self.draw(table, llc, 40_000)
        for init, axes in zip(INITS, panels(figure).values(), strict=True):
            rows = chosen[(chosen["init"] == init) & (chosen["status"] == "ok")]
            medians = rows.groupby("sparsity")[["llc", "train_loss"]].median()
            assert len(medians) == 2
            (squares,) = clouds(axes, 20)
            assert np.allclose(squares.get_offsets(), medians)
        # At epoch 13 four of five are ok: too few.
        for axes in panels(self.draw(table, llc, 13)).values():
            (squares,) = clouds(axes, 20)
            assert not len(squares.get_offsets())

    def test_correlations_stand_beside_with_their_n(self, table, llc):
        llc["llc"] = 5.0 - table["train_loss"]
        llc.loc[llc["sparsity"] == 0.8, "llc"] = 5.0 + table["train_loss"]
        llc.loc[(llc["seed"] == 0) & (llc["sparsity"] == 0.97), "status"] = "not local"
        figure = self.draw(table, llc, 40_000)
        beside = [axes for axes in figure.axes if axes.texts]
        assert len(beside) == len(INITS)
        for axes in beside:
            words = np.reshape([text.get_text() for text in axes.texts], (4, 3)).tolist()
            assert words == [
                ["S", "ρ", "n ok"],
                ["0.4000", "−1.00", "5"],
                ["0.8000", "1.00", "5"],
                ["0.9700", "–", "4"],
            ]

    def test_colours_belong_to_sparsities(self, table, llc):
        figure = self.draw(table, llc, 40_000)
        for axes in panels(figure).values():
            edges = {tuple(edge[:3]) for c in clouds(axes, 9) for edge in c.get_edgecolors()}
            assert len(edges) == len(SPARSITIES)

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

    def test_nothing_to_draw(self, table, llc):
        with pytest.raises(DataError, match="no loss and LLC at epoch 14 with 1000 samples"):
            self.draw(table, llc, 14)
        with pytest.raises(DataError, match="no loss and LLC"):
            self.draw(table[:0], llc)
        with pytest.raises(DataError, match="no loss and LLC"):
            self.draw(table, llc[:0])


def marked(axes, mark, hollow):
    """Return the heights of some marks."""
    lines = [line for line in axes.lines if line.get_marker() == mark]
    lines = [line for line in lines if (line.get_markerfacecolor() == "white") == hollow]
    return [y for line in lines for y in line.get_ydata()]


def test_llc_over_training_draws_medians_of_the_ok(llc):
    figure = figures.llc_over_training(llc, samples=100, highest=HIGHEST, names=NAMES)
    assert list(starts(figure))[1] == "four-gon start"
    rows = llc[llc["samples"] == 100]
    for init, (title, axes) in zip(INITS, panels(figure).items(), strict=True):
        part = rows[rows["init"] == init]
        # All are ok at the last epoch; one of five is not at epoch 13; none is at epoch 0.
        of = part.groupby(["epoch", "sparsity"])["llc"].median()
        assert np.allclose(marked(axes, "o", hollow=False), of[40_000])
        assert np.allclose(marked(axes, "o", hollow=True), of[13])
        assert len(marked(axes, "v", hollow=True)) == len(SPARSITIES)
        assert title.splitlines()[1] == "medians beyond: 3"
        assert axes.get_ylim() == (-2.25, 11.25)
        assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "13", "40,000"]
        last = part[part["epoch"] == 40_000].groupby("sparsity")["llc"]
        bars = [path.vertices[:, 1] for c in axes.collections for path in c.get_paths()]
        assert np.allclose(bars, last.quantile([0.25, 0.75]).unstack())


def test_axes_say_at_which_scale(table, llc):
    scale = "nβ = 144.8, γ = 10, σ = 0.1"
    both = table.merge(llc)
    figure = figures.loss_vs_llc(both, epoch=13, samples=100, highest=HIGHEST)
    assert scale in figure.get_supxlabel()
    figure = figures.llc_over_training(llc, samples=100, highest=HIGHEST)
    assert scale in figure.axes[0].get_ylabel()
    both = pd.concat([llc, llc.assign(sigma=0.3)])
    assert figures.scale_label(both) == "nβ = 144.8, γ = 10, σ = 0.1 or 0.3"


def test_llc_settings_has_a_row_per_setting(llc):
    both = pd.concat([llc.assign(setting="published"), llc.assign(setting="fine")])
    both.loc[both["setting"] == "published", "status"] = "biased step"
    figure = figures.llc_settings(both, samples=1000, highest=HIGHEST, names=NAMES)
    grid = np.reshape(figure.axes, (2, len(INITS)))
    labels = [axes.get_ylabel().splitlines() for axes in grid[:, 0]]
    # The display name of the second is its σ, which is said once.
    assert labels == [
        ["published", "nβ = 144.8", "γ = 10", "σ = 0.1"],
        ["σ = 0.1", "nβ = 144.8", "γ = 10"],
    ]
    assert [axes.get_title().splitlines()[0] for axes in grid[0]][1] == "four-gon start"
    for axes in grid[0]:
        assert not marked(axes, "o", hollow=False)
    for axes in grid[1]:
        assert len(marked(axes, "o", hollow=False)) == len(SPARSITIES)
    assert {axes.get_ylim() for axes in grid.flat} == {(-2.25, 11.25)}


def test_llc_status_has_a_line_per_setting_and_epoch(llc):
    both = pd.concat([llc.assign(setting="fine"), llc.assign(setting="coarse", status="ok")])
    figure = figures.llc_status(status_shares(both), samples=100, drawn="fine", names=NAMES)
    whole, single = figure.axes
    lines = [label.get_text() for label in whole.get_yticklabels()]
    epochs = ("0", "13", "40,000")
    assert lines == [f"{name}, epoch {epoch}" for name in ("coarse", "σ = 0.1") for epoch in epochs]
    assert [label.get_text() for label in whole.get_xticklabels()] == ["ok", "not a\nminimum"]
    cells = np.reshape([text.get_text() for text in whole.texts], (6, 2)).tolist()
    assert cells == 3 * [["100 %", "0 %"]] + [["0 %", "100 %"], ["80 %", "20 %"], ["100 %", "0 %"]]
    assert "share of the 60 models of a line" in whole.get_title()
    assert single.get_title() == "σ = 0.1, epoch 40,000:\nok, of 5 models each"
    assert {text.get_text() for text in single.texts} == {"100 %"}
    assert len(single.texts) == len(SPARSITIES) * len(INITS)


def test_a_small_share_is_not_none(llc):
    shares = status_shares(llc.assign(setting="fine"))
    shares["share"] = np.where(shares["status"] == "ok", 0.996, 0.004)
    whole, _ = figures.llc_status(shares, samples=100, drawn="").axes
    words = [text.get_text() for text in whole.texts]
    assert words == 3 * ["100 %", "< 1 %"]


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
    figure = figures.llc_calibration(calibration, highest=HIGHEST)
    assert len(figure.axes) == 8
    for axes, varied, sweeps, hollow in zip(
        figure.axes,
        [*["step_size"] * 3, "localisation", "n_beta", "n", *["draws"] * 2],
        [4, 4, 4, 2, 2, 2, 2, 2],
        [4, 4, 4, 2, 0, 0, 2, 2],
        strict=True,
    ):
        curves, points, empty = swept(axes)
        assert len(curves) == sweeps
        assert points == (calibration["varied"] == varied).sum()
        assert empty == hollow
        assert axes.get_xscale() == "log"
        dotted = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert dotted == {"localisation": [0.4], "n_beta": [20.0]}.get(varied, [])
    first = swept(figure.axes[3])[0][0]
    rows = calibration[(calibration["varied"] == "localisation") & (calibration["init"] == "kgon4")]
    assert np.allclose(np.transpose(first.get_data()), rows[["value", "llc"]])
    labels = legend(figure)
    assert labels[:4] == [
        "kgon4 start, 100 samples, S = 0.4000, seed 2, epoch 40,000",
        "kgon6 start, 100 samples, S = 0.4000, seed 2, epoch 40,000",
        "SGLD",
        "HMC",
    ]
    assert "hollow: not ok,\nno coefficient" in labels


def test_what_a_calibration_drives_beyond_the_axis_is_an_arrow(calibration):
    far = (calibration["varied"] == "n_beta") & (calibration["value"] == 5.0)
    calibration.loc[far, "llc"] = -70.0
    axes = figures.llc_calibration(calibration, highest=HIGHEST).axes[4]
    assert axes.get_ylim() == (-2.25, 11.25)
    assert np.allclose(marked(axes, "v", hollow=True), -2.25 + 0.02 * 13.5)
    assert len(marked(axes, "v", hollow=True)) == far.sum()


def test_a_calibration_that_left_to_infinity_is_counted(calibration):
    calibration.loc[calibration["value"] == 0.1, ["llc", "llc_se", "bias", "bias_se"]] = np.nan
    labels = legend(figures.llc_calibration(calibration, highest=HIGHEST))
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
        record={**record, "setting": {"sampler": {"kind": "hmc"}, "localisation": 10.0}},
    )
    above, below = figures.llc_trace(trace).axes
    mean = f"λ̂ = {trace.llc[:, 10:].mean():.2f}"
    assert above.get_title().splitlines() == [
        "kgon4 start, 100 samples, S = 0.4000, seed 2, epoch 13",
        "HMC, nβ = 10.0, γ = 10",
        mean,
    ]
    row = {"seed": 2, "epoch": 13, "n_beta": 5.0, "llc_se": 0.251, "status": "not local"}
    estimates = pd.DataFrame([row, {**row, "epoch": 0, "status": "ok"}])
    titled = figures.llc_trace(trace, estimates, NAMES, "fine").axes[0].get_title().splitlines()
    assert titled == [
        "four-gon start, 100 samples, S = 0.4000, seed 2, epoch 13",
        "σ = 0.1, HMC, nβ = 5.0, γ = 10",
        f"{mean} ± 0.25 (s.e.), not local",
    ]
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
            draw(rows, samples=samples, highest=HIGHEST)
    with pytest.raises(DataError, match="no estimates with 7 samples"):
        figures.llc_status(status_shares(llc), samples=7, drawn="fine")
