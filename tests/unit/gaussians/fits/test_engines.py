"""The CPU engine against the published numbers and against the PyTorch definition."""

import threading

import numba
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lgi.gaussians.fits import fit, fit_cpu, initial, loss
from lgi.gaussians.fits.expf import expf
from lgi.gaussians.fits.history import MEASURES
from lgi.gaussians.fits.initial import random_start
from lgi.gaussians.fits.lanes import LANES, load, store
from lgi.gaussians.fits.render import exponential, render
from lgi.gaussians.fits.settings import HardEdge
from lgi.gaussians.fits.team import useful_threads

SCHEDULES = {
    "constant": {"kind": "constant"},
    "cosine": {"kind": "cosine", "final": 0.1},
    "exponential": {"kind": "exponential", "final": 0.01},
    "step": {"kind": "step", "factor": 0.5, "every": 60},
    "warm_restarts": {"kind": "warm_restarts", "period": 35, "growth": 2, "final": 0.01},
    "equal_restarts": {"kind": "warm_restarts", "period": 45, "growth": 1, "final": 0},
}
HARD = HardEdge(kind="hard")
SMOOTH = {"kind": "smooth", "background": 1e-3}
SMOOTH_SUM = {"blend": "sum", "edge": {"kind": "smooth", "background": None}}
ALL = ["position", "scale", "rotation", "colour"]
RECIPES = {name: {"schedule": schedule} for name, schedule in SCHEDULES.items()} | {
    "wide": {"cutoff": 10},
    "smooth": {"edge": SMOOTH},
    "rotation": {"trained": ALL},
    "smooth_rotation": {"edge": SMOOTH, "cutoff": 5, "trained": ALL},
    "sum": {"blend": "sum"},
    "smooth_sum_rotation": SMOOTH_SUM | {"cutoff": 5, "trained": ALL},
    "narrow_scales": {"scale": {"low": 0.05, "high": 0.1}},
    "colour_alone": {"trained": ["colour"]},
    "scale_and_position": {"trained": ["scale", "position"]},
    "early_stop": {"early_stop": 1.001},
    "other_adam": {
        "optimiser": {"kind": "adam", "rate": 5e-4, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6}
    },
}
EDGES = {
    "hard": {},
    "smooth": {"edge": SMOOTH},
    "exact": {"edge": SMOOTH, "cutoff": 5, "trained": ALL},
    "exact_sum": SMOOTH_SUM | {"cutoff": 5, "trained": ALL},
}
SIZES = {
    "gradient_checkerboard": (20, 12),
    "gradient": (12, 17),
    "checkerboard": (17, 10),
    "smooth": (16, 16),
    "textured": (15, 13),
}
SEEDS = (42, 1337, 9999)
"""The published seeds."""


def every_pair(names):
    """Return every name with every image; each name, and each image, meets every seed.

    A definition takes 1 ms per iteration: one image for each name is quick, the others are slow.
    """
    return [
        pytest.param(name, image, SEEDS[(i + j) % 3], marks=[] if i % 5 == j else pytest.mark.slow)
        for i, name in enumerate(names)
        for j, image in enumerate(SIZES)
    ]


def fit_published(make_recipe, make_target, n, iterations, **changes):
    recipe = make_recipe(iterations=iterations, **changes)
    start = random_start(n, 42, recipe.initialisation)
    history, end = fit_cpu.fit(make_target("gradient_checkerboard"), start, recipe)
    return history, history.arrays(end)


@pytest.mark.parametrize(
    "n",
    [pytest.param(n, marks=[] if n % 5 == 0 else pytest.mark.slow) for n in (*range(45, 56), 65)],
)
def test_published_best_losses(make_recipe, make_target, golden, n):
    history, arrays = fit_published(make_recipe, make_target, n, iterations=2000)
    assert arrays["loss"].min() == pytest.approx(golden["best_loss"][str(n)], abs=5.1e-7)
    if n < 65:
        assert arrays["loss"][0] == pytest.approx(golden["initial_loss"][str(n)], abs=5.1e-7)
        assert history.best_iteration == golden["best_iteration"][str(n)]


