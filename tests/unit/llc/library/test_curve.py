"""The estimate of a module at many scales."""

import pytest
import torch
from torch import nn

from lgi.errors import ModelError
from lgi.llc import figures
from lgi.llc.known.theory import crossing_mean
from lgi.llc.library import estimate_module
from lgi.llc.library.curve import resolution_curve
from lgi.llc.settings import EstimateSettings

SETTING = EstimateSettings(
    sampler={"kind": "hmc", "step_size": 2e-3, "leapfrog_steps": [1, 2, 4]},
    chains=4,
    draws=350,
    burn_in=100,
    localisation=1.0,
    inverse_temperature=1.0,
    thresholds={
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
)


class Flat(nn.Module):
    """w_1^2k_1 w_2^2k_2 as the answer to every input."""

    def __init__(self, *exponents):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2, dtype=torch.float64))
        self.exponents = 2 * torch.tensor(exponents, dtype=torch.float64)

    def forward(self, x):
        return x * (self.w**self.exponents).prod()


def curve(exponents, factors, setting=SETTING):
    data = (torch.ones(200, dtype=torch.float64),)
    return resolution_curve(Flat(*exponents), lambda out: out.mean(), data, setting, factors)


@pytest.mark.slow
def test_a_quadratic_is_flat_and_what_is_not_follows_its_exact_mean():
    factors = (0.1, 1.0, 10.0)
    flat, falls = (curve(exponents, factors) for exponents in ((1, 0), (2, 0)))
    for table, exponents in ((flat, (1, 0)), (falls, (2, 0))):
        for row in table.itertuples():
            exact = crossing_mean(exponents, 200 * row.factor, row.factor)
            assert row.llc == pytest.approx(exact, abs=4 * row.llc_se)
            assert row.llc_se < 0.15 * exact
    # A decade both ways is known of the middle alone.
    assert not flat["stable"].iloc[[0, 2]].any()
    assert list(flat["n_beta"]) == pytest.approx([20, 200, 2000])
    assert list(flat["localisation"]) == pytest.approx([0.1, 1, 10])
    # Steps in proportion: HMC accepts the same at every scale.
    assert flat["acceptance"].max() - flat["acceptance"].min() < 0.02


def test_its_own_scale_is_the_estimate():
    short = SETTING.model_copy(update={"draws": 40, "burn_in": 10})
    table = curve((1, 1), [10.0], short)
    assert list(table["factor"]) == [1.0, 10.0]
    data = (torch.ones(200, dtype=torch.float64),)
    alone = estimate_module(Flat(1, 1), lambda out: out.mean(), data, short)
    assert table.iloc[0][list(alone)].to_dict() == pytest.approx(alone)


@pytest.mark.parametrize("factor", [0.0, -1.0, float("inf"), float("nan")])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(ModelError, match="factor of nβ and γ must be above 0"):
        curve((1, 1), [factor])


def test_it_is_drawn():
    short = SETTING.model_copy(update={"draws": 40, "burn_in": 10})
    table = curve((1, 0), [0.1, 10.0], short)
    table["stable"] = [False, True, False]
    figure = figures.llc_resolution(table)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "nβ, with γ = 0.005 nβ"
    assert axes.get_xscale() == "log"
    assert len(figure.legends) == 1
