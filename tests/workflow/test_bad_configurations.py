"""What Snakemake itself makes of wrong and unusual configurations."""

import copy
import os

import pytest
import yaml

from lgi.errors import LgiError
from tests.configurations import ROOT
from tests.mutants import mutant
from tests.planning import plan
from tests.unit.test_bad_configurations import SMALL
from tests.workflow.conftest import planned

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""The locale in which Python writes no letter beyond ASCII by itself."""

PANEL = {"title": "four-gon, Zufällig 猫", "init": "kgon4", "samples": 100}
ONE = {
    "superposition": {
        "runs": {"init": "kgon4", "samples": 100, "seeds": 3},
        "published": {
            "panels": [{"title": "four-gon, Zufällig 猫", "init": "kgon4", "samples": 100}]
        },
    }
}
"""Study 2 with one of everything, and letters beyond ASCII."""


def _mutants(count: int, *, accepted: bool):
    """Yield mutants that are plain YAML, by their number."""
    number = 0
    while count:
        raw, _ = mutant(SMALL, number)
        try:
            text = yaml.safe_dump(raw, allow_unicode=True)
            same = yaml.safe_load(text) == raw
            plan(copy.deepcopy(raw))
            found = True
        except LgiError:
            found = False
        except (yaml.YAMLError, ValueError):
            same = False
        if same and found == accepted:
            count -= 1
            yield pytest.param(text, id=str(number))
        number += 1


@pytest.mark.slow
@pytest.mark.parametrize("accepted", [True, False])
def test_snakemake_plans_and_refuses_what_we_do(laboratory, accepted):
    for parameter in _mutants(3, accepted=accepted):
        (text,) = parameter.values
        # In the place of config.yaml, since an overlay takes nothing away.
        code = laboratory.folder / "clone"
        code.mkdir(exist_ok=True)
        for name in ("lgi", "rules", "workflow_scripts", "Snakefile", "published", "profiles"):
            if not (code / name).exists():
                os.symlink(ROOT / name, code / name)
        (code / "config.yaml").write_text(text, encoding="utf-8")
        laboratory.code = code
        done = laboratory.snakemake("--dry-run", "--quiet", base=None, check=False)
        assert (done.returncode == 0) == accepted, f"mutant {parameter.id}: {done.stdout}"
        assert "Traceback (most recent call last)" not in done.stdout
        assert accepted or "the configuration has" in done.stdout
        assert not (laboratory.folder / "results").exists()


@pytest.mark.slow
def test_one_of_everything_is_drawn_whatever_the_locale(laboratory):
    figures = ("superposition_published", "loss_over_training", "superposition_gap")
    done = laboratory.snakemake(
        *(f"results/figures/{name}.png" for name in figures),
        overlays=[ONE],
        env=ASCII,
        cores=1,
    )
    assert "Traceback" not in done.stdout
    # No such panel was published.
    picture = laboratory.folder / "results/figures/superposition_published.svg"
    assert "nothing to draw: no published cells" in picture.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "target",
    ["results/gaussians/../../x.npz", "docs/gallery/a/b"],
)
def test_no_target_leads_out_of_the_results(laboratory, target):
    done = laboratory.snakemake("--dry-run", "--", target, check=False)
    assert done.returncode != 0
    assert "No rule to produce" in done.stdout


@pytest.mark.slow
def test_one_seed_is_planned_in_full(laboratory):
    jobs = planned(laboratory.snakemake("--dry-run", overlays=[ONE]).stdout)
    assert jobs["train_superposition"] == 1
    assert jobs["write_superposition_report"] == 1
