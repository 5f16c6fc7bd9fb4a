"""The benchmark of the CUDA engines, rehearsed without a card."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import gpu
from benchmarks.cuda_page import UNMEASURED
from benchmarks.machine import ROOT
from lgi.gaussians.fits.engines import FIT


def run(folder, *arguments, **environment):
    command = [sys.executable, "-m", "benchmarks.gpu", "--tiny", "--into", folder / "page.md"]
    variables = os.environ | {"OUT": str(folder), "PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    made = json.loads((folder / "cuda_speed.json").read_text(encoding="utf-8"))
    return done, made, (folder / "page.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_rehearsal_on_the_cpu_finds_no_difference(tmp_path):
    done, made, page = run(tmp_path, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert sorted(row["task"] for row in made["rows"]) == sorted(gpu.AIMS)
    assert not any(check["differing"] for check in made["checks"])
    assert len(made["checks"]) == 14
    assert "Every comparison came out the same" in page


@pytest.mark.slow
def test_a_run_goes_on_beside_an_earlier_one(tmp_path):
    run(tmp_path, "--device", "cpu", "--only", "models", "published fits")
    earlier = (tmp_path / "cuda_speed.json").rename(tmp_path / "earlier.json")
    only = ("--device", "cpu", "--only", "models")
    done, made, page = run(tmp_path, *only, "--beside", str(earlier))
    assert done.returncode == 0, done.stderr
    assert sorted(row["task"] for row in made["rows"]) == ["models", "published fits"]
    whats = [check["what"] for check in made["checks"]]
    assert len(whats) == len(set(whats)) == 2
    assert "| earlier run |" in page


@pytest.mark.slow
@pytest.mark.skipif(FIT["cuda"].name == "torch", reason="there is no engine of kernels yet")
def test_the_kernels_in_the_simulator_make_the_same_bits(tmp_path):
    only = ("--only", "samples", "published fits")  # the samples are of every kind
    done, made, page = run(tmp_path, *only, NUMBA_ENABLE_CUDASIM="1")
    assert done.returncode == 0, done.stderr
    assert made["card"] == "simulator"
    assert "Roofline" in page


def test_what_differs_is_told_with_its_size():
    ours, theirs = np.float32([1, 2, np.nan]), np.float32([1, 2.5, np.nan])
    assert gpu.difference("loss", ours, ours) == (3, 0, "")
    assert gpu.difference("loss", ours, theirs) == (
        3,
        1,
        "loss: 1 of 3, by up to 5.0e-01 (relative 2.0e-01)",
    )
    # A zero of another sign has other bits.
    assert gpu.difference("loss", np.zeros(2), -np.zeros(2))[:2] == (2, 2)
    assert gpu.difference("loss", ours, theirs[:2])[1] == 3
    assert gpu.difference("state", "a", "b") == (1, 1, "state: another text")


def test_published_losses_are_compared_to_the_digit():
    printed = {45: 0.0841984, 46: 0.0772224}
    made = [({"loss": np.array([1.0, loss])}, {"n": n, "seed": 42}) for n, loss in printed.items()]
    check = gpu.published_losses(made)
    assert check.values - check.differing == 2
    assert "N = 47: not run" in check.largest


def test_the_page_says_that_nothing_was_measured_or_on_which_card():
    page = (ROOT / "docs" / "cuda_speed.md").read_text(encoding="utf-8")
    assert page == UNMEASURED or "| card | " in page
    assert "| card | none |" not in page
    assert "| card | simulator |" not in page
