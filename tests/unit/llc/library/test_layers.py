"""Restricted coefficients against those that are known, a row a layer."""

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from lgi.errors import ModelError
from lgi.llc.library import estimate_module
from lgi.llc.library.layers import ROOT, WHOLE, estimate_layers, layers
from lgi.llc.settings import EstimateSettings

SETTING = EstimateSettings(
    sampler={
        "kind": "hmc",
        "step_size": 1e-3,
        "leapfrog_steps": [1, 2, 3],
        "target_acceptance": 0.7,
    },
    chains=4,
    draws=500,
    burn_in=150,
    # Chains see 0.03 around w*, where the minima are flat, and γ takes a thousandth of λ.
    localisation=1e3,
    inverse_temperature=1e4,
    thresholds={
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
)
SHORT = SETTING.model_copy(update={"draws": 60, "burn_in": 20})
# Standard errors are 2 to 3 % of λ: four of them.
TOLERANCE = 0.1


class Linear(nn.Module):
    """A product of two matrices, of which the second has rank 1 alone."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2, bias=False)
        self.second = nn.Linear(2, 4, bias=False)

    def forward(self, x):
        return self.second(self.first(x))


@pytest.fixture
def linear():
    module = Linear().double()
    with torch.no_grad():
        module.first.weight.copy_(torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]]))
        module.second.weight.zero_()
        module.second.weight[:2, 0] = torch.tensor([1.0, 2.0])
    random = torch.Generator().manual_seed(0)
    x = torch.randn(300, 3, generator=random, dtype=torch.float64)
    return module, x, module(x).detach()


@pytest.mark.slow
def test_a_layer_of_a_linear_network_has_the_rank_of_the_others(linear):
    """With the other layer fixed the loss is quadratic: λ is half of rank times width.

    The whole is at a smooth point of the minima: half of the directions in which the product moves,
    8 of the second layer and 1 that is the first's alone.
    """
    module, x, y = linear
    table = estimate_layers(module, mse_loss, (x, y), SETTING).set_index("name")
    assert list(table.index) == ["first", "second", WHOLE]
    assert list(table["parameters"]) == [6, 8, 14]
    assert (table["status"] == "ok").all(), table["reason"]
    for name, truth in (("first", 1 * 3 / 2), ("second", 2 * 4 / 2), (WHOLE, 9 / 2)):
        assert table.loc[name, "llc"] == pytest.approx(truth, rel=TOLERANCE)


class Blocks(nn.Module):
    """A loss without data: ½ |a|² + ½ |b|², and a parameter that it does not see."""

    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(2, dtype=torch.float64))
        self.inner = nn.ParameterDict(
            {"b": torch.zeros(6, dtype=torch.float64), "c": torch.zeros(3, dtype=torch.float64)}
        )

    def forward(self, x):
        half = (self.a**2).sum() + (self.inner["b"] ** 2).sum() + 0 * self.inner["c"].sum()
        return x * half


def blocks(setting=SETTING, **arguments):
    x = torch.full((500,), 0.5, dtype=torch.float64)
    return estimate_layers(
        Blocks(), lambda answer: answer.mean(), (x,), setting, **arguments
    ).set_index("name")


@pytest.mark.slow
def test_blocks_of_a_quadratic_add_up():
    groups = {"a": "a", "b": "inner.b", "c": ["inner.c"]}
    table = blocks(groups=groups)
    assert list(table["parameters"]) == [2, 6, 3, 11]
    for name, truth in (("a", 1.0), ("b", 3.0), (WHOLE, 4.0)):
        assert table.loc[name, "llc"] == pytest.approx(truth, rel=TOLERANCE)
    assert table.loc["c", "llc"] == 0


def test_layers_are_what_owns_parameters():
    module = Blocks()
    assert layers(module) == {ROOT: ["a"], "inner": ["inner.b", "inner.c"]}
    assert layers(module, "inner.*") == {"inner": ["inner.b", "inner.c"]}
    assert layers(module, ["a", "*.b"]) == {ROOT: ["a"], "inner": ["inner.b"]}
    mask = torch.tensor([True, False])
    (part,) = layers(module, {"a": mask}).values()
    assert torch.equal(part["a"], mask)
    module.a.requires_grad_(False)
    assert layers(module) == {"inner": ["inner.b", "inner.c"]}


def test_a_shared_parameter_is_of_the_first():
    module = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2))
    module[1].weight = module[0].weight
    assert layers(module) == {"0": ["0.weight"], "1": ["1.bias"]}


def test_a_row_does_not_depend_on_the_others(linear):
    module, x, y = linear
    both = estimate_layers(module, mse_loss, (x, y), SHORT)
    alone = estimate_layers(module, mse_loss, (x, y), SHORT, groups={"second": ["second.weight"]})
    assert alone.iloc[0].to_dict() == pytest.approx(both.iloc[1].to_dict())
    whole = estimate_module(module, mse_loss, (x, y), SHORT)
    assert both.iloc[2].drop(["name", "parameters"]).to_dict() == pytest.approx(whole)


@pytest.mark.parametrize(
    ("groups", "message"),
    [({}, "found none"), ({WHOLE: "a"}, "found one called 'whole'"), ({"x": "y.*"}, "y")],
)
def test_groups_that_are_none_are_refused(groups, message):
    with pytest.raises(ModelError, match=message):
        blocks(SHORT, groups=groups)
