"""Intervals against SciPy and by how often they hold; too little data gives NaN, not a warning."""

import numpy as np
import pytest
from scipy import stats

from lgi import intervals

LEVEL = 0.95


def random():
    return np.random.default_rng(4)


def ends(interval):
    return interval.low, interval.high


def test_a_mean_is_scipys():
    values = random().normal(size=12)
    found = intervals.mean([*values, np.nan], LEVEL)
    expected = stats.ttest_1samp(values, 0)
    assert found.n == 12
    assert np.allclose(ends(found), expected.confidence_interval(LEVEL), rtol=1e-12)
    assert np.isclose(intervals.p_of_mean(values), expected.pvalue, rtol=1e-12)


def test_a_median_lies_between_two_of_its_values():
    """The ranks of Conover's tables: 18 and 33 of 50, 1 and 6 of 6; five values have none."""
    found = intervals.median([*range(1, 51), np.nan], LEVEL)
    assert found == (25.5, 18, 33, 50)
    assert intervals.median(np.arange(6), LEVEL) == (2.5, 0, 5, 6)
    assert np.isnan(ends(intervals.median(np.arange(5), LEVEL))).all()
    assert intervals.median([], LEVEL).n == 0


def test_the_interval_of_a_median_holds_as_often_as_it_says():
    worlds = random().exponential(size=(2000, 20))
    found = [intervals.median(world, LEVEL) for world in worlds]
    held = np.mean([low <= np.log(2) <= high for _, low, high, _ in found])
    # The exact coverage of ranks 6 and 15 of 20 is 0.9586; three standard errors are 0.0134.
    assert abs(held - 0.9586) < 0.0134


def test_a_share_is_exact():
    """Clopper and Pearson: 0 of n has the upper end 1 - (alpha / 2)^(1 / n)."""
    assert np.allclose(intervals.share(0, 10, LEVEL), (0, 0, 1 - 0.025**0.1, 10), rtol=1e-12)
    assert intervals.share(10, 10, LEVEL).high == 1


def test_a_line_is_scipys():
    rng = random()
    x = np.arange(9.0)
    y = 3 - 0.2 * x + rng.normal(size=9)
    line = intervals.line([*x, 4], [*y, np.nan], LEVEL)
    expected = stats.linregress(x, y)
    half = stats.t.ppf(0.975, 7) * expected.stderr
    assert np.allclose(ends(line.slope), [expected.slope - half, expected.slope + half])
    assert np.isclose(line.r_squared, expected.rvalue**2)
    assert np.isclose(line.curvature.value, np.polyfit(x, y, 2)[0])


def test_the_curvature_holds_its_true_value():
    rng, held = random(), 0
    x = np.linspace(0, 4, 11)
    for _ in range(400):
        curvature = intervals.line(x, 1 - x + 0.3 * x**2 + rng.normal(size=11), LEVEL).curvature
        held += curvature.low < 0.3 < curvature.high
    assert 0.92 <= held / 400 <= 0.98


def test_a_prediction_holds_the_next_point():
    rng, held = random(), 0
    x = np.arange(10.0)
    for _ in range(400):
        expected = intervals.prediction(x, 2 * x + rng.normal(size=10), 12, LEVEL)
        held += expected.low < 24 + rng.normal() < expected.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize(
    "column",
    [
        np.random.default_rng(1).normal(size=12),
        np.random.default_rng(2).integers(3, size=12).astype(float),
        np.append(np.arange(11) * 1e-9, 1e6),  # what is rounding depends on the resample
        np.zeros(12),
    ],
    ids=["apart", "ties", "one far off", "constant"],
)
def test_rank_correlations_of_resamples_have_the_bits_of_each(column):
    pairs = np.stack([np.random.default_rng(0).normal(size=12), column], axis=-1)
    chosen = np.random.default_rng(3).integers(12, size=(300, 12))
    found = intervals.rank_correlations(pairs, chosen)
    assert found.tobytes() == intervals.rank_correlation(pairs[chosen]).tobytes()


def test_a_rank_correlation_is_scipys_and_holds_its_true_value():
    rng, held = random(), 0
    # Pearson's 0.6 of normal values is Spearman's 6 / pi asin(0.3).
    true = 6 / np.pi * np.arcsin(0.3)
    for _ in range(400):
        x = rng.normal(size=25)
        y = 0.6 * x + 0.8 * rng.normal(size=25)
        found = intervals.spearman(x, y, LEVEL)
        held += found.low < true < found.high
    assert np.isclose(found.value, stats.spearmanr(x, y).statistic)
    assert 0.92 <= held / 400 <= 0.98


