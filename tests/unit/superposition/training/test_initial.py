import numpy as np
import pytest

from lgi.superposition.geometry.geometry import column_angles, column_norms, kgon_kinds
from lgi.superposition.training.initial import initial_parameters
from lgi.superposition.training.settings import (
    ConstantBias,
    KgonInitialisation,
    NormalBias,
    NormalInitialisation,
)

NORMAL = NormalBias(kind="normal", mean=0, deviation=1)
SEEDS = list(range(200))


def kgon(k, **changes) -> KgonInitialisation:
    settings = {"radius": 0.9, "rotation": "random", "noise": 0.01, "bias": NORMAL} | changes
    return KgonInitialisation(kind="kgon", k=k, **settings)


def test_random_starts_are_standard_normal():
    init = NormalInitialisation(kind="normal", deviation=1, bias=NORMAL)
    W, b = initial_parameters(init, 3, 8, SEEDS)
    assert W.shape == (200, 3, 8)
    assert b.shape == (200, 8)
    assert W.dtype == b.dtype == np.float32
    for values in (W, b):  # at least 1,600 values: 5 standard errors are below 0.13
        assert values.mean() == pytest.approx(0, abs=0.13)
        assert values.std() == pytest.approx(1, abs=0.1)


def test_kgon_starts_are_regular_polygons_with_noise():
    W, _ = initial_parameters(kgon(4), 2, 6, SEEDS)
    norms = column_norms(W)
    np.testing.assert_allclose(norms[:, :4], 0.9, atol=0.05)  # 5 deviations of the noise
    assert norms[:, 4:].max() < 0.05
    steps = np.diff(np.unwrap(column_angles(W)[:, :4], axis=1), axis=1)
    np.testing.assert_allclose(steps, np.pi / 2, atol=0.1)
    assert W[:, :, 4:].std() == pytest.approx(0.01, rel=0.1)  # 800 values


def test_random_rotations_fill_the_circle():
    W, _ = initial_parameters(kgon(6), 2, 6, SEEDS)
    turn = column_angles(W)[:, 0]
    assert abs(np.exp(1j * turn).mean()) < 0.25  # 3.5 / sqrt(200)


def test_the_optimal_start_is_the_hexagon_without_chance():
    bias = ConstantBias(kind="constant", value=-1)
    init = kgon(6, radius=2**0.5, rotation="none", noise=0, bias=bias)
    W, b = initial_parameters(init, 2, 6, [0, 1])
    angle = np.arange(6) * np.pi / 3
    hexagon = np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(W, [hexagon, hexagon], atol=1e-7)
    assert (b == -1).all()
    assert (kgon_kinds(W, b) == "6").all()


def test_a_seed_starts_the_same_alone_and_shares_its_chance_between_starts():
    W, b = initial_parameters(kgon(4), 2, 6, [3, 7])
    alone_W, alone_b = initial_parameters(kgon(4), 2, 6, [7])
    assert W[1].tobytes() == alone_W[0].tobytes()
    six_W, six_b = initial_parameters(kgon(6), 2, 6, [7])
    np.testing.assert_array_equal(six_b, alone_b)
    np.testing.assert_array_equal(six_W[0, :, 0], alone_W[0, :, 0])
    assert not (W[0] == W[1]).any()
    assert not (b[0] == b[1]).any()
