"""Chains of the kernels, in numba's simulator, against those of the CPU engine: the same bits."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from lgi.cuda import THREADS
from lgi.engines import on
from lgi.llc import samplers, samplers_cpu, samplers_cuda
from lgi.llc.coordinates import whitened
from lgi.llc.estimate import traces
from lgi.llc.keys import chain_keys
from lgi.llc.known import losses_cpu
from lgi.llc.known.problems import problems
from lgi.llc.minimum import hessian
from lgi.llc.problem import Problem
from lgi.regression.llc import squared_error
from lgi.superposition.limit.loss import energy, negative_log_likelihood
from lgi.superposition.llc.loss import loss_and_gradient as toy_model
from tests.configurations import checked

SAMPLERS = {
    "sgld": ("sgld", {"step_size": 1e-3}),
    "rmsprop_sgld": ("rmsprop_sgld", {"step_size": 1e-3, "decay": 0.9, "stability": 0.1}),
    "mala": ("hmc", {"step_size": 5e-3, "leapfrog_steps": 1}),
    "hmc": ("hmc", {"step_size": 3e-3, "leapfrog_steps": [3, 1]}),
    "adapted hmc": ("hmc", {"step_size": 5e-3, "leapfrog_steps": 2, "target_acceptance": 0.65}),
}
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS)
LENGTH = {"draws": 12, "burn_in": 6, "thin": 3}


def toy_models(models, hidden=2, features=6):
    random = np.random.default_rng(5)
    patterns = (np.arange(2**features)[:, None] >> np.arange(features) & 1).astype(float)[::3]
    shares = random.dirichlet(np.ones(len(patterns)), models).T
    shares[1::4, ::2] = 0.0
    size = (hidden + 1) * features
    parameters = random.normal(size=(size, models)) * 0.7
    return posed(toy_model, parameters, shared=(patterns,), per_model=(shares,))


def regressions(models):
    random = np.random.default_rng(6)
    x, y = random.normal(size=(models, 9, 4)), random.normal(size=(models, 9))
    moments = (
        np.einsum("msp,msq->pqm", x, x),
        np.einsum("ms,msp->pm", y, x),
        np.einsum("ms,ms->m", y, y),
    )
    return posed(squared_error, random.normal(size=(4, models)), per_model=moments)


def crossings(models):
    parameters = np.random.default_rng(7).normal(size=(2, models))
    return posed(losses_cpu.crossing, parameters, shared=(np.array([1, 2]),))


def known(index, models=2):
    """Return the problem of this index among the known answers, off its minimum."""
    one = problems()[index]
    noise = np.random.default_rng(8).normal(size=(len(one.parameters), models))
    loss = getattr(losses_cpu, one.loss)
    return posed(loss, one.parameters[:, None] + 0.1 * noise, shared=one.data)


def posed(loss, parameters, **data):
    streams = [(seed, "test") for seed in range(parameters.shape[1])]
    return Problem(loss, np.ascontiguousarray(parameters), 10, streams, **data)


def both(sampler, problem, chains=1, localisation=2.0, **options):
    """Return what both engines leave, after a look that they leave the same."""
    name, own = SAMPLERS[sampler]
    asked = {"n_beta": 20.0 + np.arange(len(problem.streams)), "localisation": localisation}
    keys = chain_keys(problem.streams, chains)
    engines = (samplers_cpu.run, samplers_cuda.run)
    cpu, cuda = (
        run(name, problem, chains, keys, **asked, **LENGTH | own | options) for run in engines
    )
    for field in fields(cpu):
        found, expected = getattr(cuda, field.name), getattr(cpu, field.name)
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected, err_msg=field.name)
    return cpu


@every_sampler
@pytest.mark.parametrize("make", [toy_models, regressions, crossings])
def test_chains_have_the_bits_of_the_cpu(sampler, make):
    chains = both(sampler, make(models=3), chains=2)
    assert np.isfinite(chains.loss).all()
    assert 0 < chains.acceptance.mean() <= 1


# One of each: quadratic, crossing, reduced rank, deep linear, k-gon and rotation.
@pytest.mark.parametrize("index", [1, 8, 13, 22, 27, 29])
@pytest.mark.parametrize("sampler", ["sgld", "adapted hmc"])
def test_every_known_loss_has_the_bits_of_the_cpu(index, sampler):
    both(sampler, known(index))


@pytest.mark.parametrize("make", [toy_models, regressions, crossings, lambda models: known(27)])
def test_chains_in_whitened_coordinates_have_the_bits_of_the_cpu(make):
    problem = make(models=2)
    frame = whitened(problem, hessian(problem), 20.0, 2.0)
    both("adapted hmc", frame.problem, 2, 2.0 * frame.problem.localisation_weights)


@pytest.mark.parametrize(("hidden", "features"), [(2, 5), (1, 3), (3, 4)])
def test_toy_models_of_other_sizes_have_the_bits_of_the_cpu(hidden, features):
    both("hmc", toy_models(2, hidden, features))


@pytest.mark.parametrize(
    ("loss", "data"),
    [(negative_log_likelihood, np.array([0.02])), (energy, np.array([100.0, 1.5]))],
)
def test_the_losses_of_the_limit_have_the_bits_of_the_cpu(loss, data):
    both("hmc", posed(loss, known(27).parameters, shared=(data,)), localisation=0.0)


@every_sampler
def test_kernels_equal_the_definition(sampler):
    """As closely as the CPU engine does; see `test_samplers`."""
    curvature, start = np.array([0.3, 1.0, 3.0]), np.random.default_rng(0).normal(size=(3, 4))
    problem, (name, own) = (
        posed(losses_cpu.quadratic, start, shared=(curvature,)),
        SAMPLERS[sampler],
    )
    keys, options = chain_keys(problem.streams, 1), {"localisation": 2.0} | LENGTH | own
    found = samplers_cuda.run(name, problem, 1, keys, n_beta=np.full(4, 40.0), **options)
    h = torch.tensor(curvature)
    defined = getattr(samplers, name)(
        lambda w: (0.5 * h * w**2).sum(1),
        torch.tensor(start.T.copy()),
        torch.tensor(keys.astype(np.int64)),
        n_beta=40.0,
        **options,
    )
    np.testing.assert_allclose(found.loss, defined.loss.numpy(), rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(found.last, defined.last.numpy().T, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.acceptance, defined.acceptance.numpy(), rtol=1e-8)


def test_an_estimate_is_the_same_on_the_card():
    problem, setting = toy_models(2), checked({}).superposition.llc.settings["fine"]
    short = setting.model_copy(update={"draws": 12, "burn_in": 4, "chains": 2})
    found = []
    for device in ("cpu", "cuda"):
        with on(device):
            found.append(traces(problem, short, hessian(problem)))
    for column, values in vars(found[0]).items():
        np.testing.assert_array_equal(getattr(found[1], column), values, err_msg=column)


def test_a_localisation_of_each_parameter_and_copies_have_the_bits_of_the_cpu():
    problem = toy_models(2)
    both("hmc", problem, localisation=np.linspace(0, 3, 18))
    both("hmc", problem, localisation=np.linspace(0, 3, 36).reshape(18, 2))
    both("sgld", problem, copies=np.repeat([2.0, 1.0], [12, 6]))


@pytest.mark.parametrize(("models", "chains"), [(1, 1), (1, 3), (THREADS, 1), (23, 3)])
def test_chains_of_any_number_have_the_bits_of_the_cpu(models, chains):
    both("mala", crossings(models), chains)


@pytest.mark.parametrize("sampler", ["sgld", "rmsprop_sgld", "adapted hmc"])
def test_a_chain_that_diverges_does_so_on_both(sampler):
    chains = both(sampler, crossings(3), step_size=1e6, draws=24)
    stays = np.isfinite(chains.loss).all()
    assert stays == (sampler != "sgld")  # the others reject what left, or take smaller steps


def test_models_that_are_not_finite_stay_so_on_both():
    problem = crossings(3)
    problem.parameters[0, 1], problem.parameters[1, 2] = np.nan, np.inf
    chains = both("hmc", problem, chains=2)
    assert np.isfinite(chains.loss).all(axis=0).tolist() == [True, True, False, False, False, False]


@every_sampler
def test_chains_do_not_depend_on_what_runs_beside_them(sampler):
    problem, (name, own) = toy_models(5), SAMPLERS[sampler]
    few = problem.of(np.array([3, 1]))
    all_of_them, some = (
        samplers_cuda.run(
            name,
            part,
            2,
            chain_keys(part.streams, 2),
            n_beta=np.full(len(part.streams), 30.0),
            localisation=1.0,
            **LENGTH | own,
        )
        for part in (problem, few)
    )
    np.testing.assert_array_equal(some.loss, all_of_them.loss[:, [6, 7, 2, 3]])
    np.testing.assert_array_equal(some.last, all_of_them.last[:, [6, 7, 2, 3]])


def test_too_little_memory_splits_the_models(monkeypatch):
    launched, launch = [], samplers_cuda._launch

    def small(sampler, problem, *arguments, **options):
        launched.append(len(problem.streams))
        if len(problem.streams) > 2:
            raise RuntimeError("CUDA_ERROR_OUT_OF_MEMORY")
        launch(sampler, problem, *arguments, **options)

    monkeypatch.setattr(samplers_cuda, "_launch", small)
    both("hmc", crossings(5), chains=2, localisation=np.linspace(1, 2, 10).reshape(2, 5))
    assert launched == [5, 2, 3, 1, 2]


def test_a_loss_that_no_kernel_can_call_runs_on_the_cpu(capsys):
    def plain(parameters, gradient, loss):
        gradient[:] = parameters
        loss[:] = 0.5 * (parameters**2).sum(axis=0)

    both("hmc", posed(plain, np.ones((3, 2))))
    assert "plain is no LaneLoss: its chains run on the CPU" in capsys.readouterr().err


def test_a_model_too_large_for_a_thread_runs_on_the_cpu(capsys):
    size = samplers_cuda.LARGEST + 1
    both("hmc", posed(losses_cpu.quadratic, np.ones((size, 2)), shared=(np.ones(size),)))
    assert f"{size} values of a chain are more than" in capsys.readouterr().err