def test_rank_correlations_of_many_samples_are_scipys():
    pairs = np.round(random().normal(size=(5, 30, 2)), 1)
    expected = [stats.spearmanr(*p.T).statistic for p in pairs]
    assert np.allclose(intervals.rank_correlation(pairs), expected, atol=1e-12)


def test_perfect_order_is_not_certainty():
    found = intervals.spearman(np.arange(6), np.arange(6) ** 2, LEVEL)
    assert found.value == found.high == 1
    assert 0 < found.low < 0.9
    falling = intervals.spearman(np.arange(6), -np.arange(6), LEVEL)
    assert np.allclose(ends(falling), (-1, -found.low))


def test_a_jackknifed_mean_is_the_t_interval():
    rows = random().normal(size=(15, 2))
    found = intervals.jackknife(lambda rows: rows[:, 0].mean(), rows, LEVEL)
    assert np.allclose(found, intervals.mean(rows[:, 0], LEVEL))


def test_dropping_halves_gives_a_mean_its_interval_too():
    rows = random().normal(size=20)
    found = intervals.half_jackknife(np.mean, rows, LEVEL, random())
    expected = intervals.mean(rows, LEVEL)
    assert found.value == expected.value
    # 200 halves know a deviation to about 5 %.
    assert np.isclose(found.high - found.low, expected.high - expected.low, rtol=0.15)
    assert found == intervals.half_jackknife(np.mean, rows, LEVEL, random())


def test_holm():
    """Smallest times 3, next times 2, never falling; as in Holm's paper."""
    corrected = intervals.holm([0.04, 0.01, np.nan, 0.03])
    assert np.allclose(corrected, [0.06, 0.03, np.nan, 0.06], equal_nan=True)
    assert intervals.holm([0.9, 0.8]).tolist() == [1, 1]
    assert len(intervals.holm([])) == 0


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_values_have_no_interval(n):
    values = np.ones(n)
    for found in (
        intervals.mean(values, LEVEL),
        intervals.spearman(values, values, LEVEL),
        intervals.line(values, values, LEVEL).slope,
        intervals.prediction(values, values, 3, LEVEL),
        intervals.jackknife(np.mean, values, LEVEL),
        intervals.half_jackknife(np.mean, values, LEVEL, random()),
    ):
        assert np.isnan(ends(found)).all()
        assert found.n == n
    assert np.isnan(intervals.p_of_mean(values))
    assert np.isnan(ends(intervals.share(0, 0, LEVEL))).all()


def test_values_that_do_not_vary():
    same = np.full(5, 0.1)
    assert intervals.mean(same, LEVEL)[:3] == (0.1, 0.1, 0.1)
    assert np.isnan(intervals.spearman(np.arange(5), same, LEVEL).value)
    line = intervals.line(np.arange(5), same, LEVEL)
    assert line.slope.value == 0
    assert np.isnan(line.r_squared)
    assert np.isnan(intervals.line(same, np.arange(5), LEVEL).slope.value)
    assert intervals.p_of_mean(np.zeros(5)) == 1
    assert intervals.p_of_mean(np.ones(5)) == 0


@pytest.mark.parametrize("values", ["normal", "tied", "constant"])
def test_lines_and_ranks_have_scipys_bits(values):
    rng = random()
    x = rng.integers(0, 5, 20) / 10
    y = {"normal": rng.normal(size=20), "tied": np.round(x, 1), "constant": np.ones(20)}[values]
    line, known = intervals.line(x, y, 0.95), stats.linregress(x, y)
    half = known.stderr * stats.t.ppf(0.975, 18)
    expected = [known.slope, known.slope - half, known.slope + half]
    np.testing.assert_array_equal(line.slope[:3], expected)
    pairs = np.stack([np.stack([x, y], axis=-1), np.stack([y, x], axis=-1)])
    ranks = intervals._ranks(pairs.swapaxes(-1, -2)).swapaxes(-1, -2)
    np.testing.assert_array_equal(ranks, stats.rankdata(pairs, axis=-2))


def test_ranks_of_what_is_no_number_are_none():
    assert np.isnan(intervals._ranks(np.array([2.0, np.nan, 1.0]))).all()