def test_published_curve_of_50_gaussians(make_recipe, make_target, golden):
    history, arrays = fit_published(make_recipe, make_target, 50, iterations=10_000)
    loss_at = dict(zip(arrays["iteration"].tolist(), arrays["loss"], strict=True))
    uncovered_at = dict(zip(arrays["iteration"].tolist(), arrays["uncovered"], strict=True))
    for iteration, value in golden["n50_loss"].items():
        assert loss_at[int(iteration)] == pytest.approx(value, abs=5.1e-7)
    for iteration, value in golden["n50_uncovered"].items():
        # 78 % and the like: printed in per cent, with a decimal where below 50.
        assert uncovered_at[int(iteration)] == pytest.approx(value, abs=5e-3)
    assert history.state == "finished"


@pytest.mark.slow
@pytest.mark.parametrize("n", [48, 53, 54])
def test_wide_cutoff(make_recipe, make_target, golden, n):
    history, arrays = fit_published(make_recipe, make_target, n, iterations=10_000, cutoff=10)
    assert arrays["loss"].min() == pytest.approx(golden["wide_best_loss"][str(n)], abs=5.1e-6)
    if n == 53:
        assert history.best_iteration == golden["wide_n53_best_iteration"]


def assert_same_losses(make_recipe, target, n, seed, iterations=250, **changes):
    """To 1e-4: parameters stay equal; the loss, small at last, is a sum in another order."""
    recipe = make_recipe(iterations=iterations, **changes)
    start = random_start(n, seed, recipe.initialisation)
    fast, _ = fit_cpu.fit(target, start, recipe)
    slow, _ = fit.fit(target, start, recipe)
    assert fast.state == slow.state
    fast, slow = fast.arrays(start), slow.arrays(start)
    np.testing.assert_array_equal(fast["iteration"], slow["iteration"])
    np.testing.assert_allclose(fast["loss"], slow["loss"], rtol=1e-4)


@pytest.mark.parametrize(("image", "seed"), list(zip(SIZES, SEEDS * 2, strict=False)))
def test_same_losses_as_the_definition_as_published(make_recipe, make_target, image, seed):
    assert_same_losses(make_recipe, make_target(image), 50, seed, iterations=48)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_same_losses_as_the_definition_in_a_longer_fit(make_recipe, make_target, seed):
    assert_same_losses(make_recipe, make_target("gradient_checkerboard"), 50, seed)


@pytest.mark.parametrize(("recipe", "image", "seed"), every_pair(RECIPES))
def test_same_losses_as_the_definition(make_recipe, make_target, recipe, image, seed):
    target = make_target(image, *SIZES[image])
    assert_same_losses(make_recipe, target, 10, seed, **RECIPES[recipe])


@pytest.mark.parametrize("name", ["sum", "smooth_sum_rotation"])
def test_same_parameters_as_the_definition_to_the_last_bit(make_recipe, make_target, name):
    recipe = make_recipe(iterations=200, **RECIPES[name])
    target, start = make_target("textured", 15, 13), random_start(10, 42, recipe.initialisation)
    ends = [engine(target, start, recipe)[1] for engine in (fit_cpu.fit, fit.fit)]
    assert not np.array_equal(ends[0], start)
    np.testing.assert_array_equal(*ends)


unit = st.floats(0, 1, width=32)
scale = st.floats(0.0010000000474974513, 0.5, width=32)
gaussian = st.tuples(unit, unit, scale, scale, st.just(0), unit, unit, unit, st.just(1))


def test_exponential_of_the_definition_is_that_of_the_engine():
    numbers = -np.random.default_rng(5).uniform(0, 50, 20_000).astype(np.float32)
    ours = np.array([expf_of(number) for number in numbers])
    np.testing.assert_array_equal(exponential(torch.tensor(numbers)), ours)


