"""The reference of what is public, from signatures and docstrings."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any, is_typeddict

import lgi
from lgi.settings import Settings

GROUPS = {
    "lgi.llc.library": "Learning coefficients of any PyTorch model",
    "lgi.llc.settings": "How they are estimated",
    "lgi.llc.samplers": "Samplers",
    "lgi.gaussians.fits.run": "One fit of study 1",
    "lgi.gaussians.fits.settings": "Its settings",
    "lgi.superposition.training.run": "One training of study 2",
    "lgi.superposition.training.settings": "Its settings",
    "lgi.config": "Configuration",
    "lgi.runs": "Files",
    "lgi.errors": "Errors",
}
"""Headings, by the module of the names below each."""


def page(text: str, mark: str) -> str:
    """Return the page with what is below its mark written anew."""
    parts = [text.partition(mark)[0] + mark]
    for module, heading in GROUPS.items():
        names = [name for name, (there, _) in lgi._places().items() if there == module]
        if names:
            parts += [f"## {heading}", *map(_described, names)]
    return "\n\n".join(parts) + "\n"


def _described(name: str) -> str:
    value = getattr(lgi, name)
    code = _class(value) if inspect.isclass(value) else _function(value, name)
    return "\n\n".join([f"### `{name}`", *_block(code), _markdown(inspect.getdoc(value) or "")])


def _block(code: str) -> Iterator[str]:
    if code:
        yield f"```py\n{code}\n```"


def _function(value: Any, name: str) -> str:
    """Return a signature as it is written; a long one with a parameter a line."""
    node = _parsed(value)
    taken = [argument for argument in _arguments(node.args) if argument not in ("self", "cls")]
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{name}({', '.join(taken)}){returned}"
    if len(line) <= 90:
        return line
    return f"{name}(\n" + "".join(f"    {one},\n" for one in taken) + f"){returned}"


def _arguments(of: ast.arguments) -> Iterator[str]:
    plain = of.posonlyargs + of.args
    defaults = [None] * (len(plain) - len(of.defaults)) + of.defaults
    for argument, default in zip(plain, defaults, strict=True):
        yield ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")
    if of.vararg or of.kwonlyargs:
        yield "*" + (ast.unparse(of.vararg) if of.vararg else "")
    for argument, default in zip(of.kwonlyargs, of.kw_defaults, strict=True):
        yield ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")
    if of.kwarg:
        yield f"**{ast.unparse(of.kwarg)}"


def _class(value: type) -> str:
    """Return the fields of a class as they are written, and the signatures of its methods."""
    own = [one for one in _lineage(value) if one.__module__.startswith("lgi.")]
    lines = [line for one in own if one is not Settings for line in _fields(one)]
    if not issubclass(value, Settings | dict | Exception):
        methods = {name: one for name, one in vars(value).items() if inspect.isfunction(one)}
        lines += [_function(methods[name], f".{name}") for name in methods if name[0] != "_"]
    return "\n".join(lines)


def _lineage(value: type) -> list[type]:
    """Return the bases of a class and itself; at run time a typed dictionary has lost its own."""
    if not is_typeddict(value):
        return list(reversed(value.__mro__))
    around = vars(inspect.getmodule(value))
    bases = [around[ast.unparse(base)] for base in _parsed(value).bases]
    return [*filter(is_typeddict, bases), value]


def _fields(value: type) -> Iterator[str]:
    source = textwrap.dedent(inspect.getsource(value)).splitlines()
    for node in _parsed(value).body:
        if isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node.annotation):
            yield from (line.strip() for line in source[node.lineno - 1 : node.end_lineno])


def _parsed(value: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]


def _markdown(docstring: str) -> str:
    """Return a docstring in the style of numpydoc as Markdown: its sections as lists."""
    first, *sections = re.split(r"^(\w+)\n-+\n", docstring, flags=re.MULTILINE)
    parts = [first.strip()]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        entries = re.split(r"\n(?=\S)", body.strip("\n"))
        listed = [_entry(*entry.partition("\n")[::2]) for entry in entries if entry.strip()]
        parts.append("\n".join([f"**{title}**", "", *listed]))
    return "\n\n".join(parts)


def _entry(head: str, text: str) -> str:
    name, _, kind = head.partition(" : ")
    said = " ".join(textwrap.dedent(text).split())
    return f"- `{name}`{f' ({kind})' if kind else ''}: {said}"
