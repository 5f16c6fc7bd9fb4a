import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from lgi.superposition.geometry.geometry import (
    column_norms,
    corners,
    dimensions_per_feature,
    feature_dimensionality,
    features_represented,
    hull_vertices,
    is_live,
    kgon_kinds,
)


def polygon(k, radius=1.0, features=6):
    angle = 2 * np.pi * np.arange(k) / k
    W = np.zeros((2, features))
    W[:, :k] = radius * np.array([np.cos(angle), np.sin(angle)])
    return W


def kind(W, b=None):
    return str(kgon_kinds(W, np.full(W.shape[-1], -1.0) if b is None else np.asarray(b)))


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_regular_polygons(k):
    assert kind(polygon(k, radius=0.01)) == str(k)
    assert kind(polygon(k, radius=50)) == str(k)


def test_a_pentagon_has_a_plus_when_a_column_inside_has_a_positive_bias():
    pentagon = polygon(5)
    assert kind(pentagon, [-1, -1, -1, -1, -1, 0.1]) == "5+"
    assert kind(pentagon, [-1, -1, -1, -1, -1, -0.1]) == "5"
    assert kind(pentagon, [1, 1, 1, 1, 1, -0.1]) == "5"  # positive at vertices only
    assert kind(polygon(4), [-1, -1, -1, -1, 1, 1]) == "4"


def test_a_column_inside_counts_wherever_it_lies():
    W = polygon(5)
    W[:, 5] = [0.3, 0.2]
    assert kind(W) == "5"
    W[:, 5] = [np.cos(0.6), np.sin(0.6)]  # on the circle between two others: one vertex more
    assert kind(W) == "6"


def test_hulls_without_area_are_degenerate():
    assert kind(np.zeros((2, 6))) == "degenerate"
    assert kind(np.ones((2, 6))) == "degenerate"
    assert kind(np.array([[0, 1, 2, 3, 4, 5], [0, 2, 4, 6, 8, 10.0]])) == "degenerate"
    assert kind(polygon(2)) == "degenerate"


def test_equal_columns_are_one_vertex():
    W = polygon(4)
    W[:, 4], W[:, 5] = W[:, 0], W[:, 1]
    assert kind(W) == "4"
    np.testing.assert_array_equal(hull_vertices(W), [1, 1, 1, 1, 0, 0])


def test_a_dead_features_column_is_no_corner():
    half = np.zeros((2, 6))  # three columns in a half plane, whose hull 0 lies outside of
    half[:, :3] = [[1.0, 0.7, -1.0], [0.2, 0.9, 0.2]]
    assert kind(half) == "3"
    half[:, 3] = [0.09, -0.04]  # a vertex of the hull of all, shorter than a tenth of the longest
    assert hull_vertices(half)[3]
    assert kind(half) == "3"
    np.testing.assert_array_equal(corners(half), [1, 1, 1, 0, 0, 0])
    half[:, 3] = [0.11, -0.06]
    assert kind(half) == "4"


def test_the_longest_column_says_which_are_dead():
    W = polygon(4, radius=0.05)
    assert is_live(W).tolist() == [True] * 4 + [False] * 2
    W[:, 5] = [3.0, 0.0]
    assert is_live(W).tolist() == [False] * 5 + [True]
    assert is_live(np.zeros((2, 6))).all()


def test_two_features_with_a_dimension_each_are_degenerate():
    W = np.zeros((2, 6))
    W[0, 0] = W[1, 3] = 1.0
    W[:, 1] = [-0.01, -0.02]
    assert kind(W) == "degenerate"


def test_a_dead_feature_with_a_positive_bias_makes_a_pentagon_plus():
    W = polygon(5)
    W[:, 5] = [0.01, 0.02]
    assert kind(W, [-1, -1, -1, -1, -1, 0.1]) == "5+"


def test_a_hull_of_some_columns_is_theirs():
    W = np.random.default_rng(0).normal(size=(50, 2, 7))
    counted = np.array([True, False, True, True, False, True, True])
    among = np.zeros((50, 7), bool)
    among[:, counted] = hull_vertices(W[..., counted])
    np.testing.assert_array_equal(hull_vertices(W, np.broadcast_to(counted, (50, 7))), among)


def test_a_point_on_an_edge_is_no_vertex():
    W = polygon(4)
    W[:, 4] = (W[:, 0] + W[:, 1]) / 2
    assert kind(W) == "4"


def test_diverged_models_are_named():
    W = np.stack([polygon(6), polygon(6)])
    W[1, 0, 0] = np.nan
    np.testing.assert_array_equal(kgon_kinds(W, np.zeros((2, 6))), ["6", "diverged"])
    assert kind(polygon(6), [np.inf, 0, 0, 0, 0, 0]) == "diverged"


@given(st.integers(0, 2**32), st.integers(3, 9))
def test_vertices_are_those_of_scipy(seed, features):
    W = np.random.default_rng(seed).normal(size=(2, features))
    expected = sorted(ConvexHull(W.T).vertices)
    assert np.flatnonzero(hull_vertices(W)).tolist() == expected


@given(st.integers(0, 2**32), st.floats(0, 2 * np.pi), st.permutations(range(6)))
def test_kinds_and_dimensionality_ignore_rotation_and_order(seed, angle, order):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(2, 6)), rng.normal(size=6)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (turn @ W)[:, order]
    assert kind(moved, b[order]) == kind(W, b)
    np.testing.assert_allclose(
        feature_dimensionality(moved), feature_dimensionality(W)[order], rtol=1e-9
    )


def test_dimensionality_of_known_geometries():
    own = np.eye(2, 6)  # two features with a dimension each, four not represented
    np.testing.assert_allclose(feature_dimensionality(own), [1, 1, 0, 0, 0, 0])
    antipodal = np.array([[1, -1, 0, 0], [0, 0, 1, -1.0]])
    np.testing.assert_allclose(feature_dimensionality(antipodal), 1 / 2)
    for k in (3, 5, 6):
        np.testing.assert_allclose(feature_dimensionality(polygon(k, radius=3))[:k], 2 / k)
    assert np.isnan(feature_dimensionality(np.full((2, 6), np.nan))).all()


def test_norms_and_represented_features():
    W = np.array([[3.0, 0.1, 0.8], [4.0, 0.0, 0.0]])
    np.testing.assert_allclose(column_norms(W), [5, 0.1, 0.8])
    assert features_represented(W) == 2
    assert dimensions_per_feature(polygon(5)) == pytest.approx(2 / 5)
    assert dimensions_per_feature(np.zeros((2, 6))) == np.inf
