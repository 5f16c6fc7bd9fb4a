"""Run files and tables: what is written is read back, and anything else is named and refused."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from lgi.errors import RunFileError
from lgi.runs import atomic_path, read_run, read_table, write_run, write_table


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


@pytest.mark.parametrize("share", [0, 1, 50, 95])
def test_a_truncated_run_is_named(tmp_path, share):
    path = tmp_path / "run.npz"
    write_run(path, {"a": np.arange(100)}, {})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * share // 100])
    with pytest.raises(RunFileError, match=r"run\.npz: truncated or not a run file"):
        read_run(path)


def test_a_damaged_array_is_named(tmp_path):
    path = tmp_path / "run.npz"
    write_run(path, {"a": np.arange(100)}, {})
    content = bytearray(path.read_bytes())
    middle = content.index(np.arange(100).tobytes()) + 80
    content[middle] ^= 255
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=r"run\.npz: truncated or not a run file"):
        read_run(path)


def test_foreign_files_are_named(tmp_path):
    np.savez(tmp_path / "foreign.npz", a=np.arange(3))
    with pytest.raises(RunFileError, match=r"foreign\.npz: not a run file of lgi"):
        read_run(tmp_path / "foreign.npz")
    np.save(tmp_path / "array.npy", np.arange(3))
    with pytest.raises(RunFileError, match=r"array\.npy: truncated or not a run file"):
        read_run(tmp_path / "array.npy")
    np.savez(tmp_path / "pickle.npz", record=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RunFileError, match=r"pickle\.npz"):
        read_run(tmp_path / "pickle.npz")
    with pytest.raises(RunFileError, match=r"missing\.npz: no such run file"):
        read_run(tmp_path / "missing.npz")


def test_a_missing_array_is_named_with_those_that_are_there(tmp_path):
    write_run(tmp_path / "run.npz", {"loss": np.arange(3)}, {})
    with pytest.raises(RunFileError, match=r"no array 'uncovered'; it holds loss"):
        read_run(tmp_path / "run.npz", required=("uncovered",))


def test_a_damaged_compressed_array_is_named(tmp_path):
    path = tmp_path / "run.npz"
    np.savez_compressed(path, a=np.arange(1000), record=np.array("{}"))
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=r"run\.npz: truncated or not a run file"):
        read_run(path)


def test_a_record_that_is_no_mapping_is_named(tmp_path):
    np.savez(tmp_path / "run.npz", record=np.array("[1, 2]"))
    with pytest.raises(RunFileError, match=r"run\.npz: truncated or not a run file"):
        read_run(tmp_path / "run.npz")


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


def test_bad_tables_are_named(tmp_path):
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(RunFileError, match=r"empty\.csv: not a table"):
        read_table(tmp_path / "empty.csv")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(RunFileError, match=r"t\.csv: no column loss; it has a, b"):
        read_table(tmp_path / "t.csv", ("a", "loss"))
    with pytest.raises(RunFileError, match=r"none\.csv: no such table"):
        read_table(tmp_path / "none.csv")
