"""Where a result comes from: a fingerprint of what its source means, and the versions used."""

import ast
import hashlib
import os
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import resolve_name
from pathlib import Path
from typing import Any, NamedTuple

import lgi

PACKAGE = Path(__file__).parent
# `lgi` itself holds the version, `lgi.jobs` fills the log of a job, `lgi.cache` says where compiled
# code is kept, `lgi.devices` which device there is, and `lgi.spent` counts time: none changes a
# result.
_NO_PART = ("lgi", "lgi.jobs", "lgi.cache", "lgi.devices", "lgi.spent")
# What is imported from these is for annotations; where code calls it, the call counts.
_FOR_TYPES = ("typing", "collections.abc")


def source_fingerprint(*entries: str | Path) -> str:
    """Return a hash of what the source means that a result depends on.

    Snakemake does not see the modules that a script imports, so rules pass this as a parameter:
    a change to the code of a result reruns it, a change to a figure does not. Comments, docstrings,
    formatting, the version of lgi and what is there for type checkers alone are no part of it:
    annotations of functions and variables, what is imported from `typing`, ``if TYPE_CHECKING:``.
    Every constant, expression and decorator is, and the annotations of a class, by which settings
    are read.

    Parameters
    ----------
    *entries
        Where the result begins: a module, ``"lgi.gaussians.fits.run"``, the module of a function,
        ``"lgi.gaussians.fits.fit_cpu:fit"``, or the path of a script. The lgi modules that they
        import are followed, also inside functions, but not under ``if TYPE_CHECKING:``. So are the
        engines of a registry, which names them in text (`lgi.engines`): those of all devices, so
        that a result has one source wherever it is made.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    scripts = [_read(entry, "") for entry in entries if isinstance(entry, Path)]
    modules = [entry.partition(":")[0] for entry in entries if not isinstance(entry, Path)]
    found = _closure(modules + [name for script in scripts for name in script.imports])
    meanings = [_module(name).meaning for name in sorted(found)]
    digest = hashlib.sha256("\n".join([script.meaning for script in scripts] + meanings).encode())
    return digest.hexdigest()[:12]


VARIABLE = "LGI_SOURCE"
"""Variable of the environment in which a process tells those that it starts what it found."""


def compiled_fingerprint(users_of: str) -> str:
    """Return a hash of what the source means that compiled code depends on.

    Parsing the source takes a tenth of a second; what a parent process found is right as long as
    no byte of the package has changed since.

    Parameters
    ----------
    users_of
        The module that compiles, such as ``"lgi.jit"``: code of those that import it is compiled.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path}\0".encode() + path.read_bytes())
    bytes_now = digest.hexdigest()
    known, *told = (os.environ.get(VARIABLE) or "none").split()
    found = dict(one.split("=") for one in told) if known == bytes_now else {}
    if users_of not in found:
        found[users_of] = source_fingerprint(*modules_using(users_of))
        told = [f"{name}={value}" for name, value in found.items()]
        os.environ[VARIABLE] = " ".join([bytes_now, *told])
    return found[users_of]


def describe(engine: str, device: str, source: str) -> dict[str, Any]:
    """Return what a run file says of its origin.

    Parameters
    ----------
    engine
        Name of the engine, ``"numba"`` or ``"torch"``.
    device
        Device it ran on, ``"cpu"`` or ``"cuda"``.
    source
        Fingerprint of the source that the result depends on, as its rule states it.

    Returns
    -------
    dict
        Engine, device, package versions and the source fingerprint: plain JSON values without
        dates or host names, since the same run must give the same bytes.
    """
    versions = {"lgi": lgi.__version__, "python": platform.python_version()}
    return {
        "engine": engine,
        "device": device,
        "versions": versions | {package: version(package) for package in ("numpy", engine)},
        "source": source,
    }


def modules_using(name: str) -> list[str]:
    """Return the lgi modules that import the lgi module `name`, sorted."""
    last = name.rpartition(".")[2]
    mention = [path for path in PACKAGE.rglob("*.py") if last in path.read_text(encoding="utf-8")]
    modules = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in mention]
    modules = [module.removesuffix(".__init__") for module in modules]
    return sorted(module for module in modules if name in _module(module).imports)


class _Source(NamedTuple):
    meaning: str  # a hash
    imports: frozenset[str]  # lgi modules


def _closure(modules: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and name not in _NO_PART:
            found.add(name)
            waiting.extend(_module(name).imports)
    return found


def _module(name: str) -> _Source:
    path = _path(name)
    return _read(path, name if path.stem == "__init__" else name.rpartition(".")[0])


@cache
def _read(path: Path, package: str) -> _Source:
    """Return what a file of `package` means and the lgi modules that it imports."""
    words: list[str] = []
    imports: set[str] = set()
    _walk(ast.parse(path.read_bytes()), words, imports, package)
    meaning = hashlib.sha256("\0".join(words).encode(errors="surrogatepass")).hexdigest()
    return _Source(meaning, frozenset(name for name in imports if _path(name).is_file()))


def _walk(
    node: object, words: list[str], imports: set[str], package: str, of_class: bool = False
) -> None:
    """Append what `node` says to `words`, without its place, and what it imports to `imports`.

    Annotations count in the body of a class alone (`of_class`).
    """
    if isinstance(node, list):
        for child in node:
            if not _says_nothing(child, of_class):
                _walk(child, words, imports, package, of_class)
        words.append("]")
    elif isinstance(node, ast.AST):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.update(_imported(node, package))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Engine":
            imports.update(_engine(node))
        if isinstance(node, ast.AnnAssign) and node.value and not of_class:
            node = ast.Assign([node.target], node.value, None)
        words.append(type(node).__name__)
        within = isinstance(node, ast.ClassDef) or (of_class and not _is_function(node))
        for field in node._fields:
            if not _is_for_types(node, field):
                _walk(getattr(node, field), words, imports, package, within)
    else:
        words.append(repr(node))


def _says_nothing(node: object, of_class: bool) -> bool:
    """Return whether a statement is text alone, as docstrings are, or for type checkers alone."""
    if isinstance(node, ast.ImportFrom):
        return node.level == 0 and node.module in _FOR_TYPES
    if isinstance(node, ast.AnnAssign):
        return node.value is None and not of_class
    if isinstance(node, ast.If):
        return _is_for_types(node, "body") and not node.orelse
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _is_for_types(node: ast.AST, field: str) -> bool:
    """Return whether part of a node is for type checkers: annotations, ``if TYPE_CHECKING:``."""
    if isinstance(node, ast.If) and field == "body":
        return "TYPE_CHECKING" in (getattr(node.test, "id", None), getattr(node.test, "attr", None))
    return (_is_function(node) and field == "returns") or (
        isinstance(node, ast.arg) and field == "annotation"
    )


def _engine(node: ast.Call) -> set[str]:
    """Return the module of an engine, and its packages."""
    texts = (getattr(given, "value", None) for given in node.args)
    named = [text.partition(":")[0] for text in texts if isinstance(text, str) and ":" in text]
    return _with_packages(named)


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> set[str]:
    """Return all names that may be modules of lgi; importing one runs its packages too."""
    names = {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        module = resolve_name("." * node.level + (node.module or ""), package)
        names = {module} | {f"{module}.{name}" for name in names}
    return _with_packages(names)


def _with_packages(names: Iterable[str]) -> set[str]:
    parts = [name.split(".") for name in names if name.split(".")[0] == "lgi"]
    return {".".join(part[:end]) for part in parts for end in range(1, len(part) + 1)}


def _path(name: str) -> Path:
    base = PACKAGE.parent.joinpath(*name.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
