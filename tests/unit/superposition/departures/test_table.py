"""Departures in made-up trajectories whose answers are known."""

from pathlib import Path

import numpy as np
import pytest

from lgi.errors import DataError
from lgi.runs import Run, read_table, write_table
from lgi.superposition.departures.figures import departures as draw
from lgi.superposition.departures.settings import Departures
from lgi.superposition.departures.table import (
    STAYS,
    departure,
    departures,
    falls,
    home,
    plateaus,
    tables,
)

SETTINGS = Departures(confidence=0.95, hold=10, settled=0.5, begin=100, change=0.05, gain=0.01)
EPOCHS = np.array([0, 1, 3, 10, 30, 100, 200, 400, 1000, 2000, 4000, 10000, 20000, 30000, 40000])


def trajectory(*stretches):
    """Return a value per snapshot from (value, first epoch) pairs."""
    values = np.array([value for value, _ in stretches])
    return values[np.searchsorted([first for _, first in stretches], EPOCHS, side="right") - 1]


LEAVES = {
    "stays": ([("6", 0)], "6", None),
    "leaves for good": ([("6", 0), ("5", 400)], "6", 400),
    "through another": ([("6", 0), ("5", 400), ("4", 4000)], "6", 400),
    "looks back": ([("6", 0), ("5", 400), ("6", 1000), ("5", 2000)], "6", 2000),
    "flickers at the end": ([("6", 0), ("5", 400), ("6", 30000), ("5", 40000)], "6", None),
    "changes as training ends": ([("6", 0), ("5", 30000)], "6", None),
    "returns": ([("6", 0), ("5", 400), ("6", 20000)], "6", None),
    "holds only later": ([("6", 0), ("3", 3), ("4", 10), ("5", 1000)], "4", 1000),
}


@pytest.mark.parametrize(("stretches", "own", "left"), LEAVES.values(), ids=LEAVES)
def test_who_leaves_and_when(stretches, own, left):
    kinds = trajectory(*stretches)
    assert home(kinds, EPOCHS, SETTINGS.hold) == own
    place = departure(kinds, EPOCHS, own, SETTINGS.settled)
    assert left == (None if place is None else EPOCHS[place])


def test_where_nothing_holds_there_is_no_home():
    kinds = np.where(np.arange(len(EPOCHS)) % 2, "4", "5")
    assert home(kinds, EPOCHS, SETTINGS.hold) == ""


DROPS = {
    "one plateau": ([(0.7, 0)], 1, []),
    "a drop": ([(0.7, 0), (0.3, 2000)], 2, [0.4]),
    "two drops": ([(0.7, 0), (0.5, 30), (0.2, 2000)], 3, [0.2, 0.3]),
    "a drop without a second plateau": ([(0.7, 0), (0.6, 20000), (0.5, 40000)], 1, [0.2]),
    "a small one": ([(0.7, 0), (0.66, 2000)], 1, [0.0]),
}


@pytest.mark.parametrize(("stretches", "count", "expected"), DROPS.values(), ids=DROPS)
def test_plateaus_and_the_drops_between_them(stretches, count, expected):
    loss = trajectory(*stretches)
    found = plateaus(loss, EPOCHS, SETTINGS.change, SETTINGS.hold)
    assert len(found) == count
    fallen = falls(loss, found)
    assert fallen[fallen > SETTINGS.change] == pytest.approx([f for f in expected if f])


def test_a_steady_fall_has_no_plateau():
    loss = 0.9 - 0.1 * np.log10(EPOCHS + 1)
    assert plateaus(loss, EPOCHS, SETTINGS.change, SETTINGS.hold) == []
    assert not falls(loss, []).size


def polygon(corners):
    """Return W [2, 6] with so many columns on a circle, and the others short and inside."""
    angle = 2 * np.pi * np.arange(corners) / corners
    W = np.zeros((2, 6))
    W[:, :corners] = np.cos(angle), np.sin(angle)
    return W


