"""The fingerprint follows what a result depends on, and nothing else."""

import ast
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest

import lgi.provenance
from lgi.gaussians.fits.engines import FIT
from lgi.llc.engines import SAMPLERS
from lgi.provenance import _closure, describe, modules_using, source_fingerprint
from lgi.superposition.training.engines import TRAIN

FIT_TEXT = '''\
"""Fit."""

from functools import cache
from typing import TYPE_CHECKING

from lgi.loss import loss

if TYPE_CHECKING:
    from lgi.figure import Figure

RATE = 0.1
"""Step of the descent."""


class Settings(Model):
    steps: int

    def most(self, steps: int) -> int: ...


@cache
def fit(steps: int = 3) -> "Figure":
    """Descend."""
    from lgi.late import late

    return late(loss(steps) * RATE)  # where it ends
'''


class Package:
    """A package named lgi whose files a test may edit."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        lgi.provenance._read.cache_clear()
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / f"{name}.py").read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in which plot imports fit, and fit imports loss and, late, late."""
    package = Package(tmp_path / "lgi")
    package.write("__init__", '__version__ = "1.0.0"')
    package.write("jobs", "import lgi.figure")
    package.write("loss", "def loss(x):\n    return x - 1\n")
    package.write("late", "def late(x):\n    return x\n")
    package.write("figure", "class Figure: ...\n")
    package.write("other", "from lgi.loss import loss\n")
    package.write("fit", FIT_TEXT)
    package.write("plot", "import os\nfrom lgi import fit\n")
    monkeypatch.setattr(lgi.provenance, "PACKAGE", package.folder)
    return package


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("fit", "  # where it ends", "  # the end"),
        ("fit", "  # where it ends", ""),
        ("fit", '"""Fit."""', '"""Fit a model."""'),
        ("fit", '"""Fit."""\n', ""),
        ("fit", "Step of the descent", "Step"),
        ("fit", '    """Descend."""\n', ""),
        ("fit", "RATE = 0.1", "RATE  =  (0.10)"),
        ("fit", "import loss\n", "import (\n    loss,\n)\n"),
        ("fit", "\n\n\n@cache", "\n\n\n\n\n@cache"),
        ("fit", "from lgi.figure import Figure", "from lgi.other import Figure"),
        ("figure", "class Figure: ...", "class Figure: size = 3"),
        ("loss", "x - 1", "(x - 1)"),
        ("__init__", "1.0.0", "2.0.0"),
        ("fit", "fit(steps: int = 3)", "fit(steps: float = 3)"),
        ("fit", "fit(steps: int = 3)", "fit(steps = 3)"),
        ("fit", ' -> "Figure"', ""),
        ("fit", "most(self, steps: int) -> int", "most(self, steps)"),
        ("fit", "RATE = 0.1", "RATE: Final = 0.1"),
        ("fit", "RATE = 0.1", "RATE: float\nRATE = 0.1"),
        ("fit", "import TYPE_CHECKING", "import TYPE_CHECKING, Any"),
        ("fit", "from typing", "from collections.abc import Mapping\nfrom typing"),
        ("loss", "return x - 1", "y: int\n    return x - 1"),
        ("loss", "def", "if TYPE_CHECKING:\n    from lgi.late import late\n\n\ndef"),
    ],
)
def test_an_edit_without_meaning_changes_nothing(package, name, old, new):
    before = source_fingerprint("lgi.fit")
    package.edit(name, old, new)
    assert source_fingerprint("lgi.fit") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("fit", "RATE = 0.1", "RATE = 0.2"),
        ("fit", "RATE = 0.1", "RATE = '0.1'"),
        ("fit", "RATE = 0.1", "RATE = OTHER = 0.1"),
        ("fit", "* RATE", "/ RATE"),
        ("fit", "@cache\n", ""),
        ("fit", "steps: int = 3", "steps: int = 4"),
        ("fit", "steps: int = 3", "steps: int = 3, /"),
        ("fit", "    from lgi.late", "    from lgi.other import loss\n    from lgi.late"),
        ("loss", "x - 1", "x - 1.0"),
        ("loss", "x - 1", "x + 1"),
        ("loss", "return x - 1", "x - 1"),
        ("late", "return x", "return -x"),
        # Of a class annotations say how settings are read.
        ("fit", "    steps: int\n", "    steps: float\n"),
        ("fit", "    steps: int\n", "    steps: int\n    rate: float\n"),
        ("fit", "    steps: int\n", "    steps: int = 3\n"),
        ("loss", "def", "if TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2\n\n\ndef"),
    ],
)
def test_an_edit_with_a_meaning_changes_the_fingerprint(package, name, old, new):
    before = source_fingerprint("lgi.fit")
    package.edit(name, old, new)
    assert source_fingerprint("lgi.fit") != before


