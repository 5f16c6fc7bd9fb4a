"""Extreme eigenvalues of a module's Hessian, and bounds that chains alone cannot test."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from lgi.errors import ModelError
from lgi.llc.library import estimate_function, estimate_module, sample_module
from lgi.llc.library.curvature import curvatures
from lgi.llc.library.defaults import default_setting, langevin_setting


def hessian(module, loss, data):
    """Return the Hessian [P, P] by automatic differentiation."""
    names = [name for name, _ in module.named_parameters()]
    values = [value.detach() for value in module.parameters()]
    flat = torch.cat([value.flatten() for value in values])

    def at(w):
        parts = w.split([value.numel() for value in values])
        own = {n: part.reshape(v.shape) for n, part, v in zip(names, parts, values, strict=True)}
        return loss(torch.func.functional_call(module, own, data[0]), data[1])

    return torch.autograd.functional.hessian(at, flat)


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    return module, (torch.randn(70, 5, dtype=torch.float64), torch.arange(70) % 3)


def test_as_many_steps_as_parameters_are_exact(classifier):
    module, data = classifier
    exact = torch.linalg.eigvalsh(hessian(module, cross_entropy, data))
    found = curvatures(module, cross_entropy, data, steps=39, chunk=32)
    assert found.least == pytest.approx(float(exact[0]), rel=1e-8)
    assert found.largest == pytest.approx(float(exact[-1]), rel=1e-8)
    assert found.least < 0  # nothing was trained


def test_few_steps_are_inside_and_say_how_far(classifier):
    module, data = classifier
    exact = torch.linalg.eigvalsh(hessian(module, cross_entropy, data))
    found = curvatures(module, cross_entropy, data, steps=8)
    assert exact[0] <= found.least <= found.largest <= exact[-1]
    for value, residual in (
        (found.least, found.least_residual),
        (found.largest, found.largest_residual),
    ):
        assert (exact - value).abs().min() <= residual


def test_a_part_of_the_parameters(classifier):
    module, data = classifier
    exact = hessian(module, cross_entropy, data)[:20, :20]
    found = curvatures(module, cross_entropy, data, parameters="0.weight", steps=20)
    assert found.largest == pytest.approx(float(torch.linalg.eigvalsh(exact)[-1]), rel=1e-8)


def regression():
    module = nn.Linear(3, 1, bias=False).double()
    nn.init.ones_(module.weight)
    random = torch.Generator().manual_seed(1)
    x = torch.randn(300, 3, generator=random, dtype=torch.float64)
    return module, (x, module(x).detach())


@pytest.mark.slow
def test_sgld_by_the_stiffest_direction_is_unbiased_enough():
    module, data = regression()
    largest = curvatures(module, mse_loss, data).largest
    setting = langevin_setting(default_setting(module), largest, 300)
    table = estimate_module(module, mse_loss, data, setting)
    share = 300 / torch.log(torch.tensor(300.0)).item() * 2
    expected = 1.5 * share / (share + setting.localisation)  # curvature 2
    assert table["acceptance"] > 0.8
    assert table["llc"] == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(
    ("bound", "value", "asked"),
    [
        ("curvature", -1e-6, "curvature"),
        ("moved", 0.1, "moved"),
        ("of_trivial", 1.0, "trivial_loss"),
    ],
)
def test_a_bound_that_chains_cannot_test_is_refused_or_told(bound, value, asked):
    module, data = regression()
    setting = default_setting(module).model_copy(update={"draws": 40, "burn_in": 20})
    bounds = setting.thresholds.model_copy(update={bound: value})
    setting = setting.model_copy(update={"thresholds": bounds})
    message = f"{bound} cannot be tested by the draws alone: leave it null, or give .*'{asked}'"
    with pytest.raises(ModelError, match=message):
        estimate_module(module, lambda *_: pytest.fail("drawn"), data, setting)
    with pytest.raises(ModelError, match=message):
        estimate_function(lambda *_: pytest.fail("drawn"), torch.ones(2), (), setting)
    draws = sample_module(module, mse_loss, data, setting)
    with pytest.raises(ModelError, match=message):
        draws.columns()
    bad = {"curvature": -1.0, "moved": 2.0, "trivial_loss": 1e-9}[asked]
    assert bound in draws.columns({asked: bad})["reason"]


@pytest.mark.parametrize("steps", [0, 2.0, True])
def test_steps_that_are_none_are_refused(classifier, steps):
    module, data = classifier
    with pytest.raises(ModelError, match=r"steps: .* is no positive whole number"):
        curvatures(module, cross_entropy, data, steps=steps)


def test_the_default_is_local_by_construction():
    """P/γ, where chains go if nothing holds them, is a quarter of |w*|²."""
    module = nn.Linear(3, 2)
    setting = default_setting(module)
    square = sum(float((p.detach().double() ** 2).sum()) for p in module.parameters())
    assert 8 / setting.localisation == pytest.approx(square / 4, rel=1e-6)
    weight = default_setting(module, "weight").localisation
    assert 6 / weight == pytest.approx(float((module.weight.detach() ** 2).sum()) / 4, rel=1e-6)
    assert default_setting(torch.tensor([3.0, 4.0])).localisation == pytest.approx(2 * 4 / 25)
    assert default_setting(torch.zeros(3)).localisation == 10
    assert setting.misfit() is None


@pytest.mark.parametrize("curvature", [0.0, 2.0, 1e5])
def test_a_setting_of_sgld_is_one(curvature):
    setting = langevin_setting(default_setting(torch.ones(3)), curvature, 1_000)
    assert setting.misfit() is None
    assert setting.draws // setting.thin <= 1_000
    stiffness = setting.n_beta(1_000) * curvature + setting.localisation
    wider = 1 / (1 - setting.sampler.step_size * stiffness / 4)
    assert wider == pytest.approx(1.1)


def test_the_callers_mode_and_buffers_stay_as_they_are():
    torch.manual_seed(0)
    x, y = torch.randn(40, 3), torch.randn(40, 1)
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = curvatures(module, mse_loss, (x, y))
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    with torch.no_grad():
        assert curvatures(module, mse_loss, (x, y)) == found
    with pytest.raises(ModelError, match="chunk: 0 is no positive whole number"):
        curvatures(module, mse_loss, (x, y), chunk=0)


def test_a_sum_over_samples_is_refused_here_as_well():
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    module = nn.Linear(3, 1).double()
    with pytest.raises(ModelError, match="the loss sums over samples"):
        curvatures(module, nn.MSELoss(reduction="sum"), (x, x[:, :1]), chunk=20)
