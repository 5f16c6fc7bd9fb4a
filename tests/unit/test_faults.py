"""Disks that are full or cannot be written: one sentence, and what was whole stays whole."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lgi.errors import LgiError
from lgi.figures import animation, gallery, style
from lgi.jobs import logged
from lgi.llc.inference_data import Trace, write_trace
from lgi.making import write_text
from lgi.runs import write_run, write_table
from tests.configurations import ROOT
from tests.disks import python_as_a_stranger, small_disk

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 4), np.uint8)


def _run(path, value):
    write_run(path, {"x": np.arange(3_000) + value}, {"n": value})


def _table(path, value):
    write_table(path, pd.DataFrame({"x": np.arange(2_000) + value}))


def _figure(path, value):
    figure = style.new_figure(1, 1)
    figure.subplots().plot([0, value])
    style.save(path, figure)


def _animation(path, value):
    animation.write(path, PIXELS[:value])


def _text(path, value):
    write_text(path, "a sentence\n" * 1_000 * value)


def _trace(path, value):
    loss = np.random.default_rng(value).random((2, 600))
    write_trace(path, Trace(loss, loss[:, 0].mean(), 1.0, 10, 1, {"seed": value}))


def _copy(path, value):
    picture = path.with_name("picture.png")
    if not picture.exists():
        Image.fromarray(PIXELS[0]).resize((300, 300)).save(picture)
    gallery.copy(picture, path)


WRITERS = {
    "run.npz": _run,
    "table.csv": _table,
    "figure.png": _figure,
    "animation.gif": _animation,
    "text.md": _text,
    "trace.nc": _trace,
    "copy.png": _copy,
}


def _files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    with small_disk(tmp_path_factory.mktemp("disk"), 2_000) as disk:
        yield disk


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_costs_nothing_that_was_whole(disk, name):
    folder = disk.folder / name.replace(".", "_")
    folder.mkdir()
    path, write = folder / name, WRITERS[name]
    write(path, 2)
    new = _files(folder)
    assert len(new[name]) > 4096, "fits into what is left free"
    write(path, 1)
    before = _files(folder)
    for free in (0, 4096):
        disk.fill(free)
        with pytest.raises(LgiError, match=rf"^\S+{path.stem}\S* .*No space left on device") as e:
            write(path, 2)
        assert "\n" not in str(e.value)
        assert _files(folder) == before
        disk.clear()
    write(path, 2)
    assert _files(folder) == new


@pytest.mark.parametrize("name", WRITERS)
def test_a_read_only_disk(disk, name):
    folder = disk.folder / f"read_only_{name.replace('.', '_')}"
    folder.mkdir()
    path, write = folder / name, WRITERS[name]
    write(path, 1)
    before = _files(folder)
    disk.remount("ro")
    try:
        with pytest.raises(LgiError, match=rf"^\S+{path.stem}\S* .*Read-only file system") as e:
            write(path, 2)
        assert "\n" not in str(e.value)
        assert _files(folder) == before
    finally:
        disk.remount("rw")


def test_a_folder_of_another_user_is_named(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    _run(folder / "run.npz", 1)
    before = _files(folder)
    code = (
        "import sys, numpy as np, lgi.runs as runs, lgi.errors as errors\n"
        "try: runs.write_run(sys.argv[1], {'x': np.arange(3)}, {})\n"
        "except errors.LgiError as error: print(error)"
    )
    done = subprocess.run(
        [*python_as_a_stranger(folder), "-c", code, folder / "run.npz"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    folder.chmod(0o755)
    assert done.stdout == f"{folder}/run.npz: cannot be written (Permission denied)\n"
    assert _files(folder) == before


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(LgiError, match=r"run\.npz: cannot be written \(Is a directory\)"):
        _run(tmp_path / "run.npz", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere"):
        gallery.copy(tmp_path / "nowhere.png", tmp_path / "copy.png")


# What a job says of it.


@pytest.fixture
def job(tmp_path):
    """Return a function that runs a job and returns its exit code."""

    def run(work, log=tmp_path / "logs" / "a.log", **params):
        snakemake = SimpleNamespace(
            log=[log],
            rule="fit",
            output=["results/a.npz"],
            params=SimpleNamespace(**params),
        )
        try:
            logged(work)(snakemake)
        except SystemExit as end:
            return end.code
        return 0

    run.log = tmp_path / "logs" / "a.log"
    return run


def _raise(error):
    def work(snakemake):
        print("begun")
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LgiError("a.csv: empty"), "error: a.csv: empty"),
        (PermissionError(13, "Permission denied", "a.csv"), "error: a.csv: Permission denied"),
        (
            OSError(28, "No space left on device"),
            "error: rule fit, results/a.npz: No space left on device",
        ),
        (
            MemoryError("Unable to allocate 7 GiB"),
            "error: rule fit, results/a.npz: not enough memory: Unable to allocate 7 GiB",
        ),
        (
            MemoryError(),
            "error: rule fit, results/a.npz: not enough memory: Python has none left",
        ),
        (
            type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"),
            "error: rule fit, results/a.npz: not enough memory: CUDA out of memory",
        ),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(job, error, said):
    assert job(_raise(error)) == 1
    assert job.log.read_text(encoding="utf-8") == f"begun\n{said}\n"


def test_other_errors_keep_their_traceback(job):
    assert job(_raise(ValueError("a mistake"))) == 1
    assert "Traceback" in job.log.read_text(encoding="utf-8")
    assert "ValueError: a mistake" in job.log.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_is_named_before_any_work(job, tmp_path):
    (tmp_path / "file").touch()
    done = []
    said = job(done.append, log=tmp_path / "file" / "a.log")
    assert said == f"error: {tmp_path}/file/a.log: the log cannot be written (File exists)"
    assert done == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the device is Linux's")
def test_a_log_on_a_full_disk_hides_no_error_and_fails_no_job(job, capfd):
    assert job(lambda snakemake: print("warning"), log="/dev/full") == 0
    assert "/dev/full: the log is not whole (No space left on device)" in capfd.readouterr().err
    assert job(_raise(LgiError("a.csv: empty")), log="/dev/full") == 1
    assert "error: a.csv: empty" in capfd.readouterr().err


def test_too_little_memory_for_an_array(tmp_path):
    """The limit is that of `ulimit -v`, which SLURM and shells set."""
    code = f"""
import resource
from types import SimpleNamespace
import numpy as np
from lgi.jobs import logged
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
log = {json.dumps(str(tmp_path / "a.log"))}
params = SimpleNamespace()
given = SimpleNamespace(log=[log], rule="train", output=["a.npz"], params=params)
logged(lambda snakemake: np.ones(10**9))(given)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == 1
    said = (tmp_path / "a.log").read_text(encoding="utf-8")
    assert said.startswith(
        "error: rule train, a.npz: not enough memory: Unable to allocate 7.45 GiB"
    )
    assert said.count("\n") == 1
