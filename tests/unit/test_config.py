"""What a configuration may hold: each value that may not be there is named with its place."""

import copy

import numpy as np
import pytest
import yaml
from PIL import Image
from snakemake.utils import update_config

from lgi.config import check
from lgi.errors import ConfigError
from tests.configurations import ROOT, RUNS, SMOKE, checked

MODEL = {"init": "kgon4", "samples": 100, "sparsity": 0.4262, "seeds": 0, "epoch": 12}
TRACE = MODEL | {"setting": "published"}
MINIMUM = {"image": "smooth", "recipe": "minimum", "n": [3], "seeds": [1]}
FIT = {"image": "gradient_checkerboard", "recipe": "published", "n": 5, "seeds": 42}
MIXED = {
    "name": "mixed",
    "image": ["gradient_checkerboard", "photograph"],
    "recipe": ["published_3000", "exact"],
    "n": [4, 5],
    "seeds": [42],
}
# The smoke configuration's image has 24 x 16 pixels: 24 steps of the gradient with and without 0.2.
KMEANS = {"published": {"initialisation": {"kind": "kmeans", "colour_weight": 1.0}}}
BAD = {
    "unknown key": ({"epochs": 5}, ["epochs: unknown key"]),
    "a key with a slip": (
        {"gaussians": {"recipes": {"mine": {"from": "exact", "cutof": 4.0}}}},
        ["1 problem:", "gaussians.recipes.mine.cutof: unknown key; is cutoff meant?"],
    ),
    "a recipe from one that is not there": (
        {"gaussians": {"recipes": {"mine": {"from": "exakt"}}}},
        ["1 problem:", "gaussians.recipes.mine.from: unknown; found 'exakt', there are "],
    ),
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
        {"superposition": {"runs": {"sparsity": [0.4262, 0.9643, 1.0]}}},
        ["superposition.runs.sparsity.2: ", "less than 1", "found 1.0"],
    ),
    "sparsities with one name": (
        {"superposition": {"runs": {"sparsity": [0.12341, 0.12342]}}},
        ["superposition.runs.sparsity: ", "first four decimals", "0.1234"],
    ),
    "snapshot after the last epoch": (
        {"superposition": {"llc": {"settings": {"published": {"epochs": [0, 201]}}}}},
        ["superposition.llc.settings.published.epochs.1: no snapshot at this epoch; found 201"],
    ),
    "unknown recipe": (
        {"gaussians": {"fits": {"loss_vs_n": [{"image": "gradient", "recipe": "best"}]}}},
        ["gaussians.fits.loss_vs_n.0.recipe: unknown recipe; found 'best', there are published"],
    ),
    "unknown start": (
        {"superposition": {"runs": {"init": ["kgon4", "kgon6", "kgon9"]}}},
        ["superposition.runs.init.2: unknown initialisation; found 'kgon9'"],
    ),
    "a curve without runs": (
        {"gaussians": {"fits": {"loss_vs_n": [{"image": "smooth", "recipe": "published"}]}}},
        ["gaussians.fits.loss_vs_n.0: no runs of image smooth with recipe published are listed"],
    ),
    "one figure twice": (
        {"gaussians": {"fits": {"drawn": [FIT, FIT]}}},
        ["gaussians.fits.drawn: must not repeat image gradient_checkerboard with recipe published"],
    ),
    "unknown device": ({"device": "tpu"}, ["device: ", "'cpu' or 'cuda'", "found 'tpu'"]),
    "missing image": (
        {"gaussians": {"images": {"cat": {"kind": "file", "path": "nowhere/cat.png"}}}},
        ["gaussians.images.cat.path: nowhere/cat.png: no such image file; allowed are PNG, JPEG"],
    ),
    "a background that is no colour": (
        {"gaussians": {"images": {"cat": {"kind": "file", "path": "a", "background": "whitish"}}}},
        ["gaussians.images.cat.background: must be the name of a colour", "found 'whitish'"],
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
                    *RUNS,
                    {
                        "name": "many",
                        "image": "gradient_checkerboard",
                        "recipe": "published",
                        "n": [48, 385],
                        "seeds": [1],
                    },
                ],
            }
        },
        [f"gaussians.runs.{len(RUNS)}.n.1: ", "found 385, allowed are 1 to 48", "384 pixels"],
    ),
    "k-means of more clusters than colours": (
        {
            "gaussians": {
                "recipes": KMEANS,
                "fits": {"drawn": [FIT, FIT | {"image": "checkerboard", "n": 3}]},
            }
        },
        [
            "gaussians.fits.drawn.1.n.0: ",
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
        {"gaussians": {"prediction": {"runs": "plants"}}},
        [
            "gaussians.prediction.runs: unknown list of runs; found 'plants', there are ",
        ],
    ),
    "spectra of another recipe": (
        {"gaussians": {"prediction": {"spectra": {"recipe": "wide"}}}},
        [
            "gaussians.prediction.spectra.recipe: list seeds has no recipe wide; "
            "there are published_3000",
        ],
    ),
    "spectra of two recipes": (
        {
            "gaussians": {
                "runs": [*RUNS, MIXED],
                "prediction": {"runs": "mixed", "spectra": {"n": [4, 5]}},
            }
        },
        [
            "gaussians.prediction.spectra: must be of one image; found gradient_checkerboard, "
            "photograph",
            "gaussians.prediction.spectra: must be of one recipe; found exact, published_3000",
        ],
    ),
    "cures that are not compared with anything": (
        {"gaussians": {"turn": {"cures": {"reference": "wide"}}}},
        [
            "gaussians.turn.cures.reference: gaussians.runs lists no run of image "
            "gradient_checkerboard with recipe wide, N = 5 and seed 1 to compare with",
        ],
    ),
    "cures on two images": (
        {"gaussians": {"runs": [*RUNS, MIXED], "turn": {"cures": {"runs": "mixed"}}}},
        [
            "gaussians.turn.cures.runs: list mixed has images gradient_checkerboard, "
            "photograph; recipes are compared on one",
        ],
    ),
    "a turn of runs that are not listed": (
        {"gaussians": {"turn": {"fits": {"recipe": "wide"}}}},
        ["gaussians.turn.fits: no runs of list seeds with recipe wide are listed"],
    ),
    "neighbours of two seeds": (
        {"gaussians": {"turn": {"neighbours": {"fits": {"seeds": [42, 1]}}}}},
        ["gaussians.turn.neighbours.fits: must be of one seed; found 1, 42"],
    ),
    "unknown setting": (
        {"superposition": {"llc": {"runs": ["published", "mala"]}}},
        [
            "superposition.llc.runs.1: unknown setting; found 'mala', there are fine, "
            "coarse, raw_mse, published, sgld"
        ],
    ),
    "a noise of nothing": (
        {"superposition": {"llc": {"settings": {"fine": {"likelihood": {"sigma": 0.0}}}}}},
        ["superposition.llc.settings.fine.likelihood.sigma: ", "greater than 0", "found 0.0"],
    ),
    "a negative noise": (
        {"superposition": {"llc": {"settings": {"coarse": {"likelihood": {"sigma": -0.1}}}}}},
        ["superposition.llc.settings.coarse.likelihood.sigma: ", "greater than 0", "found -0.1"],
    ),
    "a temperature for runs of one sample": (
        {"superposition": {"runs": {"samples": [1, 100]}}},
        [
            "superposition.llc.settings.fine.inverse_temperature: inverse temperature 1/log n "
            "needs 2 or more samples, not 1"
        ],
    ),
    "a setting that is gone, changed": (
        {"superposition": {"llc": {"settings": {"recommended": {"draws": 100}}}}},
        [
            "superposition.llc.settings.recommended: not defined any more; recommended is gone, "
            "fine took its place"
        ],
    ),
    "a setting of study 1 that is gone, changed": (
        {"gaussians": {"llc": {"settings": {"far": {"draws": 30}}}}},
        [
            "gaussians.llc.settings.far: not defined any more; far is gone, sharp took its place",
        ],
    ),
    "a setting from one that is gone": (
        {"superposition": {"llc": {"settings": {"mine": {"from": "hmc_log_n"}}}}},
        ["superposition.llc.settings.mine.from: ", "hmc_log_n is gone, fine took its place"],
    ),
    "settings that are gone, everywhere": (
        {
            "superposition": {
                "llc": {
                    "runs": ["hmc_log_n"],
                    "drawn": "recommended",
                    "traces": [TRACE | {"setting": "recommended"}],
                    "calibration": {"reference": "recommended", "step_size": {"hmc_log_n": [0.1]}},
                    "resolution": {"setting": "hmc_log_n"},
                },
                "published": {"setting": "recommended"},
            }
        },
        [
            f"superposition.{place}: unknown setting{among}; found '{name}', "
            for place, among, name in (
                ("llc.runs.0", "", "hmc_log_n"),
                ("llc.drawn", " among superposition.llc.runs", "recommended"),
                ("llc.traces.0.setting", " among superposition.llc.runs", "recommended"),
                ("llc.calibration.reference", "", "recommended"),
                ("llc.calibration.step_size.hmc_log_n", "", "hmc_log_n"),
                ("llc.resolution.setting", "", "hmc_log_n"),
                ("published.setting", "", "recommended"),
            )
        ]
        + ["; recommended is gone, fine took its place", "; hmc_log_n is gone, fine took its"],
    ),
    "a sampler without its options": (
        {"superposition": {"llc": {"settings": {"mine": {"sampler": {"kind": "hmc"}}}}}},
        [
            "superposition.llc.settings.mine.sampler.leapfrog_steps: missing",
            "superposition.llc.settings.mine.chains: missing",
        ],
    ),
    "an option of another sampler": (
        {"superposition": {"llc": {"settings": {"published": {"sampler": {"decay": 0.9}}}}}},
        ["superposition.llc.settings.published.sampler.decay: unknown key"],
    ),
    "copies without SGLD": (
        {"superposition": {"llc": {"settings": {"fine": {"copies": {"W": 2}}}}}},
        ["superposition.llc.settings.fine: copies are for the sampler sgld, not hmc"],
    ),
    "a temperature for one sample": (
        {"superposition": {"llc": {"settings": {"published": {"n": 1}}}}},
        ["superposition.llc.settings.published.n: ", "greater than or equal to 2", "found 1"],
    ),
    "a calibration of parameters that are stored twice": (
        {"superposition": {"llc": {"calibration": {"step_size": {"published": [0.001]}}}}},
        ["superposition.llc.calibration.step_size.published: copies have no bias against"],
    ),
    "a start that is gone": (
        {"superposition": {"runs": {"init": ["kgon4", "kgon6", "published_optimal"]}}},
        ["found 'published_optimal'", "published_optimal is gone, optimal took its place"],
    ),
    "a start that is gone, changed": (
        {"superposition": {"initialisations": {"published_optimal": {"noise": 0.1}}}},
        ["superposition.initialisations.published_optimal", "gone, optimal took its place"],
    ),
    "an unknown sampler": (
        {"superposition": {"llc": {"settings": {"published": {"sampler": {"kind": "nuts"}}}}}},
        [
            "superposition.llc.settings.published.sampler.kind: unknown; found 'nuts', there are "
            "sgld, rmsprop_sgld, hmc"
        ],
    ),
    "a setting from one that is not there": (
        {"superposition": {"llc": {"settings": {"mine": {"from": "yours"}}}}},
        ["superposition.llc.settings.mine.from: unknown; found 'yours', there are fine"],
    ),
    "traces of an unknown setting and start": (
        {"superposition": {"llc": {"traces": [TRACE | {"setting": "mine", "init": "kgon9"}]}}},
        [
            "superposition.llc.traces.0.setting: unknown setting among superposition.llc.runs; "
            "found 'mine'",
            "superposition.llc.traces.0.init: unknown initialisation; found 'kgon9'",
        ],
    ),
    "traces of what is not run": (
        {
            "superposition": {
                "llc": {"traces": [TRACE | {"init": "random"}, TRACE | {"seeds": 9, "epoch": 35}]}
            }
        },
        [
            "superposition.llc.traces.0.init.0: unknown initialisation among "
            "superposition.runs.init; found 'random'",
            "superposition.llc.traces.1.seeds.0: unknown seed among superposition.runs.seeds; "
            "found 9",
            "superposition.llc.traces.1.epoch.0: not estimated at this epoch; found 35, there are "
            "12, 200",
        ],
    ),
    "calibration of what there is not": (
        {
            "superposition": {
                "llc": {"calibration": {"reference": "mine", "step_size": {"yours": [0.1]}}}
            }
        },
        [
            "superposition.llc.calibration.reference: unknown setting; found 'mine'",
            "superposition.llc.calibration.step_size.yours: unknown setting; found 'yours'",
        ],
    ),
    "calibration of what is not run": (
        {
            "superposition": {
                "llc": {"calibration": {"models": [MODEL | {"sparsity": 0.5, "epoch": 36}]}}
            }
        },
        [
            "superposition.llc.calibration.models.0.sparsity.0: unknown sparsity",
            "found '0.5000', there are 0.4262",
            "superposition.llc.calibration.models.0.epoch.0: not estimated at this epoch; found "
            "36, there are 0, 1,",
        ],
    ),
    "a calibration that varies nothing": (
        {"superposition": {"llc": {"calibration": {"localisation": []}}}},
        ["superposition.llc.calibration.localisation: ", "at least 1"],
    ),
    "resolution of what is not run": (
        {"superposition": {"llc": {"resolution": {"models": [MODEL | {"seeds": 9}]}}}},
        ["superposition.llc.resolution.models.0.seeds.0: unknown seed", "found 9"],
    ),
    "low sparsity above high": (
        {"superposition": {"claims": {"low_sparsity": 0.97}}},
        ["superposition.claims: low_sparsity 0.97 must be below high_sparsity 0.96"],
    ),
    "an N-study of what there is not": (
        {"gaussians": {"n_study": {"gap": "hole"}}},
        ["gaussians.n_study.gap: unknown list of runs; found 'hole', there are fine"],
    ),
    "an N-study of two recipes": (
        {"gaussians": {"n_study": {"fine": "cures", "gap": "seeds"}}},
        [
            "gaussians.n_study.fine: list cures has recipe smooth, early_stop; it must have one",
            "gaussians.n_study.gap: list seeds has no recipe smooth, which list cures has; "
            "there are published_3000",
        ],
    ),
    "an N-study without the runs of its seed": (
        {"gaussians": {"original": {"seed": 7}}},
        ["gaussians.n_study.fine: list fine has no seed 7; there are 42, 1"],
    ),
    "tiers that do not rise": (
        {"gaussians": {"n_study": {"tiers": [{"name": "all", "at_most": 0.1}]}}},
        ["gaussians.n_study: tiers: at_most of the last one must be null, not 0.1"],
    ),
    "claims about N that are not run": (
        {
            "gaussians": {
                "images": {"gradient_checkerboard": {"width": 64, "height": 64}},
                "original": {"worse": [6, 4], "best": 9, "fresh": "seeds"},
            }
        },
        [
            "gaussians.original.best: list seeds has no N = 9; there are 5, 6",
            "gaussians.original.fresh: list seeds must have other seeds than seeds; found 1, 2, 3,",
            "gaussians.original.worse.1: list seeds has no N = 3",
        ],
    ),
    "the original's image without fresh seeds": (
        {"gaussians": {"images": {"gradient_checkerboard": {"width": 64, "height": 64}}}},
        ["gaussians.original.fresh: unknown list of runs; found 'fresh', there are fine, gap"],
    ),
    "a curve of two recipes": (
        {"gaussians": {"n_study": {"claims": {"curves": [{"runs": "cures"}]}}}},
        ["gaussians.n_study.claims.curves.0: must be of one recipe; found early_stop, smooth"],
    ),
    "a selection of what no list has": (
        {"gaussians": {"fits": {"loss_and_coverage": [{"runs": "fine", "n": [5, 99]}]}}},
        ["gaussians.fits.loss_and_coverage.0.n: no listed run has 99; there are 4, 5, 6"],
    ),
    "a learning coefficient of an unknown image": (
        {"gaussians": {"llc": {"sweep": {"fits": [MINIMUM | {"image": "cat"}]}}}},
        ["gaussians.llc.sweep.fits.0.image: unknown image; found 'cat', there are "],
    ),
    "a learning coefficient of a hard edge": (
        {"gaussians": {"llc": {"fits": [MINIMUM | {"recipe": "published"}]}}},
        [
            "gaussians.llc.fits.0.recipe: published has a hard edge, and no minimum; allowed are "
            "recipes with a smooth one"
        ],
    ),
    "a sweep of a setting that is not there": (
        {"gaussians": {"llc": {"sweep": {"setting": "middle"}}}},
        ["gaussians.llc.sweep.setting: unknown setting; found 'middle', there are sharp, soft"],
    ),
    "a list in place of a section": ({"llc": [1]}, ["llc: "]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_configuration_is_refused(name):
    overlay, says = BAD[name]
    with pytest.raises(ConfigError) as refused:
        checked(SMOKE, overlay)
    for text in says:
        assert text in str(refused.value)


def test_all_problems_are_reported_together():
    rows = [
        BAD[name] for name in ("unknown key", "unknown start", "unknown recipe", "sparsity of 1")
    ]
    with pytest.raises(ConfigError, match="the configuration has 4 problems:") as refused:
        checked(SMOKE, *(overlay for overlay, _ in rows))
    for text in (text for _, says in rows for text in says):
        assert text in str(refused.value)


def images(**entries) -> dict:
    """Return an overlay of images from files."""
    return {"gaussians": {"images": {n: {"kind": "file", **e} for n, e in entries.items()}}}


def test_all_pictures_that_cannot_be_read_are_named(tmp_path):
    Image.new("LAB", (16, 16)).save(tmp_path / "lab.tif")
    Image.new("RGB", (16, 8)).save(tmp_path / "low.png")
    np.save(tmp_path / "array.npy", np.zeros((16, 16, 3)))
    Image.new("RGB", (16, 16)).save(tmp_path / "fine.png")
    paths = {path.stem: {"path": str(path)} for path in tmp_path.iterdir()}
    paths["pinned"] = paths["fine"] | {"sha256": "0" * 64}
    with pytest.raises(ConfigError, match="the configuration has 4 problems:") as refused:
        checked(SMOKE, images(**paths))
    for name, says in {
        "lab": "a TIFF in the colour space CIELAB; allowed are",
        "low": "16 x 8 pixels",
        "array": "an array of NumPy; allowed are",
        "pinned": "another picture",
    }.items():
        line = next(line for line in str(refused.value).split("\n") if f"images.{name}." in line)
        assert line.startswith(f"  gaussians.images.{name}.path: {paths[name]['path']}: ")
        assert says in line


def test_a_path_is_relative_to_the_last_file_that_names_it(tmp_path, monkeypatch):
    places = ("first", "second", "run", "home")
    for place in places:
        (tmp_path / place).mkdir()
        Image.new("RGB", (16, 16)).save(tmp_path / place / "cat.png")
        Image.new("RGB", (16, 16)).save(tmp_path / place / f"{place}.png")
    monkeypatch.chdir(tmp_path / "run")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    elsewhere = str(tmp_path / "second" / "second.png")
    overlays = {
        "first": images(
            cat={"path": "cat.png"}, dog={"path": "first.png"}, far={"path": elsewhere}
        ),
        "second": images(cat={"path": "../second/cat.png"}, home={"path": "~/home.png"}),
        "run": {"gaussians": {"images": {"dog": {"width": 12, "height": 12}}}},
        "line": images(mine={"path": "run.png"}),
    }
    merged = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    files = [(ROOT, copy.deepcopy(merged))]
    for place, overlay in overlays.items():
        update_config(merged, overlay)
        files.append((tmp_path / place if place != "line" else ".", overlay))
    found = check(merged, files).gaussians.images
    assert found["cat"].path == "../second/../second/cat.png"
    assert found["dog"].path == "../first/first.png"
    assert found["far"].path == elsewhere
    assert found["home"].path == str(tmp_path / "home" / "home.png")
    assert found["mine"].path == "run.png"
    # Alone, relative to the working folder.
    alone = checked(SMOKE, overlays["line"])
    assert alone.gaussians.images["mine"].path == "run.png"


def test_a_large_picture_is_decoded_at_planning_by_nothing(tmp_path, monkeypatch):
    """Not even to start from k-means; a small one is, so that its faults are known."""
    Image.new("RGB", (1200, 1000)).save(tmp_path / "large.png")
    Image.new("RGB", (16, 16)).save(tmp_path / "small.png")

    def decode(*_):
        raise ValueError("decoded")

    monkeypatch.setattr("imagecodecs.png_decode", decode)
    many = FIT | {"image": "cat", "n": 100}
    overlay = images(cat={"path": str(tmp_path / "large.png"), "width": 12, "height": 12})
    overlay["gaussians"] |= {"recipes": KMEANS, "fits": {"drawn": [many]}}
    checked(SMOKE, overlay)
    many["n"] = 145
    with pytest.raises(ConfigError, match="found 145, allowed are 1 to 144: image cat"):
        checked(SMOKE, overlay)
    with pytest.raises(ConfigError, match=r"small\.png: not an image, .*decoded"):
        checked(SMOKE, images(cat={"path": str(tmp_path / "small.png")}))


def test_numbers_written_as_text_are_numbers():
    config = checked(SMOKE, {"superposition": {"training": {"rate": "5e-3"}}})
    assert config.superposition.training.rate == 0.005
