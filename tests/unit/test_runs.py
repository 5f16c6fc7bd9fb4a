"""Run files and tables: what is written is read back, and anything else is named and refused."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from lgi.errors import RunFileError
from lgi.runs import (
    HOST,
    atomic_path,
    read_run,
    read_table,
    summed_path,
    temporary_writer,
    write_run,
    write_table,
)
from tests.damage import flips, pieces, refused


@given(
    array=st_numpy.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.bool_]),
        st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0),
    ),
    record=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none()),
)
def test_a_run_is_read_back_as_it_was_written(tmp_path_factory, array, record):
    path = tmp_path_factory.mktemp("run") / "a" / "run.npz"
    write_run(path, {"values": array}, record)
    run = read_run(path, required=("values",))
    assert run["values"].dtype == array.dtype
    np.testing.assert_array_equal(run["values"], array)
    assert run.record == record


def test_the_same_run_gives_the_same_bytes(tmp_path, monkeypatch):
    arrays, record = {"a": np.arange(5), "b": np.ones((2, 3))}, {"seed": 1, "engine": "numba"}
    write_run(tmp_path / "one.npz", arrays, record)
    monkeypatch.setattr("time.time", lambda: 4e9)
    write_run(tmp_path / "two.npz", arrays, dict(reversed(record.items())))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.fixture
def run_file(tmp_path):
    path = tmp_path / "run.npz"
    write_run(path, {"a": np.arange(3), "b": np.float32(0.5)}, {"seed": 1, "state": "finished"})
    return path


def test_every_flipped_bit_of_a_run_is_seen(run_file):
    refused(run_file, read_run, flips(run_file.read_bytes()))


def test_every_piece_of_a_run_is_refused(run_file):
    refused(run_file, read_run, pieces(run_file.read_bytes()))


def test_a_run_is_still_an_archive_that_others_read(run_file):
    with np.load(run_file, allow_pickle=False) as file:
        assert set(file.files) == {"a", "b", "record"}
    with zipfile.ZipFile(run_file) as archive:
        assert archive.testzip() is None
        content = run_file.read_bytes()
        assert archive.comment == hashlib.sha256(content[:-64]).hexdigest().encode()


def test_runs_of_an_older_lgi_and_other_files_are_named(tmp_path):
    old = r"old\.npz: no checksum: made by lgi before 0\.6, or no run file; make it again: delete"
    np.savez(tmp_path / "old.npz", a=np.arange(3), record=np.array("{}"))
    with pytest.raises(RunFileError, match=old):
        read_run(tmp_path / "old.npz")
    np.save(tmp_path / "array.npy", np.arange(3))
    with pytest.raises(RunFileError, match=r"array\.npy: damaged"):
        read_run(tmp_path / "array.npy")
    np.savez(tmp_path / "pickle.npz", record=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RunFileError, match=r"pickle\.npz: no checksum"):
        read_run(tmp_path / "pickle.npz")
    with pytest.raises(RunFileError, match=r"missing\.npz: no such run file"):
        read_run(tmp_path / "missing.npz")
    with pytest.raises(RunFileError, match=r"cannot be read \(Is a directory\)"):
        read_run(tmp_path)


def test_a_missing_array_is_named_with_those_that_are_there(tmp_path):
    write_run(tmp_path / "run.npz", {"loss": np.arange(3)}, {})
    with pytest.raises(RunFileError, match=r"no array 'uncovered'; it holds loss"):
        read_run(tmp_path / "run.npz", required=("uncovered",))


def test_a_missing_entry_of_the_record_is_named(tmp_path):
    write_run(tmp_path / "run.npz", {}, {"seed": 1})
    with pytest.raises(RunFileError, match=r"run\.npz: its record has no 'init'; it has seed"):
        read_run(tmp_path / "run.npz").record["init"]


def test_objects_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_run(tmp_path / "run.npz", {"a": np.array([{}], dtype=object)}, {})
    with pytest.raises(ValueError, match="record"):
        write_run(tmp_path / "run.npz", {"record": np.arange(3)}, {})
    assert os.listdir(tmp_path) == []


def test_a_failed_write_keeps_what_was_there(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_a_killed_write_never_looks_complete(tmp_path):
    code = (
        "import os, sys; from lgi.runs import atomic_path\n"
        "with atomic_path(sys.argv[1]) as path:\n"
        "    path.write_text('half'); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "run.npz"
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == -9
    assert not path.exists()


def test_a_full_disk_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    code = (
        "import signal, sys, numpy as np; from lgi.runs import write_run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "write_run(sys.argv[1], {'a': np.arange(10_000)}, {})"
    )
    path = tmp_path / "run.npz"
    done = subprocess.run([sys.executable, "-c", code, path], preexec_fn=limit, capture_output=True)
    assert done.returncode == 1
    assert b"File too large" in done.stderr
    assert os.listdir(tmp_path) == []


def test_tables_keep_every_digit(tmp_path):
    frame = pd.DataFrame({"x": [0.1 + 0.2, 1 / 3, 1e-300], "name": ["a", "b", "5+"]})
    write_table(tmp_path / "t.csv", frame)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv", ("x", "name")), frame)


@pytest.fixture
def table_file(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, pd.DataFrame({"x": [0.1 + 0.2, 1e-300], "name": ["a", "5+"]}))
    return path


def test_every_flipped_bit_of_a_table_is_seen(table_file):
    refused(table_file, read_table, flips(table_file.read_bytes()))


def test_every_piece_of_a_table_is_refused(table_file):
    refused(table_file, read_table, pieces(table_file.read_bytes()))


def test_a_damaged_or_missing_checksum_is_no_checksum(table_file):
    beside = table_file.with_name("table.csv.sha256")
    content = beside.read_bytes()
    for damaged in (*flips(content), *pieces(content)):
        beside.write_bytes(damaged)
        with pytest.raises(RunFileError, match=r"table\.csv: damaged, not what table\.csv\.sha256"):
            read_table(table_file)
    beside.unlink()
    with pytest.raises(RunFileError, match=r"table\.csv: no checksum beside it \(table\.csv\.sha"):
        read_table(table_file)


def test_a_table_of_another_name_is_not_believed(table_file):
    for name in ("table.csv", "table.csv.sha256"):
        (table_file.parent / f"other {name}").write_bytes((table_file.parent / name).read_bytes())
    with pytest.raises(RunFileError, match=r"other table\.csv: damaged"):
        read_table(table_file.with_name("other table.csv"))


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_reads_the_checksum(table_file):
    check = ["sha256sum", "--check", "--strict", "table.csv.sha256"]
    done = subprocess.run(
        check, cwd=table_file.parent, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout == "table.csv: OK\n"


def test_a_table_is_not_believed_before_its_checksum_is_written(table_file, monkeypatch):
    """What a kill leaves after each step of a write, from the calls that change the folder."""
    frame = read_table(table_file)
    seen = []
    for name in ("replace", "unlink"):
        step = getattr(os, name)

        def after(*given, step=step, **named):
            step(*given, **named)
            with suppress(RunFileError):
                seen.append(read_table(table_file)["x"].tolist())

        monkeypatch.setattr(os, name, after)
    write_table(table_file, frame.assign(x=1.0))
    assert [1.0, 1.0] in seen
    assert all(found in ([1.0, 1.0], frame["x"].tolist()) for found in seen)


def test_a_failed_write_of_a_table_keeps_it_and_its_checksum(table_file):
    def fail():
        with summed_path(table_file) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert read_table(table_file)["name"].tolist() == ["a", "5+"]


def test_bad_tables_are_named(tmp_path):
    path = tmp_path / "t.csv"
    with summed_path(path) as temporary:
        temporary.write_text("", encoding="utf-8")
    with pytest.raises(RunFileError, match=r"t\.csv: not a table"):
        read_table(path)
    write_table(path, pd.DataFrame({"a": [1], "b": [2]}))
    with pytest.raises(RunFileError, match=r"t\.csv: no column loss; it has a, b"):
        read_table(path, ("a", "loss"))
    with pytest.raises(RunFileError, match=r"none\.csv: no such table"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize("name", ["n5_seed1.npz", "sparsity0.4262.csv", ".run.npz.checkpoint", "a"])
def test_the_name_of_a_temporary_file_tells_its_writer(tmp_path, name):
    with atomic_path(tmp_path / name) as temporary:
        temporary.touch()
    assert temporary_writer(temporary.name) == (HOST, os.getpid())
    assert temporary_writer(name) is None


def test_a_table_of_the_repository_is_known_by_what_was_planned(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("a\n1\n", encoding="utf-8")
    planned = hashlib.sha256(b"a\n1\n").hexdigest()
    assert read_table(path, sha256=planned)["a"].tolist() == [1]
    path.write_text("a\n2\n", encoding="utf-8")
    with pytest.raises(
        RunFileError, match=r"published\.csv: not the file that this job was planned"
    ):
        read_table(path, sha256=planned)
