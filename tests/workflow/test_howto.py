"""The pages in docs/howto are done as they stand: their files are written, their commands run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from tests.configurations import ROOT

pytestmark = pytest.mark.slow

PAGES = ROOT / "docs" / "howto"
FENCE = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURE = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def _blocks(page):
    return FENCE.findall((PAGES / page).read_text(encoding="utf-8"))


def _clone(folder):
    """Make a folder in which commands find what they find in a clone."""
    for name in ("Snakefile", "config.yaml", "rules", "profiles", "workflow_scripts", "lgi"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("docs", "envs", "overlays", "published", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "cat.jpg").write_bytes(PICTURE.read_bytes())


@pytest.mark.parametrize("page", ["image.md", "recipe.md", "start.md", "sampler.md"])
def test_a_page_is_done_as_it_stands(page, tmp_path):
    _clone(tmp_path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    commands = 0
    for kind, title, text in _blocks(page):
        if title:
            (tmp_path / title).write_text(text, encoding="utf-8")
        elif kind == "sh":
            for command in text.splitlines():
                done = subprocess.run(
                    command,
                    shell=True,
                    cwd=tmp_path,
                    env={**os.environ, "PATH": path},
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                )
                assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
                commands += 1
                for target in re.findall(r"results/\S+", command):
                    assert (tmp_path / target).stat().st_size > 0
    assert commands


def test_results_are_read_as_the_page_says(monkeypatch, finished):
    monkeypatch.chdir(finished.folder)
    run = next(finished.folder.glob("results/gaussians/*/*/*.npz"))
    there = {}
    for kind, _, text in _blocks("read_results.md"):
        if kind == "python":
            code = re.sub(r"results/gaussians/\S+\.npz", str(run), text)
            exec(code, there)
    assert there["record"]["n"] == len(there["run"]["best"])
    assert len(there["fits"])
