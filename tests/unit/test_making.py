"""A declared result is read, made, written and drawn, by the suffixes of its files."""

import numpy as np
import pandas as pd
import pytest

from lgi import making
from lgi.engines import load
from lgi.errors import NothingToDrawError
from lgi.figures.style import need, new_figure
from lgi.runs import read_table, write_run, write_table

READER = "lgi.runs:read_run"


def joined(runs, table, factor):
    """Return a table and a text, as a declared function would."""
    values = [factor * run["x"].sum() for run in runs]
    return table.assign(total=values), f"{len(values)} runs\n"


def drawn(totals, colour):
    """Draw the table as it stands in its file."""
    assert isinstance(totals, pd.DataFrame)
    figure = new_figure(1, 1)
    figure.subplots().plot(totals["n"], totals["total"], color=colour)
    return figure


def everything(**held):
    """Return what it was given."""
    return ", ".join(held)


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    named = {"cats:joined": joined, "cats:drawn": drawn, "cats:everything": everything}
    monkeypatch.setattr(making, "load", lambda name: named.get(name) or load(name))
    for n in (1, 2):
        write_run(tmp_path / f"{n}.npz", {"x": np.arange(n + 1)}, {"n": n})
    write_table(tmp_path / "in.csv", pd.DataFrame({"n": [1, 2]}))
    return {
        "runs": [str(tmp_path / "1.npz"), str(tmp_path / "2.npz")],
        "table": str(tmp_path / "in.csv"),
    }


def test_inputs_are_read_and_outputs_written_and_drawn(inputs, tmp_path):
    outputs = {"totals": str(tmp_path / "out.csv"), "said": str(tmp_path / "out.md")}
    pictures = {str(tmp_path / "out.png"): "cats:drawn"}
    settings = {"factor": 10, "colour": "black"}
    # A text among the outputs has no reader: only what a picture names is read back.
    making.make("cats:joined", inputs, settings, outputs, pictures, READER, {}, {})
    assert read_table(outputs["totals"])["total"].tolist() == [10, 30]
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == "2 runs\n"
    assert {p.suffix for p in tmp_path.glob("out.*")} == {
        ".csv",
        ".sha256",
        ".md",
        ".png",
        ".svg",
    }


def nothing(totals):
    """Find nothing to draw."""
    need(0, "cats")


def test_a_picture_of_nothing_says_so(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "load", lambda name: nothing if name == "cats" else load(name))
    table, reader = {"totals": inputs["table"]}, READER
    for name in ("one.png", "one.gif"):
        making.make("cats", table, {}, {"made": str(tmp_path / name)}, {}, reader, {}, {})
    making.make(
        "lgi.runs:read_table",
        {},
        {"path": inputs["table"]},
        {"totals": str(tmp_path / "out.csv")},
        {str(tmp_path / "out.png"): "cats"},
        reader,
        {},
        {},
    )
    assert "nothing to draw: no cats" in (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert {p.name for p in tmp_path.glob("o*.*")} == {
        *("one.png", "one.svg", "one.gif", "one.mp4"),
        *("out.csv", "out.csv.sha256", "out.png", "out.svg"),
    }
    with pytest.raises(NothingToDrawError):
        making.make("cats", table, {}, {"made": str(tmp_path / "table.csv")}, {}, reader, {}, {})


def test_what_no_function_names_is_an_error(inputs, tmp_path):
    outputs = {"totals": str(tmp_path / "out.csv"), "said": str(tmp_path / "out.md")}
    with pytest.raises(TypeError, match=r"cats:joined: no argument is called color"):
        making.make("cats:joined", inputs, {"factor": 1, "color": 2}, outputs, {}, READER, {}, {})


def test_a_function_of_any_names_is_given_all(inputs, tmp_path):
    out = tmp_path / "out.md"
    making.make("cats:everything", inputs, {"factor": 1}, {"said": str(out)}, {}, READER, {}, {})
    assert out.read_text(encoding="utf-8") == "factor, runs, table"