@pytest.mark.parametrize(
    ("changed", "affected"),
    [
        ("loss", {"loss", "other", "fit", "plot"}),
        ("fit", {"fit", "plot"}),
        ("plot", {"plot"}),
        ("late", {"late", "fit", "plot"}),
        ("figure", {"figure"}),
    ],
)
def test_a_change_reaches_what_imports_it(package, changed, affected):
    modules = ("loss", "other", "fit", "plot", "late", "figure")
    before = {name: source_fingerprint(f"lgi.{name}") for name in modules}
    package.write(
        changed, (package.folder / f"{changed}.py").read_text(encoding="utf-8") + "z = 2\n"
    )
    after = {name: source_fingerprint(f"lgi.{name}") for name in modules}
    assert {name for name in modules if before[name] != after[name]} == affected


@pytest.mark.parametrize(
    "text",
    [
        "from lgi.loss import loss",
        "from lgi import fit, loss",
        "import numpy, lgi.loss as of",
        "from .loss import loss",
        "from . import loss",
        "from lgi.loss import *",
        "def f():\n    with x:\n        import lgi.loss",
        "class A:\n    try:\n        from lgi import loss\n    except E:\n        pass",
        "if TYPE_CHECKING:\n    import os\nelse:\n    import lgi.loss",
    ],
)
def test_imports_are_found_wherever_they_stand(package, text):
    package.write("new", text)
    assert "lgi.loss" in _closure(["lgi.new"])
    assert modules_using("lgi.loss") == ["lgi.fit", "lgi.new", "lgi.other"]


@pytest.mark.parametrize(
    "text",
    [
        "if TYPE_CHECKING:\n    from lgi.loss import loss",
        "if typing.TYPE_CHECKING:\n    import lgi.loss",
        'ENGINE = "lgi.loss:loss"',
        '"""\nfrom lgi.loss import loss\n"""',
        "# from lgi.loss import loss",
        "import loss",
    ],
)
def test_what_is_not_imported_does_not_count(package, text):
    package.write("new", text)
    assert _closure(["lgi.new"]) == {"lgi.new"}


def test_importing_a_module_runs_its_packages(package):
    package.write("part/module", "x = 1\n")
    package.write("part/__init__", "from .. import loss\nfrom .module import x\n")
    package.write("new", "from lgi.part.module import x\n")
    assert _closure(["lgi.new"]) == {"lgi.new", "lgi.part", "lgi.part.module", "lgi.loss"}


def test_a_script_counts_with_its_own_meaning_and_the_engine_it_is_given(package, tmp_path):
    text = '"""Fit."""\nfrom lgi.jobs import logged\nfrom lgi.loss import loss\nRATE = 1\n'
    (tmp_path / "again").mkdir()
    script = package.write("../fit", text)
    same = package.write("../again/fit", text.replace("Fit.", "Fit again."))
    other = package.write("../other", text.replace("RATE = 1", "RATE = 2"))
    before = source_fingerprint(script)
    assert before == source_fingerprint(same) != source_fingerprint(other)
    chosen = source_fingerprint(script, "lgi.late:late")
    assert chosen not in (before, source_fingerprint(script, "lgi.other:loss"))
    package.edit("jobs", "figure", "late")  # fills the log alone
    package.edit("late", "return x", "return -x")
    assert source_fingerprint(script) == before
    assert source_fingerprint(script, "lgi.late:late") != chosen


def test_training_does_not_depend_on_figures():
    closure = _closure(["lgi.gaussians.fits.run", "lgi.superposition.training.run"])
    assert not any(".figures" in name for name in closure)
    assert "lgi.gaussians.fits.settings" in closure


