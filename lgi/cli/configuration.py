"""The configuration of a command: config.yaml, a file over it, and what the command line says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lgi.errors import ConfigError, LgiError, listed
from lgi.shipped import CONFIGURATION, shipped
from lgi.yaml_files import content_of

if TYPE_CHECKING:
    from lgi.config import Config

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="YAML over the configuration of lgi: mappings are merged, lists replaced.",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder of what is made; made if need be.")
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"] | None,
    typer.Option(help="What computes, with the same bits; else as configured."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]


def configuration(
    file: Path | None,
    said: Mapping[str, Any] | None = None,
    options: Mapping[str, str] | None = None,
) -> "Config":
    """Return the checked configuration.

    Parameters
    ----------
    file
        YAML over that of lgi.
    said
        What the command line says, over both; its paths are relative to the working folder.
    options
        By the places that it says, what they are called there; capitals are those of arguments.

    Raises
    ------
    ConfigError
        If anything is not allowed in the files.
    BadParameter
        If what the command line says is not.
    LgiError
        If a file that it names is not what it must be.
    """
    from lgi.config import read_config

    files = [file] if file else []
    try:
        return read_config(*files, changes=said or {})
    except ConfigError as error:
        if said:
            read_config(*files)  # raises what is wrong in the files
            _tell_option(str(error), options or {})
        raise


def _tell_option(error: str, options: Mapping[str, str]) -> None:
    """Raise the first problem that is of an option, under its name."""
    for line in error.splitlines()[1:]:
        place, _, problem = line.strip().partition(": ")
        for begin, option in options.items():
            if f"{place}.".startswith(f"{begin}."):
                if option.isupper():
                    raise LgiError(problem)
                raise typer.BadParameter(problem, param_hint=option)


def section(checked: "Config", name: str) -> Any:
    """Return the section of a study; ConfigError if the configuration leaves it out."""
    if (found := getattr(checked, name)) is None:
        raise ConfigError(f"the configuration has no section {name}, of which this is")
    return found


def names(*place: str) -> Callable[[], list[str]]:
    """Return the function that lists the names defined at a place of lgi's own configuration.

    It completes the command line.
    """

    def defined() -> list[str]:
        found = content_of(shipped(CONFIGURATION))
        for part in place:
            found = found[part]
        return list(found)

    return defined


def known(name: str, there: Mapping[str, Any], option: str, kind: str) -> str:
    """Return a name that is defined.

    Raises
    ------
    BadParameter
        If it is not; names what there is.
    """
    if name not in there:
        raise typer.BadParameter(
            f"no {kind} is called {name!r}; there are {listed(sorted(there))}", param_hint=option
        )
    return name
