"""The published pictures made again: points, cells compared, and the figures."""

import numpy as np
import pandas as pd
import pytest

from lgi.errors import DataError, RunFileError
from lgi.superposition.llc.estimates import COLUMNS
from lgi.superposition.published import figures, table
from lgi.superposition.settings import Panel

PANELS = [
    Panel(title="random 4-gon", init="kgon4", samples=100),
    Panel(title="optimal", init="optimal", samples=1000),
]
SPARSITIES = (0.4262465, 0.8111243)


@pytest.fixture
def runs(run):
    return [
        run(panel.init, panel.samples, sparsity, models=50, seed=place)
        for place, panel in enumerate(PANELS)
        for sparsity in SPARSITIES
    ]


@pytest.fixture
def estimates(runs):
    rng = np.random.default_rng(4)
    parts = []
    for run in runs:
        names = {name: run.record[name] for name in ("init", "samples", "sparsity")}
        seeds, epochs = np.repeat(run["seed"], 2), np.tile([1, 9], 50)
        rows = pd.DataFrame(names | {"seed": seeds, "epoch": epochs}, index=range(100))
        rows["llc"] = rng.normal(4, 1, 100)
        parts.append(rows.assign(status="ok", reason="").reindex(columns=list(COLUMNS)))
    return parts


def published_of(runs, estimates, epoch=9):
    """Return published quantiles that are ours exactly."""
    rows = []
    ours = table.points(runs, estimates, ["published"] * len(runs), epoch, PANELS)
    for (panel, sparsity), part in ours.groupby(["panel", "sparsity"]):
        row = {"start": panel, "epoch": epoch, "sparsity": round(sparsity, 4)}
        row["visible_points"] = 40.0
        for name, column in (("loss", "train_loss"), ("llc", "llc")):
            for end, share in (("q10", 0.1), ("median", 0.5), ("q90", 0.9)):
                row[f"{name}_{end}"] = part[column].quantile(share)
        rows.append(row)
    return pd.DataFrame(rows)


def compared(runs, estimates, published, epochs=(9,)):
    names = ["published"] * len(runs)
    return table.comparison(runs, estimates, names, list(epochs), PANELS, published)


def test_what_agrees_agrees(runs, estimates):
    result = compared(runs, estimates, published_of(runs, estimates))
    assert list(result.columns) == table.COLUMNS
    assert len(result) == 2 * 2 * 2
    np.testing.assert_allclose(result["difference"], 0, atol=1e-12)
    assert result["agrees"].all()
    assert (result["agreeing"] == 2).all()
    np.testing.assert_allclose(result["expected"], 0.954 * 2)


def test_the_error_is_of_two_medians_and_of_reading(runs, estimates):
    result = compared(runs, estimates, published_of(runs, estimates))
    error = result[result["quantity"] == "llc"]["standard_error"]
    # √2 of the asymptotic error of a median, √(π/2) σ / √50
    assert error.mean() == pytest.approx(np.sqrt(2 * np.pi / 2 / 50), rel=0.3)
    cells = published_of(runs, estimates, epoch=1).assign(epoch=13)
    moved = [part.assign(epoch=part["epoch"].replace(1, 13)) for part in estimates]
    for run in runs:
        run.arrays["epoch"] = np.array([0, 13, 99])
    wide = compared(runs, moved, cells, epochs=(13,))
    llc = wide[wide["quantity"] == "llc"].groupby("panel")["standard_error"].min()
    assert llc["random 4-gon"] > 0.2


def test_what_differs_does_not_agree(runs, estimates):
    published = published_of(runs, estimates)
    published.loc[published["start"] == "optimal", "llc_median"] -= 3
    result = compared(runs, estimates, published).set_index(["panel", "quantity"])
    assert (result.loc[("optimal", "llc"), "z"] > 2).all()
    assert not result.loc[("optimal", "llc"), "agrees"].any()
    assert (result.loc[("optimal", "llc"), "agreeing"] == 0).all()
    assert result.loc[("optimal", "loss"), "agrees"].all()


def test_cells_that_are_not_run_have_no_rows(runs, estimates):
    published = published_of(runs, estimates)
    beside = pd.concat([published, published.assign(epoch=85), published.assign(sparsity=0.5)])
    assert len(compared(runs, estimates, beside)) == 2 * len(published)


def test_a_published_table_without_a_column_is_refused(runs, estimates):
    published = published_of(runs, estimates).drop(columns="llc_q10")
    published.attrs["path"] = "scatter.csv"
    with pytest.raises(RunFileError, match="no column llc_q10"):
        compared(runs, estimates, published)


def test_a_panel_per_start_with_a_cross_per_published_cell(runs, estimates):
    both = table.points(runs, estimates, ["published"] * len(runs), 9, PANELS)
    published = published_of(runs, estimates)
    figure = figures.loss_vs_llc(
        both, published, epoch=9, posterior="nβ = 52.6, γ = 1", highest=9.0
    )
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title().partition("\n")[0] for axes in panels] == [
        '"random 4-gon": kgon4 start, 100 samples',
        '"optimal": optimal start, 1,000 samples',
    ]
    assert "nβ = 52.6, γ = 1" in figure.get_supxlabel()
    bare = figures.loss_vs_llc(both, published, epoch=1, posterior="", highest=9.0)
    without = [axes for axes in bare.axes if axes.get_title()]
    for axes, plain in zip(panels, without, strict=True):
        assert sum(len(cloud.get_offsets()) for cloud in axes.collections) == 100
        # A cross is two strokes, each with an edge, for each of two sparsities.
        assert len(axes.lines) - len(plain.lines) == 2 * 4


def test_values_that_are_missing_are_counted(runs, estimates):
    both = table.points(runs, estimates, ["published"] * len(runs), 9, PANELS)
    both.loc[:2, "llc"] = np.nan
    figure = figures.loss_vs_llc(
        both, published_of(runs, estimates), epoch=9, posterior="", highest=9.0
    )
    assert "not drawn: 3" in figure.legends[0].get_texts()[-1].get_text()
    with pytest.raises(DataError, match="nothing to draw"):
        figures.loss_vs_llc(
            both[:2], published_of(runs, estimates), epoch=9, posterior="", highest=9.0
        )


def test_differences_are_drawn_by_quantity_and_epoch(runs, estimates):
    result = compared(runs, estimates, published_of(runs, estimates))
    figure = figures.differences(result)
    assert len(figure.axes) == 2
    marks = [line for line in figure.axes[1].lines if line.get_marker() in "os"]
    assert [len(line.get_xdata()) for line in marks] == [2, 2]
    with pytest.raises(DataError, match="nothing to draw"):
        figures.differences(result[:0])
