"""`lgi llc`: the estimates of the workflow's jobs, and those of a model of one's own."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lgi.cli import own
from lgi.llc.inference_data import read_trace
from lgi.runs import read_run, read_table, write_run
from lgi.superposition.llc.results import setting as setting_of
from lgi.superposition.training.results import training
from lgi.superposition.training.run import train_run
from tests.configurations import SMOKE, checked
from tests.unit.cli.conftest import SMALL, job_of_the_workflow

FIT = ("fit", "gradient_checkerboard", "-n", 2, "--recipe", "minimum", "--no-pictures", *SMALL)
FIT_NAME = "gradient_checkerboard_minimum_n2_seed0"


@pytest.fixture
def run(tmp_path):
    """A run file of study 2, as the workflow has it."""
    named = SimpleNamespace(init="kgon4", samples="100", sparsity="0.4262")
    path = tmp_path / "run.npz"
    write_run(path, *train_run(**training(checked(SMOKE), named), source="source"))
    return path


def test_the_table_is_that_of_the_workflow(lgi, tmp_path, run):
    done = lgi("llc", "run.npz", *SMALL)
    assert done.code == 0
    assert done.out.splitlines()[0].split()[:3] == ["seed", "epoch", "kgon"]
    assert done.out.splitlines()[-1] == "run_llc_fine.csv"
    asked = job_of_the_workflow(
        "estimate_superposition_llc",
        tmp_path / "job.csv",
        {"run": str(run)},
        settings=setting_of(checked(SMOKE), "fine"),
    )
    assert (tmp_path / "run_llc_fine.csv").read_bytes() == asked
    ours, theirs = (read_table(tmp_path / name) for name in ("run_llc_fine.csv", "job.csv"))
    record = dict(ours.attrs["record"])
    del record["run"]
    assert record | {"path": 0} == theirs.attrs["record"] | {"path": 0}
    assert "already made" in lgi("llc", "run.npz", *SMALL).err


def test_a_table_of_another_run_is_not_taken_for_that_of_this_one(lgi, fails, run):
    assert lgi("llc", "run.npz", "--setting", "published", "--epochs", 12, *SMALL).code == 0
    whole = read_run(run)
    write_run(run, whole.arrays, dict(whole.record) | {"more": 1})
    words = "it is of another run (run: "
    fails(1, words, "llc", "run.npz", "--setting", "published", "--epochs", 12, *SMALL)


def test_the_chains_are_those_of_the_workflow(lgi, tmp_path, run):
    done = lgi("llc", "run.npz", "--trace", "--seed", 3, "--epoch", 12, *SMALL)
    assert done.out == "run_seed3_epoch12_llc_fine.nc\n"
    job_of_the_workflow(
        "trace_superposition_llc",
        tmp_path / "job.nc",
        {"run": str(run)},
        {"seed": "3", "epoch": "12"},
        settings=setting_of(checked(SMOKE), "fine"),
    )
    ours, theirs = (read_trace(tmp_path / name) for name in (done.out.strip(), "job.nc"))
    np.testing.assert_array_equal(ours.loss, theirs.loss)
    assert (ours.loss_at_w, ours.n_beta) == (theirs.loss_at_w, theirs.n_beta)
    again = lgi("llc", "run.npz", "--trace", "--seed", 3, "--epoch", 12, *SMALL)
    assert "already made" in again.err


def test_a_fit_is_taken_to_its_minimum_as_in_the_workflow(lgi, tmp_path):
    assert lgi(*FIT).code == 0
    done = lgi("llc", f"{FIT_NAME}.npz", *SMALL)
    assert done.code == 0
    assert f"{FIT_NAME}_minimum.npz" in done.out
    llc = checked(SMOKE).gaussians.llc
    minimum = job_of_the_workflow(
        "find_minimum",
        tmp_path / "job.npz",
        {"run": str(tmp_path / f"{FIT_NAME}.npz")},
        settings={"settings": llc.minimum},
    )
    assert (tmp_path / f"{FIT_NAME}_minimum.npz").read_bytes() == minimum
    table = job_of_the_workflow(
        "estimate_gaussians_llc",
        tmp_path / "job.csv",
        {"minimum": str(tmp_path / "job.npz")},
        settings={"settings": llc.settings},
    )
    assert (tmp_path / f"{FIT_NAME}_llc.csv").read_bytes() == table
    assert lgi("llc", f"{FIT_NAME}.npz", *SMALL).err.count("already made") == 2


def test_a_hard_edge_has_no_minimum(lgi, fails):
    assert lgi(*FIT, "--recipe", "film").code == 0
    words = "recipe: edge: hard; a minimum needs a smooth one"
    fails(1, words, "llc", "gradient_checkerboard_film_n2_seed0.npz", *SMALL)


@pytest.mark.parametrize(
    ("code", "words", "arguments"),
    [
        (2, "no setting is called 'nope'; there are coarse, fine", ("--setting", "nope")),
        (2, "has no snapshot at 13; there are 0, 1, ", ("--epochs", "13")),
        (2, "--chains: is for a model of your own, not for a run file", ("--chains", 3)),
        (2, "--seed: is for --trace, not for tables", ("--seed", 3)),
        (1, "no seed 1; it holds 0, 3, 4", ("--trace", "--seed", 1)),
    ],
)
def test_bad_usage_of_a_run_file(fails, run, code, words, arguments):
    fails(code, words, "llc", "run.npz", *arguments, *SMALL)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nix.npz", "nix.npz: no such run file"),
        ("text.npz", "text.npz: no run file of lgi: it does not begin as one"),
        ("other.npz", "other.npz: neither a fit of study 1 nor a training of study 2"),
    ],
)
def test_what_is_no_run(fails, tmp_path, name, words):
    (tmp_path / "text.npz").write_text("text", encoding="utf-8")
    write_run(tmp_path / "other.npz", {"a": np.zeros(2)}, {"study": "mine"})
    fails(1, words, "llc", name)


MINE = """
import torch

