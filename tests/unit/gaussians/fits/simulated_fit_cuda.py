"""The CUDA engine in numba's simulator, bit for bit against the CPU engine.

Run by `test_fit_cuda.py`: see `tests.cuda_simulator`.
"""

import numpy as np
import pytest
from numba import njit

from lgi import engines
from lgi.gaussians.fits import fit_cpu, fit_cuda, initial
from lgi.gaussians.fits import phases_cuda as phases
from lgi.gaussians.fits.fit_cuda import Task
from lgi.gaussians.fits.run import fit_run, fit_runs
from lgi.runs import read_run, write_run
from tests.unit.interrupted import KilledError, Mortal, interrupted

ALL = ["position", "scale", "rotation", "colour"]
SMOOTH = {"edge": {"kind": "smooth", "background": 1e-3}}
SUM = {"blend": "sum", "edge": {"kind": "smooth", "background": None}, "trained": ALL}
GROWING = {"kind": "error_guided", "scale": [0.01, 0.1], "first": 0.5, "rounds": 3, "until": 0.5}
COSINE = {"schedule": {"kind": "cosine", "final": 0.1}}
ADAM = {"kind": "adam", "rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
SIZES = {"hard": (9, 13, 3), "one": (9, 9, 1), "stopped": (18, 20, 12), "diverged": (12, 12, 3)}
RECIPES = {
    "hard": {"iterations": 12},
    "one": {"iterations": 5},
    "smooth": SMOOTH | {"iterations": 9},
    "rotated": COSINE | {"iterations": 9, "trained": ALL},
    "sum": SUM | {"iterations": 12, "initialisation": GROWING},
    "sum_hard": {"blend": "sum", "iterations": 4},
    "growing": {"iterations": 8, "initialisation": GROWING},
    "ssim": SMOOTH | {"iterations": 6, "gradient": "reported", "trained": ALL},
    "ssim_of_sum": SUM | {"iterations": 4, "gradient": "reported"},
    # Its loss is least at iteration 8.
    "stopped": {
        "iterations": 20,
        "optimiser": ADAM | {"rate": 0.1, "beta1": 0.99, "beta2": 0.9},
        "trained": ["colour"],
        "colour": {"low": -9.0, "high": 9.0},
        "early_stop": 1.02,
    },
    "diverged": {
        "iterations": 9,
        "optimiser": ADAM | {"rate": 3e38, "beta1": 0.0, "beta2": 0.0, "epsilon": 1e-30},
        "colour": {"low": -3e38, "high": 3e38},
    },
}
STATES = {"stopped": "stopped at iteration 16", "diverged": "diverged at iteration "}


@pytest.fixture
def make_task(make_recipe, make_target):
    """Return a function that gives a fit: its recipe by name, image and N by its size."""

    def make(name, seed=42):
        recipe = make_recipe(**({"snapshots": 3} | RECIPES[name]))
        width, height, n = SIZES.get(name, (13, 10, 6))
        target = make_target("textured", width, height)
        start = initial.start(n, seed, recipe.initialisation, target)
        start[:, 2:4] *= 1 if name == "stopped" else 2
        if "rotation" in recipe.trained:
            start[1::2, 4] = np.linspace(-3, 9, len(start[1::2])) * start[1::2, 8]
        return Task(target, start, recipe, seed)

    return make


def bytes_of(fit):
    history, end = fit
    arrays = history.arrays(end)
    return history.state, {name: values.tobytes() for name, values in arrays.items()}


def by_cpu(task):
    return fit_cpu.fit(task.target, task.start, task.recipe, task.seed)


def assert_same(tasks, found):
    for task, fit in zip(tasks, found, strict=True):
        ours, theirs = bytes_of(fit), bytes_of(by_cpu(task))
        assert ours[0] == theirs[0]
        assert [k for k in theirs[1] if ours[1][k] != theirs[1][k]] == []


def test_fits_side_by_side_have_the_bits_of_the_cpu_engine(make_task):
    tasks = [make_task(name) for name in RECIPES]
    found = fit_cuda.fits(tasks)
    assert_same(tasks, found)
    for name, (history, _) in zip(RECIPES, found, strict=True):
        assert history.state.startswith(STATES.get(name, "finished"))


@pytest.mark.parametrize("threads", [1, 5])
def test_neither_company_nor_order_nor_threads_decide_a_bit(make_task, monkeypatch, threads):
    monkeypatch.setattr(fit_cuda, "_threads", lambda fits: threads)
    monkeypatch.setattr(fit_cuda, "_SECONDS", 1e-4)  # several launches
    tasks = [make_task("ssim"), make_task("hard", 7), make_task("growing"), make_task("hard")]
    assert_same(tasks, fit_cuda.fits(tasks))
    assert_same(tasks[1::-1], fit_cuda.fits(tasks[1::-1]))


def test_a_batch_that_is_too_large_is_split(make_task, monkeypatch):
    made = []

    class Small(fit_cuda._Batch):
        def __init__(self, fits):
            made.append(len(fits))
            if len(fits) > 2:
                raise RuntimeError("[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY")
            super().__init__(fits)

    monkeypatch.setattr(fit_cuda, "_Batch", Small)
    tasks = [make_task("one", seed) for seed in range(4)]
    assert_same(tasks, fit_cuda.fits(tasks))
    assert made == [4, 2, 2]
    assert fit_cuda.fits([]) == []


@pytest.fixture
def settings(make_image, make_recipe):
    def make(name, seed=42):
        recipe = make_recipe(**({"snapshots": 3} | RECIPES[name]))
        image = make_image("textured", 13, 10)
        names = ("image_name", "image", "recipe_name", "recipe", "n", "seed")
        return dict(zip(names, ("textured", image, name, recipe, 6, seed), strict=True))

    return make


def test_run_files_differ_in_their_provenance_alone(settings):
    runs = [settings("hard", 1), settings("rotated", 2), settings("hard", 3)]
    with engines.on("cuda"):
        ours = list(fit_runs(runs, "source"))
        alone = fit_run(**runs[0], source="source")
    for (arrays, record), (their_arrays, theirs) in zip(
        ours, fit_runs(runs, "source"), strict=True
    ):
        assert record["provenance"] == theirs["provenance"] | {"device": "cuda"}
        assert record | {"provenance": 0} == theirs | {"provenance": 0}
        assert arrays.keys() == their_arrays.keys()
        for name in arrays:
            assert arrays[name].tobytes() == their_arrays[name].tobytes(), name
    assert alone[1] == ours[0][1]


@pytest.mark.parametrize("name", ["growing", "ssim"])
def test_an_interrupted_fit_has_the_same_bytes(settings, tmp_path, monkeypatch, name):
    monkeypatch.setattr(fit_cuda, "_SECONDS", 0)  # a pause for each launch
    path = tmp_path / "run.npz"

    def make(checkpoint):
        with engines.on("cuda"):
            return next(fit_runs([settings(name)], "source", checkpoints=[checkpoint]))

    assert interrupted(make, path, 2) > 1
    with engines.on("cuda"):
        write_run(tmp_path / "straight.npz", *fit_run(**settings(name), source="source"))
    assert path.read_bytes() == (tmp_path / "straight.npz").read_bytes()
    assert read_run(path).record["state"] == "finished"


def test_every_fit_is_saved_before_the_process_ends(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fit_cuda, "_SECONDS", 1e-4)

    class Asked(Mortal):
        def save(self, arrays, **progress):
            super().save(arrays, **progress)
            raise SystemExit(143)

    paths = [tmp_path / f"{i}.npz" for i in range(2)]
    runs = [settings("hard", i) for i in range(2)]
    with engines.on("cuda"), pytest.raises(SystemExit):
        list(fit_runs(runs, "source", checkpoints=[Asked(path, 9) for path in paths]))
    assert all((tmp_path / f".{path.name}.checkpoint").exists() for path in paths)
    # A state of another engine is not taken up.
    with pytest.raises(KilledError):
        fit_run(**runs[0], source="source", checkpoint=Mortal(paths[0], 0))
    assert "differs in provenance; set aside" in capsys.readouterr().out


# ------------------------------------------------------------------ phases, compiled


@njit
def run_block(threads, lanes, number, data, rates, marks, kept, losses, counts, failed):
    """Do what the kernel does, thread after thread, the last one first."""
    table = data[0]
    fit = fit_cuda._view(number, *data)
    buffer = np.full(phases.BUFFER, np.float32(np.nan))
    order = range(threads - 1, -1, -1)
    for i in range(table[number, 12]):
        for t in order:
            phases.reach(t, threads, fit)
        for t in order:
            phases.find_rows(t, threads, fit)
        for t in order:
            phases.find_tiles(t, threads, fit)
        for t in order:
            phases.paint(t, threads, fit)
        if phases.has_ssim(fit):
            for t in order:
                phases.sum_along_rows(t, threads, fit)
            for t in order:
                phases.differentiate_windows(t, threads, fit)
            for t in order:
                phases.gather_along_rows(t, threads, fit)
            for t in order:
                phases.subtract_ssim(t, threads, fit)
        for g in range(fit.n - 1, -1, -1):
            for lane in range(lanes):
                phases.begin_sums(lane, lanes, buffer)
            for begin in range(0, phases.pixels_of(fit, g), phases.GROUP):
                for lane in range(lanes):
                    phases.make_terms(lane, lanes, fit, g, begin, buffer)
                for lane in range(lanes):
                    phases.add_terms(lane, lanes, buffer)
            for lane in range(lanes):
                phases.end_sums(lane, lanes, fit, g, buffer)
        mark = marks[table[number, 11] + i]
        if mark >= 0:
            slot = mark >> 1
            size = 2 * phases.ROWS * fit.room
            keep = table[number, 14] + (slot - table[number, 13]) * size
            for t in order:
                phases.copy_out(t, threads, fit, kept[keep:])
            if mark & 1:
                for t in order:
                    phases.compare_pixels(t, threads, fit)
                for t in order:
                    phases.compare_windows(t, threads, fit)
                for t in order:
                    own = losses[slot * phases.LOSSES :], counts[slot * phases.COUNTS :]
                    phases.sum_up(t, threads, fit, *own)
        finite = True
        for t in order:
            finite &= phases.move(t, threads, fit, rates[table[number, 11] + i])
        if not finite:
            failed[number] = i + 1
            break
        for t in order:
            phases.settle(t, threads, fit)


@pytest.fixture
def compiled(monkeypatch):
    """Return a function that lets blocks of so many threads run compiled, one after the other."""

    class Launcher:
        threads, lanes = 1, 1

        def __getitem__(self, geometry):
            def launch(*arrays):
                plain = [array._ary for array in arrays]
                for number in range(geometry[0]):
                    data, rest = tuple(plain[:7]), plain[7:]
                    run_block(self.threads, self.lanes, number, data, *rest)

            return launch

    def use(threads, lanes):
        Launcher.threads, Launcher.lanes = threads, lanes

    monkeypatch.setattr(fit_cuda, "_advance", Launcher())
    return use


def test_published_fit_with_compiled_phases(make_recipe, make_target, golden, compiled):
    compiled(1, 1)
    recipe = make_recipe(iterations=300)
    start = initial.random_start(50, 42, recipe.initialisation)
    task = Task(make_target("gradient_checkerboard"), start, recipe)
    ((history, end),) = fit_cuda.fits([task])
    assert_same([task], [(history, end)])
    found = dict(
        zip(*(history.arrays(end)[k].tolist() for k in ("iteration", "loss")), strict=True)
    )
    for iteration, value in golden["n50_loss"].items():
        if int(iteration) in found:
            assert found[int(iteration)] == pytest.approx(value, abs=5.1e-7)


@pytest.mark.parametrize(("threads", "lanes"), [(1, 32), (32, 32), (7, 3), (300, 1)])
def test_compiled_phases_on_any_number_of_threads(make_task, compiled, threads, lanes):
    compiled(threads, lanes)
    tasks = [make_task(name) for name in RECIPES]
    assert_same(tasks, fit_cuda.fits(tasks))


@pytest.mark.parametrize("how", ["hard", "rotated", "sum", "ssim"])
def test_a_larger_fit_with_compiled_phases(make_recipe, make_target, compiled, how):
    """Several words of bits, odd sides, wide and thin Gaussians, sums in float64."""
    compiled(5, 32)
    recipe = make_recipe(**(RECIPES[how] | {"iterations": 3}))
    target = make_target("textured", 101, 83)
    start = initial.start(150, 3, recipe.initialisation, target)
    start[::9, 2] *= 8
    start[::7, 3] *= 0.1
    if "rotation" in recipe.trained:
        start[::2, 4] = np.linspace(-7, 7, 75) * start[::2, 8]
    tasks = [Task(target, start, recipe, 5)]
    assert_same(tasks, fit_cuda.fits(tasks))
