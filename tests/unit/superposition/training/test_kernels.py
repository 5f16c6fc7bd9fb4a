import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lgi.superposition.training.kernels import (
    BLOCK,
    lane_loss_and_gradient,
    loss_and_gradient,
    rows,
)
from lgi.superposition.training.model import loss as torch_loss

SIZES = [(2, 6), (2, 5), (1, 3), (3, 8)]


def evaluate(parameters, patterns, weights):
    gradient, loss = np.empty_like(parameters), np.empty(parameters.shape[1], parameters.dtype)
    loss_and_gradient(parameters, patterns, weights, gradient, loss)
    return loss, gradient


def problem(hidden, features, lanes, seed=0, patterns=20, dtype=np.float64):
    rng = np.random.default_rng(seed)
    parameters = rng.normal(size=((hidden + 1) * features, lanes))
    x = rng.random((patterns, features)) * (rng.random((patterns, features)) < 0.5)
    weights = rng.random((patterns, lanes)) * (rng.random((patterns, lanes)) < 0.8)
    weights /= weights.sum(axis=0)
    return tuple(np.ascontiguousarray(part, dtype) for part in (parameters, x, weights))


def autograd(parameters, x, weights, hidden):
    """Return loss and gradient of one lane from the definition, in float64."""
    features = x.shape[1]
    p = torch.tensor(parameters, requires_grad=True)
    W, b = p[: hidden * features].reshape(hidden, features), p[hidden * features :]
    total = sum(
        w * torch_loss(W, b, torch.tensor(row)[None]) for row, w in zip(x, weights, strict=True)
    )
    total.backward()
    return total.item(), p.grad.numpy()


@pytest.mark.parametrize(("hidden", "features"), SIZES)
def test_loss_and_gradient_are_those_of_autograd(hidden, features):
    parameters, x, weights = problem(hidden, features, lanes=BLOCK + 3)
    loss, gradient = evaluate(parameters, x, weights)
    for lane in range(BLOCK + 3):
        expected_loss, expected = autograd(parameters[:, lane], x, weights[:, lane], hidden)
        # float64: sums of 20 × 8 terms of order 1
        assert loss[lane] == pytest.approx(expected_loss, rel=1e-12)
        np.testing.assert_allclose(gradient[:, lane], expected, rtol=1e-10, atol=1e-12)


def test_float32_agrees_with_float64():
    exact = evaluate(*problem(2, 6, lanes=40))
    single = evaluate(*problem(2, 6, lanes=40, dtype=np.float32))
    for one, other in zip(single, exact, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_the_hexagon_has_zero_loss_on_one_active_feature():
    angle = np.arange(6) * np.pi / 3
    W = np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])
    parameters = np.concatenate([W.ravel(), np.full(6, -1.0)])[:, None]
    loss, gradient = evaluate(parameters, np.eye(6), np.full((6, 1), 1 / 6))
    assert loss[0] == pytest.approx(0, abs=1e-30)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)


def test_zero_parameters_leave_the_mean_square_of_the_data():
    _, x, weights = problem(2, 6, lanes=5)
    loss, gradient = evaluate(np.zeros((18, 5)), x, weights)
    np.testing.assert_allclose(loss, weights.T @ (x**2).mean(axis=1), rtol=1e-13)
    assert not gradient.any()  # the slope of ReLU at 0 is 0, as in PyTorch


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("hidden", "features"), [(2, 6), (3, 8)])
def test_a_lane_has_the_same_bits_alone_and_among_others(hidden, features, dtype):
    parameters, x, weights = problem(hidden, features, lanes=50, dtype=dtype)
    loss, gradient = evaluate(parameters, x, weights)
    for lane in (0, 7, 17, 49):
        one = slice(lane, lane + 1)
        own = weights[:, lane] > 0  # alone, the patterns of other lanes are not there
        alone_loss, alone_gradient = evaluate(
            np.ascontiguousarray(parameters[:, one]),
            x[own],
            np.ascontiguousarray(weights[own, one]),
        )
        assert loss[one].tobytes() == alone_loss.tobytes()
        assert gradient[:, one].tobytes() == alone_gradient.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("hidden", "features"), [*SIZES, (5, 20)])
