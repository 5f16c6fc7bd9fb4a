import numpy as np
import pytest
import scipy.cluster.vq
from hypothesis import given
from hypothesis import strategies as st

from lgi.errors import ConfigError
from lgi.gaussians.fits.initial import (
    PARAMETERS,
    Variety,
    check_start,
    grid_start,
    kmeans_start,
    random_start,
    start,
    uniforms,
    words,
)
from lgi.gaussians.fits.settings import GridStart, KMeansStart, RandomStart

START = RandomStart(kind="random", scale=(0.01, 0.1))
KMEANS = KMeansStart(kind="kmeans", scale=(0.01, 0.1), colour_weight=1.0)
GRID = GridStart(kind="grid", scale=0.5, jitter=0.0)
SETTINGS = [START, KMEANS, GRID, GridStart(kind="grid", scale=2.0, jitter=1.0)]

POSITION, SCALE, COLOUR = slice(0, 2), slice(2, 4), slice(5, 8)


def noise(width, height, seed=0):
    """An image of random colours, no two alike."""
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)


@st.composite
def targets(draw):
    """Images of few or many colours, and a number of Gaussians that every start allows."""
    width, height = draw(st.integers(9, 14)), draw(st.integers(9, 14))
    levels = draw(st.sampled_from([1, 3, 255]))
    target = np.rint(noise(width, height, draw(st.integers(0, 9))) * levels) / np.float32(levels)
    return target, draw(st.integers(1, Variety.of(target).colours))


def test_words_are_those_of_rust(golden):
    assert words(42, 4).tolist() == golden["words_seed_42"]


def test_first_gaussian_is_the_published_one(golden):
    first = dict(zip(PARAMETERS, random_start(1, 42, START)[0], strict=True))
    known = golden["gaussian_0_seed_42"]
    assert [first["x"], first["y"]] == list(np.float32(known["position"]))
    # Printed with eight decimals.
    assert first["sx"] == first["sy"] == pytest.approx(known["scale"], abs=5e-9)
    assert [first["r"], first["g"], first["b"]] == list(np.float32(known["colour"]))
    assert first["rotation"] == 0
    assert first["opacity"] == 1


@given(st.integers(0, 2**64 - 1), st.integers(1, 60), st.integers(1, 60))
def test_fewer_gaussians_are_the_first_of_more(seed, n, more):
    np.testing.assert_array_equal(
        random_start(n, seed, START), random_start(n + more, seed, START)[:n]
    )


@given(st.integers(0, 2**64 - 1))
def test_draws_are_in_range(seed):
    start = random_start(20, seed, START)
    scale = start[:, 2]
    assert np.all((uniforms(seed, 200) >= 0) & (uniforms(seed, 200) < 1))
    assert np.all((scale >= np.float32(0.01)) & (scale <= np.float32(0.1)))
    assert start.dtype == np.float32


def test_words_look_uniform_and_differ_between_seeds():
    draws = uniforms(3, 100_000)
    # Mean and variance of a uniform; five standard errors of 100,000 draws.
    assert abs(draws.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / len(draws))
    assert abs(draws.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / len(draws))
    assert not np.any(words(3, 1000) == words(4, 1000))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(("n", "seed"), [(0, 1), (-3, 1), (1, -1), (1, 2**64)])
def test_values_out_of_range_are_errors(settings, n, seed):
    with pytest.raises(ConfigError, match=r"(n|seed): -?\d+.* allowed"):
        start(n, seed, settings, noise(9, 9))


@pytest.mark.parametrize("settings", SETTINGS)
@given(image=targets(), seed=st.sampled_from([0, 42, 2**64 - 1]))
def test_every_start_gives_n_gaussians_that_are_the_same_again(settings, image, seed):
    target, n = image
    gaussians = start(n, seed, settings, target)
    assert gaussians.shape == (n, len(PARAMETERS))
    assert gaussians.dtype == np.float32
    assert np.all((gaussians[:, POSITION] >= 0) & (gaussians[:, POSITION] <= 1))
    assert np.all((gaussians[:, SCALE] > 0) & np.isfinite(gaussians[:, SCALE]))
    assert np.all((gaussians[:, COLOUR] >= 0) & (gaussians[:, COLOUR] <= 1))
    assert np.all(gaussians[:, [4, 8]] == [0, 1])
    assert start(n, seed, settings, target.copy()).tobytes() == gaussians.tobytes()


def test_a_start_is_the_one_that_its_kind_names():
    target = noise(12, 9)
    for settings, made in [
        (START, random_start(5, 3, START)),
        (KMEANS, kmeans_start(5, 3, KMEANS, target)),
        (GRID, grid_start(5, 3, GRID, target)),
    ]:
        np.testing.assert_array_equal(start(5, 3, settings, target), made)


