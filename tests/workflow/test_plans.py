"""What Snakemake plans and refuses, before any job runs."""

import copy
import hashlib
import os
import re

import imageio.v3 as imageio
import numpy as np
import pytest
import yaml
from PIL import Image

from lgi import checkpoints
from lgi.batches import VARIABLE
from lgi.runs import read_run
from tests.configurations import RUNS, SMOKE, checked
from tests.workflow.conftest import makers, planned, processes, started

FIT = {"image": "checkerboard", "recipe": "film"}


def refused(laboratory, *targets, **given) -> str:
    """Return what Snakemake says of targets or a configuration that it refuses."""
    done = laboratory.snakemake(*targets, check=False, **given)
    assert done.returncode != 0
    assert "Traceback (most recent call last)" not in done.stdout
    assert not (laboratory.folder / "results").exists()
    assert not (laboratory.folder / "logs").exists()
    return done.stdout


def test_the_published_experiments_are_planned_in_full(laboratory):
    output = laboratory.snakemake("--dry-run", base=None, cores=8).stdout
    jobs, shared = planned(output), processes(output)
    # Beside the listed: minima for 3 N of 2 images from 4 seeds each, and the film at N = 53.
    assert jobs["fit"] == len(checked().gaussians.listed()) + 4 * (3 + 3) + 1
    assert 150 < started(output) < 250
    # Enough of them for 8 cores.
    assert min(shared[rule][1] for rule in ("fit", "train_superposition")) >= 20
    # 4 starts x 2 sample sizes x 9 sparsities
    assert jobs["train_superposition"] == 72
    assert jobs["estimate_superposition_llc"] == 4 * 72  # four settings
    assert jobs["trace_superposition_llc"] == jobs["plot_llc_trace"] == 2
    assert jobs["judge_superposition_claims"] == jobs["calibrate_superposition_llc"] == 1
    assert jobs["collect_superposition_llc"] == 1
    assert jobs["llc_status"] == 2
    assert jobs["animate_polygons"] == jobs["plot_snapshots"] == 36
    assert jobs["llc_and_loss"] == 6
    assert jobs["loss_vs_llc"] == 7
    assert jobs["compare_published"] == 1
    assert jobs["unknown"] == 0


def test_how_many_runs_share_a_process_can_be_said(laboratory):
    seeds = FIT | {"name": "seeds_of_one", "n": 5, "seeds": list(range(2_000))}
    overlay = {"gaussians": {"runs": [*RUNS, seeds], "recipes": {"film": {"iterations": 3_000}}}}
    table = "results/tables/gaussians.csv"

    def parts(seconds, **more):
        env = {VARIABLE: seconds}
        given = {"overlays": [overlay | more], "env": env, "cores": 1}
        return processes(laboratory.snakemake("--dry-run", table, **given).stdout).get("fit")

    assert parts("0") is None
    runs, short = parts("30")
    assert runs == 2_040
    assert 15 < short < 30
    assert parts("3000") == (runs, 5)
    assert parts("3000", runs_per_job=10) == (runs, 204)
    assert parts("30", device="cuda") == (runs, 5)
    assert parts("0", device="cuda", runs_per_job=10_000) == (runs, 1)
    assert "must be a number of seconds" in refused(laboratory, env={VARIABLE: "long"})
    assert "is no number of seconds" in refused(laboratory, env={checkpoints.VARIABLE: "long"})


def test_a_figure_plans_only_what_it_shows(laboratory):
    figure = "results/figures/llc_and_loss_epoch_40000.png"
    output = laboratory.snakemake("--dry-run", figure, base=None).stdout
    jobs = planned(output)
    # 4 starts x 9 sparsities, of the samples and the setting that are drawn
    assert jobs == {
        "train_superposition": 36,
        "estimate_superposition_llc": 36,
        "llc_and_loss": 1,
        "total": 73,
    }
    estimates = makers(output)["estimate_superposition_llc"]
    assert all("/fine/" in path and "/samples1000/" in path for path in estimates)


