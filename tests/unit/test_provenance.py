"""The fingerprint follows what a result depends on, and nothing else."""

import subprocess
import sys

import pytest

import lgi.provenance
from lgi.provenance import describe, source_fingerprint


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package named lgi in which plot imports fit, and fit imports loss."""
    folder = tmp_path / "lgi"
    folder.mkdir()
    for name, text in {
        "__init__": "",
        "loss": "x = 1",
        "engine": "y = 1",
        "fit": "from lgi.loss import x\ndef f():\n    from lgi import engine\n",
        "plot": "import os\nfrom lgi import fit",
    }.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(lgi.provenance, "PACKAGE", folder)

    def change(name):
        lgi.provenance._imports.cache_clear()
        (folder / f"{name}.py").write_text((folder / f"{name}.py").read_text() + "\nz = 2")

    lgi.provenance._imports.cache_clear()
    yield change
    lgi.provenance._imports.cache_clear()


@pytest.mark.parametrize(
    ("changed", "affected"),
    [
        ("loss", {"loss", "fit", "plot"}),
        ("fit", {"fit", "plot"}),
        ("plot", {"plot"}),
        ("engine", {"engine"}),
    ],
)
def test_a_change_reaches_what_imports_it(package, changed, affected):
    modules = ("loss", "fit", "plot", "engine")
    before = {name: source_fingerprint(f"lgi.{name}") for name in modules}
    package(changed)
    after = {name: source_fingerprint(f"lgi.{name}") for name in modules}
    assert {name for name in modules if before[name] != after[name]} == affected


def test_training_does_not_depend_on_figures():
    closure = lgi.provenance._closure(["lgi.gaussians.run", "lgi.superposition.run"])
    assert not any(name.startswith("lgi.figures") for name in closure)
    assert "lgi.gaussians.settings" in closure


def test_floors_of_the_house():
    """No arrow runs up: studies do not know each other or figures; llc knows no study."""
    floors = {
        "lgi.llc": ("lgi.gaussians", "lgi.superposition", "lgi.figures", "lgi.config"),
        "lgi.gaussians": ("lgi.superposition", "lgi.figures", "lgi.config"),
        "lgi.superposition": ("lgi.gaussians", "lgi.figures", "lgi.config"),
        "lgi.figures": ("lgi.config", "lgi.paths"),
    }
    checked = 0
    for path in lgi.provenance.PACKAGE.rglob("*.py"):
        name = ".".join(path.relative_to(lgi.provenance.PACKAGE.parent).with_suffix("").parts)
        for floor, above in floors.items():
            if name.startswith(floor + "."):
                checked += 1
                imported = lgi.provenance._closure([name.removesuffix(".__init__")])
                assert not [i for i in imported if i.startswith(above)], name
    assert checked > 10


def test_a_record_has_no_dates_or_paths():
    record = describe("numba", "cpu", ("lgi.jit",))
    assert set(record) == {"engine", "device", "versions", "source"}
    assert record["versions"]["numba"] == "0.68.1"
    assert record == describe("numba", "cpu", ("lgi.jit",))


@pytest.mark.parametrize(
    "module",
    [
        "lgi.gaussians.run",
        "lgi.gaussians.llc",
        "lgi.superposition.run",
        "lgi.superposition.llc",
        "lgi.config",
    ],
)
def test_cpu_jobs_do_not_import_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
