"""The reference of the configuration, from its schema: a table for each section."""

from collections.abc import Iterator
from typing import Any

import yaml

from docs.writers.schema import ROOT, resolved, schema

MANY = 60
"""Characters of a value that is shown."""


def page(text: str, mark: str) -> str:
    """Return the page with what is below its mark written anew."""
    found = schema()
    stated = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    lines = [text.partition(mark)[0] + mark]
    for place, kinds, told in _sections(found):
        lines += ["", f"### `{'.'.join(place)}`" if place else "### The whole", ""]
        lines += [told, ""] if told else []
        lines += [f"- `kind: {kind}`: {words}" for kind, (words, _) in kinds.items() if kind]
        lines += [""] if any(kinds) else []
        value = _at(stated, place)
        if rows := _rows(found, kinds, value if isinstance(value, dict) else {}):
            lines += ["| key | allowed | in config.yaml | meaning |", "|---|---|---|---|"]
        lines += [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows
        ]
    return "\n".join(lines) + "\n"


def _rows(found: dict, kinds: dict[str, tuple[str, dict]], stated: dict) -> list[list[str]]:
    """Return a row for each key; one that several kinds share has one for all of them."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for kind, (_, properties) in kinds.items():
        for name, node in properties.items():
            if name != "kind":
                words = node.get("description", resolved(found, node).get("description", ""))
                first = words.splitlines()[0] if words else ""
                rows.setdefault((name, _allowed(found, node), first), []).append(kind)
    return [
        [
            f"`{name}`" + (f" ({', '.join(of)})" if len(of) < len(kinds) else ""),
            allowed,
            _shown(stated.get(name)) if stated and stated.get("kind", "") in ("", *of) else "",
            words,
        ]
        for (name, allowed, words), of in rows.items()
    ]


def _sections(found: dict) -> Iterator[tuple[tuple[str, ...], dict, str]]:
    """Yield place, keys by kind and what is told of each section, the first time it stands."""
    waiting: list[tuple[tuple[str, ...], dict]] = [((), found)]
    shown: set[str] = set()
    while waiting:
        place, node = waiting.pop(0)
        kinds: dict[str, tuple[str, dict]] = {}
        for inside, option, name in _parts(found, place, node):
            if inside != place:
                waiting.insert(0, (inside, option))
            elif "properties" in option and name not in shown:
                shown.add(name)
                kind = resolved(found, option["properties"].get("kind", {})).get("const", "")
                words = option.get("description", "").partition("\n")[0]
                kinds[kind] = (words, option["properties"])
        if kinds:
            yield place, kinds, "" if any(kinds) else next(iter(kinds.values()))[0]
        inside = [
            ((*place, name), value)
            for _, properties in kinds.values()
            for name, value in properties.items()
        ]
        waiting = inside + waiting


def _parts(found: dict, place: tuple, node: dict) -> Iterator[tuple[tuple, dict, str]]:
    name = node.get("$ref", "")
    node = resolved(found, node)
    if "anyOf" in node:
        for option in node["anyOf"]:
            yield from _parts(found, place, option)
    elif "patternProperties" in node:
        for entry in node["patternProperties"].values():
            yield (*place, "*"), entry, ""
    elif isinstance(node.get("additionalProperties"), dict):
        yield (*place, "*"), node["additionalProperties"], ""
    elif node.get("type") == "array" and isinstance(node.get("items"), dict):
        yield (*place, "*"), node["items"], ""
    else:
        yield place, node, name or "/".join(place)


def _allowed(found: dict, node: dict) -> str:
    """Return in words what a schema allows."""
    node = resolved(found, node)
    if "anyOf" in node:
        words = [_allowed(found, option) for option in node["anyOf"]]
        if len(words) == 2 and words[0] == f"list: {words[1]}":
            return f"one or several: {words[1]}"
        return " or ".join(dict.fromkeys(words))
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kind = node.get("type")
    if kind == "null":
        return "null"
    if kind in ("integer", "number"):
        return " ".join(["whole number" if kind == "integer" else "number", *_bounds(node)])
    if kind == "string":
        return "name" if "pattern" in node else "text"
    if kind == "array":
        if "prefixItems" in node:
            return f"[{', '.join(_allowed(found, item) for item in node['prefixItems'])}]"
        return f"list: {_allowed(found, node.get('items', {}))}"
    if "patternProperties" in node or isinstance(node.get("additionalProperties"), dict):
        return "by name"
    return "section" if "properties" in node else "anything"


def _bounds(node: dict) -> Iterator[str]:
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    high, below = node.get("maximum"), node.get("exclusiveMaximum")
    if low is not None and high is not None:
        yield f"from {low:,} to {high:,}" if high < 10**7 else f"from {low:,} on"
        return
    for words, bound in (("from", low), ("above", above), ("to", high), ("below", below)):
        if bound is not None:
            yield f"{words} {bound:,}" if bound < 10**13 else f"{words} 2^64"


def _at(stated: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        if name == "*":  # the first entry stands for all
            entries = list(stated.values() if isinstance(stated, dict) else stated or [])
            stated = entries[0] if entries else None
        else:
            stated = stated.get(name) if isinstance(stated, dict) else None
    return stated


def _shown(value: Any) -> str:
    if value is None or isinstance(value, dict):
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    text = text.removesuffix("\n").removesuffix("\n...")
    return f"`{text}`" if len(text) <= MANY and "{" not in text else ""
