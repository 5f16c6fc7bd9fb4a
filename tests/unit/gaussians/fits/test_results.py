"""What the rules ask of a fit."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lgi.gaussians.fits.results import fit_threads


@pytest.mark.parametrize(("side", "threads"), [(64, 1), (256, 2), (512, 8)])
@pytest.mark.parametrize("keeps_its_size", [True, False])
def test_threads_follow_the_pixels_of_a_file_too(
    make_image, tmp_path, side, threads, keeps_its_size
):
    path = tmp_path / "picture.png"
    Image.fromarray(np.zeros((side, side, 3), dtype=np.uint8)).save(path)
    size = None if keeps_its_size else side
    image = make_image("file", size, size, path=str(path))
    config = SimpleNamespace(device="cpu", gaussians=SimpleNamespace(images={"own": image}))
    wildcards = SimpleNamespace(image="own", recipe="published", n="10")
    assert fit_threads(config, wildcards) == threads
    config.device = "cuda"
    assert fit_threads(config, wildcards) == 1
