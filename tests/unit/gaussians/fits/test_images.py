from types import SimpleNamespace

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from lgi.errors import ImageError
from lgi.gaussians.fits import images
from lgi.gaussians.fits.images import (
    TRIANGLES,
    at_size,
    check_image,
    image_size,
    load_image,
    plan_images,
    planned,
)
from lgi.gaussians.fits.pictures.read import digest
from lgi.gaussians.fits.settings import ImageSettings

KINDS = [
    "gradient_checkerboard",
    "scaled_gradient_checkerboard",
    "gradient",
    "checkerboard",
    "smooth",
    "textured",
    "edges",
    "photograph",
]


def from_file(path, **size):
    return TypeAdapter(ImageSettings).validate_python({"kind": "file", "path": str(path), **size})


def test_published_image_follows_its_formula(make_target):
    image = make_target("gradient_checkerboard")
    for x, y in [(0, 0), (7, 7), (8, 7), (63, 0), (63, 63), (20, 45)]:
        value = 0.7 * (x / 64) + (0.2 if (x // 8 + y // 8) % 2 == 0 else 0)
        assert image[y, x] == pytest.approx([value] * 3, abs=1e-7)  # float32 rounding


def test_published_image_is_the_sum_of_its_parts(make_target):
    parts = make_target("gradient", 40, 24) + make_target("checkerboard", 40, 24)
    np.testing.assert_array_equal(make_target("gradient_checkerboard", 40, 24), parts)


def test_scaled_image_is_the_published_one_at_its_size(make_target):
    published = make_target("gradient_checkerboard")
    np.testing.assert_array_equal(make_target("scaled_gradient_checkerboard"), published)


@pytest.mark.parametrize("kind", ["scaled_gradient_checkerboard", "edges"])
def test_a_second_resolution_shows_the_same_picture(make_target, kind):
    """Every other pixel of the larger one lies where the smaller one has its pixels."""
    np.testing.assert_array_equal(make_target(kind, 128, 96)[::2, ::2], make_target(kind, 64, 48))


@pytest.mark.parametrize(("width", "height"), [(64, 64), (128, 128), (50, 31)])
def test_scaled_image_has_eight_by_eight_cells(make_target, width, height):
    image = make_target("scaled_gradient_checkerboard", width, height)[..., 0]
    # A cell is 0.2 brighter or darker than the last, the gradient within it steps by 0.7 / width.
    across, down = (np.abs(np.diff(image, axis=axis)).max(axis=1 - axis) for axis in (1, 0))
    assert np.count_nonzero(across > 0.1) == np.count_nonzero(down > 0.1) == 7


def test_edges_are_flat_and_run_at_many_angles(make_target):
    image = make_target("edges", 96, 96)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) == 1 + len(TRIANGLES)
    assert np.mean(np.any(np.diff(image, axis=1) != 0, axis=2)) < 0.1
    # By the structure tensor on 4 x 4 blocks: directions of steps fill most of a half circle.
    down, across = np.gradient(image.mean(axis=2))
    products = np.stack([across**2 - down**2, 2 * across * down, across**2 + down**2])
    blocks = products.reshape(3, 24, 4, 24, 4).sum((2, 4)).reshape(3, -1)
    straight = np.hypot(blocks[0], blocks[1]) > 0.6 * np.maximum(blocks[2], 1e-3)
    angles = np.arctan2(blocks[1], blocks[0])[straight] / 2
    assert np.count_nonzero(np.histogram(angles, 12, (-np.pi / 2, np.pi / 2))[0]) >= 9


def test_photograph_is_the_mean_over_areas_of_the_file(make_target):
    pixels = iio.imread(images._photograph_file())
    assert pixels.shape == (600, 512, 3)
    expected = pixels.reshape(75, 8, 64, 8, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(make_target("photograph", 64, 75), expected, atol=1e-6)
    # In another shape its middle is shown: here a square, halved.
    square = pixels[44:556].reshape(256, 2, 256, 2, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(make_target("photograph", 256, 256), square, atol=1e-6)


def test_photograph_of_the_published_size_keeps_its_bits(make_target):
    """Means over areas by Pillow, as they were taken first."""
    pixels = iio.imread(images._photograph_file()).astype(np.float32) / np.float32(255)
    channels = [
        Image.fromarray(pixels[..., channel], mode="F").resize((64, 75), Image.Resampling.BOX)
        for channel in range(3)
    ]
    np.testing.assert_array_equal(make_target("photograph", 64, 75), np.stack(channels, axis=-1))


@pytest.mark.parametrize(
    ("shape", "size"), [((40, 60), (15, 15)), ((60, 40), (30, 10)), ((31, 47), (13, 9))]
)
def test_another_shape_cuts_around_the_middle_and_distorts_nothing(shape, size):
    """Of a ramp the means are known exactly, also where an area ends within a pixel."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    ramp = np.stack([columns, rows, columns + rows], axis=-1).astype(np.float32) / 100
    width, height = size
    image = at_size(ramp, width, height)
    scale = min(shape[1] / width, shape[0] / height)  # of both sides alike
    across = shape[1] / 2 + scale * (np.arange(width) + 0.5 - width / 2)
    down = shape[0] / 2 + scale * (np.arange(height) + 0.5 - height / 2)
    assert image.shape == (height, width, 3)
    assert image.dtype == np.float32
    # A pixel that is shared counts with its own value, not with that of its part.
    np.testing.assert_allclose(image[..., 0], np.tile(across, (height, 1)) / 100, atol=2.5e-3)
    np.testing.assert_allclose(image[..., 1], np.tile(down, (width, 1)).T / 100, atol=2.5e-3)
    assert image.mean(axis=(0, 1)) == pytest.approx(
        [shape[1] / 200, shape[0] / 200, np.sum(shape) / 200], abs=1e-5
    )


def test_an_area_that_ends_within_a_pixel_takes_its_share():
    row = np.repeat(np.float32([0.1, 0.4, 0.7])[None, :, None], 3, axis=2)
    image = at_size(np.repeat(row, 3, axis=0), 2, 2)
    expected = [(0.1 + 0.4 / 2) / 1.5, (0.4 / 2 + 0.7) / 1.5]
    np.testing.assert_allclose(image[..., 0], [expected, expected], atol=1e-7)
    larger = at_size(np.repeat(row, 3, axis=0), 6, 6)
    np.testing.assert_allclose(larger[0, :, 0], np.repeat([0.1, 0.4, 0.7], 2), atol=1e-7)


def test_a_missing_photograph_is_an_error_that_names_it(make_image, monkeypatch, tmp_path):
    origin = str(tmp_path / "__init__.py")
    for package in (None, SimpleNamespace(origin=origin)):
        monkeypatch.setattr(images, "find_spec", {"matplotlib": package}.get)
        for use in (check_image, load_image):
            with pytest.raises(ImageError, match=r"grace_hopper\.jpg.*matplotlib"):
                use(make_image("photograph", 64, 75))


@pytest.mark.parametrize("kind", KINDS)
def test_images_fill_the_unit_range(make_target, kind):
    image = make_target(kind, 48, 30)
    assert image.shape == (30, 48, 3)
    assert image.dtype == np.float32
    assert 0 <= image.min() < image.max() <= 1


def test_smooth_image_is_smoother_than_the_textured_one(make_target):
    def roughness(kind):
        return np.abs(np.diff(make_target(kind), axis=1)).mean()

    assert roughness("textured") > 2 * roughness("smooth")


@pytest.mark.parametrize("side", [8, 0, -1])
def test_image_smaller_than_a_window_is_an_error(make_image, side):
    with pytest.raises(ValidationError, match="greater than or equal to 9"):
        make_image("smooth", side, 64)


def test_file_is_read_in_colour(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    iio.imwrite(tmp_path / "colour.png", pixels)
    image = load_image(from_file(tmp_path / "colour.png"))
    np.testing.assert_array_equal(image, pixels.astype(np.float32) / 255)


def test_grey_alpha_and_sixteen_bits(tmp_path):
    grey = np.full((10, 11), 51, dtype=np.uint8)
    iio.imwrite(tmp_path / "grey.png", grey)
    assert load_image(from_file(tmp_path / "grey.png"))[3, 4] == pytest.approx([0.2] * 3)

    transparent = np.full((10, 11, 4), 255, dtype=np.uint8)
    transparent[..., 3] = 51
    iio.imwrite(tmp_path / "alpha.png", transparent)
    assert load_image(from_file(tmp_path / "alpha.png"))[3, 4] == pytest.approx([0.2] * 3)

    deep = np.full((10, 11), 13107, dtype=np.uint16)
    iio.imwrite(tmp_path / "deep.png", deep)
    assert load_image(from_file(tmp_path / "deep.png"))[3, 4] == pytest.approx([0.2] * 3)


def test_first_frame_of_an_animation(tmp_path):
    frames = np.zeros((3, 16, 16, 3), dtype=np.uint8)
    frames[0] = 255
    iio.imwrite(tmp_path / "moving.gif", frames)
    assert load_image(from_file(tmp_path / "moving.gif")).min() == 1


def test_resizing_keeps_the_mean(tmp_path):
    pixels = np.random.default_rng(2).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    iio.imwrite(tmp_path / "large.png", pixels)
    image = load_image(from_file(tmp_path / "large.png", width=15, height=10))
    assert image.shape == (10, 15, 3)
    # Each pixel is the mean over 4 x 4 of the file's.
    expected = pixels.reshape(10, 4, 15, 4, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(image, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("stated", "colour"),
    [
        (None, (0, 0, 0)),
        ("white", (1, 1, 1)),
        ("#336699", (0.2, 0.4, 0.6)),
        ([0.25, 0.5, 1], (0.25, 0.5, 1)),
    ],
)
def test_background_of_a_file(tmp_path, stated, colour):
    Image.new("RGBA", (10, 10), (255, 0, 0, 51)).save(tmp_path / "a.png")
    keys = {} if stated is None else {"background": stated}
    image = load_image(from_file(tmp_path / "a.png", **keys))
    np.testing.assert_allclose(image[3, 4], 0.2 * np.array([1, 0, 0]) + 0.8 * np.array(colour))


@pytest.mark.parametrize("stated", ["whitish", "#ffffff80", "#12", [1, 1], [0, 0, 2], 3, None])
def test_a_background_that_is_no_colour_is_an_error(stated):
    with pytest.raises(ValidationError, match="background"):
        from_file("a.png", background=stated)


def test_range_of_a_file_states_black_and_white(tmp_path):
    Image.fromarray(np.full((12, 12), 7.5, dtype=np.float32)).save(tmp_path / "bright.tiff")
    assert load_image(from_file(tmp_path / "bright.tiff", range=[0, 10])) == pytest.approx(0.75)
    with pytest.raises(ValidationError, match="black and white must differ"):
        from_file("a.png", range=[3, 3])


def test_a_planned_image_is_known_by_the_bytes_of_its_file(tmp_path, make_image):
    path = tmp_path / "a.png"
    Image.new("RGB", (10, 10), "red").save(path)
    settings = planned(from_file(path))
    assert len(settings.sha256) == 64
    load_image(settings)
    check_image(settings)
    Image.new("RGB", (10, 10), "blue").save(path)
    with pytest.raises(ImageError, match="another picture than the run was planned with"):
        load_image(settings)
    check_image(from_file(path))
    assert planned(make_image("smooth")) == make_image("smooth")


def test_a_job_that_plans_anew_takes_no_other_picture(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.new("RGB", (10, 10), "red").save(path)
    monkeypatch.setenv(images.PLANNED, "{}")
    plan_images([from_file(path)])
    Image.new("RGB", (10, 10), "blue").save(path)
    digest.cache_clear()  # as in a process of its own
    with pytest.raises(ImageError, match="another picture than the run was planned with"):
        load_image(planned(from_file(path)))


def test_of_a_large_file_only_the_header_is_read_when_it_is_checked(tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (1200, 900)).save(tmp_path / "large.jpg", exif=exif)
    settings = from_file(tmp_path / "large.jpg")

    def decode(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    check_image(settings)
    assert image_size(settings) == (900, 1200)
    assert image_size(from_file("nowhere.png", width=20, height=10)) == (20, 10)


def test_half_a_size_is_an_error():
    with pytest.raises(ValidationError, match="width and height, or neither"):
        from_file("a.png", width=20)


def test_bad_files_are_errors_that_name_them(tmp_path):
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    (tmp_path / "empty.png").write_bytes(b"")
    iio.imwrite(tmp_path / "tiny.png", np.zeros((8, 30, 3), dtype=np.uint8))
    iio.imwrite(tmp_path / "cut.png", np.zeros((90, 90, 3), dtype=np.uint8))
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name, fault in {
        "missing.png": "no such image file",
        "text.png": "not an image",
        "empty.png": "not an image",
        "cut.png": "not an image",
        "tiny.png": "at least 9 x 9",
        ".": "no such image file",
    }.items():
        with pytest.raises(ImageError, match=fault) as error:
            check_image(from_file(tmp_path / name))
        assert str(tmp_path / name) in str(error.value)


def test_floats_beyond_one_are_an_error(tmp_path):
    Image.fromarray(np.full((12, 12), 7.5, dtype=np.float32)).save(tmp_path / "bright.tiff")
    with pytest.raises(ImageError, match="floats in"):
        check_image(from_file(tmp_path / "bright.tiff"))


@pytest.mark.parametrize("kind", KINDS)
def test_images_without_a_file_pass_the_check(make_image, kind):
    check_image(make_image(kind, 9, 9))