@pytest.fixture
def world():
    """Return a run of four models: two go from 6 to 4, one from 6 to 5 for nothing, one stays."""
    scale = 0.25  # 1 - S
    gone = [(6, 0), (4, 1000)]
    models = [
        (gone, [(0.7, 0), (0.3, 4000)]),
        (gone, [(0.7, 0), (0.4, 10000)]),
        ([(6, 0), (5, 4000)], [(0.7, 0)]),
        ([(6, 0)], [(0.7, 0)]),
    ]
    corners = np.array([trajectory(*polygons) for polygons, _ in models])
    losses = scale * np.array([trajectory(*loss) for _, loss in models])
    arrays = {
        "seed": np.arange(4),
        "epoch": EPOCHS,
        "W": np.array([[polygon(k) for k in row] for row in corners]),
        "b": np.full((4, len(EPOCHS), 6), -0.5),
        "diverged_epoch": np.full(4, -1),
        "train_loss": losses,
        "test_loss": losses,
        "population_loss": np.full_like(losses, np.nan),
    }
    return Run(Path("world.npz"), arrays, {"init": "kgon6", "samples": 100, "sparsity": 0.75})


def test_each_model(world):
    rows = departures([world], SETTINGS)
    assert rows["home"].tolist() == ["6"] * 4
    assert rows["end"].tolist() == ["4", "4", "5", "6"]
    assert rows["left"].tolist() == [True, True, True, False]
    assert rows["left_epoch"].tolist()[:3] == [1000, 1000, 4000]
    assert rows["gain"].tolist()[:3] == pytest.approx([0.4, 0.3, 0])
    assert rows["drops"].tolist() == [1, 1, 0, 0]
    assert rows["drop_epoch"].tolist()[:2] == [4000, 10000]
    assert rows["fall"].tolist() == pytest.approx([0.4, 0.3, 0, 0])
    assert rows.loc[3, ["left_epoch", "gain", "drop_epoch"]].isna().all()


def test_how_many_leave_and_for_what(world):
    summary, gone = tables([world], SETTINGS)
    row = summary.iloc[0]
    assert (row["models"], row["housed"], row["home"], row["left_n"]) == (4, 4, "6", 3)
    assert row["left"] == 0.75
    assert row["left_low"] < 0.75 < row["left_high"]
    assert (row["left_epoch"], row["destination"]) == (1000, "4")
    assert row["destination_share"] == pytest.approx(2 / 3)
    assert row["gain"] == pytest.approx(0.3)
    assert row["gained"] == pytest.approx(2 / 3)
    assert (row["dropped"], row["drop_epoch"]) == (0.5, 7000)
    assert gone["destination"].tolist() == ["4", "5", STAYS]
    assert gone["share"].tolist() == [0.5, 0.25, 0.25]


def test_a_lost_model_does_not_count(world):
    world["diverged_epoch"][0] = 10
    assert departures([world], SETTINGS)["seed"].tolist() == [1, 2, 3]


def test_no_runs_are_an_error():
    with pytest.raises(DataError, match="no run files"):
        tables([], SETTINGS)


def drawn(tmp_path, runs):
    found = tables(runs, SETTINGS)
    for place, table in enumerate(found):
        write_table(tmp_path / f"{place}.csv", table)
    return draw(*(read_table(tmp_path / f"{place}.csv") for place in (0, 1)))


def test_bars_are_shares_of_destinations(tmp_path, world):
    (axes,) = drawn(tmp_path, [world]).axes
    assert [bar.get_height() for bar in axes.patches] == [1, 0.5, 0.25]
    assert [text.get_text() for text in axes.texts] == ["1k"]


def test_where_nobody_leaves_all_is_grey(tmp_path, world):
    world["W"][:] = polygon(6)
    (axes,) = drawn(tmp_path, [world]).axes
    assert [bar.get_height() for bar in axes.patches] == [1]


def test_short_training_has_no_polygon_that_holds(tmp_path, run):
    short = run()
    short["epoch"][:] = [0, 1, 2]
    assert departures([short], SETTINGS)["home"].eq("").all()
    (axes,) = drawn(tmp_path, [short]).axes
    assert not axes.patches
