"""Values of the command line: read from text, with what is allowed in the error."""

import math
import re
from collections.abc import Callable
from typing import Any

import typer

LARGEST = 10**12
"""The largest number of anything but a seed, as the configuration has it."""

LARGEST_SEED = 2**64 - 1


def whole(least: int, most: int = LARGEST) -> Any:
    """Return what reads a whole number."""

    def read(text: str) -> int:
        if re.fullmatch(r"[+-]?[0-9]{1,30}", text) and least <= int(text) <= most:
            return int(text)
        raise typer.BadParameter(f"{text!r}; allowed are whole numbers from {least} to {most:,}")

    return _kept(read)


def positive() -> Any:
    """Return what reads a number above 0."""

    def read(text: str) -> float:
        if 0 < (value := _number(text)) < math.inf:
            return value
        raise typer.BadParameter(f"{text!r}; allowed are numbers above 0")

    return _kept(read)


def share() -> Any:
    """Return what reads a number from 0 to below 1."""

    def read(text: str) -> float:
        if 0 <= (value := _number(text)) < 1:
            return value
        raise typer.BadParameter(f"{text!r}; allowed are numbers from 0 to below 1")

    return _kept(read)


def numbers(text: str, option: str, most: int = LARGEST) -> list[int]:
    """Return the numbers of a list such as 0,3,7-9.

    Raises
    ------
    BadParameter
        If it is none, or one that names a number twice or more than a million.
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,20})(?:-([0-9]{1,20}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last <= most:
            raise typer.BadParameter(
                f"{text!r}; allowed is such as 3, 0-49 or 0,3,7-9, up to {most:,}",
                param_hint=option,
            )
        if len(found) + last - first >= 10**6:
            raise typer.BadParameter(f"{text!r} are more than a million", param_hint=option)
        found += range(first, last + 1)
    if len(set(found)) < len(found):
        raise typer.BadParameter(f"{text!r} names a number twice", param_hint=option)
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _kept(read: Callable[[str], Any]) -> Callable[[Any], Any]:
    # A default comes as a number.
    return lambda value: read(value) if isinstance(value, str) else value