# ------------------------------------------------------------------ k-means


@pytest.mark.parametrize("seed", range(5))
def test_kmeans_finds_separate_patches(seed):
    """Four rectangles of far colours: centres, deviations of uniform places, and the colours."""
    width, height, x, y = 30, 20, 12, 5
    target = np.empty((height, width, 3), dtype=np.float32)
    patches = {}
    for rows in (slice(0, y), slice(y, height)):
        for columns in (slice(0, x), slice(x, width)):
            colour = (float(rows.start > 0), float(columns.start > 0), 0.25)
            target[rows, columns] = colour
            patches[colour] = [
                value
                for side, size in ((columns, width), (rows, height))
                for value in (
                    (side.start + side.stop - 1) / 2 / size,
                    np.sqrt(((side.stop - side.start) ** 2 - 1) / 12) / size,
                )
            ]
    settings = KMeansStart(kind="kmeans", scale=(0.01, 0.5), colour_weight=1000)
    found = kmeans_start(4, seed, settings, target)
    assert {tuple(colour) for colour in found[:, COLOUR].tolist()} == set(patches)
    for gaussian in found:
        cx, sx, cy, sy = patches[tuple(gaussian[COLOUR].tolist())]
        # float32 rounding
        assert gaussian[:4] == pytest.approx([cx, cy, sx, sy], rel=1e-6)


def test_kmeans_of_one_is_the_whole_image():
    target = noise(20, 10)
    gaussian = kmeans_start(1, 7, KMeansStart(**dict(KMEANS) | {"scale": (0.01, 1)}), target)[0]
    assert gaussian[POSITION] == pytest.approx([19 / 40, 9 / 20], rel=1e-6)
    assert gaussian[SCALE] == pytest.approx(np.sqrt([399 / 4800, 99 / 1200]), rel=1e-6)
    assert gaussian[COLOUR] == pytest.approx(target.mean((0, 1)), rel=1e-5)


def test_kmeans_of_every_pixel_is_the_image_itself():
    target = noise(9, 9)
    gaussians = kmeans_start(81, 0, KMEANS, target)
    column, row = np.rint(gaussians[:, POSITION] * 9).astype(int).T
    assert len(set(zip(column, row, strict=True))) == 81
    np.testing.assert_array_equal(gaussians[:, COLOUR], target[row, column])
    assert np.all(gaussians[:, SCALE] == np.float32(0.01))


@given(targets(), st.sampled_from([0.0, 1.0, 1000.0]))
def test_kmeans_scales_stay_in_their_interval(image, weight):
    target, n = image
    settings = KMeansStart(kind="kmeans", scale=(0.03, 0.2), colour_weight=weight)
    scale = kmeans_start(n, 1, settings, target)[:, SCALE]
    assert np.all((scale >= np.float32(0.03)) & (scale <= np.float32(0.2)))


def test_colour_weight_trades_place_against_colour(make_target):
    target = make_target("textured", 32, 32)

    def spread(weight):
        settings = KMeansStart(kind="kmeans", scale=(0.001, 1), colour_weight=weight)
        return kmeans_start(12, 0, settings, target)[:, SCALE].mean()

    assert spread(0) < spread(1) < spread(100)


def test_seeds_give_other_clusters(make_target):
    target = make_target("textured", 32, 32)
    starts = {kmeans_start(12, seed, KMEANS, target).tobytes() for seed in range(4)}
    assert len(starts) == 4


def test_empty_clusters_get_a_pixel_each(monkeypatch):
    """K-means++ hardly ever leaves one: here two centres lie far from every pixel."""
    find = scipy.cluster.vq.kmeans2

    def lost(features, n, minit, rng, **options):
        far = np.full((2, features.shape[1]), 1e3)
        centres = np.vstack([far[:1], features[: n - 2], far[1:]])
        return find(features, centres, minit="matrix", **options)

    monkeypatch.setattr(scipy.cluster.vq, "kmeans2", lost)
    target = noise(10, 9)
    for n in (3, 20, 90):
        gaussians = kmeans_start(n, 0, KMEANS, target)
        assert np.isfinite(gaussians).all()
        filled = gaussians[[0, -1]]
        # A single pixel: its own place and colour, the smallest scale.
        column, row = np.rint(filled[:, POSITION] * [10, 9]).astype(int).T
        np.testing.assert_array_equal(filled[:, COLOUR], target[row, column])
        assert np.all(filled[:, SCALE] == np.float32(0.01))


