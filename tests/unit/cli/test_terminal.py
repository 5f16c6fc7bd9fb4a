"""Lines, tables and how far work is: plain in a file, a bar on a terminal."""

import os
import pty
import re
import subprocess
import sys

import numba.core.event
import pytest

from lgi.cli import compiling, terminal
from tests.configurations import ROOT

WORK = """
import time
from lgi.cli.terminal import watched
with watched("fitting", 4, "iterations") as tell:
    for done in range(5):
        tell(done)
        time.sleep(0.15)
        print("said in between" if done == 2 else "", end="\\n" if done == 2 else "")
print("result")
"""


def on_a_terminal(**environment) -> str:
    """Return what a terminal is sent."""
    ours, theirs = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-c", WORK],
        cwd=ROOT,
        stdout=theirs,
        stderr=theirs,
        env=env | {"TERM": "xterm"} | environment,
    )
    os.close(theirs)
    sent = b""
    try:
        while part := os.read(ours, 65_536):
            sent += part
    except OSError:  # Linux's word for the end of a terminal
        pass
    os.close(ours)
    assert process.wait() == 0
    return sent.decode()


def test_a_bar_on_a_terminal():
    sent = on_a_terminal()
    assert re.search(r"fitting .*2 of 4 iterations", sent)
    assert "said in between" in sent
    assert "\x1b[?25h" in sent  # the cursor is back
    assert "result" in sent


def test_no_colours_where_none_are_wanted():
    sent = on_a_terminal(NO_COLOR="1")
    assert "2 of 4 iterations" in sent
    assert not re.search(r"\x1b\[[0-9;]*m", sent)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}])
def test_a_terminal_that_can_nothing(environment):
    sent = on_a_terminal(**environment)
    assert "\x1b" not in sent
    assert "fitting: done in" in sent


def test_plain_lines_now_and_then_in_a_file(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "LINE_SECONDS", 0.0)
    with terminal.watched("fitting", 200, "iterations") as tell:
        tell(50)
        print("said in between")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "fitting: 50 of 200 iterations, 25%, 0 s",
        "said in between",
        "fitting: done in 0 s",
    ]


def test_no_line_before_its_time(capsys):
    with terminal.watched("fitting", 200, "iterations") as tell:
        for done in range(200):
            tell(done)
    assert capsys.readouterr().err == "fitting: done in 0 s\n"


def test_a_table_is_aligned_and_says_what_it_leaves_out(capsys):
    rows = [{"name": f"row {k}", "value_of": k / 3} for k in range(4)]
    terminal.table(rows, {"name": "", "value_of": ".2f"}, "in x.csv", most=2)
    assert capsys.readouterr().out.splitlines() == [
        "name   value of",
        "row 0      0.00",
        "row 1      0.33",
        "... 2 more rows in x.csv",
    ]


def compile_something() -> None:
    with numba.core.event.trigger_event("numba:compile"):
        pass


def test_compiling_is_said_once_before_it_begins(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LGI_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "_pace", lambda: 2 * compiling.PACE)
    with compiling.told("fit"):
        assert capsys.readouterr().err == ""
        compile_something()
        compile_something()
    said = f"compiling for this machine, about 40 s, once; it is kept in {tmp_path}\n"
    assert capsys.readouterr().err == said
    compile_something()
    assert capsys.readouterr().err == ""


def test_code_that_is_not_kept_is_not_compiled_once(monkeypatch, capsys):
    monkeypatch.setenv("LGI_CACHE_DIR", "")
    with compiling.told("train"):
        compile_something()
    assert capsys.readouterr().err.endswith(" s, as code is not kept\n")