def model():
    torch.manual_seed(0)
    x = torch.randn(50, 2, dtype=torch.float64)
    module = torch.nn.Linear(2, 1, bias=False).double()
    return module, torch.nn.functional.mse_loss, (x, module(x).detach())

def named():
    module, loss, data = model()
    setting = {
        "sampler": {"kind": "hmc", "step_size": 1e-3, "leapfrog_steps": 2, "target_acceptance": .8},
        "chains": 2, "draws": 40, "burn_in": 10, "localisation": 1.0,
        "inverse_temperature": "1/log n", "thresholds": {
            "share_below": 0.1, "gradient_norm": 0.01, "acceptance": 0.2, "rhat": 1.05, "ess": 100.0
        },
    }
    return {"module": module, "loss": loss, "data": data, "setting": setting, "samples": 60}

def three():
    return 3

def two():
    return 1, 2

def other():
    return {"module": 1, "los": 2}

def failing():
    raise ValueError("no\\nway")

def ending():
    raise SystemExit(3)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module in the working folder."""
    (tmp_path / "my_models.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("1 +\n", encoding="utf-8")
    (tmp_path / "needy.py").write_text("import no_such_package\n", encoding="utf-8")
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    yield
    for name in ("my_models", "broken", "needy"):
        __import__("sys").modules.pop(name, None)


def test_a_model_of_ones_own(lgi, tmp_path, mine):
    done = lgi("llc", "my_models:named", "--out", "found.json")
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("llc  ")
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert (found["samples"], found["setting"]["draws"]) == (60, 40)
    # Two directions: λ is 1 at a minimum that is a point.
    assert 0.5 < found["llc"] < 1.5
    again = lgi("llc", "my_models:named", "--out", "found.json")
    assert (again.code, again.err) == (1, "error: found.json: exists; --force replaces it\n")


def test_chains_of_a_model_of_ones_own(lgi, tmp_path, mine):
    assert lgi("llc", "my_models:named", "--draws", 60, "--out", "found.nc").code == 0
    trace = read_trace(tmp_path / "found.nc")
    assert trace.loss.shape == (2, 60)
    assert trace.burn_in == 12
    shown = lgi("show", "found.nc", "--picture", "found.png")
    assert (shown.code, shown.out.splitlines()[-1]) == (0, "found.png")
    assert "the chains of one estimate: 2 of 60 draws" in shown.out
    assert any(line.startswith("status  ") for line in shown.out.splitlines())


def test_what_the_command_line_changes(lgi, tmp_path, mine):
    given = ("--batch-size", 5, "--step-size", 1e-4, "--draws", 20, "--chains", 3)
    done = lgi("llc", "my_models:model", *given, "--out", "found.json")
    assert done.code == 0
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["setting"]
    assert found["sampler"] == {"kind": "sgld", "step_size": 1e-4}
    assert (found["chains"], found["draws"], found["burn_in"]) == (3, 20, 4)


def test_a_coefficient_for_each_layer(lgi, tmp_path, mine, monkeypatch):
    def layers(module, loss, data, setting, **options):
        names = [name for name, _ in module.named_parameters()]
        row = {"parameters": 2, "llc": 1.0, "llc_se": 0.1, "rhat": 1.0, "ess": 200.0}
        return pd.DataFrame(
            [{"layer": name, **row, "status": "ok", "reason": ""} for name in names]
        )

    monkeypatch.setattr("lgi.cli.own.estimate_layers", layers)
    done = lgi("llc", "my_models:named", "--per-layer", "--out", "layers.json")
    assert done.out.splitlines()[1].split() == [
        "weight",
        "2",
        "1.000",
        "0.100",
        "1.000",
        "200",
        "ok",
    ]
    found = json.loads((tmp_path / "layers.json").read_text(encoding="utf-8"))
    assert found["layers"][0]["layer"] == "weight"


@pytest.mark.parametrize("name", own.SAMPLERS)
def test_a_setting_of_the_command_is_one(name, mine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = own.asked("my_models", "model", name, {}, None)
    assert asked["setting"].sampler.kind == name


@pytest.mark.parametrize(
    ("code", "words", "arguments"),
    [
        (1, "my_models:three: returns what is of type int; needed is (", ("my_models:three",)),
        (1, "of type tuple and length 2; needed is (module, loss", ("my_models:two",)),
        (1, "its dict lacks loss, data; allowed are batch_size", ("my_models:other",)),
        (1, "failed: ValueError: no way (my_models.py, line ", ("my_models:failing",)),
        (1, "failed: SystemExit: 3 (my_models.py, line ", ("my_models:ending",)),
        (1, "my_models:nix: the module has no function of this name", ("my_models:nix",)),
        (1, "cannot be imported: ModuleNotFoundError: No module named 'nix'", ("nix:model",)),
        (1, "No module named 'no_such_package' (needy.py, line 1)", ("needy:model",)),
        (1, "broken:model: cannot be imported: SyntaxError: ", ("broken:model",)),
        (1, "named without .py: my_models:model", ("my_models.py:model",)),
        (2, "of your own there are hmc, sgld", ("my_models:model", "--setting", "fine")),
        (1, "nix.yaml: no such configuration", ("my_models:model", "--setting", "nix.yaml")),
        (2, "--epochs: is for a run file, not for a model", ("my_models:model", "--epochs", 3)),
        (2, "'x.csv'", ("my_models:model", "--draws", "x.csv")),
        (2, "allowed are names that end in .json or .nc", ("my_models:model", "--out", "x.csv")),
    ],
)  # fmt: skip
def test_bad_models_and_bad_usage(fails, mine, code, words, arguments):
    fails(code, words, "llc", *arguments)