ON_CARD = {
    *("fit", "train_superposition", "train_superposition_limit", "estimate_superposition_llc"),
    *("trace_superposition_llc", "calibrate_superposition_llc", "resolve_superposition_llc"),
    "check_known_answers",
}


@pytest.mark.parametrize("device", ["cpu", "auto", "cuda"])
def test_jobs_with_an_engine_for_a_gpu_alone_ask_for_one(laboratory, device):
    output = laboratory.snakemake("--dry-run", overlays=[{"device": device}]).stdout
    asking = {
        re.search(r"rule (\w+):", job)[1]
        for job in re.split(r"\n(?=(?:local)?rule \w+:)", output)
        if re.search(r"resources: .*gpu=1", job)
    }
    assert asking == (ON_CARD if device == "cuda" else set())


def test_the_slurm_profile_plans_from_a_fresh_clone(laboratory):
    output = laboratory.snakemake("--dry-run", "--profile", "slurm").stdout
    assert planned(output)["train_superposition"] == 2
    assert "gpu=1" not in output


def test_groups_are_targets_with_their_purpose(laboratory):
    groups = (
        *("gaussians", "superposition", "llc", "regression"),
        *("tables", "figures", "animations", "report"),
    )
    listed = laboratory.snakemake("--list-target-rules").stdout
    for name in groups:
        assert re.search(rf"^{name} \(\S.*\)$", listed, re.M), f"{name} has no purpose"
    jobs = planned(laboratory.snakemake("--dry-run", *groups).stdout)
    assert [jobs[name] for name in groups] == [1] * len(groups)


def test_unlisted_results_are_targets_by_their_path(laboratory):
    fit = "results/gaussians/{}/published/n{}_seed{}.npz"
    model = "kgon6/samples100/sparsity0.4262_seed{}"
    targets = {
        fit.format("textured", 1, 0): "fit",
        fit.format("gradient", 7, 2**64 - 1): "fit",
        "results/figures/gaussians/fit/smooth/published/n3_seed9.png": "fit_figure",
        "results/llc/gaussians/textured/minimum/n3_seed9.csv": "estimate_gaussians_llc",
        "results/figures/loss_vs_llc_epoch_12.svg": "loss_vs_llc",
        "results/figures/llc_settings.svg": "llc_settings",
        f"results/llc/superposition/traces/published/{model.format(0)}_epoch12.nc": (
            "trace_superposition_llc"
        ),
        f"results/animations/superposition/polygons/{model.format(4)}.mp4": "animate_polygons",
    }
    made = makers(laboratory.snakemake("--dry-run", *targets).stdout)
    for target, rule in targets.items():
        assert target in made[rule]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("results/figures/loss_vs_llc_epoch_13.png", ["nothing makes", "epoch: 12 | 200"]),
        (
            "results/figures/gaussians/loss_vs_n/smooth/published.png",
            ["gaussians.runs lists no runs of image smooth with recipe published"],
        ),
    ],
)
def test_a_path_that_names_nothing_is_told_what_exists(laboratory, target, says):
    output = refused(laboratory, target)
    for text in says:
        assert text in output


def test_a_bad_configuration_is_refused_with_all_its_problems(laboratory):
    """Each of them is tried in tests/unit/test_config.py."""
    overlay = {
        "epochs": 5,
        "superposition": {"runs": {"init": ["kgon4", "kgon9"], "sparsity": [0.4262, 1.0]}},
        "gaussians": {"fits": {"loss_vs_n": [{"image": "gradient", "recipe": "best"}]}},
    }
    output = refused(laboratory, overlays=[overlay])
    assert "the configuration has 4 problems:" in output
    assert "epochs: unknown key" in output
    assert "superposition.runs.sparsity.1: " in output
    assert "superposition.runs.init.1: unknown initialisation; found 'kgon9'" in output
    assert "unknown recipe; found 'best', there are published" in output


