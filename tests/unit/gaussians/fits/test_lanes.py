import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lgi.gaussians.fits.lanes import (
    LANES,
    add_in_order,
    any_at_least,
    fill,
    load,
    no_sums,
    one_sum,
    smaller,
    store,
    where_at_most,
)

finite = st.floats(-1e6, 1e6, width=32)
vector = arrays(np.float32, LANES, elements=finite)


@numba.njit
def arithmetic(a, b, result):
    x, y = load(a, 0), load(b, 0)
    store(result, 0, x + y)
    store(result, LANES, x - y)
    store(result, 2 * LANES, x * y)
    store(result, 3 * LANES, x / y)
    store(result, 4 * LANES, smaller(x, y))
    store(result, 5 * LANES, where_at_most(x, y, x))
    store(result, 6 * LANES, fill(a[3]))


@given(vector, vector)
def test_each_lane_is_computed_as_numpy_does(a, b):
    result = np.empty(7 * LANES, np.float32)
    arithmetic(a, b, result)
    with np.errstate(all="ignore"):
        expected = [
            a + b,
            a - b,
            a * b,
            a / b,
            np.minimum(a, b),
            np.where(a <= b, a, 0),
            [a[3]] * LANES,
        ]
    np.testing.assert_array_equal(result.reshape(7, LANES), np.float32(expected))


@numba.njit
def sum_rows(rows):
    total = no_sums()
    for first in range(0, rows.shape[1], LANES):
        total = add_in_order(
            total,
            load(rows[0], first),
            load(rows[1], first),
            load(rows[2], first),
            load(rows[3], first),
            load(rows[4], first),
            load(rows[5], first),
            load(rows[6], first),
            load(rows[7], first),
        )
    return [one_sum(total, number) for number in range(8)]


@given(arrays(np.float32, (8, 3 * LANES), elements=finite))
def test_sums_are_those_of_a_loop(rows):
    expected = np.zeros(8, np.float32)
    for column in rows.T:
        expected = expected + column
    np.testing.assert_array_equal(sum_rows(rows), expected)


@numba.njit
def tell(values, bound):
    return any_at_least(load(values, 0), fill(bound))


@given(vector, finite)
def test_any_lane_at_least(values, bound):
    assert tell(values, np.float32(bound)) == np.any(values >= np.float32(bound))


def test_loads_and_stores_need_not_be_aligned():
    @numba.njit
    def copy(source, target):
        store(target, 3, load(source, 5))

    source, target = np.arange(40, dtype=np.float32), np.zeros(40, np.float32)
    copy(source, target)
    np.testing.assert_array_equal(target, [0] * 3 + list(range(5, 5 + LANES)) + [0] * 21)
