"""Help, errors and what the shell is told."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import typer

from lgi import cli
from lgi.cli import fit as command_fit
from tests.configurations import ROOT

HEAVY = {"torch", "numba", "numpy", "matplotlib", "pandas", "scipy", "rich", "snakemake"}
COMMANDS = ("fit", "train", "llc", "show", "known-answers")


def process(*arguments, **given):
    return subprocess.run(
        [sys.executable, "-m", "lgi", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        **given,
    )


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_comes_without_what_takes_long(command):
    code = (
        "import sys\nfrom lgi.cli import main\n"
        f"try: main({[*command, '--help']})\n"
        f"except SystemExit: print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(lgi, command):
    done = lgi(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Examples:\n    lgi {command}" in done.out
    assert done.out.isascii()


PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
EXAMPLES = [
    *(line for module, *_ in cli.COMMANDS for line in module.EXAMPLES),
    *re.findall(r"^    (lgi [^-].*)$", PAGE, re.MULTILINE),
]


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_a_command(line):
    lgi, name, *arguments = shlex.split(line, comments=True)
    assert lgi == "lgi"
    typer.main.get_command(cli.app).commands[name].make_context(name, arguments)


def test_no_command_is_a_question_for_help(lgi):
    assert lgi().out == lgi("--help").out
    assert lgi().code == 0


def test_the_version(lgi):
    assert lgi("--version") == (0, f"lgi {cli.lgi.__version__}\n", "")


def test_a_command_that_there_is_not(fails):
    fails(2, "No such command 'fits'. Did you mean 'fit'?; see lgi --help", "fits")
    fails(2, "No such option: --nope", "fit", "--nope")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell):
    test = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = process("--show-completion", shell, env=os.environ | test)
    assert done.returncode == 0
    assert "_LGI_COMPLETE" in done.stdout


def test_names_are_completed():
    asked = {
        "_LGI_COMPLETE": "complete_bash",
        "COMP_WORDS": "lgi train --start kg",
        "COMP_CWORD": "3",
    }
    assert process(env=os.environ | asked).stdout.split() == ["kgon4", "kgon6", "kgon5"]


def test_what_nobody_foresaw_is_one_sentence_and_shows_where_if_asked(lgi, monkeypatch):
    def broken(*_):
        raise KeyError("of\nno interest")

    monkeypatch.setattr(command_fit, "_target", broken)
    done = lgi("fit", "smooth", "-n", 3)
    assert done.code == 1
    assert done.err == "error: KeyError: 'of\\nno interest'; with --debug it shows where\n"
    with pytest.raises(KeyError):
        cli.main(["fit", "smooth", "-n", "3", "--debug"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "error: lgi fit: not enough memory: Python has none left\n"),
        (OSError(28, "No space left on device", "x"), "error: x: No space left on device\n"),
    ],
)
def test_what_the_machine_lacks_is_said(lgi, monkeypatch, error, words):
    def failing(*_):
        raise error

    monkeypatch.setattr(command_fit, "_target", failing)
    assert lgi("fit", "smooth", "-n", 3) == (1, "", words)


def test_an_interruption_is_130(lgi, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_fit, "_target", interrupted)
    done = lgi("fit", "smooth", "-n", 3)
    assert done.code == 130
    assert done.err.startswith("interrupted; ")


def test_a_terminal_without_greek(tmp_path):
    """As cmd.exe has it: what it cannot show is escaped."""
    done = process("fit", "λ.png", "-n", "3", env=os.environ | {"PYTHONIOENCODING": "cp1252"})
    assert done.returncode == 2
    assert "\\u03bb.png: no such file" in done.stderr


def test_a_reader_that_goes_is_no_error():
    command = f"{shlex.quote(sys.executable)} -m lgi fit --help | head -n 1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.startswith("Usage: lgi fit")
    assert done.stderr == ""
