"""Gaps and changes of made-up losses, where both are known."""

import numpy as np
import pytest

from lgi.errors import DataError
from lgi.runs import read_table, write_table
from lgi.superposition.generalisation.figures import gap as draw
from lgi.superposition.generalisation.settings import Generalisation
from lgi.superposition.generalisation.table import tables

SETTINGS = Generalisation(confidence=0.95, epochs=[1, 9], improved=0.01)
OFFSETS = np.arange(7) / 100


def known_run(run, **names):
    """Return 7 models with a population gap of 0, 0.01 .. 0.06, and a test gap of 0.1 more."""
    made = run(models=7, **names)
    scale = 1 - made.record["sparsity"]
    for place, train in enumerate((9.0, 0.5, 0.4)):
        made["train_loss"][:, place] = train * scale
        made["population_loss"][:, place] = (train + OFFSETS) * scale
        made["test_loss"][:, place] = (train + OFFSETS + 0.1) * scale
    return made


@pytest.mark.parametrize("sparsity", [0.4262, 0.9933])
def test_the_gap_is_in_units_of_1_minus_s(run, sparsity):
    gap, _ = tables([known_run(run, sparsity=sparsity)], SETTINGS)
    assert gap["epoch"].tolist() == [1, 1, 9, 9]
    assert gap["loss"].tolist() == ["test_loss", "population_loss"] * 2
    assert np.allclose(gap["median"], [0.13, 0.03] * 2)
    # Seven values: their extremes, with a coverage of 1 - 2 / 2**7.
    assert np.allclose(gap["low"], [0.10, 0.0] * 2)
    assert np.allclose(gap["high"], [0.16, 0.06] * 2)
    assert gap["seeds"].eq(7).all()


def test_changes_are_paired_by_seed(run):
    made = known_run(run, sparsity=0.5)
    made["train_loss"][:, 1:] = 0.2
    made["train_loss"][:3, 2] = 0.1  # these three fall by 0.2 (1 - S), and by half
    made["train_loss"][3, 2] = 0.21  # this rises by 0.02 (1 - S)
    made["train_loss"][4, 2] = 0.199  # this falls by less than the margin
    made["train_loss"][5, 1:] = 0  # nothing changes, and there is nothing to divide by
    row = tables([made], SETTINGS)[1].set_index("loss").loc["train_loss"]
    assert (row["first_epoch"], row["last_epoch"], row["seeds"]) == (1, 9, 7)
    assert row["improved"] == pytest.approx(3 / 7)
    assert row["worsened"] == pytest.approx(1 / 7)
    assert row["relative"] == pytest.approx(-0.005)
    assert row["change"] == pytest.approx(-0.002)
    assert (row["relative_low"], row["relative_high"]) == pytest.approx((-0.5, 0.05))


def test_a_population_loss_that_is_not_known_has_no_row(run, tmp_path):
    made = known_run(run)
    made["population_loss"][:] = np.nan
    gap, epochs = tables([made], SETTINGS)
    assert set(gap["loss"]) == {"test_loss"}
    assert set(epochs["loss"]) == {"train_loss", "test_loss"}
    assert len(draw(gap, epochs, SETTINGS).axes) == 2


def test_one_model_at_one_epoch(run, tmp_path):
    settings = SETTINGS.model_copy(update={"epochs": [7, 8000]})  # both nearest to epoch 9
    found = tables([run(models=1)], settings)
    for name, table in zip(("gap", "epochs"), found, strict=True):
        write_table(tmp_path / f"{name}.csv", table)
    gap, epochs = (read_table(tmp_path / f"{name}.csv") for name in ("gap", "epochs"))
    assert gap["epoch"].eq(9).all()
    assert gap[["low", "high"]].isna().all(axis=None)
    assert not len(epochs)
    assert len(draw(gap, epochs, settings).axes) == 1


def test_lost_models_do_not_count(diverged):
    gap, epochs = tables([diverged()], SETTINGS)
    assert gap["seeds"].eq(4).all()
    assert epochs["seeds"].eq(4).all()


def test_no_runs_are_an_error():
    with pytest.raises(DataError, match="no run files"):
        tables([], SETTINGS)


def test_starts_and_numbers_of_samples_are_drawn_apart(run):
    runs = [known_run(run, init=i, samples=n) for i in ("kgon4", "kgon6") for n in (100, 1000)]
    gap, epochs = tables(runs, SETTINGS)
    figure = draw(gap, epochs, SETTINGS)
    panels = np.array(figure.axes).reshape(2, 2)
    assert [axes.get_title() for axes in panels[0]] == [
        "100 training samples",
        "1,000 training samples",
    ]
    for axes in panels[0]:
        curves = [line for line in axes.lines if line.get_marker() == "o"]
        assert [line.get_ydata()[0] for line in curves] == pytest.approx([0.03, 0.03])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["kgon4 start", "kgon6 start"]
    with pytest.raises(DataError, match="losses on other data"):
        draw(gap[:0], epochs, SETTINGS)
