"""Formulas of operations beside the engines themselves, run on numbers that count."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import work
from benchmarks.work import Work
from lgi.gaussians.fits import formulas, raster_cpu
from lgi.gaussians.fits.lanes import LANES
from lgi.gaussians.fits.settings import HardEdge, SmoothEdge
from lgi.superposition.training import kernels


class Counted:
    """A number, or numbers, that count what is done with them."""

    done = 0

    def __init__(self, value):
        self.value = value

    def _with(self, other, operation):
        Counted.done += np.size(self.value)
        other = other.value if isinstance(other, Counted) else other
        with np.errstate(all="ignore"):
            return Counted(operation(self.value, other))

    def __add__(self, other):
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._with(other, lambda a, b: a - b)

    def __mul__(self, other):
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other):
        return self._with(other, lambda a, b: a / b)

    __radd__, __rmul__ = __add__, __mul__

    def __le__(self, other):
        return self.value <= (other.value if isinstance(other, Counted) else other)

    def __eq__(self, other):
        return self.value == (other.value if isinstance(other, Counted) else other)

    def __ne__(self, other):
        return not self == other

    __hash__ = None


@pytest.fixture
def in_python(monkeypatch):
    """Return a function that lets the compiled functions of a module run as Python."""

    def interpret(module):
        for name, value in vars(module).items():
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, name, value.py_func)

    return interpret


@pytest.mark.parametrize(("hidden", "features"), [(2, 6), (1, 3)])
def test_operations_of_a_pattern(in_python, hidden, features):
    in_python(kernels)

    def counted(patterns):
        lanes, size = kernels.BLOCK, (hidden + 1) * features
        many = np.vectorize(Counted, otypes=[object])
        # Zero would be no input, and a first term in a sum counts as an addition, as in the engine.
        arguments = (
            many(np.full((size, lanes), 0.5)),
            many(np.ones((patterns, features))),
            many(np.full((patterns, lanes), 0.25)),
        )
        Counted.done = 0
        kernels.loss_and_gradient(*arguments, np.empty((size, lanes), object), Like(lanes))
        return Counted.done / lanes

    assert counted(3) - counted(1) == 2 * work.pattern(hidden, features)


class Like(np.ndarray):
    """Losses of objects, of which a type makes floats."""

    def __new__(cls, lanes):
        return np.empty(lanes, object).view(cls)

    @property
    def dtype(self):
        return SimpleNamespace(type=float)


def no_lanes(monkeypatch):
    """Let lanes be arrays that count."""

    def order(total, *values):
        for value in values:
            Counted.done += np.size(value.value)
        return total

    def load(array, place):
        return Counted(np.asarray(array[place : place + LANES], np.float32))

    def store(array, place, value):
        array[place : place + LANES] = value.value

    def expf(x):
        Counted.double += LANES * work.EXPONENTIAL
        return Counted(np.exp(x.value))

    replaced = {
        "load": load,
        "store": store,
        "fill": lambda value: Counted(np.full(LANES, value, np.float32)),
        "like": lambda kind, value: (
            Counted(np.full(LANES, value, np.float32)) if isinstance(kind, Counted) else value
        ),
        "smaller": lambda a, b: Counted(np.minimum(a.value, b.value)),
        "where_at_most": lambda a, b, value: Counted(np.where(a.value <= b.value, value.value, 0)),
        "any_at_least": lambda a, b: True,
        "no_sums": lambda: 0,
        "one_sum": lambda sums, number: np.float32(0),
        "add_in_order": order,
        "expf": expf,
    }
    for module in (raster_cpu, formulas):
        for name in replaced.keys() & vars(module).keys():
            monkeypatch.setattr(module, name, replaced[name])


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("blend", ["mean", "sum"])
def test_operations_of_an_evaluation(in_python, monkeypatch, turned, smooth, blend):
    background = None if blend == "sum" else 0.001
    edge = SmoothEdge(kind="smooth", background=background) if smooth else HardEdge(kind="hard")
    edge = formulas.edge32_of(3.5, edge)
    cases = []
    for sy in (0.1, 0.2):  # of the same columns, so that only the blocks differ in number
        sx = 0.1
        gaussian = np.float32([0.5, 0.5, sx, sy, 0.3 if turned else 0, 0.5, 0.5, 0.5])[:, None]
        image = raster_cpu.image_of(np.zeros((48, 16, 3), np.float32), blend)
        image.error[:] = 1
        blocks = raster_cpu.render(gaussian, image, raster_cpu.no_blocks(1, image), edge)
        cases.append((gaussian, image, blocks))
    in_python(raster_cpu)
    in_python(formulas)
    no_lanes(monkeypatch)
    counts = []
    for gaussian, image, blocks in cases:
        Counted.done = Counted.double = 0
        slopes = np.zeros((8, 1), np.float32)
        with np.errstate(all="ignore"):  # as in compiled code: pixels that nothing covers
            raster_cpu.render_band(gaussian, image, blocks, edge, 0)
            raster_cpu.differentiate(gaussian, slopes, image, blocks, edge, 0, 1)
        counts.append((Counted.done, Counted.double, LANES * blocks.first[0, 1]))
    single, double, evaluations = np.subtract(counts[1], counts[0])
    assert evaluations > 0
    formula = work.evaluation(turned=turned, smooth=smooth, added=blend == "sum")
    # The engine finds the slope by the angle of every Gaussian, also where it is not trained.
    not_trained = 0 if turned else 5
    assert single / evaluations == formula.fp32 + not_trained
    assert double / evaluations == formula.fp64


def test_a_floor_is_the_largest_quotient():
    ceilings = {"fp32": 10.0, "fp64": 5.0, "bytes": 2.0}
    assert Work(10, 10, 2).floor(ceilings) == 2
    assert (Work(1, 2, 3) + Work(1, 1, 1)) == Work(2, 3, 4)


def test_evaluations_of_a_fit_follow_its_overlap():
    arrays = {
        "target": np.zeros((4, 5, 3), np.float32),
        "iteration": np.array([1, 3]),
        "overlap": np.array([2.0, 4.0]),
        "start": np.zeros((2, 8), np.float32),
    }
    recipe = {
        "blend": "mean",
        "trained": ["position"],
        "edge": {"kind": "hard"},
        "gradient": "l2",
    }
    found = work.fit(arrays, {"recipe": recipe})
    evaluations = 20 * (2 * 1 + 3 * 2)  # pixels × (overlap × iterations)
    assert found.fp64 == 12 * evaluations
    assert found.fp32 == 37 * evaluations + 3 * (20 * 9 + 14 * 4)
    assert found.bytes == 240 + 16 + 16 + 64


def test_gradients_of_a_draw_are_leapfrog_steps_on_average():
    hmc = SimpleNamespace(kind="hmc", leapfrog_steps=[2, 4, 8])
    assert work.gradients_of_a_draw(hmc) == pytest.approx(14 / 3)
    setting = SimpleNamespace(sampler=SimpleNamespace(kind="sgld"), chains=2, draws=10, thin=5)
    found = work.estimates(setting, np.array([3, 5]), hidden=2, features=6)
    assert found.fp64 == 20 * (8 * 151 + 2 * 10 * 18)
    assert found.bytes == 2 * 8 * 2 * 2 * 2 + 8 * 8 * 7
