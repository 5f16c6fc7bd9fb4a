"""The package: public names, what it imports and needs, what its wheel holds."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

import lgi

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]

WORKFLOW = {"lgi/batches.py", "lgi/sessions.py"}
"""Modules that import what the extra `workflow` brings."""


BROUGHT = {"llvmlite": "numba", "pydantic-core": "pydantic", "xarray": "arviz-base"}
"""What comes with another package, and is as old as it is."""


def python(code: str, folder: Path = ROOT) -> str:
    """Run code with the package that lies in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", lgi.__all__)
def test_a_public_name_is_there_and_described(name):
    assert getattr(lgi, name).__doc__
    assert name in dir(lgi)


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="'lgi' has no attribute 'estimate'"):
        lgi.estimate  # noqa: B018
    assert lgi._places().keys() == set(lgi.__all__)


@pytest.mark.parametrize(
    ("names", "heavy"),
    [
        ("__version__, lgi.LgiError", {"numpy", "pydantic", "numba", "torch", "snakemake"}),
        ("read_run, lgi.read_table", {"pandas", "pydantic", "numba", "torch", "snakemake"}),
        ("EstimateSettings, lgi.HMC", {"pandas", "numba", "torch", "snakemake"}),
        ("fit, lgi.train", {"torch", "pandas", "matplotlib", "snakemake"}),
    ],
)
def test_a_name_brings_no_more_than_it_needs(names, heavy):
    code = f"import sys, lgi; lgi.{names}; print(sorted({heavy} & set(sys.modules)))"
    assert python(code).strip() == "[]"


def test_the_version_is_said_once():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PROJECT["version"] == citation["version"] == lgi.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", changes, re.MULTILINE)[1] == lgi.__version__


def pins(lines) -> dict[str, str]:
    """Return version by name of requirements ``name[extra]==version``."""
    found = (re.fullmatch(r"([\w.-]+)(\[\w+\])?==(\S+)", line) for line in lines)
    return {_normal(pin[1]): pin[3] for pin in found}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lock(name: str) -> dict[str, str]:
    lines = (ROOT / "envs" / name).read_text(encoding="utf-8").splitlines()
    return pins(line for line in lines if line and not line.startswith("#"))


def conda(name: str) -> dict[str, str]:
    content = yaml.safe_load((ROOT / "envs" / name).read_text(encoding="utf-8"))
    return pins(content["dependencies"][-1]["pip"])


def test_the_lock_has_what_the_package_needs():
    needed = pins([*PROJECT["dependencies"], *EXTRAS["workflow"], *EXTRAS["test"]])
    assert needed.items() <= lock("requirements.lock").items()
    assert pins(EXTRAS["cuda"]).items() <= lock("cuda.lock").items()


def test_environments_of_jobs_have_what_the_package_needs():
    needed, of_jobs = pins(PROJECT["dependencies"]), conda("lgi.yaml")
    assert needed.items() <= of_jobs.items()
    assert of_jobs.items() - needed.items() <= pins(EXTRAS["workflow"]).items()
    assert conda("cuda.yaml") == of_jobs | pins(EXTRAS["cuda"])


def imports(path: Path) -> set[str]:
    """Return the packages that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_all_that_the_package_imports_it_needs():
    brings = packages_distributions()
    known = sys.stdlib_module_names | {"lgi"}
    for path in sorted((ROOT / "lgi").rglob("*.py")):
        own = path.relative_to(ROOT).as_posix()
        needed = pins(PROJECT["dependencies"] + (EXTRAS["workflow"] if own in WORKFLOW else []))
        for name in imports(path) - known:
            packages = {_normal(package) for package in brings.get(name, [name])}
            assert {_bringing(package) for package in packages} & needed.keys(), f"{own}: {name}"


def _bringing(package: str) -> str:
    if package.startswith("snakemake-interface"):
        return "snakemake"
    return BROUGHT.get(package, package)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    return path


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_no_more(wheel):
    assert wheel.name == f"lgi-{lgi.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"lgi-{lgi.__version__}.dist-info/METADATA").decode()
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "lgi").rglob("*.py")}
    scripts = {f"lgi/files/{path.relative_to(ROOT)}" for path in ROOT.glob("workflow_scripts/*.py")}
    assert modules | scripts | {"lgi/py.typed", "lgi/files/config.yaml"} <= names
    assert {name.partition("/")[0] for name in names} == {
        "lgi",
        f"lgi-{lgi.__version__}.dist-info",
    }
    assert not [name for name in names if "test" in name or "__pycache__" in name]
    unconditional = re.findall(r"^Requires-Dist: ([^;\n]+)$", metadata, re.MULTILINE)
    assert pins(unconditional) == pins(PROJECT["dependencies"])


WITHOUT = """
import importlib, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first.startswith("snakemake") or first in {others}:
            raise ModuleNotFoundError(name, name=first)

sys.meta_path.insert(0, Missing())
import lgi
assert lgi.__file__.startswith({folder!r}), lgi.__file__
failed = []
for name in [module.name for module in pkgutil.walk_packages(lgi.__path__, "lgi.")]:
    try:
        if not name.endswith(("__main__", "_cuda")):
            importlib.import_module(name)
    except ModuleNotFoundError:
        failed.append(name)
for name in lgi.__all__:
    getattr(lgi, name)
lgi.read_config()
print(*failed)
"""


@pytest.mark.slow
def test_the_installed_package_works_without_the_workflow(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    others = {"psutil", "pytest", "hypothesis", "sklearn", "arviz_stats", "mypy"}
    code = WITHOUT.format(others=others, folder=str(tmp_path))
    assert python(code, tmp_path).split() == ["lgi.batches", "lgi.sessions"]
