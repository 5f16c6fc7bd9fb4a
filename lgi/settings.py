"""Base of all typed settings: immutable, strict about keys, no hidden defaults."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Self, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from lgi.errors import ConfigError, listed, shown, word
from lgi.memory import Need

Item = TypeVar("Item")

LARGEST = 10**12
"""The largest number of anything, but for a seed: beyond it nothing comes to an end."""

MILLION = 10**6
"""The largest number of what is done again and again: resamples, repeats, rounds."""

TINY, HUGE = 1e-45, 1e45
"""Sizes of a number that is not 0: float32 has no smaller one, and float64 holds their powers."""

LONGEST_NAME = 64
"""Characters of a name: several of them make the name of a file, of 255 at most."""


class Settings(BaseModel):
    """A section of the configuration: unknown keys are errors, values cannot change later.

    Numbers written as text are accepted, since YAML reads ``1e-3`` as text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _sizes_can_be_computed_with(cls, value: Any) -> Any:
        for number in value if isinstance(value, list | tuple) else [value]:
            if isinstance(number, float) and number and not TINY <= abs(number) <= HUGE:
                raise ValueError(
                    f"{number:g} is out of range; allowed are 0 and sizes from {TINY:g} to {HUGE:g}"
                )
        return value

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return these settings with some of them changed; their values are not checked.

        Raises
        ------
        ConfigError
            If one of them is not there: it would change nothing.
        """
        fields = type(self).model_fields
        for name in update or {}:
            if name not in fields:
                near = get_close_matches(name, fields, 1)
                meant = f"is {near[0]} meant? " if near else ""
                raise ConfigError(
                    f"{type(self).__name__} has no {word(name)}; {meant}there are {listed(fields)}"
                )
        return super().model_copy(update=update, deep=deep)

    def needs(self, config: Any) -> Iterator[Need]:
        """Yield the memory that the largest jobs of this section take.

        Asked before `problems`, some of which read pictures or list all snapshots.

        Parameters
        ----------
        config
            The whole configuration, each value of which is allowed by itself.
        """
        yield from ()

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with this section beside the rest of the configuration.

        Parameters
        ----------
        config
            The whole configuration, each value of which is allowed by itself.

        Yields
        ------
        place : str
            Where, below this section; empty for the section as a whole.
        problem : str
            The value found and what is allowed.
        """
        yield from ()


@dataclass(frozen=True)
class Reference:
    """Says of a name in the configuration that it must be defined somewhere else in it."""

    to: str  # place of a mapping or list, such as gaussians.images; `*` stands for every entry
    kind: str  # what is named, such as image


def unique(values: list[Any]) -> list[Any]:
    """Return values as they are; one that stands twice is a ValueError."""
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"must not repeat {listed(twice)}")
    return values


def as_list(value: Any) -> Any:
    """Return a value as the only one of a list, unless it is a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip() or "$" in text:
        raise ValueError("allowed are printable characters but for $, not blanks alone")
    return text


def at_least(least: int, most: int = LARGEST) -> Any:
    """Return what a number of anything must fulfil, as the metadata of an integer."""
    return Field(ge=least, le=most)


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_NAME)]
Label = Annotated[str, Field(max_length=100), AfterValidator(_printable)]
"""Words that stand in tables, figures and texts; `$` begins a formula there."""
Several = Annotated[list[Item], Field(min_length=1), AfterValidator(unique)]
"""One value or more, each once."""
OneOrMore = Annotated[Several[Item], BeforeValidator(as_list)]
"""The same, where a single value may stand without its brackets."""
Count = Annotated[int, at_least(1)]
Natural = Annotated[int, at_least(0)]
Seed = Annotated[int, Field(ge=0, lt=2**64)]
Confidence = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]


def inherited(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries that say ``from: other`` with all that they do not change.

    Parameters
    ----------
    entries
        Mappings by name. A key that an entry states replaces that of the other whole.

    Raises
    ------
    ValueError
        If an entry names another that is not there, or in the end itself.
    """

    def of(name: str, above: tuple[str, ...]) -> Any:
        entry = entries[name]
        if not isinstance(entry, Mapping) or "from" not in entry:
            return entry
        other = entry["from"]
        if other in (*above, name):
            raise ValueError(f"{word(name)}.from: leads back to itself; found {shown(other)}")
        if not isinstance(other, str) or other not in entries:
            there = listed(entries)
            raise ValueError(f"{word(name)}.from: unknown; found {shown(other)}, there are {there}")
        base = of(other, (*above, name))
        own = {key: value for key, value in entry.items() if key != "from"}
        return {**base, **own} if isinstance(base, Mapping) else own

    return {name: of(name, ()) for name in entries}


def references(
    kind: Any, value: Any, place: str = "", marks: tuple[Any, ...] = ()
) -> Iterator[tuple[str, Any, Reference]]:
    """Yield every value that a `Reference` speaks of, with its place.

    Parameters
    ----------
    kind
        Type of the value: a `Settings` class, or what stands on one of its fields.
    value
        What the configuration holds; parts of another shape than the type asks for are skipped.
    place
        Where it stands.
    marks
        Metadata of the field.
    """
    while get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        marks = (*marks, *more)
    origin, arguments = get_origin(kind), get_args(kind)
    for mark in marks:
        if isinstance(mark, Reference) and isinstance(value, str | int | float):
            yield place, value, mark
    if origin in (Union, UnionType):
        for one in arguments:
            yield from references(one, value, place)
    elif origin in (list, tuple):
        items = enumerate(value) if isinstance(value, list | tuple) else [(None, value)]
        for index, item in items:
            yield from references(
                arguments[0], item, place if index is None else f"{place}.{index}"
            )
    elif origin is dict and isinstance(value, Mapping):
        for name, item in value.items():
            yield from references(arguments[0], name, f"{place}.{name}")
            yield from references(arguments[1], item, f"{place}.{name}")
    elif isinstance(kind, type) and issubclass(kind, Settings) and isinstance(value, Mapping):
        if "kind" in kind.model_fields and value.get("kind") not in _kinds(kind):
            return
        for name, field in kind.model_fields.items():
            if name in value:
                inside = f"{place}.{name}".removeprefix(".")
                yield from references(field.annotation, value[name], inside, tuple(field.metadata))


def _kinds(section: type[Settings]) -> tuple[Any, ...]:
    """Return what may stand as the kind of a section."""
    return get_args(section.model_fields["kind"].annotation)


def sections(value: Any, place: str = "") -> Iterator[tuple[str, Settings]]:
    """Yield every section of a checked configuration with its place, outer ones first."""
    if isinstance(value, Settings):
        yield place, value
        for name in type(value).model_fields:
            yield from sections(getattr(value, name), f"{place}.{name}".removeprefix("."))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from sections(item, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from sections(item, f"{place}.{index}")
