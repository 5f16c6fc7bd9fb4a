"""The command line, run in a folder of its own."""

from typing import NamedTuple

import pytest

from lgi.cli import main
from tests.configurations import SMOKE_FILE

SMALL = ("--config", str(SMOKE_FILE))


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def lgi(tmp_path, monkeypatch, capsys):
    """A function of arguments to how the command ended."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Done(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def fails(lgi):
    """A function of a code, words and arguments: the command fails in one sentence with them."""

    def check(code, words, *arguments):
        done = lgi(*arguments)
        assert (done.code, done.out) == (code, "")
        last = done.err.splitlines()[-1]
        assert last.startswith("error: ")
        assert words in last
        assert "Traceback" not in done.err

    return check
