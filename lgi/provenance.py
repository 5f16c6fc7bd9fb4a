"""Where a result comes from: a fingerprint of the source it depends on, and the versions used."""

import hashlib
import platform
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

import lgi

PACKAGE = Path(__file__).parent
# Imports that start a line are those at module level. Every job reads all modules for this, so it
# is a pattern, not a parser, which takes ten times as long.
_IMPORT = re.compile(r"^(?:from|import) (lgi[\w.]*)(?: import (\([^)]*\)|.*))?", re.MULTILINE)


def script_fingerprint(script: str | Path, *modules: str) -> str:
    """Return a hash of the source text that a workflow script depends on.

    Parameters
    ----------
    script
        Python file; the lgi modules it imports are followed, but not `lgi.jobs`, which fills its
        log and changes no result. The script itself is watched by Snakemake.
    *modules
        Further modules, those that are imported late.

    Returns
    -------
    str
        As for `source_fingerprint`.
    """
    return source_fingerprint(*(_imported(Path(script).read_text()) - {"lgi.jobs"}), *modules)


def source_fingerprint(*modules: str) -> str:
    """Return a hash of the source text that the given modules depend on.

    Snakemake does not see the modules that a script imports, so rules pass this as a parameter:
    a change to the code of a result reruns it, a change to a figure does not.

    Parameters
    ----------
    *modules
        Dotted names inside lgi, such as ``"lgi.gaussians.fit_cpu"``. Their imports of other lgi
        modules at module level are followed; imports inside functions are not, so that a choice
        between engines does not tie one engine to the other.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in sorted(_closure(modules)):
        digest.update(name.encode() + b"\0" + _path(name).read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def describe(engine: str, device: str, modules: tuple[str, ...]) -> dict:
    """Return what a run file says of its origin.

    Parameters
    ----------
    engine
        Name of the engine, ``"numba"`` or ``"torch"``.
    device
        Device it ran on, ``"cpu"`` or ``"cuda"``.
    modules
        Modules whose source the result depends on, as for `source_fingerprint`.

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
        "source": source_fingerprint(*modules),
    }


def modules_using(name: str) -> list[str]:
    """Return the lgi modules that import the lgi module `name` at module level, sorted."""
    everything = (
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in PACKAGE.rglob("*.py")
    )
    modules = (module.removesuffix(".__init__") for module in everything)
    return sorted(module for module in modules if name in _imports(module))


def _closure(modules: tuple[str, ...] | list[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name))
    return found


@cache
def _imports(name: str) -> frozenset[str]:
    """Return the lgi modules that module `name` imports at module level."""
    return _imported(_path(name).read_text())


def _imported(text: str) -> frozenset[str]:
    found = set()
    for module, names in _IMPORT.findall(text):
        found.add(module)
        found.update(f"{module}.{imported}" for imported in re.findall(r"(\w+)(?: as \w+)?", names))
    return frozenset(n for n in found if _exists(n))


def _exists(name: str) -> bool:
    return _path(name).is_file()


def _path(name: str) -> Path:
    base = PACKAGE.parent.joinpath(*name.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
