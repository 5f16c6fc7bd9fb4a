"""`lgi show`: what a file is, how it ended, and whether it is whole."""

import numpy as np
import pandas as pd
import pytest

from lgi.runs import write_run, write_table
from tests.unit.cli.conftest import SMALL

FIT = ("fit", "smooth", "-n", 3, "--recipe", "film", "--no-pictures", *SMALL)
TRAIN = ("train", "--sparsity", 0.9, "--start", "kgon4", "--seeds", "3,5", "--no-pictures", *SMALL)
TRAINED = "kgon4_samples100_sparsity0.9000.npz"


def test_a_fit(lgi, tmp_path):
    assert lgi(*FIT).code == 0
    done = lgi("show", "smooth_film_n3_seed0.npz", "--picture", "pictures/here.png")
    assert (done.code, done.out.splitlines()[-1]) == (0, "pictures/here.png")
    for words in (
        "study 1: a fit of 3 Gaussians to smooth, 64 x 64 pixels",
        "film: 100 iterations from a random start, adam at rate 0.001 (constant), hard edge",
        "finished after 100 iterations; least loss 0.",
        "yes, by its checksum",
    ):
        assert words in done.out
    assert (tmp_path / "pictures" / "here.png").read_bytes().startswith(b"\x89PNG")


def test_a_training(lgi, fails, tmp_path):
    assert lgi(*TRAIN).code == 0
    done = lgi("show", TRAINED, "--picture", "five.gif", "--seed", 5)
    assert done.code == 0
    for words in (
        "study 2: 2 toy models, 6 features in 2 dimensions",
        "binary, 100 samples each, sparsity 0.9\n",
        "finished after 200 epochs; median training loss of 2 models",
    ):
        assert words in done.out
    first = (tmp_path / "five.gif").read_bytes()
    fails(1, "five.gif: exists; --force replaces it", "show", TRAINED, "--picture", "five.gif")
    assert lgi("show", TRAINED, "--picture", "five.gif", "--force").code == 0  # of the first model
    assert (tmp_path / "five.gif").read_bytes() != first
    done = lgi("show", TRAINED, "--picture", "four.gif", "--seed", 4)
    assert (done.code, done.err.splitlines()[-1]) == (
        1,
        f"error: {TRAINED}: no seed 4; it holds 3, 5",
    )


def test_a_table(lgi, tmp_path):
    frame = pd.DataFrame({"llc": [1.0, 2.0, 3.0], "status": ["ok", "ok", "diverged"]})
    write_table(tmp_path / "table.csv", frame, {"setting": {"draws": 3}})
    done = lgi("show", "table.csv")
    assert done.code == 0
    assert "a table of 3 rows and 2 columns" in done.out
    assert "2 ok, 1 diverged" in done.out


def test_a_run_of_something_else(lgi, tmp_path):
    write_run(tmp_path / "other.npz", {"a": np.zeros((2, 3))}, {"study": "mine", "state": "over"})
    assert "a run of mine" in lgi("show", "other.npz").out


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("no file of lgi; those are runs (.npz), tables (.csv) and traces (.nc)", "note.txt"),
        ("error: nix: no such file", "nix"),
        ("no run file of lgi: it does not begin as one", "text.npz"),
        ("text.csv: no checksum beside it", "text.csv"),
        ("text.nc: no checksum beside it", "text.nc"),
        ("nix.npz: no such run file", "nix.npz"),
        ("half.npz: damaged", "half.npz"),
    ],
)
def test_what_is_not_whole_or_not_of_lgi(fails, tmp_path, words, name):
    for suffix in ("npz", "csv", "nc"):
        (tmp_path / f"text.{suffix}").write_text("text", encoding="utf-8")
    (tmp_path / "note.txt").write_text("text", encoding="utf-8")
    write_run(tmp_path / "half.npz", {"a": np.zeros(100)}, {})
    (tmp_path / "half.npz").write_bytes((tmp_path / "half.npz").read_bytes()[:500])
    fails(1, words, "show", name)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("allowed are names that end in .png or .gif", ("--picture", "x.jpg")),
        ("--picture: a table alone is not drawn", ("--picture", "x.png")),
        ("--seed: a table has no models to draw", ("--seed", 3)),
    ],
)
def test_bad_usage(fails, tmp_path, words, arguments):
    write_table(tmp_path / "table.csv", pd.DataFrame({"a": [1]}))
    fails(2, words, "show", "table.csv", *arguments)
