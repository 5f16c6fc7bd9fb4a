"""What many seeds say of N, against SciPy, known components, and worlds with and without luck."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lgi.errors import DataError
from lgi.gaussians.n_study import one_seed, seeds, variance
from lgi.gaussians.n_study.settings import SeedsSettings
from lgi.gaussians.selection import RunList

NUMBERS = [45, 46, 47, 48, 49, 50]
SETTINGS = SeedsSettings(
    runs="seeds",
    confidence=0.95,
    resamples=500,
    seed=3,
    power=0.8,
)


def random():
    return np.random.default_rng(11)


def losses(count=20, curve=(0.6, 0.5, 0.55, 0.4, 0.35, 0.3), noise=0.05, shift=0.0):
    """Return losses of seeds: a curve, a shift for each seed, and noise."""
    rng = random()
    values = np.array(curve) + noise * rng.normal(size=(count, len(curve)))
    values += shift * rng.normal(size=(count, 1))
    return pd.DataFrame(values, index=range(1, count + 1), columns=NUMBERS)


def summed(table, original=1):
    return seeds.summary(table, 1000 * table, SETTINGS, original, 0.05)


def value(summary, quantity, part=""):
    same = (summary["quantity"] == quantity) & (summary["part"] == part)
    (row,) = summary[same].to_dict("records")
    return row


def listed(numbers, of):
    return RunList(name="seeds", image="board", recipe="published", n=numbers, seeds=of)


def test_curves_hold_every_run_in_its_place():
    rows = losses(3).stack().rename("best_loss").rename_axis(["seed", "n"]).reset_index()
    table = pd.concat([rows, rows.assign(recipe="wide", best_loss=9)]).fillna("published")
    table = table.assign(image="board").drop(index=0)
    found = seeds.curves(table, listed(NUMBERS[::-1], [3, 1, 2, 8]))
    assert found.index.tolist() == [3, 1, 2, 8]
    assert found.columns.tolist() == NUMBERS
    assert np.isnan(found.loc[1, 45])
    assert found.loc[8].isna().all()
    assert found.loc[2, 47] == losses(3).loc[2, 47]
    assert seeds.complete(found).index.tolist() == [3, 2]
    with pytest.raises(DataError, match="to compare over seeds"):
        seeds.curves(table, listed(NUMBERS, 9))


def test_steps_are_paired_by_seed():
    table = losses(shift=0.5)
    steps = seeds.steps(table, SETTINGS, original=4).set_index("n")
    assert steps.index.tolist() == NUMBERS[1:]
    row, apart = steps.loc[47], table[47] - table[46]
    paired = stats.ttest_rel(table[47], table[46])
    assert row["mean"] == pytest.approx(apart.mean())
    assert row["p"] == pytest.approx(paired.pvalue)
    assert row[["low", "high"]].tolist() == pytest.approx(paired.confidence_interval(0.95))
    joint = paired.confidence_interval(1 - 0.05 / 5)
    assert row[["joint_low", "joint_high"]].tolist() == pytest.approx(joint)
    assert row["p_wilcoxon"] == pytest.approx(stats.wilcoxon(apart).pvalue)
    assert row["correlation"] == pytest.approx(np.corrcoef(table[46], table[47])[0, 1])
    assert row["gain"] == pytest.approx((table[46].var() + table[47].var()) / apart.var())
    assert row["gain"] > 20
    assert row["share"] == (apart > 0).mean()
    assert row["original"] == apart[4]
    assert row["seeds"] == 20
    # A percentile bootstrap of a mean of 20 is near the t interval, a little inside.
    assert np.isclose(row["bootstrap_low"], row["low"], atol=0.15 * (row["high"] - row["low"]))


def test_p_values_are_corrected_for_the_number_of_steps():
    steps = seeds.steps(losses(), SETTINGS, original=1)
    assert (steps["p_holm"] >= steps["p"]).all()
    assert steps["p_holm"].min() == pytest.approx(5 * steps["p"].min())


def test_steps_that_are_alike_regress_as_often_as_expected():
    """Normal steps of mean -1 and deviation 1 rise in 16 % of the seeds."""
    rng = random()
    values = np.cumsum(rng.normal(-1, 1, size=(2000, 6)), axis=1)
    steps = seeds.steps(pd.DataFrame(values, columns=NUMBERS), SETTINGS, original=0)
    assert np.allclose(steps["expected_share"], stats.norm.cdf(-1), atol=0.01)
    assert np.allclose(steps["share"], stats.norm.cdf(-1), atol=0.03)


def test_a_seed_that_lacks_a_step_leaves_the_others():
    table = losses()
    table.loc[5, 46] = np.nan
    steps = seeds.steps(table, SETTINGS, original=5).set_index("n")
    assert steps["seeds"].tolist() == [19, 19, 20, 20, 20]
    assert np.isnan(steps.loc[46, "original"])
    assert value(summed(table), "seeds")["value"] == 19


def test_components_of_variance_are_recovered():
    """Known deviations: seed 2, N 1 about no trend, rest 0.5."""
    rng = random()
    bend = np.array([1.0, -1, 0, 0, -1, 1])  # no linear trend
    rows = bend + 2 * rng.normal(size=(4000, 1)) + 0.5 * rng.normal(size=(4000, 6))
    found = variance.sources(rows)
    assert found["seed"] == pytest.approx(4, rel=0.05)
    assert found["rest"] == pytest.approx(0.25, rel=0.03)
    assert found["n"] == pytest.approx(bend.var(ddof=1), rel=0.03)
    assert found["within"] == pytest.approx(4.25, rel=0.05)
    assert found["n_beyond"] == pytest.approx((bend**2).sum() / 4, rel=0.03)
    assert found["rest_beyond"] == pytest.approx(0.25, rel=0.03)


def test_a_trend_is_not_beyond_itself():
    rng = random()
    rows = np.arange(6) + 0.5 * rng.normal(size=(4000, 6))
    found = variance.sources(rows)
    assert found["n"] == pytest.approx(3.5, rel=0.02)
    assert found["n_beyond"] == pytest.approx(0, abs=1e-3)


@pytest.mark.slow
def test_shares_of_variance_have_intervals_that_hold():
    """In 89 % or more of 300 worlds of 20 seeds; the share of a ratio of moments is skewed."""
    rng, held = random(), dict.fromkeys(variance.SHARES, 0)
    bend = np.array([0.5, -0.5, 0, 0, -0.5, 0.5])
    true = {"of all losses": 0.2 / 1.45, "of one curve": 0.2 / 0.45}
    true["of one curve beyond its trend"] = 0.25 / 0.5
    for _ in range(300):
        rows = bend + rng.normal(size=(20, 1)) + 0.5 * rng.normal(size=(20, 6))
        for name in held:
            share = variance.share(rows, name, 0.95)
            held[name] += share.low < true[name] < share.high
    assert all(0.89 <= count / 300 <= 0.99 for count in held.values()), held


def test_one_seed_agrees_where_there_is_no_luck():
    rows = losses(noise=1e-6, shift=1).to_numpy()
    assert np.allclose(one_seed.agreement(rows), 1)
    assert one_seed.picks_best(rows).all()
    assert np.allclose(one_seed.regret(rows), 0)
    assert (one_seed.right_order(rows, 1) == 1).all()


def test_one_seed_is_as_good_as_chance_where_there_is_nothing_but_luck():
    rows = random().normal(size=(2000, 6))
    assert one_seed.agreement(rows).mean() == pytest.approx(0, abs=0.03)
    assert one_seed.picks_best(rows).mean() == pytest.approx(1 / 6, abs=0.03)
    assert one_seed.right_order(rows, 2).mean() == pytest.approx(0.5, abs=0.03)
    assert (one_seed.regret(rows) >= 0).all()


def test_the_agreement_is_scipys():
    rows = np.round(random().normal(size=(6, 8)), 1)
    for i, found in enumerate(one_seed.agreement(rows)):
        others = np.delete(rows, i, axis=0).mean(axis=0).round(12)  # ties, rounding aside
        assert found == pytest.approx(stats.spearmanr(rows[i], others).statistic)


@pytest.mark.slow
def test_the_interval_of_an_agreement_holds():
    """The values of the seeds depend on each other: their t interval holds in 80 % of worlds."""
    rng, held, naive = random(), 0, 0
    for _ in range(150):
        rows = rng.normal(size=(20, 6))
        found = one_seed.with_interval(one_seed.agreement, rows, 0.95, rng, (-1, 1))
        held += found.low < 0 < found.high
        values = one_seed.agreement(rows)
        naive += abs(stats.ttest_1samp(values, 0).statistic) < stats.t.ppf(0.975, 19)
    assert held / 150 > 0.93
    assert naive / 150 < 0.88


def test_intervals_stay_within_what_the_measure_can_be():
    rows = random().normal(size=(4, 6))
    for measure, bounds in (
        (one_seed.agreement, one_seed.CORRELATION),
        (one_seed.picks_best, one_seed.SHARE),
    ):
        found = one_seed.with_interval(measure, rows, 0.95, random(), bounds)
        assert bounds[0] <= found.low <= found.value <= found.high <= bounds[1]


def test_all_of_a_few_seeds_are_not_all_seeds():
    rows = losses(5, noise=1e-6).to_numpy()
    found = one_seed.with_interval(one_seed.picks_best, rows, 0.95, random(), one_seed.SHARE)
    assert (found.value, found.high, found.n) == (1, 1, 5)
    assert found.low == pytest.approx(0.025**0.2)


@pytest.mark.parametrize(("step", "level"), [(0.5, 0.95), (0.2, 0.95), (1.0, 0.995)])
def test_as_many_seeds_as_are_needed_have_the_power(step, level):
    count = int(one_seed.seeds_needed(step, 1.0, level, 0.8))
    rng = random()
    power = []
    for n in (count, max(count // 2, 2)):
        values = step + rng.normal(size=(4000, n))
        t = values.mean(axis=1) / values.std(axis=1, ddof=1) * np.sqrt(n)
        power.append((t > stats.t.ppf((1 + level) / 2, n - 1)).mean())
    assert power[0] == pytest.approx(0.8, abs=0.03 + 1 / count)
    assert power[1] < 0.7


def test_seeds_needed_at_the_ends():
    assert np.isnan(one_seed.seeds_needed(0, 1, 0.95, 0.8))
    assert np.isnan(one_seed.seeds_needed(np.nan, 1, 0.95, 0.8))
    assert one_seed.seeds_needed(0.1, 0, 0.95, 0.8) == 2
    assert one_seed.seeds_needed(50, 1, 0.95, 0.8) == 2
    assert np.isinf(one_seed.seeds_needed(1e-6, 1, 0.95, 0.8))


def test_the_summary_names_every_quantity_once():
    summary = summed(losses())
    assert tuple(summary) == seeds.SUMMARY
    parts = summary[summary["quantity"] != "seeds_needed"]
    assert not parts.duplicated(["quantity", "part"]).any()
    assert value(summary, "seeds")["value"] == 20
    assert value(summary, "trend")["value"] == pytest.approx(-0.06, abs=0.01)
    assert value(summary, "step")["value"] == pytest.approx(-0.06, abs=0.02)
    assert value(summary, "best_n", "of the mean")["value"] == 50
    assert value(summary, "chance_of_best", "N = 50")["value"] > 0.9
    assert value(summary, "picks_best", "by chance")["value"] == 1 / 6
    assert value(summary, "right_order", "5")["value"] == 1
    assert value(summary, "mean_loss", "47")["value"] == pytest.approx(losses()[47].mean())


def test_seeds_are_counted_for_the_mean_step_and_for_what_the_original_saw():
    table = losses(noise=0.001)
    summary = summed(table)
    needed = summary[summary["quantity"] == "seeds_needed"]
    assert set(needed["part"]) == {"mean step", "N = 47, original seed"}
    assert needed.groupby("part")["value"].agg(lambda v: v.iloc[0] <= v.iloc[1]).all()
    assert set(summed(table, original=99)["part"]) >= {"mean step"}


def test_the_same_losses_give_the_same_numbers():
    pd.testing.assert_frame_equal(summed(losses()), summed(losses()))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("numbers", [1, 2, 6])
def test_few_seeds_and_numbers_neither_fail_nor_warn(count, numbers):
    table = losses(count).iloc[:, :numbers]
    steps = seeds.steps(table, SETTINGS, original=1)
    assert len(steps) == numbers - 1
    summary = summed(table)
    assert value(summary, "seeds")["value"] == count
    if count == 1:
        assert steps[["low", "high", "p"]].isna().all().all()
        assert np.isnan(value(summary, "rank_correlation", "losses")["value"])


def test_no_complete_seed_neither_fails_nor_warns():
    table = losses(3)
    table[47] = np.nan
    summary = summed(table)
    assert value(summary, "seeds")["value"] == 0
    assert np.isnan(value(summary, "trend")["value"])


@pytest.mark.parametrize("curve", [[0.5] * 6, [0.6, 0.5, 0.55, 0.4, 0.35, 0.3]])
def test_seeds_without_luck_neither_fail_nor_warn(curve):
    table = losses(4, curve=curve, noise=0)
    steps = seeds.steps(table, SETTINGS, original=1)
    assert np.allclose(steps["mean"], np.diff(curve))
    assert len(summed(table))
