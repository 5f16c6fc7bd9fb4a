"""`lgi train`: the run file of the workflow's job, and what is refused."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgi.superposition.training.results import training
from tests.configurations import ROOT, SMOKE, checked
from tests.mutants import TEXTS
from tests.unit.cli.conftest import SMALL, job_of_the_workflow

TRAIN = (
    "train",
    "--sparsity",
    0.9,
    "--start",
    "kgon4",
    "--seeds",
    "3,5-6",
    "--samples",
    50,
    *SMALL,
)
NAME = "kgon4_samples50_sparsity0.9000"
OF_FIRST = f"{NAME}_seed3"


def test_the_bytes_are_those_of_the_workflow(lgi, tmp_path):
    done = lgi(*TRAIN)
    assert done.code == 0
    assert done.out.split() == [f"{NAME}.npz", f"{OF_FIRST}.png", f"{OF_FIRST}.gif"]
    assert f"{NAME}.npz: finished after 200 epochs; median training loss of 3 models" in done.err
    runs = {"init": "kgon4", "sparsity": 0.9, "seeds": [3, 5, 6], "samples": 50}
    traced = {"traces": [], "runs": ["fine"]}
    config = checked(SMOKE, {"superposition": {"runs": runs, "llc": traced}})
    named = SimpleNamespace(init="kgon4", samples="50", sparsity="0.9000")
    run = training(config, named)
    asked = job_of_the_workflow("train_superposition", tmp_path / "job.npz", run=run)
    assert (tmp_path / f"{NAME}.npz").read_bytes() == asked


def test_a_run_is_made_once_and_no_other_is_replaced_unasked(lgi, fails):
    assert lgi(*TRAIN, "--no-pictures").code == 0
    assert "already made" in lgi(*TRAIN, "--no-pictures").err
    words = "it is of another run (training.epochs: 200 in the file, 20 asked for); --force"
    fails(1, words, *TRAIN, "--epochs", 20)
    assert lgi(*TRAIN, "--no-pictures", "--epochs", 20, "--force").code == 0


def test_models_that_are_no_polygons(lgi, tmp_path):
    (tmp_path / "three.yaml").write_text(
        "superposition: {hidden: 3, limit: null, phases: null, runs: {init: random}}\n",
        encoding="utf-8",
    )
    given = ("--sparsity", 0.9, "--start", "random", "--seeds", 0, "--epochs", 3)
    done = lgi("train", *given, "--config", "three.yaml")
    assert done.code == 0
    assert done.out == "random_samples1000_sparsity0.9000.npz\n"
    assert "no polygons: the models have 3 hidden dimensions" in done.err


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("Missing option '--sparsity'", ()),
        ("'1.0'; allowed are numbers from 0 to below 1", ("--sparsity", "1.0")),
        ("'2'; allowed are numbers from 0 to below 1", ("--sparsity", "2")),
        ("called 'nope'; there are kgon4, kgon5", ("--sparsity", 0.5, "--start", "nope")),
        ("'a'; allowed is such as 3, 0-49", ("--sparsity", 0.5, "--seeds", "a")),
        ("'0'; allowed are whole numbers from 1", ("--sparsity", 0.5, "--samples", 0)),
        ("'0'; allowed are whole numbers from 1", ("--sparsity", 0.5, "--epochs", 0)),
        ("Invalid value for '--device'", ("--sparsity", 0.5, "--device", "tpu")),
    ],
)
def test_bad_usage_is_one_sentence(fails, words, arguments):
    fails(2, words, "train", *arguments)


def test_more_than_any_memory(fails):
    words = "1,000,000,000,000 samples of 6 features for each of 50 seeds take 1,178 TiB of memory"
    fails(1, words, "train", "--sparsity", 0.5, "--samples", 10**12)


def test_a_start_that_does_not_fit_the_models(fails, tmp_path):
    (tmp_path / "three.yaml").write_text(
        "superposition: {hidden: 3, limit: null, phases: null, runs: {init: random}}\n",
        encoding="utf-8",
    )
    given = ("--sparsity", 0.5, "--start", "kgon4", "--config", "three.yaml")
    fails(2, "--start: kgon4: a kgon start needs hidden 2, not 3", "train", *given)


@pytest.mark.slow
def test_the_first_use_says_that_it_compiles(tmp_path):
    command = [sys.executable, "-m", "lgi", *map(str, TRAIN), "--no-pictures", "--out"]
    env = os.environ | {"LGI_CACHE_DIR": str(tmp_path / "cache")}
    given = {"cwd": ROOT, "text": True, "encoding": "utf-8", "stderr": subprocess.PIPE, "env": env}
    first = subprocess.run([*command, tmp_path / "first"], check=True, **given).stderr
    assert first.count("compiling for this machine, about ") == 1
    assert f"once; it is kept in {tmp_path / 'cache'}\n" in first
    again = subprocess.run([*command, tmp_path / "second"], check=True, **given).stderr
    assert "compiling" not in again


OPTIONS = {
    "--sparsity": "0.9",
    "--start": "kgon4",
    "--seeds": "0-2",
    "--samples": "100",
    "--epochs": "5",
    "--config": SMALL[1],
    "--out": ".",
}
WRONG = [text for text in TEXTS if len(text) < 1000 and not {"\0", "/", "\ud800"} & {*text}]


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.dictionaries(
        st.sampled_from(sorted(OPTIONS)), st.sampled_from(WRONG), min_size=1, max_size=2
    ),
    st.lists(st.sampled_from(["--force", "--nope", "x", "-n"]), max_size=1),
)
def test_mutants_end_in_one_sentence_or_are_right(tmp_path_factory, changes, more):
    folder = tmp_path_factory.mktemp("mutant")
    given = [part for option in (OPTIONS | changes).items() for part in option]
    code = "import sys\nfrom lgi.cli import main\nmain(sys.argv[1:])"  # as a shell starts it
    done = subprocess.run(
        [sys.executable, "-c", code, "train", "--no-pictures", *given, *more],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    said = done.stderr.decode()
    assert done.returncode in (0, 1, 2), said
    assert "Traceback" not in said
    if done.returncode:
        assert said.splitlines()[-1].startswith(("error: ", "  ")), said
        assert not [path for path in folder.rglob("*") if path.suffix == ".npz"]
