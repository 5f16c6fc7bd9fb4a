"""Jobs that train, killed at random moments and started again: the run files are the same bytes."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import TypeAdapter

from lgi.checkpoints import VARIABLE
from lgi.gaussians.fits.settings import ImageSettings
from tests.configurations import ROOT, checked

KILLS = 12

START = """
import pickle, runpy, sys
script, job = sys.argv[1:]
with open(job, "rb") as file:
    runpy.run_path(script)["main"](pickle.load(file))
"""


class Job:
    """A job of a script, in a process of its own, without Snakemake."""

    def __init__(self, folder: Path, script: str, runs: list[dict]):
        self.folder, self.script = folder, ROOT / "workflow_scripts" / f"{script}.py"
        self.outputs = [folder / f"run{number}.npz" for number in range(len(runs))]
        self.log = folder / "job.log"
        shared = {"rule": script, "log": [str(self.log)]}
        batch = [
            shared | {"params": SimpleNamespace(run=run, source="source"), "output": [str(path)]}
            for run, path in zip(runs, self.outputs, strict=True)
        ]
        params = SimpleNamespace(batch=batch)
        config = {"device": "cpu"}
        job = SimpleNamespace(**batch[0] | {"params": params}, threads=1, config=config)
        folder.mkdir()
        (folder / "job").write_bytes(pickle.dumps(job))

    def start(self, seconds: float) -> subprocess.Popen:
        """Start it without its outputs, as Snakemake does; states are saved after `seconds`."""
        for path in (*self.outputs, self.log):
            path.unlink(missing_ok=True)
        return subprocess.Popen(
            [sys.executable, "-c", START, self.script, self.folder / "job"],
            env={**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: str(seconds)},
            cwd=ROOT,
        )

    def finish(self) -> list[bytes]:
        assert self.start(60).wait() == 0, self.log.read_text(encoding="utf-8")
        return [path.read_bytes() for path in self.outputs]

    def saved(self) -> dict[str, int]:
        """Return the hidden files with their times."""
        hidden = (path for path in self.folder.glob(".run*") if "part" not in path.name)
        return {path.name: path.stat().st_mtime_ns for path in hidden}

    def wait_for_a_save(self, process: subprocess.Popen) -> None:
        before = self.saved()
        while self.saved() == before and process.poll() is None:
            time.sleep(0.002)


def fits(folder: Path) -> Job:
    recipes = checked().gaussians.recipes
    image = {"kind": "textured", "width": 96, "height": 96}
    fit = {
        "image_name": "textured",
        "image": TypeAdapter(ImageSettings).validate_python(image),
        "recipe_name": "error_guided",
        "recipe": recipes["error_guided"].model_copy(update={"iterations": 2000}),
        "n": 120,
    }
    return Job(folder, "fit_gaussians", [fit | {"seed": seed} for seed in (42, 7, 9)])


def training(folder: Path) -> Job:
    section = checked().superposition
    longer = section.training.model_copy(update={"batch_size": 100, "epochs": 2500})
    run = {
        "init_name": "kgon4",
        "init": section.initialisations["kgon4"],
        "hidden": 2,
        "samples": 1000,
        "sparsity": 0.8,
        "data": section.data,
        "training": longer,
        "seeds": list(range(40)),
    }
    return Job(folder, "train_superposition", [run])


MAKERS = {"fits": fits, "training": training}


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The bytes of undisturbed jobs."""
    folder = tmp_path_factory.mktemp("straight")
    return {name: make(folder / name).finish() for name, make in MAKERS.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), [("fits", 1), ("training", 2)])
def test_a_killed_job_goes_on_to_the_same_bytes(straight, tmp_path, name, seed):
    """The seed is that of the moments."""
    job = MAKERS[name](tmp_path / name)
    random, goes_on, ends = np.random.default_rng(seed), 0, set()
    for kill in range(KILLS):
        process = job.start(seconds=0.02)
        # Half of the kills fall anywhere, starting Python included; half after a state was saved.
        if kill % 2:
            job.wait_for_a_save(process)
            time.sleep(random.uniform(0, 0.2))
        else:
            time.sleep(random.uniform(0, 3))
        process.send_signal(signal.SIGKILL)
        ends.add(process.wait())
        goes_on += "goes on from" in (
            job.log.read_text(encoding="utf-8") if job.log.exists() else ""
        )
    print(f"seed {seed}: {goes_on} of {KILLS} jobs went on from a state that was saved")
    assert ends <= {0, -signal.SIGKILL}
    assert goes_on > 0  # how many is a matter of the speed of the machine
    assert job.finish() == straight[name]
    assert job.saved() == {}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("name", MAKERS)
def test_a_job_that_is_asked_to_end_saves_its_state_first(straight, tmp_path, name, number):
    job = MAKERS[name](tmp_path / name)
    process = job.start(seconds=0.02)
    job.wait_for_a_save(process)
    process.send_signal(number)
    assert process.wait() == 128 + number
    assert f"{number.name}: saved" in job.log.read_text(encoding="utf-8")
    assert not any(path.exists() for path in job.outputs)
    assert job.finish() == straight[name]
    assert "goes on from" in job.log.read_text(encoding="utf-8")
    assert job.saved() == {}
