"""What the studies together make: paths that are made, and answers to paths that are not."""

import re

import pytest
import yaml

from lgi.errors import ConfigError
from tests.configurations import ROOT, SMOKE, catalogue, checked

RUNS = {"samples": [50, 100], "sparsity": [0.42624657926256726, 0.9643260066527476]}
SMALL = {"superposition": {"runs": RUNS}}
# Cases from the field: one number of samples is a list of one, and what an overlay does not mention
# follows from the runs.
ONE_SIZE = {"superposition": {"runs": {"samples": [100]}}}
ONE_SEED = {
    "superposition": {
        "runs": {"init": ["kgon4"], "samples": [50, 100], "sparsity": [0.4262], "seeds": [0]}
    }
}
TMS_20_5 = {
    "superposition": {
        "hidden": 5,
        "data": {"kind": "uniform", "features": 20},
        "runs": {"init": ["random"], "samples": [1000], "sparsity": [0.9, 0.99], "seeds": [0, 1]},
        "training": {"epochs": 300, "snapshots": {"points": 10, "first": 1, "last": 200}},
        "phases": None,
    }
}
CASES = ["published", "one size", "one seed", "20 in 5"]
AMBIGUOUS = {
    "gaussians": {
        "images": {
            "cat": {"kind": "smooth", "width": 16, "height": 16},
            "cat_a": {"kind": "edges", "width": 16, "height": 16},
        },
        "recipes": {"b": {"from": "published"}, "a_b": {"from": "published"}},
        "fits": {
            "drawn": [
                {"image": "cat", "recipe": "a_b", "n": 5, "seeds": 1},
                {"image": "cat_a", "recipe": "b", "n": 5, "seeds": 1},
            ]
        },
    }
}


@pytest.fixture(scope="module")
def small():
    return catalogue(SMOKE, SMALL)


@pytest.mark.parametrize(
    "overlays",
    [(), (SMOKE,), (SMOKE, SMALL), (ONE_SIZE,), (ONE_SEED,), (TMS_20_5,), (AMBIGUOUS,)],
    ids=["published", "smoke", "small", "one size", "one seed", "20 in 5", "ambiguous"],
)
def test_every_result_that_is_asked_for_is_made_by_one_rule(overlays):
    found = catalogue(*overlays)
    known = found.known()
    asked = found.everything()
    assert [path for path in asked if not re.fullmatch(known, path.removeprefix("results/"))] == []
    each = [path for _, result in found.rules.values() for path in result.paths(found.config)]
    assert len(each) == len(set(each))
    makers = {rule: _patterns(found, rule) for rule in found.rules}
    for path in asked:
        (maker,) = [rule for rule, one in makers.items() if one.fullmatch(path)]
        assert path in found.result(maker).paths(found.config)


@pytest.mark.parametrize("overlay", [{}, ONE_SIZE, ONE_SEED, TMS_20_5], ids=CASES)
def test_whatever_a_result_reads_is_made_or_kept(overlay):
    found = catalogue(overlay)
    known = re.compile(found.known())
    for _, result in found.made:
        for values in result.wanted(found.config):
            for paths in found.inputs(result, {k: str(v) for k, v in values.items()}).values():
                for path in [paths] if isinstance(paths, str) else paths:
                    made = known.fullmatch(path.removeprefix("results/"))
                    assert made or (ROOT / path).is_file(), f"{result.rule} reads {path}"


def _patterns(found, rule):
    """Return a regular expression of the outputs of a rule."""
    study, result = found.rules[rule]
    legal = found.constraints(study, result)
    return re.compile(
        "|".join(
            "".join(
                f"(?:{legal[piece]})" if place % 2 else re.escape(piece)
                for place, piece in enumerate(re.split(r"\{(\w+)\}", path))
            )
            for path in result.outputs.values()
        )
    )


def test_every_published_result_is_asked_for():
    found = catalogue()
    nothing = {rule for rule, (_, one) in found.rules.items() if not one.paths(found.config)}
    assert nothing == set()


def test_image_and_recipe_are_apart_in_paths():
    drawn = catalogue(AMBIGUOUS).result("fit_figure").paths(checked(AMBIGUOUS))
    assert drawn == [
        "results/figures/gaussians/fit/cat/a_b/n5_seed1.png",
        "results/figures/gaussians/fit/cat_a/b/n5_seed1.png",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "results/gaussians/gradient/published/n7_seed18446744073709551615.npz",
        "results/figures/llc_and_loss_epoch_12_samples50.svg",
        "results/animations/superposition/polygons/kgon6/samples50/sparsity0.9643_seed4.mp4",
    ],
)
def test_a_result_that_is_not_listed_is_made(small, path):
    assert re.fullmatch(small.known(), path.removeprefix("results/"))
    assert path not in small.everything()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("results/gaussians/gradient/published/n0_seed-1.npz", "n: any number from 1"),
        ("results/gaussians/gradient/published/n01_seed1.npz", "n: any number from 1"),
        ("results/gaussians/gradient/adamw/n5_seed1.npz", "recipe: published | published_3000"),
        ("results/gaussians/lena/published/n5_seed1.npz", "image: gradient_checkerboard | "),
        ("results/superposition/kgon5/samples50/sparsity0.4262.npz", "init: kgon4 | kgon6"),
        ("results/superposition/kgon4/samples70/sparsity0.4262.npz", "samples: 50 | 100"),
        ("results/superposition/kgon4/samples50/sparsity0.5.npz", "sparsity: 0.4262 | 0.9643"),
        (
            "results/llc/superposition/mala/kgon4/samples100/sparsity0.4262.csv",
            "setting: published | raw_mse | coarse | fine",
        ),
        (
            "results/llc/superposition/traces/published/kgon6/samples100/"
            "sparsity0.4262_seed0_epoch13.nc",
            "epoch: 12 | 200",
        ),
        ("results/figures/loss_vs_llc_epoch_13.png", "epoch: 12 | 200"),
        ("results/figures/loss_vs_lcc_epoch_12.png", "results/figures/loss_vs_llc_epoch_12.png"),
        (
            "results/animations/superposition/polygons/kgon6/samples50/sparsity0.9643_seed77.gif",
            "seed: 0 | 3 | 4",
        ),
        ("results/tables/gaussian.csv", "nearest: results/tables/gaussians.csv"),
    ],
)
def test_a_path_that_names_nothing_is_told_what_exists(small, path, says):
    assert not re.fullmatch(small.known(), path.removeprefix("results/"))
    text = small.explain(path)
    assert text.startswith(f"nothing makes {path}")
    assert says in text


def test_a_curve_of_runs_that_are_not_listed_is_refused(small):
    says = "gaussians.runs lists no runs of image smooth with recipe published"
    with pytest.raises(ConfigError, match=says):
        small.inputs(small.result("loss_vs_n"), {"image": "smooth", "recipe": "published"})


@pytest.mark.parametrize(
    "overlay", sorted((ROOT / "overlays").glob("*.yaml")), ids=lambda p: p.stem
)
def test_an_overlay_asks_for_more(overlay):
    plain, more = (
        catalogue().everything(),
        catalogue(yaml.safe_load(overlay.read_text(encoding="utf-8"))),
    )
    assert set(plain) < set(more.everything())
