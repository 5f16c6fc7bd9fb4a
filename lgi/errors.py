"""Errors that a user can act on: each message names the key or file, the value, what is allowed."""

from collections.abc import Iterable
from typing import Any

LONGEST = 80
"""Characters of a value in a message; of a longer one the middle is left out."""

MANY = 12
"""Values that a message lists; of more the first ones and the last are named."""


class LgiError(Exception):
    """Base of every error that lgi raises on purpose."""


class ConfigError(LgiError):
    """A value of the configuration is not allowed."""


class RunFileError(LgiError):
    """A run file or table is missing, truncated, foreign or incomplete."""


class ImageError(LgiError):
    """An image cannot be read or is not usable as a target."""


class DataError(LgiError):
    """Data handed to an analysis or a figure cannot be analysed or drawn."""


class NothingToDrawError(DataError):
    """A figure has nothing to show: what it would show was not run, or has no finite value."""


class ModelError(LgiError, ValueError):
    """A model, its loss or its data are nothing of which a coefficient can be estimated."""


class ClusterError(LgiError):
    """A cluster cannot run the workflow as it is asked to."""


def shown(value: Any) -> str:
    """Return a value as a message shows it: on one line, in quotes if text, cut if long."""
    try:
        return _short(repr(value))
    except ValueError:  # Python writes no integer of more than some thousand digits
        kind = "an integer" if isinstance(value, int) else f"a {type(value).__name__} with one"
        return f"{kind} of thousands of digits"


def word(value: Any) -> str:
    """Return the same without quotes, where that can be told from the words around it."""
    plain = isinstance(value, str) and value.isprintable() and value.strip() == value != ""
    return _short(value) if plain else shown(value)


def listed(values: Iterable[Any]) -> str:
    """Return values with commas between them; of many the first ones, the last and their number."""
    words = list(map(word, values))
    if len(words) > MANY:
        words = [*words[: MANY - 1], "...", f"{words[-1]} ({len(words):,} in all)"]
    return ", ".join(words)


def _short(text: str) -> str:
    half = (LONGEST - 3) // 2
    short = text if len(text) <= LONGEST else f"{text[:half]}...{text[-half:]}"
    # Halves of surrogate pairs are nothing that a terminal or a log can hold.
    return short.encode("utf-8", "backslashreplace").decode("utf-8")