@pytest.mark.parametrize(
    ("n", "says"),
    [
        (3, "found 3, allowed are 1 to 2: the image has 300 pixels in 2 distinct colours"),
        (301, "found 301, allowed are 1 to 2: the image has 300 pixels"),
    ],
)
def test_more_clusters_than_colours_are_an_error(make_target, n, says):
    target = make_target("checkerboard", 20, 15)
    check_start(2, KMEANS, target)
    for settings in (START, GRID):
        check_start(n, settings, target)
    for use in (check_start, lambda n, *rest: start(n, 0, *rest)):
        with pytest.raises(ConfigError, match=says):
            use(n, KMEANS, target)


def test_more_clusters_than_pixels_are_an_error():
    check_start(108, KMEANS, noise(12, 9))
    with pytest.raises(ConfigError, match="1 to 108: the image has 108 pixels in 108 distinct"):
        check_start(109, KMEANS, noise(12, 9))


# ------------------------------------------------------------------ grid


def test_grid_of_a_square_number_is_regular():
    target = noise(12, 12)
    gaussians = grid_start(9, 5, GRID, target)
    # The middle of pixels 0 to 3 is 1.5, of 4 to 7 it is 5.5.
    middle = np.array([1.5, 5.5, 9.5]) / 12
    expected = [(x, y) for y in middle for x in middle]
    np.testing.assert_allclose(gaussians[:, POSITION], expected, atol=1e-7)  # float32 rounding
    np.testing.assert_allclose(gaussians[:, SCALE], 0.5 / 3, rtol=1e-6)
    colours = target.reshape(3, 4, 3, 4, 3).mean((1, 3)).reshape(9, 3)
    np.testing.assert_allclose(gaussians[:, COLOUR], colours, atol=1e-6)


def test_grid_of_a_prime_number_covers_the_image():
    """Seven on a square: rows of 2, 2 and 3, as high as their share."""
    gaussians = grid_start(7, 0, GRID, noise(14, 14))
    np.testing.assert_allclose(gaussians[:, SCALE], 0.5 * cells([2, 2, 3], 7), rtol=1e-6)
    rows = np.repeat([1 / 7, 3 / 7, 11 / 14], [2, 2, 3]) - 0.5 / 14
    columns = np.array([1 / 4, 3 / 4, 1 / 4, 3 / 4, 1 / 6, 3 / 6, 5 / 6]) - 0.5 / 14
    np.testing.assert_allclose(gaussians[:, 1], rows, atol=1e-7)
    np.testing.assert_allclose(gaussians[:, 0], columns, atol=1e-7)


def cells(counts, n):
    """Width and height of the cells in rows of so many."""
    return np.array([(1 / count, count / n) for count in counts for _ in range(count)])


@pytest.mark.parametrize(
    ("width", "height", "n", "counts"),
    [(20, 10, 8, [4, 4]), (10, 20, 8, [2] * 4), (90, 9, 5, [5]), (9, 90, 5, [1] * 5)],
)
def test_cells_are_nearly_square_in_pixels(width, height, n, counts):
    scale = grid_start(n, 0, GRID, noise(width, height))[:, SCALE]
    np.testing.assert_allclose(scale, 0.5 * cells(counts, n), rtol=1e-6)


@given(st.integers(1, 400), st.integers(9, 30), st.integers(9, 30))
def test_cells_have_one_area_and_keep_the_mean(n, width, height):
    target = noise(width, height)
    gaussians = grid_start(n, 0, GRID, target)
    np.testing.assert_allclose(gaussians[:, SCALE].prod(axis=1), 0.25 / n, rtol=1e-6)
    # float32 rounding of each colour
    np.testing.assert_allclose(gaussians[:, COLOUR].mean(axis=0), target.mean((0, 1)), rtol=1e-5)


def test_grid_of_every_pixel_is_the_image_itself():
    target = noise(12, 9)
    gaussians = grid_start(108, 0, GRID, target)
    row, column = np.divmod(np.arange(108), 12)
    np.testing.assert_allclose(gaussians[:, 0], column / 12, atol=1e-7)
    np.testing.assert_allclose(gaussians[:, 1], row / 9, atol=1e-7)
    np.testing.assert_allclose(gaussians[:, COLOUR], target[row, column], atol=1e-6)


def test_jitter_moves_by_at_most_half_a_cell_and_by_the_seed():
    target = noise(24, 24)
    jittered = GridStart(kind="grid", scale=0.5, jitter=0.4)
    regular = grid_start(16, 0, GRID, target)
    moved = [grid_start(16, seed, jittered, target) for seed in (0, 0, 1)]
    distance = np.abs(moved[0][:, POSITION] - regular[:, POSITION])
    assert 0 < distance.max() <= 0.4 * 0.125 + 1e-7  # float32 rounding
    np.testing.assert_array_equal(moved[0], moved[1])
    assert np.any(moved[0] != moved[2])
    np.testing.assert_array_equal(moved[0][:, 2:], regular[:, 2:])
    np.testing.assert_array_equal(regular, grid_start(16, 1, GRID, target))
