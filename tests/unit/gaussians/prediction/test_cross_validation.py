"""Out-of-sample least squares against brute force, and measures with known answers."""

import numpy as np
import pytest

from lgi.gaussians.prediction.cross_validation import auc, folds, predictions, skill

RNG = np.random.default_rng(5)
SEED, N = np.repeat(np.arange(6), 5), np.tile(np.arange(40, 45), 6)
X = RNG.normal(size=(30, 3)) * [1, 1e3, 1e-3] + [0, 1e4, 1]
Y = X @ [1, 1e-3, 500] + RNG.normal(size=30)


def brute_force(x, y, apart, ridge=0.0):
    """Fit each row's line on its own, by augmented least squares on standardised columns."""
    found = np.empty(len(y))
    for i in range(len(y)):
        rows = np.all([label != label[i] for label in apart], axis=0)
        mean, deviation = x[rows].mean(axis=0), x[rows].std(axis=0)
        standard = (x[rows] - mean) / deviation
        penalty = np.sqrt(ridge) * np.eye(x.shape[1])
        left = np.vstack([standard, penalty])
        right = np.append(y[rows] - y[rows].mean(), np.zeros(x.shape[1]))
        slope = np.linalg.lstsq(left, right)[0]
        found[i] = y[rows].mean() + (x[i] - mean) / deviation @ slope
    return found


@pytest.mark.parametrize("apart", [[SEED], [N], [SEED, N]])
@pytest.mark.parametrize("ridge", [0.0, 4.0])
def test_predictions_equal_brute_force(apart, ridge):
    expected = brute_force(X, Y, apart, ridge)
    np.testing.assert_allclose(predictions(X, Y, folds(apart), ridge), expected, rtol=1e-8)


@pytest.mark.parametrize("apart", [[SEED], [SEED, N]])
def test_a_row_is_not_predicted_by_those_it_is_kept_apart_from(apart):
    changed = Y.copy()
    changed[SEED == 2] += 100
    same = predictions(X, Y, folds(apart)) == predictions(X, changed, folds(apart))
    np.testing.assert_array_equal(same, SEED == 2)


def test_without_predictors_the_others_mean_is_predicted():
    expected = [Y[s != SEED].mean() for s in SEED]
    np.testing.assert_allclose(predictions(X[:, :0], Y, folds([SEED])), expected)
    constant = np.full((30, 2), 0.1)
    np.testing.assert_allclose(predictions(constant, Y, folds([SEED])), expected)


def test_what_varies_only_in_the_fold_left_out_says_nothing():
    x = (SEED == 0).astype(float)[:, None]
    found = predictions(x, Y, folds([SEED]))
    np.testing.assert_allclose(found[SEED == 0], Y[SEED != 0].mean())


def test_a_predictor_said_twice_says_the_same():
    twice = np.column_stack([X[:, 0], 3 * X[:, 0] - 1])
    np.testing.assert_allclose(
        predictions(twice, Y, folds([SEED])), predictions(X[:, :1], Y, folds([SEED])), rtol=1e-5
    )


def test_nothing_is_predicted_where_all_is_left_out():
    assert np.isnan(predictions(X, Y, folds([np.zeros(30)]))).all()


def test_skill_of_known_predictions():
    y, mean = np.array([1.0, 2, 3]), np.full(3, 2.0)
    assert skill(y, y, mean) == 1
    assert skill(y, mean, mean) == 0
    assert skill(y, np.array([3.0, 2, 1]), mean) == -3
    assert np.isnan(skill(mean, y, mean))
    assert np.isnan(skill(y, np.full(3, np.nan), np.full(3, np.nan)))


def test_auc_of_known_predictions():
    y = np.array([1.0, 0, 0, 1])
    fold = np.zeros(4)
    assert auc(y, np.array([4.0, 1, 2, 3]), fold) == 1
    assert auc(y, np.array([1.0, 2, 3, 0]), fold) == 0
    assert auc(y, np.array([2.0, 1, 3, 2]), fold) == 0.5
    assert auc(y, np.ones(4), fold) == 0.5
    # Only 4 > 1 and 3 > 2 are compared, not 3 with 4.
    assert auc(y, np.array([4.0, 1, 4, 3]), np.array([0, 0, 1, 1])) == 0.5
    assert np.isnan(auc(y, np.ones(4), np.arange(4)))
    assert np.isnan(auc(y, np.full(4, np.nan), fold))


def test_noise_earns_nothing_within_folds():
    """Of 40 noise predictors of 200 rows the mean AUC is 1/2 +- 0.04 / sqrt(40), four times."""
    rng = np.random.default_rng(0)
    seed, found = np.repeat(np.arange(20), 10), []
    for _ in range(40):
        y = (rng.uniform(size=200) < 0.4).astype(float)
        found.append(auc(y, predictions(rng.normal(size=(200, 1)), y, folds([seed])), seed))
    assert abs(np.mean(found) - 0.5) < 0.03
