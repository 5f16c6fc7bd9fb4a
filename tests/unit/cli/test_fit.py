"""`lgi fit`: the run file of the workflow's job, once, and nothing that only looks complete."""

import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lgi.cli.made import source_of
from lgi.gaussians.fits.results import fit_settings
from lgi.provenance import source_fingerprint
from lgi.runs import read_run, write_run
from tests.configurations import ROOT, SMOKE, SMOKE_FILE, checked
from tests.disks import python_as_a_stranger, small_disk
from tests.unit.cli.conftest import SMALL, job_of_the_workflow

IMAGE = ("gradient_checkerboard", "-n", 5, "--recipe", "film", "--seed", 42, *SMALL)
NAME = "gradient_checkerboard_film_n5_seed42"
RUN = {"image": "gradient_checkerboard", "recipe": "film", "n": "5", "seed": "42"}
BESIDE = (".npz", ".png", ".svg", ".gif", ".mp4")


@pytest.fixture
def picture(tmp_path):
    """A picture with a name that no path of the workflow has."""
    path = tmp_path / "Kätzchen 3.png"
    pixels = np.random.default_rng(0).integers(0, 255, (12, 14, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path.name


def test_the_bytes_are_those_of_the_workflow(lgi, tmp_path):
    done = lgi("fit", *IMAGE)
    assert done.code == 0
    assert done.out.split() == [f"{NAME}.npz", f"{NAME}.png", f"{NAME}.gif"]
    assert all((tmp_path / f"{NAME}{suffix}").stat().st_size for suffix in BESIDE)
    run = fit_settings(checked(SMOKE), SimpleNamespace(**RUN))
    asked = job_of_the_workflow("fit_gaussians", tmp_path / "job.npz", run=run)
    assert (tmp_path / f"{NAME}.npz").read_bytes() == asked


def test_a_picture_has_the_bytes_of_the_workflow(lgi, tmp_path, picture):
    """Its path stands in the record as it was given, from the working folder."""
    assert lgi("fit", picture, "-n", 3, "--recipe", "film", "--no-pictures", *SMALL).code == 0
    entry = {"katzchen_3": {"kind": "file", "path": picture}}
    config = checked(SMOKE, {"gaussians": {"images": entry}})
    named = {"image": "katzchen_3", "recipe": "film", "n": "3", "seed": "0"}
    run = fit_settings(config, SimpleNamespace(**named))
    asked = job_of_the_workflow("fit_gaussians", tmp_path / "job.npz", run=run)
    assert (tmp_path / "katzchen_3_film_n3_seed0.npz").read_bytes() == asked


def test_the_source_is_that_of_the_rules_script():
    script = ROOT / "workflow_scripts" / "fit_gaussians.py"
    assert source_of("fit_gaussians") == source_fingerprint(script)


def test_a_run_is_made_once_and_no_other_is_replaced_unasked(lgi, fails, tmp_path, picture):
    fit = ("fit", picture, "-n", 3, "--recipe", "film", "--name", "cat", "--no-pictures", *SMALL)
    file = tmp_path / "cat_film_n3_seed0.npz"
    assert lgi(*fit).code == 0
    first = file.read_bytes()
    again = lgi(*fit)
    assert again.out == f"{file.name}\n"
    assert f"{file.name}: already made" in again.err
    larger = (*fit, "--size", "10x12")
    words = (
        "exists, but it is of another run (image.width: None in the file, 10 asked for); --force"
    )
    fails(1, words, *larger)
    assert file.read_bytes() == first
    assert lgi(*larger, "--force").code == 0
    assert read_run(file)["target"].shape == (12, 10, 3)
    file.write_bytes(first[:-9])
    fails(1, "exists, but damaged; --force", *fit)
    assert file.read_bytes() == first[:-9]


def test_pictures_of_something_else_are_not_replaced_and_missing_ones_are_made(
    lgi, fails, tmp_path
):
    (tmp_path / f"{NAME}.gif").write_text("mine", encoding="utf-8")
    fails(1, f"{NAME}.gif: exists, but its run file does not; --force", "fit", *IMAGE)
    assert not (tmp_path / f"{NAME}.npz").exists()
    assert lgi("fit", *IMAGE, "--force").code == 0
    made = (tmp_path / f"{NAME}.gif").read_bytes()
    assert made.startswith(b"GIF8")
    (tmp_path / f"{NAME}.gif").unlink()
    assert lgi("fit", *IMAGE).code == 0
    assert (tmp_path / f"{NAME}.gif").read_bytes() == made


@pytest.mark.parametrize(
    ("code", "words", "arguments"),
    [
        (2, "'0'; allowed are whole numbers from 1 to", ("smooth", "-n", "0")),
        (2, "'1.5'; allowed are whole numbers from 1 to", ("smooth", "-n", "1.5")),
        (2, "..: a folder, not a picture", ("..", "-n", "1")),
        (2, "'--device': 'gpu' is not one of 'auto'", ("smooth", "-n", "1", "--device", "gpu")),
        (2, "'-1'; allowed are whole numbers from 0 to", ("smooth", "-n", "1", "--seed", "-1")),
        (
            2,
            "no recipe is called 'nope'; there are cosine, ",
            ("smooth", "-n", 1, "--recipe", "nope"),
        ),
        (2, "called 'nix'; there are checkerboard, edges", ("nix", "-n", "1")),
        (2, "nix.png: no such file", ("nix.png", "-n", "1")),
        (2, "--size: is for a picture file; smooth is none", ("smooth", "-n", 1, "--size", "9x9")),
        (2, "--size: '9'; allowed is such as 128x96", ("Kätzchen 3.png", "-n", 1, "--size", "9")),
        (2, "or equal to 9; found 8", ("Kätzchen 3.png", "-n", 1, "--size", "8x9")),
        (2, "--background: must be", ("Kätzchen 3.png", "-n", 1, "--background", "nope")),
        (2, "--name: 'A'; allowed are up to 64", ("Kätzchen 3.png", "-n", 1, "--name", "A")),
        (1, "TiB of memory; allowed is", ("smooth", "-n", 10**11)),
        (1, "text.png: not an image, it is a text", ("text.png", "-n", 1)),
        (1, r"'a\nb': no such configuration", ("smooth", "-n", 1, "--config", "a\nb")),
        (1, "nix.yaml: no such configuration", ("smooth", "-n", 1, "--config", "nix.yaml")),
        (1, "text.png: a mapping is needed", ("smooth", "-n", 1, "--config", "text.png")),
        (
            1,
            "be written there (it is a file, not a folder)",
            ("smooth", "-n", 1, "--out", "text.png"),
        ),
    ],
)
def test_bad_input_is_one_sentence(fails, tmp_path, picture, code, words, arguments):
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    fails(code, words, "fit", *arguments)
    assert {path.name for path in tmp_path.iterdir()} == {picture, "text.png"}


def test_what_is_wrong_in_a_file_of_ones_own_is_told_as_the_workflow_tells_it(lgi, tmp_path):
    (tmp_path / "mine.yaml").write_text("gaussians: {nope: 1}\nmore: 2\n", encoding="utf-8")
    done = lgi("fit", "smooth", "-n", 1, "--size", "x", "--config", "mine.yaml")
    assert done.code == 2
    done = lgi("fit", "smooth", "-n", 1, "--config", "mine.yaml")
    assert done.code == 1
    assert "the configuration has 2 problems:\n  gaussians.nope: unknown key" in done.err


def test_more_than_the_memory_of_this_machine(fails, monkeypatch):
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096}.get(name, 1000))
    fails(1, "of memory or more; this machine has 4,000 KiB", "fit", "smooth", "-n", 10**5)


