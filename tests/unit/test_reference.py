"""The reference lists what is public, and its examples run."""

import re

import pytest

import lgi
from docs.writers import reference
from docs.writers.pages import DOCS
from lgi.provenance import source_fingerprint

PAGE = (DOCS / "reference.md").read_text(encoding="utf-8")


def test_the_page_lists_what_is_public():
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == sorted(lgi.__all__)


def test_a_signature_is_written_as_it_stands():
    def of_all(a, b=1, /, c: int = 2, *names: str, d, e: "float" = 0.5, **options: int) -> None: ...

    def few(self, *, asked): ...

    assert reference._function(of_all, "of_all") == (
        "of_all(a, b = 1, c: int = 2, *names: str, d, e: 'float' = 0.5, **options: int) -> None"
    )
    assert reference._function(few, ".few") == ".few(*, asked)"


@pytest.mark.slow
def test_the_examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    there = {}
    for example in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(example, there)
    assert there["estimate"]["status"] == "ok"
    assert there["estimate"]["llc"] == pytest.approx(1.5, rel=0.1)
    fit, training = there["run"].record, there["record"]
    assert (fit["n"], training["seeds"]) == (20, [0, 1, 2])
    for record, job in ((fit, "fit_gaussians"), (training, "train_superposition")):
        script = DOCS.parent / "workflow_scripts" / f"{job}.py"
        assert record["provenance"]["source"] == source_fingerprint(script)
    assert "theirs.npz: no such run file" in capsys.readouterr().out
