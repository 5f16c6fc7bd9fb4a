"""The library: any PyTorch function or module, its parameters and its data."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from lgi.llc.estimate import estimate
from lgi.llc.library import estimate_function, estimate_module
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings

ROOT = Path(__file__).parents[4]
SETTING = EstimateSettings(
    sampler={"kind": "hmc", "step_size": 1e-3, "leapfrog_steps": 2, "target_acceptance": 0.65},
    chains=4,
    draws=300,
    burn_in=100,
    localisation=1.0,
    inverse_temperature="1/log n",
    thresholds={
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
)
LANGEVIN = {"kind": "sgld", "step_size": 2e-3}


def changed(**changes):
    return EstimateSettings(**(SETTING.model_dump() | changes))


def quadratic(parameters, curvature, gradient, loss):
    gradient[:] = curvature[:, None] * parameters
    loss[:] = 0.5 * np.sum(gradient * parameters, axis=0)


def test_equals_the_engine_on_the_same_stream():
    curvature = np.array([0.5, 1.0, 2.0])
    # Adapted steps amplify rounding, so neither engine adapts here.
    setting = changed(sampler=SETTING.sampler.with_step(5e-3), draws=100, burn_in=20)
    ours = estimate_function(
        lambda w: (torch.tensor(curvature) * w**2).sum() / 2,
        torch.zeros(3, dtype=torch.float64),
        (),
        setting,
        samples=1_000,
        stream=(3, "a"),
    )
    problem = Problem(
        quadratic, np.zeros((3, 1)), samples=1_000, streams=[(3, "a")], shared=(curvature,)
    )
    engine = estimate(problem, setting)
    assert ours.pop("subsample_se") == ours.pop("noise") == 0
    assert_same(ours, {name: values.item() for name, values in engine.items()}, rel=1e-8)


def assert_same(ours, expected, rel):
    assert ours.keys() == expected.keys()
    for name, value in expected.items():
        known = value if isinstance(value, str) else pytest.approx(value, rel=rel)
        assert ours[name] == known, name


def regression(samples=400):
    """Return inputs, targets and the exact least-squares module of a linear regression."""
    random = torch.Generator().manual_seed(1)
    x = torch.randn(samples, 3, generator=random, dtype=torch.float64)
    y = x @ torch.tensor([[1.0], [2.0], [-1.0]], dtype=torch.float64)
    y = y + 0.1 * torch.randn(samples, 1, generator=random, dtype=torch.float64)
    module = torch.nn.Linear(3, 1, bias=False).double()
    with torch.no_grad():
        module.weight.copy_(torch.linalg.lstsq(x, y).solution.T)
    return x, y, module


def test_a_regular_module_is_half_its_parameters():
    x, y, module = regression()
    before = module.weight.clone()
    table = estimate_module(module, torch.nn.functional.mse_loss, (x, y), changed(draws=600))
    assert table["status"] == "ok", table["reason"]
    # Curvature 2, nβ 67: localisation takes 1 %; ESS near 600, so 4 % of error.
    assert table["llc"] == pytest.approx(1.5, rel=0.1)
    assert torch.equal(module.weight, before)


def mini_batch_estimate(**changes):
    x, y, module = regression()
    setting = changed(sampler=LANGEVIN, **changes)
    return estimate_module(module, torch.nn.functional.mse_loss, (x, y), setting, batch_size=100)


def test_mini_batches_give_the_same_coefficient():
    # The noise of the gradient is small beside the injected one; 7 % of bias by the step.
    estimate = mini_batch_estimate(draws=1_200, burn_in=200, thin=4)
    assert estimate["llc"] == pytest.approx(1.5, rel=0.2)


def test_mini_batches_are_drawn_the_same_again():
    first, again = (mini_batch_estimate(draws=200, burn_in=20) for _ in range(2))
    # PyTorch's products may round by where their arrays lie; other batches change per cents.
    assert_same(first, again, rel=1e-9)


def test_shared_parameters_count_once():
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.down = torch.nn.Linear(3, 2, bias=False)
            self.up = torch.nn.Linear(2, 3, bias=False)
            self.up.weight = torch.nn.Parameter(torch.zeros(3, 2))
            self.down.weight = torch.nn.Parameter(torch.zeros(2, 3))
            self.first = self.second = torch.nn.Linear(3, 3, bias=False)

        def forward(self, x):
            return self.second(self.first(x))

    module = Tied().double()
    with torch.no_grad():
        module.first.weight.copy_(torch.eye(3))
    for parameter in (module.down.weight, module.up.weight):
        parameter.requires_grad_(False)
    x = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    setting = changed(inverse_temperature=1e2, draws=600)
    table = estimate_module(module, torch.nn.functional.mse_loss, (x, x), setting)
    assert table["llc"] == pytest.approx(9 / 2, rel=0.1)  # W² = 1 is regular at W = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": ()}, "number of samples must be given"),
        ({"data": (torch.ones(3), torch.ones(4))}, r"differ in their number of samples: \[3, 4\]"),
        ({"data": (torch.ones(3),), "batch_size": 2}, "mini-batches need data, and sgld"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments, message):
    def loss(w, *data):
        return (w**2).sum()

    with pytest.raises(ValueError, match=message):
        estimate_function(loss, torch.zeros(2), setting=SETTING, **arguments)


@pytest.mark.slow
def test_the_example_of_the_documentation():
    """λ of the module: between that of the used unit alone and half of all its parameters."""
    estimates = runpy.run_path(str(ROOT / "docs" / "llc_example.py"))["main"]()
    assert estimates["quadratic"]["llc"] == pytest.approx(5.0 * 80.5 / 83.5, rel=0.1)
    assert estimates["quadratic"]["status"] == "ok"
    assert 2 < estimates["module"]["llc"] < 6.5
    assert estimates["module"]["status"] == "ok", estimates["module"]["reason"]
