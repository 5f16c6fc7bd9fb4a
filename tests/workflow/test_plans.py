"""What Snakemake plans and refuses, before any job runs."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from lgi import paths
from lgi.config import check

ROOT = Path(__file__).parents[2]
SMOKE = ROOT / "tests" / "config" / "smoke.yaml"


def planned(output: str) -> Counter:
    """Return the number of jobs per rule from the table that a dry run prints."""
    table = output.split("Job stats:")[1].split("\n\n")[0]
    return Counter(
        {rule: int(count) for rule, count in re.findall(r"^(\w+)\s+(\d+)$", table, re.M)}
    )


def test_the_published_experiments_are_planned_in_full(laboratory):
    jobs = planned(laboratory.snakemake("--dry-run", base=None).stdout)
    # A job fits all seeds of an image, recipe and N. Published: fine 11, gap 9, broad 13 of which
    # 45, 50, 55 and 60 are among those. For 3,000 iterations: fine 11 from many seeds; 4 N for 6
    # images, of which N = 52 of the published image is known; 3 large ones. 13 recipes x 4 N. With
    # a cure 3 N for 6 images.
    together = (11 + 9 + 9) + (11 + 6 * 4 - 1 + 3) + 13 * 4 + 6 * 3
    # Unlisted: minima for 6 N and 5 N from 2 seeds each, and the film.
    assert jobs["fit_gaussians"] == 2 * (6 + 5) + 1
    assert sum(count for rule, count in jobs.items() if rule.startswith("fit_")) == together + 23
    # 5 starts x 2 sample sizes x 9 sparsities
    assert jobs["train_superposition"] == 90
    assert jobs["estimate_llc"] == 2 * 90  # two settings
    assert jobs["trace_llc"] == jobs["plot_llc_trace"] == 3
    assert jobs["judge_claims"] == jobs["calibrate_llc"] == jobs["share_verdicts"] == 1
    assert jobs["animate_polygons"] == jobs["plot_snapshots"] == 45
    assert jobs["plot_loss_vs_llc"] == 14
    assert jobs["unknown"] == 0


def test_seed_lists_that_look_alike_have_jobs_of_their_own(laboratory):
    fit = {"image": "checkerboard", "recipe": "film"}
    lists = [
        fit | {"name": f"list{n}", "n": [n], "seeds": [1, middle, 9]}
        for n, middle in ((2, 3), (3, 4), (4, 3))
    ]
    runs = [*yaml.safe_load(SMOKE.read_text())["gaussians"]["runs"], *lists]
    jobs = planned(
        laboratory.snakemake("--dry-run", overlays=[{"gaussians": {"runs": runs}}]).stdout
    )
    assert jobs["fit_3_from_seed_1_to_9"] == 2
    assert jobs["fit_3_from_seed_1_to_9_again_1"] == 1


def test_cuda_is_asked_for_by_training_alone(laboratory):
    output = laboratory.snakemake("--dry-run", overlays=[{"device": "cuda"}]).stdout
    asking = {
        re.search(r"rule (\w+):", job)[1]
        for job in re.split(r"\n(?=(?:local)?rule \w+:)", output)
        if re.search(r"resources: .*gpu=", job)
    }
    assert {rule.split("_")[0] for rule in asking} == {"fit", "train"}
    assert {"fit_gaussians", "fit_4_from_seed_1_to_42", "train_superposition"} <= asking
    assert "gpu=" not in laboratory.snakemake("--dry-run").stdout


def test_the_slurm_profile_plans_from_a_fresh_clone(laboratory):
    output = laboratory.snakemake("--dry-run", "--profile", "slurm").stdout
    assert planned(output)["train_superposition"] == 8


def test_rule_names_are_targets(laboratory):
    listed = laboratory.snakemake("--list-target-rules").stdout
    for name in ("gaussians", "superposition", "llc", "tables", "figures", "animations"):
        assert re.search(rf"^{name} \(\S.*\)$", listed, re.M), (
            f"{name} is not listed with its purpose"
        )
        assert planned(laboratory.snakemake("--dry-run", name).stdout)[name] == 1


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("results/gaussians/textured/published/n1_seed0.npz", "fit_gaussians"),
        ("results/gaussians/gradient/published/n7_seed18446744073709551615.npz", "fit_gaussians"),
        ("results/figures/gaussians_fit_smooth_published_n3_seed9.png", "plot_fit"),
        ("results/gaussians/llc/textured/minimum/n3_seed9.csv", "estimate_coefficient"),
        ("results/figures/loss_vs_llc_epoch_12_samples50.svg", "plot_loss_vs_llc"),
        ("results/figures/llc_settings_samples50.svg", "plot_llc_settings"),
        (
            "results/llc/traces/published/kgon6/samples50/sparsity0.9643_seed0_epoch12.nc",
            "trace_llc",
        ),
        (
            "results/animations/polygons_kgon6_samples50_sparsity0.9643_seed4.mp4",
            "animate_polygons",
        ),
    ],
)
def test_unlisted_results_are_targets_by_their_path(laboratory, target, rule):
    assert planned(laboratory.snakemake("--dry-run", target).stdout)[rule] == 1


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("results/gaussians/gradient/published/n0_seed-1.npz", "n: any number from 1"),
        ("results/gaussians/gradient/published/n01_seed1.npz", "n: any number from 1"),
        ("results/gaussians/gradient/adamw/n5_seed1.npz", "recipe: published | published_3000"),
        ("results/gaussians/lena/published/n5_seed1.npz", "image: gradient_checkerboard | "),
        ("results/superposition/kgon5/samples50/sparsity0.4262.npz", "init: kgon4 | kgon6"),
        ("results/superposition/kgon4/samples70/sparsity0.4262.npz", "samples: 50 | 100"),
        ("results/superposition/kgon4/samples50/sparsity0.5.npz", "sparsity: 0.4262 | 0.9643"),
        ("results/llc/mala/kgon4/samples50/sparsity0.4262.csv", "setting: published | recommended"),
        (
            "results/llc/traces/published/kgon6/samples50/sparsity0.9643_seed0_epoch13.nc",
            "epoch: 0 | 12 | 200",
        ),
        ("results/figures/loss_vs_llc_epoch_13.png", "epoch: 0 | 12 | 200"),
        ("results/figures/loss_vs_lcc_epoch_12.png", "results/figures/loss_vs_llc_epoch_12.png"),
        (
            "results/figures/gaussians_loss_vs_n_smooth_published.png",
            "gaussians.runs lists no runs of image smooth with recipe published",
        ),
        (
            "results/animations/polygons_kgon6_samples50_sparsity0.9643_seed77.gif",
            "model (a seed of study 2): 0 | 3 | 4",
        ),
        ("results/tables/gaussian.csv", "nearest: results/tables/gaussians.csv"),
    ],
)
def test_a_path_that_names_nothing_is_told_what_exists(laboratory, target, says):
    done = laboratory.snakemake(target, check=False)
    assert done.returncode != 0
    assert "nothing makes" in done.stdout or "lists no runs" in done.stdout
    assert says in done.stdout
    assert "Traceback (most recent call last)" not in done.stdout
    assert not (laboratory.folder / "results").exists()


MODEL = {"init": "kgon4", "samples": 50, "sparsity": 0.4262, "seed": 0, "epoch": 12}
TRACE = MODEL | {"setting": "published"}
FIT = {"image": "gradient_checkerboard", "recipe": "published", "n": 5, "seed": 42}
# The smoke configuration's image has 24 x 16 pixels: 24 steps of the gradient with and without 0.2.
KMEANS = {"published": {"initialisation": {"kind": "kmeans", "colour_weight": 1.0}}}
BAD = {
    "unknown key": ({"epochs": 5}, ["epochs: unknown key"]),
    "wrong type": (
        {"superposition": {"training": {"epochs": "many"}}},
        ["superposition.training.epochs: ", "found 'many'"],
    ),
    "boolean for a number": (
        {"superposition": {"training": {"epochs": True}}},
        ["superposition.training.epochs: ", "found True"],
    ),
    "negative count": (
        {"gaussians": {"recipes": {"published": {"iterations": -3}}}},
        ["gaussians.recipes.published.iterations: ", "greater than", "found -3"],
    ),
    "empty list": (
        {"superposition": {"runs": {"seeds": []}}},
        ["superposition.runs.seeds: ", "at least 1", "found []"],
    ),
    "duplicate run": (
        {"superposition": {"runs": {"samples": [50, 50]}}},
        ["superposition.runs.samples: must not repeat 50"],
    ),
    "sparsity of 1": (
        {"superposition": {"runs": {"sparsities": [0.4262, 0.9643, 1.0]}}},
        ["superposition.runs.sparsities.2: ", "less than 1", "found 1.0"],
    ),
    "sparsities with one name": (
        {"superposition": {"runs": {"sparsities": [0.12341, 0.12342]}}},
        ["superposition.runs.sparsities: ", "first four decimals", "0.1234"],
    ),
    "snapshot after the last epoch": (
        {"llc": {"settings": {"published": {"epochs": [0, 201]}}}},
        ["llc.settings.published.epochs.1: no snapshot at this epoch; found 201"],
    ),
    "strip after the last epoch": (
        {"superposition": {"figures": {"strip_epochs": [0, 300]}}},
        ["superposition.figures.strip_epochs.1: after the last epoch 200; found 300"],
    ),
    "unknown recipe": (
        {"gaussians": {"figures": {"loss_vs_n": [{"image": "gradient", "recipe": "best"}]}}},
        ["gaussians.figures.loss_vs_n.0.recipe: unknown recipe; found 'best', there are published"],
    ),
    "unknown start": (
        {"superposition": {"runs": {"initialisations": ["kgon4", "kgon6", "kgon9"]}}},
        ["superposition.runs.initialisations.2: unknown initialisation; found 'kgon9'"],
    ),
    "a curve without runs": (
        {"gaussians": {"figures": {"loss_vs_n": [{"image": "smooth", "recipe": "published"}]}}},
        ["gaussians.figures.loss_vs_n.0: no runs of image smooth with recipe published"],
    ),
    "one figure twice": (
        {"gaussians": {"figures": {"fits": [FIT, FIT]}}},
        ["gaussians.figures.fits: must not repeat image gradient_checkerboard"],
    ),
    "unknown device": ({"device": "tpu"}, ["device: ", "'cpu' or 'cuda'", "found 'tpu'"]),
    "missing image": (
        {"gaussians": {"images": {"cat": {"kind": "file", "path": "nowhere/cat.png"}}}},
        ["gaussians.images.cat", "nowhere/cat.png"],
    ),
    "image smaller than the SSIM window": (
        {"gaussians": {"images": {"gradient": {"width": 7}}}},
        ["gaussians.images.gradient.width: ", "9", "found 7"],
    ),
    "k-means of more clusters than pixels": (
        {
            "gaussians": {
                "recipes": KMEANS,
                "runs": [
                    {
                        "name": "many",
                        "image": "gradient_checkerboard",
                        "recipe": "published",
                        "n": [48, 385],
                        "seeds": [1],
                    }
                ],
            }
        },
        ["gaussians.runs.0.n.1: ", "found 385, allowed are 1 to 48", "384 pixels"],
    ),
    "k-means of more clusters than colours": (
        {
            "gaussians": {
                "recipes": KMEANS,
                "figures": {"fits": [FIT, FIT | {"image": "checkerboard", "n": 3}]},
            }
        },
        [
            "gaussians.figures.fits.1.n: ",
            "found 3, allowed are 1 to 2",
            "image checkerboard has 4096 pixels in 2 distinct colours",
        ],
    ),
    "unknown schedule": (
        {"gaussians": {"recipes": {"published_3000": {"schedule": {"kind": "linear"}}}}},
        [
            "gaussians.recipes.published_3000.schedule.kind: unknown; found 'linear', there are "
            "constant, cosine, exponential, step, warm_restarts",
        ],
    ),
    "a cut-off of 0": (
        {"gaussians": {"recipes": {"published": {"cutoff": 0}}}},
        ["gaussians.recipes.published.cutoff: ", "greater than 0", "found 0"],
    ),
    "features of an unknown list": (
        {"gaussians": {"analysis": {"prediction": {"runs": "plants"}}}},
        [
            "gaussians.analysis.prediction.runs: unknown list of runs; found 'plants', there are ",
        ],
    ),
    "spectra of another recipe": (
        {"gaussians": {"analysis": {"prediction": {"spectra": {"recipe": "wide"}}}}},
        [
            "gaussians.analysis.prediction.spectra.recipe: list seeds has no recipe wide; "
            "there are published_3000",
        ],
    ),
    "unknown setting": (
        {"llc": {"runs": ["published", "mala"]}},
        ["llc.runs.1: unknown setting; found 'mala', there are recommended, published"],
    ),
    "a sampler without its options": (
        {"llc": {"settings": {"mine": {"sampler": "hmc"}}}},
        ["llc.settings.mine.chains: missing"],
    ),
    "traces of what there is not": (
        {"llc": {"traces": [TRACE | {"setting": "mine", "init": "kgon9"}, TRACE | {"seed": 9}]}},
        [
            "llc.traces.0.setting: unknown setting among llc.runs; found 'mine'",
            "llc.traces.0.init: unknown initialisation among superposition.runs.initialisations",
            "llc.traces.1.seed: unknown seed among superposition.runs.seeds; found 9",
        ],
    ),
    "a trace at another epoch": (
        {"llc": {"traces": [TRACE | {"epoch": 35}]}},
        ["llc.traces.0.epoch: not estimated at this epoch; found 35, there are 0, 12, 200"],
    ),
    "calibration of what there is not": (
        {"llc": {"calibration": {"reference": "mine", "step_size": {"yours": [0.1]}}}},
        [
            "llc.calibration.reference: unknown setting; found 'mine'",
            "llc.calibration.step_size.yours: unknown setting; found 'yours'",
        ],
    ),
    "calibration of an unknown sparsity": (
        {"llc": {"calibration": {"models": [MODEL | {"sparsity": 0.5}]}}},
        ["llc.calibration.models.0.sparsity: not among", "found 0.5000, there are 0.4262, 0.9643"],
    ),
    "calibration at an epoch without snapshot": (
        {"llc": {"calibration": {"models": [MODEL | {"epoch": 36}]}}},
        ["llc.calibration.models.0.epoch: not estimated at this epoch; found 36, there are 0, 1,"],
    ),
    "a calibration that varies nothing": (
        {"llc": {"calibration": {"localisation": []}}},
        ["llc.calibration.localisation: ", "at least 1"],
    ),
    "low sparsity above high": (
        {"superposition": {"claims": {"low_sparsity": 0.97}}},
        ["superposition.claims: low_sparsity 0.97 must be below high_sparsity 0.96"],
    ),
    "an N-study of what there is not": (
        {"gaussians": {"analysis": {"n_study": {"gap": "hole", "recipe": "wide"}}}},
        [
            "gaussians.analysis.n_study.gap: unknown list of runs; found 'hole', there are fine",
            "gaussians.analysis.n_study.fine: list fine has no recipe wide; there are published",
        ],
    ),
    "an N-study without the runs of its seed": (
        {"gaussians": {"analysis": {"n_study": {"seed": 7}}}},
        ["gaussians.analysis.n_study.fine: list fine has no seed 7; there are 42, 1"],
    ),
    "tiers that do not rise": (
        {"gaussians": {"analysis": {"n_study": {"tiers": [{"name": "all", "at_most": 0.1}]}}}},
        ["gaussians.analysis.n_study: tiers: at_most of the last one must be null, not 0.1"],
    ),
    "claims about N that are not run": (
        {"gaussians": {"analysis": {"claims": {"worse": [6, 4], "best": 9}}}},
        [
            "gaussians.analysis.claims.best: list seeds has no N = 9; there are 4, 5, 6, 7",
            "gaussians.analysis.claims.worse.1: list seeds has no N = 3",
        ],
    ),
    "a learning coefficient of an unknown image": (
        {
            "gaussians": {
                "analysis": {
                    "llc": {
                        "sweep": {
                            "fits": [{"image": "cat", "recipe": "minimum", "n": [3], "seeds": [1]}]
                        }
                    }
                }
            }
        },
        ["gaussians.analysis.llc.sweep.fits.0.image: unknown image; found 'cat', there are "],
    ),
    "a learning coefficient of a hard edge": (
        {
            "gaussians": {
                "analysis": {
                    "llc": {
                        "fits": [
                            {"image": "smooth", "recipe": "published", "n": [3], "seeds": [1]},
                        ]
                    }
                }
            }
        },
        [
            "gaussians.analysis.llc.fits.0.recipe: published has a hard edge, and no minimum; "
            "allowed are recipes with a smooth one"
        ],
    ),
    "a sweep of a setting that is not there": (
        {"gaussians": {"analysis": {"llc": {"sweep": {"setting": "middle"}}}}},
        [
            "gaussians.analysis.llc: sweep.setting: unknown setting; found 'middle', "
            "there are far, near"
        ],
    ),
    "a list in place of a section": ({"llc": [1]}, ["llc: "]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_configuration_is_refused_before_any_job(laboratory, name):
    overlay, says = BAD[name]
    done = laboratory.snakemake(overlays=[overlay], check=False)
    assert done.returncode != 0
    for text in says:
        assert text in done.stdout, done.stdout
    assert "Traceback" not in done.stdout
    assert not (laboratory.folder / "results").exists()
    assert not (laboratory.folder / "logs").exists()


def test_an_unlisted_start_that_does_not_fit_is_refused_before_any_job(laboratory):
    target = "results/gaussians/checkerboard/published/n{}_seed7.npz"
    overlay = {"gaussians": {"recipes": KMEANS}}
    laboratory.snakemake("--dry-run", target.format(2), overlays=[overlay])
    done = laboratory.snakemake(target.format(3), overlays=[overlay], check=False)
    assert done.returncode != 0
    assert target.format(3) in done.stdout
    assert "found 3, allowed are 1 to 2: image checkerboard has 4096 pixels in 2" in done.stdout
    assert "Traceback (most recent call last)" not in done.stdout
    assert not (laboratory.folder / "results").exists()


def test_all_problems_are_reported_together(laboratory):
    overlays = [
        overlay
        for name, (overlay, _) in BAD.items()
        if name in ("unknown key", "unknown start", "unknown recipe", "sparsity of 1")
    ]
    done = laboratory.snakemake(overlays=overlays, check=False)
    assert "the configuration has 4 problems:" in done.stdout
    for name in ("unknown key", "unknown start", "unknown recipe", "sparsity of 1"):
        for text in BAD[name][1]:
            assert text in done.stdout


@pytest.mark.parametrize("kind", ["text", "empty", "cut"])
def test_an_image_file_that_is_none_is_named(laboratory, kind):
    import imageio.v3 as imageio
    import numpy as np

    path = laboratory.folder / "cat.png"
    imageio.imwrite(path, np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8))
    path.write_bytes({"text": b"meow", "empty": b"", "cut": path.read_bytes()[:90]}[kind])
    overlay = {"gaussians": {"images": {"cat": {"kind": "file", "path": str(path)}}}}
    done = laboratory.snakemake(overlays=[overlay], check=False)
    assert done.returncode != 0
    assert str(path) in done.stdout
    assert "Traceback" not in done.stdout


def test_yaml_numbers_written_as_text_are_numbers(laboratory):
    text = "superposition: {training: {rate: 5e-3}}"
    assert "Nothing to be done" not in laboratory.snakemake("--dry-run", overlays=[text]).stdout


def test_every_listed_target_has_a_pattern():

    with open("config.yaml") as file:
        config = check(yaml.safe_load(file))
    targets = paths.everything(config)
    assert len(targets) == len(set(targets))
    for pattern in (p for p in paths._patterns() if "{" in p):
        regex = re.sub(r"\\{\w+\\}", ".*", re.escape(pattern))
        assert any(re.fullmatch(regex, target) for target in targets), pattern


@pytest.mark.parametrize("overlay", sorted((ROOT / "overlays").glob("*.yaml")), ids=str)
def test_an_overlay_is_a_configuration(overlay):
    from snakemake.utils import update_config

    merged = yaml.safe_load((ROOT / "config.yaml").read_text())
    plain = len(check(merged).gaussian_runs())
    update_config(merged, yaml.safe_load(overlay.read_text()))
    assert len(check(merged).gaussian_runs()) > plain