@pytest.mark.parametrize("engines", [FIT, TRAIN], ids=["fit", "train"])
def test_a_run_depends_on_the_engines_of_all_devices_and_no_engine_on_another(engines):
    run = engines["cpu"].function.rpartition(".")[0] + ".run"
    modules = {engine.function.partition(":")[0] for engine in engines.values()}
    assert engines.keys() == {"cpu", "cuda"}
    assert modules < _closure([run])
    on_cpu = engines["cpu"].function.partition(":")[0]
    assert modules & _closure([on_cpu]) == {on_cpu}


@pytest.mark.parametrize("engines", [FIT, TRAIN, SAMPLERS], ids=["fit", "train", "samplers"])
def test_an_engine_is_found_where_its_registry_says(engines):
    for device, engine in engines.items():
        assert engine.device == device
        # Those for CUDA cannot be imported without the package for it.
        module, _, function = engine.function.partition(":")
        tree = ast.parse(Path(find_spec(module).origin).read_text(encoding="utf-8"))
        assert function in {part.name for part in tree.body if isinstance(part, ast.FunctionDef)}
    assert callable(engines["cpu"].load())


ROOF = (
    "lgi.config",
    "lgi.studies",
    "lgi.explorer",
    "lgi.site",
    "lgi.tables",
    "lgi.cli",
    "lgi.__main__",
)
"""What knows every study; rules and scripts alone import it."""
STUDIES = ("lgi.gaussians", "lgi.superposition", "lgi.regression")


def _modules() -> list[str]:
    root = lgi.provenance.PACKAGE.parent
    paths = (root / "lgi").rglob("*.py")
    names = [".".join(path.relative_to(root).with_suffix("").parts) for path in paths]
    return sorted(name.removesuffix(".__init__") for name in names)


def _inside(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def test_no_arrow_runs_up():
    """Studies stand on the ground floor, which knows none of them, and not on each other."""
    assert {study for study in STUDIES for name in _modules() if _inside(name, study)} == {*STUDIES}
    roof = {name for name in _modules() for part in ROOF if _inside(name, part)}
    for name in set(_modules()) - roof:
        others = [study for study in STUDIES if not _inside(name, study)]
        reached = _closure([name])
        assert not reached & roof, name
        assert not [i for i in reached for study in others if _inside(i, study)], name


def test_only_what_draws_reaches_figures():
    """So that no table and no run depends on how something looks."""
    for name in _modules():
        reached = [i for i in _closure([name]) if _inside(i, "lgi.figures")]
        draws = _inside(name, "lgi.figures") or _inside(name, "lgi.explorer")  # a page of pictures
        if reached and not draws:
            assert lgi.provenance._module(name).imports & set(reached), name


def test_a_record_has_no_dates_or_paths():
    record = describe("numba", "cpu", "0123456789ab")
    assert set(record) == {"engine", "device", "versions", "source"}
    assert record["versions"]["numba"] == "0.68.1"
    assert record["source"] == "0123456789ab"
    assert record == describe("numba", "cpu", "0123456789ab")


@pytest.mark.parametrize(
    "module",
    [
        "lgi.gaussians.fits.run",
        "lgi.gaussians.llc.estimates",
        "lgi.superposition.training.run",
        "lgi.superposition.llc.estimates",
        "lgi.config",
    ],
)
def test_cpu_jobs_do_not_import_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_parents_fingerprint_is_taken_until_a_byte_changes(package, monkeypatch):
    package.write("jit", "import os\n")
    package.write("compiled", "import lgi.jit\nRATE = 1\n")
    monkeypatch.setenv(lgi.provenance.VARIABLE, "")
    found = lgi.provenance.compiled_fingerprint("lgi.jit")
    monkeypatch.setattr(lgi.provenance, "modules_using", None)  # nothing is searched again
    assert (
        lgi.provenance.compiled_fingerprint("lgi.jit")
        == found
        == source_fingerprint("lgi.compiled")
    )
    monkeypatch.undo()


def test_a_parents_fingerprint_of_other_source_is_not_taken(package, monkeypatch):
    package.write("jit", "import os\n")
    package.write("compiled", "import lgi.jit\nRATE = 1\n")
    monkeypatch.setenv(lgi.provenance.VARIABLE, "")
    found = lgi.provenance.compiled_fingerprint("lgi.jit")
    package.edit("compiled", "RATE = 1", "RATE = 2")
    assert (
        lgi.provenance.compiled_fingerprint("lgi.jit")
        == source_fingerprint("lgi.compiled")
        != found
    )
