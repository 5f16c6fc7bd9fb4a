"""Wrong configurations by the thousand: a valid one, changed at random in a few places."""

import copy
import random
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from lgi.errors import listed, shown

TEXTS = (
    "",
    " ",
    ".",
    "..",
    "../x",
    "/etc/passwd",
    "~",
    "~nobody/x",
    "{n}",
    "{",
    "a b",
    "a\nb",
    "a\n",
    "a\0b",
    "\ud800",
    "ünïcode",
    "e\u0301",
    "\u202eabc",
    "猫",
    "٣",
    "3",
    "1e400",
    "-1",
    "0x10",
    "1_000",
    "null",
    "*",
    "kmeans",
    "kgon",
    "hmc",
    "a" * 300,
    "b" * 100_000,
)
NUMBERS = (
    *(0, -0.0, 1, 2, 3, -1, 0.5, 1.5, 5e-324, 1e-300, 1e-12, 1e12, 1e18, 1e300, 1.7e308),
    *(2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63)),
    *(10**6, 10**7, 10**8, 10**9, 10**12, 10**18, 10**30, 10**310, 10**400, 10**5000, -(10**400)),
    *(float("nan"), float("inf"), float("-inf")),
)
OTHERS = (
    *(None, True, False, [], {}, [[]], [None], [{}], {"": None}, {1: 2}, {None: 1}, b"bytes"),
    *(date(2024, 1, 1), (1, 2), {"kind": None}, {"kind": []}, {"from": "nowhere"}, {"from": []}),
)

Place = tuple[Any, ...]


def mutant(valid: Mapping, number: int) -> tuple[dict, list[str]]:
    """Return a configuration with one to three changes, and the changes in words.

    Parameters
    ----------
    valid
        Where it departs from.
    number
        Which mutant: the same number, the same changes.
    """
    draw = random.Random(number)
    raw = copy.deepcopy(dict(valid))
    words = [_change(raw, draw) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    return raw, words


def _change(raw: dict, draw: random.Random) -> str:
    place = _place(raw, draw)
    holder = _at(raw, place[:-1])
    key, old = place[-1], holder[place[-1]]
    change = draw.choice(_CHANGES)
    new = change(old, draw, raw)
    if new is _GONE:
        del holder[key]
    else:
        holder[key] = new
    return f"{listed(place)}: {change.__name__}: {'' if new is _GONE else shown(new)}"


def _place(raw: Any, draw: random.Random) -> Place:
    """Return the place of a value: down from the root, each key as likely as its neighbours."""
    place: Place = ()
    while isinstance(raw, dict | list) and raw and (not place or draw.random() < 0.9):
        keys = list(raw) if isinstance(raw, dict) else range(len(raw))
        key = draw.choice([*keys, "gaussians", "superposition"] if _is_whole(raw) else keys)
        place, raw = (*place, key), raw[key]
    return place


def _is_whole(raw: Any) -> bool:
    """Tell whether this is a whole configuration, most of which are two sections."""
    return isinstance(raw, dict) and {"gaussians", "superposition"} <= set(raw)


def _at(raw: Any, place: Place) -> Any:
    for key in place:
        raw = raw[key]
    return raw


_GONE = object()


def _gone(old: Any, draw: random.Random, raw: dict) -> Any:
    return _GONE


def _text(old: Any, draw: random.Random, raw: dict) -> Any:
    return draw.choice(TEXTS)


def _number(old: Any, draw: random.Random, raw: dict) -> Any:
    return draw.choice(NUMBERS)


def _other(old: Any, draw: random.Random, raw: dict) -> Any:
    return copy.deepcopy(draw.choice(OTHERS))


def _elsewhere(old: Any, draw: random.Random, raw: dict) -> Any:
    """Return what stands at another place."""
    return copy.deepcopy(_at(raw, _place(raw, draw)))


def _as_text(old: Any, draw: random.Random, raw: dict) -> Any:
    return shown(old) if isinstance(old, int) else str(old)[:1000]


def _scaled(old: Any, draw: random.Random, raw: dict) -> Any:
    """Return a number of another size; of a list one of them."""
    if isinstance(old, list) and old:
        place = draw.randrange(len(old))
        return [*old[:place], _scaled(old[place], draw, raw), *old[place + 1 :]]
    if isinstance(old, int) and not isinstance(old, bool):
        return draw.choice((-old, old + 1, old - 1, old // 2, float(old), old * 10, old * 10**6))
    if isinstance(old, float):
        return draw.choice((-old, old / 2, old * 10, round(old, 1), old / 1e9, old * 1e9))
    return _number(old, draw, raw)


def _resized(old: Any, draw: random.Random, raw: dict) -> Any:
    """Return a list or mapping that is shorter, longer or deeper."""
    if isinstance(old, list):
        some = old[: draw.randrange(len(old) + 1)]
        return draw.choice(([], old[:1], some, old * 2, [old], old[::-1], [*old, None]))
    if isinstance(old, dict):
        extra = draw.choice((*TEXTS[:24], "kind", "from", 3, None, "extra", "n", "seeds"))
        shuffled = dict(draw.sample(list(old.items()), len(old)))
        return draw.choice(({}, [old], list(old), {**old, extra: draw.choice(NUMBERS)}, shuffled))
    return draw.choice(([old], [old, old], [[old]], {"kind": old}))


def _renamed(old: Any, draw: random.Random, raw: dict) -> Any:
    """Return a mapping with another name in it."""
    if not isinstance(old, dict) or not old:
        return _text(old, draw, raw)
    gone = draw.choice(list(old))
    new = draw.choice((*TEXTS, *draw.sample(list(old), 1), 5, None, 1.5))
    return {new if key == gone else key: value for key, value in old.items()}


_CHANGES: tuple[Callable, ...] = (
    *(_gone, _text, _number, _number, _other, _elsewhere, _as_text),
    *(_scaled, _scaled, _resized, _resized, _renamed),
)