def test_a_block_of_one_lane_has_the_bits_of_a_wide_one(hidden, features, dtype):
    lanes = BLOCK + 5
    parameters, x, weights = problem(hidden, features, lanes, dtype=dtype)
    x[3] = -x[3]  # signs of zeros: weights of 0 may be left out or multiplied
    loss, gradient = evaluate(parameters, x, weights)
    work = np.full(rows(hidden, features), np.nan, dtype)
    for lane in range(lanes):
        own, one = slice(lane, lane + 1), (np.empty((len(gradient), 1), dtype), np.empty(1, dtype))
        lane_loss_and_gradient(
            work, hidden, features, parameters[:, own].copy(), x, weights[:, own], *one
        )
        assert one[0].tobytes() == gradient[:, own].tobytes()
        assert one[1].tobytes() == loss[own].tobytes()


def test_a_pattern_of_weight_zero_has_no_effect_even_where_it_overflows():
    parameters, x, weights = problem(2, 6, lanes=4, dtype=np.float32)
    weights[0], weights[1:] = 0, 1 / (len(weights) - 1)
    wild = x.copy()
    wild[0] = 1e38
    for tame, other in zip(
        evaluate(parameters, x, weights), evaluate(parameters, wild, weights), strict=True
    ):
        np.testing.assert_array_equal(tame, other)


def test_nan_stays_in_its_lane():
    parameters, x, weights = problem(2, 6, lanes=20)
    clean_loss, clean_gradient = evaluate(parameters, x, weights)
    parameters[3, 5] = np.nan
    loss, gradient = evaluate(parameters, x, weights)
    others = np.arange(20) != 5
    assert np.isnan(loss[5])
    np.testing.assert_array_equal(loss[others], clean_loss[others])
    np.testing.assert_array_equal(gradient[:, others], clean_gradient[:, others])


@given(st.integers(0, 2**32), st.floats(0, 2 * np.pi), st.booleans())
def test_rotating_or_mirroring_the_hidden_space_changes_nothing(seed, angle, mirror):
    parameters, x, weights = problem(2, 6, lanes=1, seed=seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[:, 0] *= -1 if mirror else 1
    turned = parameters.copy()
    turned[:12] = (turn @ parameters[:12].reshape(2, 6)).reshape(12, 1)
    loss, gradient = evaluate(parameters, x, weights)
    turned_loss, turned_gradient = evaluate(turned, x, weights)
    np.testing.assert_allclose(turned_loss, loss, rtol=1e-11)
    expected = (turn @ gradient[:12].reshape(2, 6)).reshape(12, 1)
    np.testing.assert_allclose(turned_gradient[:12], expected, rtol=1e-9, atol=1e-11)


@given(st.integers(0, 2**32), st.permutations(range(6)))
def test_renaming_features_changes_nothing(seed, order):
    parameters, x, weights = problem(2, 6, lanes=1, seed=seed)
    renamed = parameters.reshape(3, 6)[:, order].reshape(18, 1)
    loss, gradient = evaluate(parameters, x, weights)
    renamed_loss, renamed_gradient = evaluate(renamed, np.ascontiguousarray(x[:, order]), weights)
    np.testing.assert_allclose(renamed_loss, loss, rtol=1e-12)
    expected = gradient.reshape(3, 6)[:, order].reshape(18, 1)
    np.testing.assert_allclose(renamed_gradient, expected, rtol=1e-10, atol=1e-12)


@given(st.integers(0, 2**32))
def test_the_order_of_patterns_changes_nothing_but_rounding(seed):
    parameters, x, weights = problem(2, 6, lanes=1, seed=seed)
    order = np.random.default_rng(seed).permutation(len(x))
    for one, other in zip(
        evaluate(parameters, x, weights),
        evaluate(parameters, x[order], weights[order]),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
