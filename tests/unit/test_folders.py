"""What stands in the way in the working folder is named before any work."""

import os
import subprocess

import pytest

from lgi.errors import LgiError
from lgi.folders import check_folders
from tests.configurations import ROOT
from tests.disks import python_as_a_stranger


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_empty_folder_and_one_in_use_are_in_order(folder):
    check_folders()
    (folder / "elsewhere").mkdir()
    (folder / "results").symlink_to("elsewhere")
    (folder / "elsewhere" / "samples100" / "sparsity0.4262").mkdir(parents=True)
    (folder / ".snakemake").mkdir()
    check_folders()


@pytest.mark.parametrize("name", ["results", "logs", ".snakemake"])
def test_no_folder(folder, name):
    (folder / name).touch()
    with pytest.raises(LgiError, match=f"^{name}: no folder, .*move it away"):
        check_folders()
    (folder / name).unlink()
    (folder / name).symlink_to("nowhere")
    with pytest.raises(LgiError, match=f"^{name}: a link to nowhere, which does not exist"):
        check_folders()


def test_a_folder_in_the_place_of_a_result(folder):
    (folder / "results" / "tables" / "gaussians.csv").mkdir(parents=True)
    with pytest.raises(LgiError, match=r"^results/tables/gaussians.csv: a folder where a file"):
        check_folders()


@pytest.mark.parametrize("name", [".snakemake", "."])
def test_a_folder_of_another_user(folder, name):
    (folder / name).mkdir(exist_ok=True)
    code = "import lgi.folders as f, sys\ntry: f.check_folders()\nexcept f.LgiError as e: print(e)"
    done = subprocess.run(
        [*python_as_a_stranger(folder / name), "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    (folder / name).chmod(0o755)
    assert done.stdout.startswith(f"{(folder / name)}: cannot be written, and Snakemake keeps")