@given(
    gaussians=st.lists(gaussian, min_size=1, max_size=6),
    turned=st.booleans(),
    size=st.tuples(st.integers(9, 40), st.integers(9, 40)),
    cutoff=st.sampled_from([0.5, 3.5, 10.0]),
    how=st.sampled_from([{}, {"edge": SMOOTH}, {"blend": "sum"}, SMOOTH_SUM]),
    minimised=st.sampled_from(["l2", "reported"]),
    seed=st.integers(0, 10**6),
)
def test_same_image_and_gradient_as_the_definition(
    make_recipe, gradient_of, gaussians, turned, size, cutoff, how, minimised, seed
):
    """At any parameters: uncovered pixels, clamped ones, Gaussians between the pixels included."""
    width, height = size
    random = np.random.default_rng(seed)
    parameters = np.array(gaussians, dtype=np.float32)
    if turned:
        parameters[:, 4] = random.uniform(-7, 7, len(parameters))
    target = random.uniform(0, 1, (height, width, 3)).astype(np.float32)
    changes = how | {"cutoff": cutoff, "gradient": minimised}
    recipe = make_recipe(**changes)
    image, weight = fit_cpu.render(parameters, width, height, cutoff, recipe.edge, recipe.blend)
    gradient = fit_cpu.gradient(parameters, target, recipe)

    theirs = torch.tensor(parameters)
    their_image, their_weight = render(theirs, width, height, cutoff, recipe.edge, recipe.blend)
    their_gradient = gradient_of(theirs, torch.tensor(target), **changes)
    # exp to the last bit.
    np.testing.assert_allclose(weight, their_weight, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(image, their_image, rtol=1e-4, atol=1e-6)
    # A Gaussian alone has an exact gradient of 0, so rounding is measured against its largest term:
    # d(d2)/d(parameter) is at most 2 cutoff^2 / scale, by the angle cutoff^2 times the ratio of
    # scales. SSIM's slope is at most some hundreds, as its constants are small.
    narrowest = parameters[:, 2:4].min(axis=1)
    size = 1e-6 if minimised == "l2" else 1e-5
    for column in range(8):
        noise = size * (max(cutoff, cutoff**2) / narrowest if column < 5 else 1)
        gap = np.abs(gradient[:, column] - their_gradient[:, column].numpy())
        assert np.all(gap <= 1e-3 * np.abs(their_gradient[:, column].numpy()) + noise)


@pytest.mark.parametrize(("edge", "image", "seed"), every_pair(EDGES))
def test_same_losses_as_the_definition_with_the_reported_gradient(
    make_recipe, make_target, edge, image, seed
):
    """SSIM's gradient is summed in another order: the engines stay together for a while."""
    recipe = make_recipe(iterations=128, gradient="reported", **EDGES[edge])
    target = make_target(image, *SIZES[image])
    start = random_start(10, seed, recipe.initialisation)
    fast, slow = fit_cpu.fit(target, start, recipe)[0], fit.fit(target, start, recipe)[0]
    assert len(fast.arrays(start)["loss"]) == 9
    np.testing.assert_allclose(
        fast.arrays(start)["loss"], slow.arrays(start)["loss"], rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize("part", ["l1", "l2", "ssim"])
@pytest.mark.parametrize("how", [{"edge": SMOOTH}, SMOOTH_SUM], ids=["mean", "sum"])
def test_each_part_of_the_gradient_equals_that_of_autograd_in_float64(
    make_recipe, make_target, part, how
):
    """Parts one by one, so that none hides behind another; float32 leaves 1e-4 of the largest."""
    weights = {"l1": 0.0, "l2": 0.0, "ssim": 0.0, part: 1.0}
    recipe = make_recipe(gradient="reported", loss=weights, trained=ALL, **how)
    target = make_target("textured", 32, 24)
    start = random_start(12, 7, recipe.initialisation)
    start[:, 2:4] *= [2, 3]
    start[:, 4] = np.linspace(-3, 3, 12)
    ours = fit_cpu.gradient(start, target, recipe)
    theirs = torch.tensor(start.astype(np.float64), requires_grad=True)
    image, _ = render(theirs, 32, 24, recipe.cutoff, recipe.edge, recipe.blend)
    loss.reported(image, torch.tensor(target.astype(np.float64)), recipe.loss).backward()
    for column in range(8):
        expected = theirs.grad[:, column].numpy()
        gap = np.abs(ours[:, column] - expected)
        assert gap.max() <= 1e-4 * np.abs(expected).max(), (part, column)


def test_weights_too_small_to_cover_leave_a_pixel_black():
    one = np.float32([[0.5, 0.5, 0.05, 0.07, 0, 0.3, 0.6, 0.9, 1]])
    image, weight = fit_cpu.render(one, 50, 40, 10, HARD, "mean")
    their_image, their_weight = render(torch.tensor(one), 50, 40, 10, HARD, "mean")
    faint = (weight > 0) & (weight <= 1e-10)
    assert faint.sum() > 100
    assert np.all(image[faint] == 0)
    np.testing.assert_array_equal(faint, ((their_weight > 0) & (their_weight <= 1e-10)).numpy())
    np.testing.assert_allclose(image, their_image, rtol=1e-5)


def test_weights_too_small_to_be_felt_get_no_gradient(make_recipe, gradient_of):
    """Halfway, two Gaussians weigh 0.7e-10 each: together they cover, neither is felt."""
    scale = 0.48 / np.sqrt(-2 * np.log(0.7e-10))
    left = [0.02, 4 / 9, scale, 0.01, 0, 1, 0.5, 0.5, 1]
    right = [0.98, 4 / 9, scale, 0.01, 0, 0.5, 1, 0.5, 1]
    parameters = np.float32([left, right])
    target = np.zeros((9, 60, 3), np.float32)
    _, weight = render(torch.tensor(parameters), 60, 9, 10, HARD, "mean")
    assert weight[4, 30] > 1e-10
    theirs = gradient_of(torch.tensor(parameters), torch.tensor(target), cutoff=10)
    ours = fit_cpu.gradient(parameters, target, make_recipe(cutoff=10))
    np.testing.assert_allclose(theirs[:, 5:8], ours[:, 5:8], rtol=1e-5)


def test_measurements_equal_the_definition(make_recipe, make_target):
    recipe = make_recipe(iterations=64, scale={"low": 0.05, "high": 0.09})
    target = make_target("smooth", 40, 30)
    start = random_start(20, 3, recipe.initialisation)
    fast = fit_cpu.fit(target, start, recipe)[0].arrays(start)
    slow = fit.fit(target, start, recipe)[0].arrays(start)
    assert fast["at_low"].max() > 0.1
    assert fast["at_high"].max() > 0.1
    assert fast["uncovered"].max() > 0.01
    for name in (*MEASURES, "gradient_norm", "at_low", "at_high"):
        np.testing.assert_allclose(fast[name], slow[name], rtol=1e-4, err_msg=name)


def test_published_arithmetic_to_the_last_bit(make_recipe, make_target):
    """Follow the gradient of the specification literally, pixel by pixel, for three updates."""
    recipe = make_recipe(iterations=4, cutoff=2.0)
    target = make_target("textured", 12, 10)
    start = random_start(4, 5, recipe.initialisation)
    start[:, 2:4] *= 3
    _, end = fit_cpu.fit(target, start, recipe)
    np.testing.assert_array_equal(end, _literal_fit(target, start, recipe))


@numba.njit
def expf_of(value):
    lanes = np.full(LANES, value)
    store(lanes, 0, expf(load(lanes, 0)))
    return lanes[0]


def _literal_fit(target, start, recipe):
    """Return the end of a fit by the published arithmetic, written out in NumPy scalars."""
    one, two, half = np.float32([1, 2, 0.5])
    p = start.copy()
    height, width, _ = target.shape
    cutoff2 = np.float32(recipe.cutoff) * np.float32(recipe.cutoff)
    m, v = np.zeros_like(p), np.zeros_like(p)
    power1 = power2 = one
    beta1, beta2, rate, epsilon = np.float32([0.9, 0.999, 0.001, 1e-8])
    for step in range(1, recipe.iterations + 1):
        sums = np.zeros_like(p)
        for row in range(height):
            for column in range(width):
                x, y = np.float32(column) / np.float32(width), np.float32(row) / np.float32(height)
                here, weight, colour = [], np.float32(0), np.zeros(3, np.float32)
                for g, (px, py, sx, sy, *_) in enumerate(p):
                    tx, ty = (x - px) / sx, (y - py) / sy
                    d2 = tx * tx + ty * ty
                    if d2 <= cutoff2:
                        w = expf_of(-d2 * half)
                        here.append((g, w))
                        weight = weight + w
                        colour = colour + w * p[g, 5:8]
                shown = colour / weight if weight > 1e-10 else np.zeros(3, np.float32)
                e = two * (shown - target[row, column])
                for g, w in here:
                    sums[g, 5:8] += e * (w / weight)
                    parts = e * ((p[g, 5:8] - shown) / weight)
                    q = ((parts[0] + parts[1]) + parts[2]) * (w * -half)
                    for axis, d in enumerate((x - p[g, 0], y - p[g, 1])):
                        s = p[g, 2 + axis]
                        sums[g, axis] += q * (-((two * (d / s)) / s))
                        sums[g, 2 + axis] += q * ((-two * (d * d)) / ((s * s) * s))
        slope = sums / np.float32(width * height * 3)
        m = beta1 * m + (one - beta1) * slope
        v = beta2 * v + (one - beta2) * (slope * slope)
        # Repeated squaring and repeated products agree up to the third power, not beyond.
        power1 = [beta1, beta1**2, beta1 * beta1**2, (beta1**2) ** 2][step - 1]
        power2 = [beta2, beta2**2, beta2 * beta2**2, (beta2**2) ** 2][step - 1]
        p = p - (rate * (m / (one - power1))) / (np.sqrt(v / (one - power2)) + epsilon)
        p[:, [0, 1, 5, 6, 7]] = p[:, [0, 1, 5, 6, 7]].clip(0, 1)
        p[:, 2:4] = p[:, 2:4].clip(np.float32(0.001), np.float32(0.5))
        p[:, [4, 8]] = start[:, [4, 8]]
    return p


@pytest.mark.parametrize("engine", [fit_cpu.fit, fit.fit])
def test_a_fit_that_is_not_finite_ends_with_a_state(make_recipe, make_target, engine):
    adam = {"kind": "adam", "rate": 1e38, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-45}
    recipe = make_recipe(iterations=300, optimiser=adam, cutoff=3.5)
    target = make_target("textured", 12, 12)
    target[5, 5] = np.nan
    start = random_start(3, 1, recipe.initialisation)
    start[:, 2:4] = 0.3
    history, end = engine(target, start, recipe)
    assert history.state == "diverged at iteration 1"
    np.testing.assert_array_equal(end, start)


@pytest.mark.parametrize("engine", [fit_cpu.fit, fit.fit])
def test_a_loss_that_overflows_ends_the_fit_at_once(make_recipe, make_target, engine):
    recipe = make_recipe(iterations=50, loss={"l1": 1e39, "l2": 0, "ssim": 0})
    start = random_start(5, 1, recipe.initialisation)
    history, _ = engine(make_target("smooth", 16, 16), start, recipe)
    assert history.state == "diverged at iteration 1"
    assert history.best_iteration == 0


@pytest.mark.parametrize("engine", [fit_cpu.fit, fit.fit])
def test_an_update_that_is_not_finite_is_not_made(make_recipe, make_target, engine):
    adam = {"kind": "adam", "rate": 3e38, "beta1": 0.0, "beta2": 0.0, "epsilon": 1e-30}
    recipe = make_recipe(iterations=50, optimiser=adam, colour={"low": -3e38, "high": 3e38})
    start = random_start(5, 1, recipe.initialisation)
    history, end = engine(make_target("smooth", 16, 16), start, recipe)
    assert history.state.startswith("diverged at iteration")
    assert np.isfinite(end).all()
    assert np.isfinite(history.arrays(end)["best"]).all()


def test_early_stop_ends_after_the_best(make_recipe, make_target, golden):
    history, arrays = fit_published(make_recipe, make_target, 50, iterations=10_000, early_stop=1.1)
    assert history.state == "stopped at iteration 1700"
    assert arrays["iteration"][-1] == 1700
    assert arrays["loss"].min() == pytest.approx(golden["best_loss"]["50"], abs=5.1e-7)


@pytest.mark.parametrize("how", [{}, {"gradient": "reported", "trained": ALL} | SMOOTH_SUM])
def test_same_bytes_on_any_number_of_threads(make_recipe, make_target, monkeypatch, how):
    """Turned, upright and growing Gaussians across the ends of bands, one band without any."""
    monkeypatch.setattr(fit_cpu, "useful_threads", lambda width, height: 8)
    start = {
        "kind": "error_guided",
        "first": 0.5,
        "rounds": 3,
        "until": 0.375,
        "scale": [0.01, 0.1],
    }
    recipe = make_recipe(iterations=40, initialisation=start, snapshots=3, **how)
    target = make_target("textured", 75, 93)
    begin = initial.start(40, 42, recipe.initialisation, target)
    begin[:, 1] *= 0.6
    begin[::2, 4] = 0.0
    runs = []
    for threads in (1, 2, 3, 8):
        history, end = fit_cpu.fit(target, begin, recipe, 42, threads=threads)
        arrays = history.arrays(end)
        runs.append({name: values.tobytes() for name, values in arrays.items()})
    assert runs[0] == runs[1] == runs[2] == runs[3]


@pytest.mark.parametrize(
    ("width", "height", "threads"), [(64, 64, 1), (128, 128, 1), (256, 256, 2), (512, 512, 8)]
)
def test_threads_follow_the_size_of_the_image(width, height, threads):
    assert useful_threads(width, height) == threads
    assert useful_threads(4 * 512, 512) == 8


def test_losses_of_a_large_image_keep_their_digits(make_recipe, make_target):
    """A float32 sum of 200,000 similarities near 1 is off in the third digit."""
    recipe, target = make_recipe(iterations=1), make_target("smooth", 300, 250)
    start = initial.random_start(1, 1, recipe.initialisation)
    start[:, :8] = [0.5, 0.5, 0.5, 0.5, 0, *target.mean((0, 1))]
    arrays = fit_cpu.fit(target, start, recipe)[0].arrays(start)
    image = fit_cpu.render(start, 300, 250, 3.5, HARD, "mean")[0].astype(np.float64)
    image, target = torch.tensor(image), torch.tensor(target.astype(np.float64))
    for name in ("l1", "l2", "ssim"):
        expected = getattr(loss, name)(image, target).item()
        assert arrays[name][0] == pytest.approx(expected, rel=1e-6), name


def test_same_bytes_on_two_threads_at_once(make_recipe, make_target):
    def job(results, slot):
        arrays = fit_published(make_recipe, make_target, 20, iterations=300)[1]
        results[slot] = b"".join(arrays[name].tobytes() for name in sorted(arrays))

    results = [None] * 3
    threads = [threading.Thread(target=job, args=(results, slot)) for slot in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job(results, 2)
    assert results[0] == results[1] == results[2]