def test_an_image_file_that_is_none_is_named(laboratory):
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    whole = imageio.imwrite("<bytes>", pixels, extension=".png")
    images = {}
    for kind, content in {"text": b"meow", "empty": b"", "cut": whole[:90]}.items():
        path = laboratory.folder / f"{kind}.png"
        path.write_bytes(content)
        images[kind] = {"kind": "file", "path": str(path)}
    output = refused(laboratory, overlays=[{"gaussians": {"images": images}}])
    assert "the configuration has 3 problems:" in output
    for image in images.values():
        assert image["path"] in output


def picture(path, colour="red", size=(16, 12)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_a_picture_is_found_beside_the_configuration_that_names_it(laboratory):
    """Braces in its path are no wildcards; a path on the command line starts where one works."""
    beside = laboratory.folder.parent / "settings"
    picture(beside / "pictures" / "cat{n}.png")
    picture(laboratory.folder / "mine{seed} é.png")
    named = copy.deepcopy(SMOKE)
    named["gaussians"]["images"]["cat"] = {"kind": "file", "path": "pictures/cat{n}.png"}
    base = beside / "smoke.yaml"
    base.write_text(yaml.safe_dump(named), encoding="utf-8")
    line = {"images": {"mine": {"kind": "file", "path": "mine{seed} é.png"}}}
    targets = [f"results/gaussians/{name}/published/n3_seed1.npz" for name in ("cat", "mine")]
    size = {"gaussians": {"images": {"cat": {"width": 10, "height": 10}}}}
    made = makers(
        laboratory.snakemake(
            "--dry-run", "--config", f"gaussians={line}", "--", *targets, overlays=[size], base=base
        ).stdout
    )
    assert made["fit"] == set(targets)


def test_a_picture_is_known_by_its_bytes(laboratory):
    """Not by its time: one replaced by an older file is noticed, a touch makes nothing anew."""
    path = laboratory.folder / "cat.png"
    picture(path)
    overlay = {
        "gaussians": {
            "images": {"cat": {"kind": "file", "path": "cat.png"}},
            "recipes": {"published": {"iterations": 2}},
        }
    }
    target = "results/gaussians/cat/published/n2_seed1.npz"
    laboratory.snakemake(target, overlays=[overlay])
    record = read_run(laboratory.folder / target).record
    assert record["image"]["path"] == "cat.png"
    assert record["image"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()

    def again() -> str:
        return laboratory.snakemake("--dry-run", target, overlays=[overlay]).stdout

    path.touch()
    assert "Nothing to be done" in again()
    picture(path, "blue")
    os.utime(path, (1_500_000_000, 1_500_000_000))
    assert planned(again())["fit"] == 1
    picture(path)
    assert "Nothing to be done" in again()


def test_an_unlisted_start_that_does_not_fit_is_refused_before_any_job(laboratory):
    target = "results/gaussians/checkerboard/published/n3_seed7.npz"
    start = {"initialisation": {"kind": "kmeans", "colour_weight": 1.0}}
    overlay = {"gaussians": {"recipes": {"published": start}}}
    assert checked(SMOKE, overlay).gaussians.start_misfit("checkerboard", "published", 2) is None
    output = refused(laboratory, target, overlays=[overlay])
    assert target in output
    assert "found 3, allowed are 1 to 2: image checkerboard has 4096 pixels in 2" in output


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_further_attempt_asks_for_more_time_and_memory(laboratory, attempt):
    target = "results/gaussians/gradient_checkerboard/published/n6_seed9.npz"
    output = laboratory.snakemake("--dry-run", "--attempt", attempt, target).stdout
    asked = dict(re.findall(r"(runtime|mem_mb)=(\d+)", output))
    assert asked == {"runtime": str(11 * attempt), "mem_mb": str(1_501 * attempt)}
