"""The command line: `lgi`, a module for each of its commands.

What takes long to import is imported where it is used, so that help comes at once.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import lgi
from lgi.cli import fit, known_answers, llc, show, train
from lgi.errors import shown

DONE, FAILED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
"""What the command returns to the shell."""

DEBUG = "--debug"

EXAMPLES = (
    "lgi fit cat.png -n 200                   run file, picture and GIF of 200 Gaussians",
    "lgi train --sparsity 0.9 --start kgon4   toy models, with a GIF of the first",
    "lgi llc RUN.npz                          learning coefficients of what was trained",
    "lgi llc mine:model                       that of your own model, in mine.py",
    "lgi show RUN.npz                         what a file is and how it ended",
    "lgi known-answers --only quadratic       the estimator against exact answers",
)
COMMANDS = (
    (fit, fit.fit, "Fit N Gaussians to a picture."),
    (train, train.train, "Train toy models of superposition."),
    (llc, llc.llc, "Estimate learning coefficients."),
    (show, show.show, "Say what a file is and how it ended; draw it."),
    (known_answers, known_answers.known_answers, "Hold the estimator against known answers."),
)


def _examples(commands: Sequence[str]) -> str:
    # Typer keeps the lines of a paragraph that begins so.
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


app = typer.Typer(
    name="lgi",
    # Plain text: it comes at once, and is the same in a pipe.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for _module, _function, _purpose in COMMANDS:
    app.command(
        _function.__name__.replace("_", "-"),
        epilog=_examples(_module.EXAMPLES),
        short_help=_purpose,
    )(_function)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"lgi {lgi.__version__}")
        raise typer.Exit


@app.callback(epilog=_examples(EXAMPLES))
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which lgi this is."),
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Show where an error comes from; may stand anywhere.")
    ] = False,
) -> None:
    """Fit Gaussians to pictures, train toy models of superposition, estimate learning coefficients.

    Each command explains itself: lgi fit --help. Results go to standard output, all else to
    standard error. It returns 0 when all is done, 1 if that failed, 2 for a command that is wrong,
    130 after Ctrl-C; then the same command goes on from what was kept.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; an error is one sentence on standard error.

    Parameters
    ----------
    arguments
        What follows `lgi`; None for those of this process.

    Raises
    ------
    SystemExit
        Always, with `DONE`, `FAILED`, `BAD_USAGE` or `INTERRUPTED`.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal of Windows has no λ.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in given
    # Typer takes it before the command alone.
    given = [argument for argument in given if argument != DEBUG] or ["--help"]
    try:
        code = app(given, prog_name="lgi", standalone_mode=False) or DONE
    except BrokenPipeError:  # `lgi show ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        if debug:
            raise
        said = _sentence(error, given)
        for argument in given:
            if not argument.isprintable():  # a line feed in the name of a file, say
                said = said.replace(argument, shown(argument))
        typer.echo(said, err=True)
        sys.exit(BAD_USAGE if isinstance(error, typer.TyperException) else FAILED)
    if code == INTERRUPTED:  # as Typer has it after Ctrl-C
        typer.echo("interrupted; what is finished stays, the same command makes the rest", err=True)
    sys.exit(code)


def _sentence(error: Exception, given: Sequence[str]) -> str:
    """Return what is said of an error, on one line."""
    command = next((one for one in given if one in _names()), "")
    if isinstance(error, typer.TyperException):
        said = error.format_message().rstrip(".").replace("Value error, ", "")  # type: ignore[attr-defined]
        return f"error: {said}; see {' '.join(['lgi', command]).strip()} --help"
    from lgi.jobs import told

    text = told(error, f"lgi {command}")
    if text.startswith("error: "):
        return text.rstrip("\n")
    kind, reason = type(error).__name__, " ".join(str(error).split())
    return f"error: {kind}: {reason}; with {DEBUG} it shows where"


def _names() -> list[str]:
    return [str(one.name) for one in app.registered_commands]
