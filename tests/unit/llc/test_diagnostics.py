"""Chain diagnostics against ArviZ, which defines them."""

import numpy as np
import pytest
from arviz_stats.base import array_stats
from hypothesis import given
from hypothesis import strategies as st

from lgi.llc.diagnostics import ess_bulk, mcse_mean, rhat

# Same formulas summed in another order.
TOLERANCE = 1e-9


def reference(draws):
    """Return R-hat, bulk ESS and standard error of the mean from ArviZ, each [models]."""
    return [
        np.array([float(function(model, method=method)) for model in draws])
        for function, method in (
            (array_stats.rhat, "rank"),
            (array_stats.ess, "bulk"),
            (array_stats.mcse, "mean"),
        )
    ]


def assert_equal_to_arviz(draws):
    for ours, theirs in zip(
        (rhat(draws), ess_bulk(draws), mcse_mean(draws)), reference(draws), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE)


def autoregressive(models, chains, draws, correlation, seed=0):
    """Return AR(1) chains, started from their stationary distribution."""
    noise = np.random.default_rng(seed).normal(size=(models, chains, draws))
    values = noise.copy()
    for t in range(1, draws):
        values[..., t] = (
            correlation * values[..., t - 1] + np.sqrt(1 - correlation**2) * noise[..., t]
        )
    return values


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.5, 0.99])
def test_autocorrelated_chains(correlation):
    assert_equal_to_arviz(autoregressive(4, 5, 350, correlation))


def test_chains_that_disagree():
    assert_equal_to_arviz(autoregressive(3, 4, 100, 0.5) + 2 * np.arange(4)[:, None])


def test_chains_of_different_spread():
    """The tails disagree where the bulk does not: only the folded R-hat sees it."""
    draws = autoregressive(3, 4, 200, 0.0) * np.array([1, 1, 1, 5])[:, None]
    assert_equal_to_arviz(draws)
    assert (rhat(draws) > 1.1).all()


def test_tied_draws():
    """A Metropolis sampler repeats rejected states: tied ranks are averaged."""
    assert_equal_to_arviz(np.round(autoregressive(3, 4, 100, 0.5)))


def test_constant_draws_have_no_rhat():
    draws = np.full((1, 4, 100), 0.3)
    assert np.isnan(rhat(draws)).all()
    np.testing.assert_array_equal(ess_bulk(draws), [400])


def test_ess_of_an_autoregression_is_its_formula():
    """N (1 - ρ) / (1 + ρ): an answer that does not come from ArviZ."""
    draws = autoregressive(20, 4, 20_000, 0.8)
    # Spread of a single ESS estimate at this length: about 3 %; here the mean of twenty.
    assert ess_bulk(draws).mean() == pytest.approx(80_000 / 9, rel=0.03)


@given(
    chains=st.integers(2, 5),
    draws=st.integers(4, 60),
    correlation=st.floats(-0.95, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_number_of_chains_and_draws(chains, draws, correlation, seed):
    assert_equal_to_arviz(autoregressive(2, chains, draws, correlation, seed))


def test_a_model_does_not_depend_on_the_others():
    draws = autoregressive(6, 5, 51, 0.7)
    for diagnostic in (rhat, ess_bulk, mcse_mean):
        assert diagnostic(draws[2:3]).tobytes() == diagnostic(draws)[2:3].tobytes()