def test_a_full_disk_leaves_nothing_that_looks_complete(fails, tmp_path):
    with small_disk(tmp_path / "disk", 100) as disk:
        disk.fill(8_192)
        fails(1, "(No space left on device)", "fit", *IMAGE, "--out", disk.folder)
        assert not list(disk.folder.glob("*.npz"))
        disk.clear()
        disk.remount("ro")
        words = "nothing can be written there (Read-only file system)"
        fails(1, words, "fit", *IMAGE, "--out", disk.folder)


def test_a_folder_of_another_user(tmp_path):
    (tmp_path / "theirs").mkdir()
    python = python_as_a_stranger(tmp_path / "theirs")
    command = [*python, "-m", "lgi", "fit", *map(str, IMAGE), "--out", tmp_path / "theirs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"error: {tmp_path}/theirs: nothing can be written there (Permission denied)\n"
    )


@pytest.mark.slow
def test_after_ctrl_c_the_same_command_goes_on(tmp_path):
    fit = ["fit", "smooth", "-n", "200", "--recipe", "published_3000", "--no-pictures"]
    command = [sys.executable, "-m", "lgi", *fit, "--out", tmp_path]
    given = {"cwd": ROOT, "text": True, "encoding": "utf-8", "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=os.environ | {"LGI_CHECKPOINT_SECONDS": "0"}, **given)
    state = tmp_path / ".smooth_published_3000_n200_seed0.npz.checkpoint"
    while not state.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    told = process.communicate()[1]
    assert process.returncode == 130
    assert "the same command goes on from there" in told
    assert [path.name for path in tmp_path.iterdir()] == [state.name]
    done = subprocess.run(command, check=True, **given)
    assert "goes on from" in done.stderr
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]
    whole = tmp_path / "whole"
    subprocess.run([*command[:-1], whole], check=True, **given)
    (name,) = (path.name for path in whole.iterdir())
    assert (whole / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.slow
def test_the_bytes_are_those_of_snakemake(lgi, tmp_path):
    assert lgi("fit", *IMAGE, "--no-pictures").code == 0
    target = f"results/gaussians/{RUN['image']}/{RUN['recipe']}/n5_seed42.npz"
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--directory", tmp_path]
    command += ["--configfile", SMOKE_FILE, "--cores", "1", target]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert (tmp_path / target).read_bytes() == (tmp_path / f"{NAME}.npz").read_bytes()


def test_no_snakemake_below_the_command(tmp_path):
    code = (
        "import sys\nfrom lgi.cli import main\n"
        f"try: main({['fit', *map(str, IMAGE), '--no-pictures', '--out', str(tmp_path)]})\n"
        "except SystemExit as end: print(end.code, sorted({'snakemake', 'torch', 'matplotlib'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_a_newer_source_is_another_run(lgi, fails, tmp_path):
    assert lgi("fit", *IMAGE, "--no-pictures").code == 0
    run = read_run(tmp_path / f"{NAME}.npz")
    origin = dict(run.record["provenance"]) | {"source": "0" * 12}
    shutil.move(run.path, tmp_path / "kept.npz")
    write_run(run.path, run.arrays, dict(run.record) | {"provenance": origin})
    fails(1, "provenance.source: '000000000000' in the file, ", "fit", *IMAGE, "--no-pictures")
