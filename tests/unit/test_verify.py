"""Verifying a folder names every file that is not whole."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd

from lgi.llc.inference_data import Trace, write_trace
from lgi.runs import write_run, write_table
from tests.configurations import ROOT


def verify(folder):
    command = [sys.executable, "-m", "lgi.verify", folder]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        encoding="utf-8",
    )


def test_every_file_is_read_and_damaged_ones_are_listed(tmp_path):
    write_run(tmp_path / "a" / "run.npz", {"a": np.arange(3)}, {})
    write_table(tmp_path / "b" / "table.csv", pd.DataFrame({"a": [1]}))
    write_trace(tmp_path / "trace.nc", Trace(np.ones((2, 3)), 1.0, 1.0, 0, 1, {}))
    (tmp_path / ".table.7.part.csv").write_text("half", encoding="utf-8")
    (tmp_path / "text.md").write_text("text", encoding="utf-8")
    done = verify(tmp_path)
    assert (done.returncode, done.stdout) == (0, "3 files, 0 not whole\n")
    for path in ("a/run.npz", "b/table.csv", "trace.nc"):
        content = bytearray((tmp_path / path).read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / path).write_bytes(content)
    done = verify(tmp_path)
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[-1]) == (1, "3 files, 3 not whole")
    found = [line.partition(": ")[0] for line in lines[:-1]]
    assert found == [str(tmp_path / path) for path in ("a/run.npz", "b/table.csv", "trace.nc")]


def test_a_folder_without_results_is_not_whole(tmp_path):
    assert verify(tmp_path / "missing").returncode == 1
