import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from lgi.errors import ConfigError, ImageError
from lgi.gaussians.fits import fit_cpu
from lgi.gaussians.fits.history import MEASURES
from lgi.gaussians.fits.images import planned
from lgi.gaussians.fits.run import fit_run
from lgi.gaussians.fits.settings import FileImage
from lgi.runs import read_run, write_run


@pytest.fixture
def run(make_image, make_recipe):
    def fit(n=6, seed=3, image=None, **changes):
        recipe = make_recipe(**({"iterations": 130, "snapshots": 7} | changes))
        image = image or make_image("smooth", 20, 12)
        return fit_run("small", image, "short", recipe, n, seed, "source")

    return fit


def test_arrays_and_record(run):
    arrays, record = run()
    logged = [1, 2, 4, 8, 16, 32, 64, 100, 128, 130]
    assert arrays["iteration"].tolist() == logged
    for name in MEASURES:
        assert arrays[name].shape == (len(logged),)
        assert np.isfinite(arrays[name]).all()
    for name in ("start", "best", "end"):
        assert arrays[name].shape == (6, 9)
    assert arrays["snapshots"].shape == (len(arrays["snapshot_iteration"]), 6, 9)
    assert arrays["target"].shape == (12, 20, 3)
    assert arrays["gradient_norm"].shape == arrays["at_low"].shape == (len(logged), 3)
    assert record["best_iteration"] == logged[np.argmin(arrays["loss"])]
    assert record["parameters"] == ["x", "y", "sx", "sy", "rotation", "r", "g", "b", "opacity"]
    assert record["state"] == "finished"
    assert (record["n"], record["seed"], record["image_name"]) == (6, 3, "small")
    assert record["provenance"]["engine"] == "numba"
    assert record["provenance"]["source"] == "source"
    json.dumps(record)


def test_snapshots_begin_with_the_start_and_training_moves_what_is_trained(run):
    arrays, _ = run(trained=["position"])
    np.testing.assert_array_equal(arrays["snapshots"][0], arrays["start"])
    moved = np.any(arrays["end"] != arrays["start"], axis=0)
    assert moved.tolist() == [True, True] + [False] * 7


def test_same_run_gives_the_same_bytes(run, tmp_path):
    for name in ("first", "second"):
        write_run(tmp_path / f"{name}.npz", *run())
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    assert read_run(tmp_path / "first.npz", ["loss"]).record["recipe_name"] == "short"


def test_a_shorter_fit_is_the_beginning_of_a_longer_one(run):
    short, long = run(iterations=64)[0], run(iterations=130)[0]
    np.testing.assert_array_equal(short["loss"], long["loss"][:7])


@pytest.mark.parametrize("n", [1, 2, 300])
def test_any_number_of_gaussians(run, n):
    arrays, record = run(n=n, seed=0)
    assert record["state"] == "finished"
    assert arrays["end"].shape == (n, 9)


def test_smallest_and_slender_images(run, make_image):
    for width, height in [(9, 9), (100, 9), (9, 100)]:
        arrays, record = run(image=make_image("gradient_checkerboard", width, height))
        assert record["state"] == "finished"
        assert arrays["loss"][-1] < arrays["loss"][0]


def test_transposed_image_gives_the_transposed_fit(run, make_target, make_recipe):
    """Rows and columns are treated alike: only the order of sums differs."""
    target = make_target("smooth", 30, 20)
    recipe = make_recipe(iterations=1)
    start = run(n=12)[0]["start"]
    swapped = start[:, [1, 0, 3, 2, 4, 5, 6, 7, 8]]
    gradient = fit_cpu.gradient(start, target, recipe)
    turned = fit_cpu.gradient(swapped, target.transpose(1, 0, 2).copy(), recipe)
    np.testing.assert_allclose(
        turned[:, [1, 0, 3, 2, 4, 5, 6, 7, 8]], gradient, rtol=1e-3, atol=1e-6
    )


def test_the_record_holds_the_digest_of_the_picture(run, tmp_path):
    Image.new("RGB", (12, 12), "red").save(tmp_path / "a.png")
    settings = planned(FileImage(kind="file", path=str(tmp_path / "a.png")))
    _, record = run(image=settings)
    content = (tmp_path / "a.png").read_bytes()
    assert record["image"]["sha256"] == hashlib.sha256(content).hexdigest()
    Image.new("RGB", (12, 12), "blue").save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="another picture than the run was planned with"):
        run(image=settings)


def test_bad_runs_are_errors(run, make_image):
    with pytest.raises(ConfigError, match="n: 0"):
        run(n=0)
    with pytest.raises(ConfigError, match="seed: -1"):
        run(seed=-1)
    missing = FileImage(kind="file", path="no/such.png")
    with pytest.raises(ImageError, match="such"):
        run(image=missing)
