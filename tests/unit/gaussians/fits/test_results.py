"""What the rules ask of a fit."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lgi.gaussians.fits.results import fit_mem_mb, fit_threads


@pytest.mark.parametrize(("side", "threads"), [(64, 1), (256, 2), (512, 8)])
@pytest.mark.parametrize("keeps_its_size", [True, False])
def test_threads_follow_the_pixels_of_a_file_too(
    make_image, tmp_path, side, threads, keeps_its_size
):
    path = tmp_path / "picture.png"
    Image.fromarray(np.zeros((side, side, 3), dtype=np.uint8)).save(path)
    size = None if keeps_its_size else side
    image = make_image("file", size, size, path=str(path))
    config = SimpleNamespace(gaussians=SimpleNamespace(images={"own": image}))
    wildcards = SimpleNamespace(image="own", recipe="published", n="10")
    assert fit_threads(config, wildcards) == threads


def test_memory_asked_for_grows_with_pixels(make_image):
    config = SimpleNamespace(
        gaussians=SimpleNamespace(images={"own": make_image("smooth", 4_000, 1_000)})
    )
    assert fit_mem_mb(config, SimpleNamespace(image="own", recipe="any", n="50")) == 5_500
    config.gaussians.images["own"] = make_image("smooth", 64, 64)
    assert fit_mem_mb(config, SimpleNamespace(image="own", recipe="any", n="50")) == 1_505
