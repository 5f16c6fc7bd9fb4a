"""Closed forms of the learning coefficient, against each other, by hand and by counting."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.integrate import dblquad

from lgi.llc.known.theory import (
    Pole,
    crossing_mean,
    deep_linear,
    normal_crossing,
    reduced_rank,
    regular,
)


def shapes(layers, widest):
    """Yield widths of networks of so many matrices, with every rank of the true map."""
    for widths in product(range(1, widest + 1), repeat=layers + 1):
        for rank in range(min(widths) + 1):
            yield widths, rank


def half_codimension(widths, rank):
    """Return half the codimension of the largest set of matrices whose product is a given map.

    Matrices W_1, ..., W_L up to changes of basis are a sum of intervals [a, b] of layers that a
    signal passes (Gabriel 1972): m_ab of them start at layer a and end at b, and m_0L is the rank
    of the product. Such matrices are a manifold of codimension Σ m_ab m_cd over c <= a <= d <= b
    (the maps between intervals) less Σ H_i² - Σ H_i H_(i+1). Those with one product are fewer by
    the dimension r (H_0 + H_L - r) of the maps of rank r.
    """
    last = len(widths) - 1
    intervals = [(a, b) for a in range(last + 1) for b in range(a, last + 1)]
    euler = sum(h * h for h in widths) - sum(
        h * k for h, k in zip(widths[1:], widths, strict=False)
    )

    def codimensions(place, left, chosen):
        if place == len(intervals):
            maps = sum(m * k for (a, b), m in chosen for (c, d), k in chosen if c <= a <= d <= b)
            yield maps - euler
            return
        a, b = intervals[place]
        most = min(left[a : b + 1])
        for count in [rank] if (a, b) == (0, last) else range(most + 1):
            rest = [h - count * (a <= i <= b) for i, h in enumerate(left)]
            if min(rest) >= 0 and not (b == last and rest[a]):
                yield from codimensions(place + 1, rest, [*chosen, ((a, b), count)])

    product_is_given = rank * (widths[0] + widths[-1] - rank)
    return Fraction(min(codimensions(0, list(widths), [])) + product_is_given, 2)


def test_two_layers_are_reduced_rank_regression():
    compared = 0
    for (inputs, hidden, outputs), rank in shapes(2, 7):
        assert deep_linear((inputs, hidden, outputs), rank) == reduced_rank(
            inputs, hidden, outputs, rank
        )
        compared += 1
    assert compared == 1_127


@pytest.mark.parametrize(("layers", "widest"), [(2, 4), (3, 3), (4, 2)])
def test_coefficient_is_half_the_codimension_of_the_minima(layers, widest):
    """Near a smooth point of the minima the loss is quadratic across them, and λ is least there."""
    for widths, rank in shapes(layers, widest):
        assert deep_linear(widths, rank).value == half_codimension(widths, rank), (widths, rank)


@pytest.mark.parametrize(
    ("widths", "rank", "value", "multiplicity"),
    [
        ((1, 1, 1), 0, Fraction(1, 2), 2),  # w1² w2²
        ((1, 1, 1, 1), 0, Fraction(1, 2), 3),  # w1² w2² w3²
        ((2, 2, 2), 0, Fraction(3, 2), 1),  # (16 - 4 - 0) / 8
        ((3, 2, 2), 0, Fraction(2), 2),  # (20 - 4 - 1) / 8 + 1/8
        ((5, 1, 7), 1, Fraction(11, 2), 1),  # 12 weights less the scale of the hidden unit
        ((3, 3, 3), 3, Fraction(9, 2), 1),  # an invertible map: all of its 9 entries
        ((4, 2, 5), 0, Fraction(4), 2),  # the smaller factor vanishes, or one unit of each
    ],
)
def test_hand_computed_coefficients(widths, rank, value, multiplicity):
    assert deep_linear(widths, rank) == Pole(value, multiplicity)


@pytest.mark.parametrize(
    ("exponents", "value", "multiplicity"),
    [
        ((1, 0), Fraction(1, 2), 1),
        ((2, 1), Fraction(1, 4), 1),
        ((3, 1), Fraction(1, 6), 1),
        ((1, 1), Fraction(1, 2), 2),
        ((2, 2, 1), Fraction(1, 4), 2),
    ],
)
def test_normal_crossings(exponents, value, multiplicity):
    assert normal_crossing(exponents) == Pole(value, multiplicity)


def test_regular_models_have_half_their_dimension():
    assert regular(17) == Pole(Fraction(17, 2), 1)


@pytest.mark.parametrize(("exponents", "localisation"), [((1, 1), 20.0), ((2, 1), 5.0)])
def test_mean_of_a_crossing_against_adaptive_quadrature(exponents, localisation):
    def energy(y, x):
        return 144.0 * x ** (2 * exponents[0]) * y ** (2 * exponents[1])

    def density(y, x):
        return np.exp(-energy(y, x) - localisation / 2 * (x * x + y * y))

    whole = dblquad(density, 0, 5, 0, 5)[0]
    mean = dblquad(lambda y, x: energy(y, x) * density(y, x), 0, 5, 0, 5)[0] / whole
    # dblquad's own tolerance is 1e-8 of each integral.
    assert crossing_mean(exponents, 144.0, localisation) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize(("n", "mean"), [(1_000, 0.36), (1_000_000, 0.43)])
def test_multiplicity_two_is_far_from_its_limit(n, mean):
    assert crossing_mean((1, 1), n / np.log(n), 1.0) == pytest.approx(mean, abs=0.005)
