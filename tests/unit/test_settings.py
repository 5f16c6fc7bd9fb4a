"""References between sections, inheritance, and what stands for a list."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from lgi.errors import ConfigError
from lgi.settings import Name, OneOrMore, Reference, Settings, inherited, references, sections

Fruit = Annotated[Name, Reference("fruits", "fruit")]


class Cake(Settings):
    kind: Literal["cake"]
    fruits: OneOrMore[Fruit]


class Juice(Settings):
    kind: Literal["juice"]
    fruit: Fruit | None = None


Dish = Annotated[Cake | Juice, Field(discriminator="kind")]


class Menu(Settings):
    best: Fruit
    dishes: dict[Name, Dish]
    rows: tuple[tuple[Fruit, ...], ...] = ()

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        yield "best", "too sweet"


def test_every_reference_is_found_with_its_place():
    raw = {
        "best": "fig",
        "dishes": {
            "a": {"kind": "cake", "fruits": ["plum", "fig"]},
            "b": {"kind": "juice", "fruit": "pear"},
        },
        "rows": [["quince"]],
    }
    found = {place: value for place, value, _ in references(Menu, raw)}
    assert found == {
        "best": "fig",
        "dishes.a.fruits.0": "plum",
        "dishes.a.fruits.1": "fig",
        "dishes.b.fruit": "pear",
        "rows.0.0": "quince",
    }


def test_only_the_kind_that_stands_there_is_looked_at():
    raw = {"dishes": {"a": {"kind": "juice", "fruits": ["fig"], "fruit": "plum"}}}
    assert [place for place, *_ in references(Menu, raw)] == ["dishes.a.fruit"]


@pytest.mark.parametrize(
    "raw", [{"best": ["fig"]}, {"dishes": "cake"}, {"dishes": {"a": None}}, {"rows": {}}, {}]
)
def test_parts_of_another_shape_are_skipped(raw):
    assert list(references(Menu, raw)) == []


def test_one_value_may_stand_for_a_list():
    one = Cake(kind="cake", fruits="fig")
    assert one == Cake(kind="cake", fruits=["fig"])
    for fruits in ([], ["fig", "fig"]):
        with pytest.raises(ValidationError, match=r"at least 1|must not repeat fig"):
            Cake(kind="cake", fruits=fruits)


def test_sections_are_found_with_their_places():
    menu = Menu(best="fig", dishes={"a": {"kind": "juice"}})
    assert [place for place, _ in sections(menu)] == ["", "dishes.a"]
    assert list(menu.problems(None)) == [("best", "too sweet")]


def test_an_entry_inherits_what_it_does_not_change():
    entries = {
        "third": {"from": "second", "a": 3},
        "first": {"a": 1, "b": {"c": 2, "d": 4}},
        "second": {"from": "first", "b": {"c": 9}},
    }
    assert inherited(entries)["third"] == {"a": 3, "b": {"c": 9}}
    assert inherited(entries)["first"] == entries["first"]


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"a": {"from": "b"}}, "a.from: unknown; found 'b', there are a"),
        ({"a": {"from": "a"}}, "a.from: leads back to itself"),
        ({"a": {"from": "b"}, "b": {"from": "a"}}, "leads back to itself"),
    ],
)
def test_an_entry_cannot_inherit_from_nothing_or_itself(entries, says):
    with pytest.raises(ValueError, match=says):
        inherited(entries)


def test_a_copy_takes_no_key_that_is_not_there():
    cake = Cake(kind="cake", fruits=["fig"])
    assert cake.model_copy(update={"fruits": ["plum"]}).fruits == ["plum"]
    with pytest.raises(ConfigError, match=r"has no fruit; is fruits meant\? there"):
        cake.model_copy(update={"fruit": "plum"})
