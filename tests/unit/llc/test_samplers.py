"""The samplers: the engine against the definition, and both against what is known exactly."""

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

from lgi.llc import samplers, samplers_cpu
from lgi.llc.keys import PROPOSAL, chain_keys
from lgi.llc.noise_cpu import noise_rows, standard_normals
from lgi.superposition.training.kernels import loss_and_gradient as toy_model


def quadratic(parameters, curvature, gradient, loss):
    """L = ½ Σ_p h_p w_p²."""
    gradient[:] = curvature[:, None] * parameters
    loss[:] = 0.5 * np.sum(gradient * parameters, axis=0)


def crossing(parameters, k, gradient, loss):
    """L = w₁^(2k₁) w₂^(2k₂)."""
    w, exponents = parameters, 2 * k[:, None]
    loss[:] = np.prod(w**exponents, axis=0)
    gradient[0] = exponents[0] * w[0] ** (exponents[0] - 1) * w[1] ** exponents[1]
    gradient[1] = exponents[1] * w[1] ** (exponents[1] - 1) * w[0] ** exponents[0]


def keys_of(lanes, chains=1):
    return chain_keys([(seed, "test") for seed in range(lanes // chains)], chains)


def toy_problem(lanes):
    """Return parameters, patterns and per-lane weights of random toy models, 6 features to 2."""
    random = np.random.default_rng(5)
    patterns = (np.arange(64)[:, None] >> np.arange(6) & 1).astype(float)
    weights = random.dirichlet(np.ones(64), lanes).T
    return random.normal(size=(18, lanes)) * 0.7, patterns, np.ascontiguousarray(weights)


def toy_loss(patterns, weights):
    """Return the toy models' loss for autograd: parameters [chains, 18] to losses [chains]."""
    x, share = torch.tensor(patterns), torch.tensor(weights.T)

    def loss(parameters):
        W, b = parameters[:, :12].reshape(-1, 2, 6), parameters[:, 12:]
        output = torch.relu(torch.einsum("kj,caj,cai->cki", x, W, W) + b[:, None])
        return torch.einsum("ck,cki->c", share, (output - x) ** 2) / 6

    return loss


SAMPLERS = {
    "sgld": ("sgld", {"step_size": 1e-3}),
    "rmsprop_sgld": ("rmsprop_sgld", {"step_size": 1e-3, "decay": 0.9, "stability": 0.1}),
    "mala": ("hmc", {"step_size": 5e-3, "leapfrog_steps": 1}),
    "hmc": ("hmc", {"step_size": 3e-3, "leapfrog_steps": 3}),
    "adapted hmc": ("hmc", {"step_size": 5e-3, "leapfrog_steps": 2, "target_acceptance": 0.65}),
}
# Steps that answer to acceptance amplify rounding: 200 draws part the engines.
DRAWS = dict.fromkeys(SAMPLERS, 200) | {"adapted hmc": 30}
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS)


def engine(sampler, *problem, **options):
    name, own = SAMPLERS[sampler]
    return getattr(samplers_cpu, name)(*problem, **own | options)


def definition(sampler, loss, start, keys, **options):
    """Run the definition on the engine's layout."""
    name, own = SAMPLERS[sampler]
    return getattr(samplers, name)(
        loss,
        torch.tensor(start.T.copy()),
        torch.tensor(keys.astype(np.int64)),
        **own | options,
    )


def assert_same_chains(engine, defined):
    # Rounding differs in the last bit; the draws of these tests do not amplify it past this.
    np.testing.assert_allclose(engine.loss, defined.loss.numpy(), rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(engine.last, defined.last.numpy().T, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(engine.acceptance, defined.acceptance.numpy(), rtol=1e-8)
    np.testing.assert_allclose(engine.step_size, defined.step_size.numpy(), rtol=1e-8)


@every_sampler
def test_engine_equals_definition_on_toy_models(sampler):
    start, patterns, weights = toy_problem(lanes=20)
    options = {
        "n_beta": 145.0,
        "localisation": 1.0,
        "draws": DRAWS[sampler],
        "burn_in": 15,
        "thin": 5,
    }
    keys = keys_of(20)
    chains = engine(sampler, toy_model, start, (patterns, weights), keys, **options)
    assert_same_chains(
        chains, definition(sampler, toy_loss(patterns, weights), start, keys, **options)
    )
    assert 0.2 < chains.acceptance.mean() < 0.999  # else nothing was tested


@every_sampler
def test_engine_equals_definition_on_a_quadratic(sampler):
    curvature = np.array([0.3, 1.0, 3.0, 0.0, 7.0])
    start = np.random.default_rng(0).normal(size=(5, 6))
    options = {"n_beta": 40.0, "localisation": 2.0, "draws": DRAWS[sampler], "burn_in": 15}
    h = torch.tensor(curvature)
    assert_same_chains(
        engine(sampler, quadratic, start, (curvature,), keys_of(6), **options),
        definition(sampler, lambda w: (0.5 * h * w**2).sum(1), start, keys_of(6), **options),
    )


@every_sampler
def test_engine_equals_definition_with_a_localisation_for_each_parameter(sampler):
    curvature, localisation = np.array([0.3, 1.0, 3.0, 0.0, 7.0]), np.array([2.0, 9, 0.5, 30, 1.0])
    start = np.random.default_rng(0).normal(size=(5, 6))
    options = {"n_beta": 40.0, "draws": DRAWS[sampler], "burn_in": 15}
    h = torch.tensor(curvature)
    assert_same_chains(
        engine(
            sampler,
            quadratic,
            start,
            (curvature,),
            keys_of(6),
            localisation=localisation,
            **options,
        ),
        definition(
            sampler,
            lambda w: (0.5 * h * w**2).sum(1),
            start,
            keys_of(6),
            localisation=torch.tensor(localisation),
            **options,
        ),
    )


COPIES = np.array([2.0] * 12 + [1.0] * 6)


def test_engine_equals_definition_with_parameters_stored_twice():
    start, patterns, weights = toy_problem(lanes=20)
    options = {"n_beta": 52.6, "localisation": 1.0, "draws": 200, "burn_in": 15}
    keys = keys_of(20)
    twice = engine("sgld", toy_model, start, (patterns, weights), keys, copies=COPIES, **options)
    loss, copies = toy_loss(patterns, weights), torch.tensor(COPIES)
    assert_same_chains(twice, definition("sgld", loss, start, keys, copies=copies, **options))
    once = engine("sgld", toy_model, start, (patterns, weights), keys, **options)
    assert not np.array_equal(once.loss, twice.loss)


def test_no_copies_change_no_bit():
    start, patterns, weights = toy_problem(lanes=5)
    options = {"n_beta": 52.6, "localisation": 1.0, "draws": 20}
    problem = (toy_model, start, (patterns, weights), keys_of(5))
    plain = engine("sgld", *problem, **options)
    one = engine("sgld", *problem, copies=np.ones(18), **options)
    assert plain.loss.tobytes() == one.loss.tobytes()
    assert plain.last.tobytes() == one.last.tobytes()


def test_a_parameter_stored_twice_has_one_gradient_two_noises_and_two_pulls():
    """After one step from w* and after a second: by hand."""
    curvature, start, keys = np.array([0.7, 0.7]), np.array([[1.0], [1.0]]), keys_of(1)
    step, n_beta, gamma = 0.01, 40.0, 3.0
    options = {"n_beta": n_beta, "localisation": gamma, "copies": np.array([2.0, 1.0])}
    w = start.copy()
    for draw in range(2):
        noise = np.empty((noise_rows(2), 1))
        standard_normals(keys, draw, PROPOSAL, noise)
        for p, copies in enumerate((2, 1)):
            drift = n_beta * 0.7 * w[p] + copies * gamma * (w[p] - start[p])
            w[p] += np.sqrt(copies * step) * noise[p] - step / 2 * drift
    chains = samplers_cpu.sgld(
        quadratic, start, (curvature,), keys, step_size=step, draws=2, **options
    )
    np.testing.assert_allclose(chains.last, w, rtol=1e-12)


@every_sampler
def test_the_same_localisation_for_each_parameter_is_one_localisation(sampler):
    start, patterns, weights = toy_problem(lanes=5)
    problem = (toy_model, start, (patterns, weights), keys_of(5))
    options = {"n_beta": 145.0, "draws": 20, "burn_in": 10}
    one = engine(sampler, *problem, localisation=1.0, **options)
    each = engine(sampler, *problem, localisation=np.ones(18), **options)
    assert one.loss.tobytes() == each.loss.tobytes()
    assert one.last.tobytes() == each.last.tobytes()
    other = engine(sampler, *problem, localisation=np.linspace(1, 2, 18), **options)
    assert not np.array_equal(one.loss, other.loss)


@every_sampler
def test_there_is_a_localisation_for_each_parameter_or_one(sampler):
    start, patterns, weights = toy_problem(lanes=2)
    problem = (toy_model, start, (patterns, weights), keys_of(2))
    with pytest.raises(ValueError, match=r"\(17,\); allowed are a number, \[18\] or \[18, \d\]"):
        engine(sampler, *problem, localisation=np.ones(17), n_beta=1.0, draws=1)


def test_mala_is_a_langevin_step_with_a_test():
    """While a proposal is accepted the chain is that of SGLD; else it stays."""
    start, patterns, weights = toy_problem(lanes=64)
    options = {"n_beta": 145.0, "localisation": 1.0, "step_size": 5e-3, "draws": 1}
    problem = (toy_model, start, (patterns, weights), keys_of(64))
    langevin = samplers_cpu.sgld(*problem, **options)
    mala = samplers_cpu.hmc(*problem, **options, leapfrog_steps=1)
    np.testing.assert_allclose(mala.acceptance, langevin.acceptance, rtol=1e-9)
    stays = np.all(mala.last == start, axis=0)
    assert 5 < stays.sum() < 59
    np.testing.assert_allclose(mala.last[:, ~stays], langevin.last[:, ~stays], rtol=1e-12)


def test_adaptation_reaches_its_target_from_any_step():
    curvature = np.linspace(0.2, 2.0, 18)
    for step_size in (1e-6, 1e-2, 1e2):
        chains = samplers_cpu.hmc(
            quadratic,
            np.zeros((18, 50)),
            (curvature,),
            keys_of(50),
            n_beta=100.0,
            localisation=1.0,
            step_size=step_size,
            leapfrog_steps=2,
            target_acceptance=0.65,
            draws=600,
            burn_in=300,
        )
        # Averaged steps lie a little below the target's, on the safe side.
        assert 0.6 < chains.acceptance.mean() < 0.8


def test_a_huge_step_without_adaptation_moves_nothing():
    chains = samplers_cpu.hmc(
        quadratic,
        np.zeros((18, 5)),
        (np.ones(18),),
        keys_of(5),
        n_beta=100.0,
        localisation=1.0,
        step_size=100.0,
        leapfrog_steps=2,
        draws=50,
    )
    np.testing.assert_array_equal(chains.last, 0.0)
    assert chains.acceptance.max() < 1e-6


def test_thinning_keeps_every_so_manyth_draw():
    start, patterns, weights = toy_problem(lanes=3)
    problem = (toy_model, start, (patterns, weights), keys_of(3))
    options = {"n_beta": 145.0, "localisation": 1.0, "step_size": 1e-3, "draws": 30}
    every = samplers_cpu.sgld(*problem, **options)
    fifth = samplers_cpu.sgld(*problem, **options, thin=5)
    np.testing.assert_array_equal(fifth.loss, every.loss[4::5])


def test_first_steps_are_the_formula():
    """w ← w - (ε/2) (nβ ∇L + γ (w - w*)) + √ε z, written out once more."""
    curvature, step_size, n_beta, localisation = np.array([2.0]), 0.01, 30.0, 4.0
    start = np.array([[0.5]])
    noise = np.empty((noise_rows(1), 1))
    w, losses = 0.5, []
    for draw in range(3):
        standard_normals(keys_of(1), draw, PROPOSAL, noise)
        w += -step_size / 2 * (n_beta * 2 * w + localisation * (w - 0.5))
        w += step_size**0.5 * noise[0, 0]
        losses.append(w**2)
    chains = samplers_cpu.sgld(
        quadratic,
        start,
        (curvature,),
        keys_of(1),
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        draws=3,
    )
    np.testing.assert_allclose(chains.loss[:, 0], losses, rtol=1e-13)
    np.testing.assert_array_equal(start, [[0.5]])


def test_acceptance_is_that_of_metropolis_and_hastings():
    """min(1, p(w') q(w | w') / (p(w) q(w' | w))) from the two normal densities themselves."""
    curvature, step_size, n_beta, localisation = np.array([2.0, 5.0]), 0.06, 3.0, 1.0
    start = np.array([[0.5], [-1.0]])
    noise = np.empty((noise_rows(2), 1))
    standard_normals(keys_of(1), 0, PROPOSAL, noise)

    def energy(w):
        return n_beta * 0.5 * curvature @ w**2 + localisation / 2 * np.sum((w - start[:, 0]) ** 2)

    def mean(w):
        gradient = n_beta * curvature * w + localisation * (w - start[:, 0])
        return w - step_size / 2 * gradient

    before = start[:, 0]
    after = mean(before) + step_size**0.5 * noise[:2, 0]
    forth = np.sum((after - mean(before)) ** 2) / (2 * step_size)
    back = np.sum((before - mean(after)) ** 2) / (2 * step_size)
    expected = np.exp(energy(before) - energy(after) + forth - back)
    assert 0.1 < expected < 0.9  # else the test would not tell a wrong ratio
    chains = samplers_cpu.sgld(
        quadratic,
        start,
        (curvature,),
        keys_of(1),
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        draws=1,
    )
    np.testing.assert_allclose(chains.acceptance, [expected], rtol=1e-12)


@every_sampler
@pytest.mark.parametrize("lane", [0, 15, 16, 36])
def test_a_chain_has_the_same_bits_alone_and_among_others(sampler, lane):
    start, patterns, weights = toy_problem(lanes=37)
    options = {"n_beta": 100.0, "localisation": 1.0, "draws": 50, "burn_in": 20}
    keys = keys_of(37)
    together = engine(sampler, toy_model, start, (patterns, weights), keys, **options)
    one = (slice(None), slice(lane, lane + 1))
    alone = engine(
        sampler,
        toy_model,
        start[one].copy(),
        (patterns, weights[one].copy()),
        keys[one].copy(),
        **options,
    )
    assert alone.loss.tobytes() == together.loss[one].tobytes()
    assert alone.last.tobytes() == together.last[one].tobytes()
    assert alone.acceptance.tobytes() == together.acceptance[lane : lane + 1].tobytes()


@every_sampler
def test_a_chain_that_leaves_does_not_touch_its_neighbours(sampler):
    start, patterns, weights = toy_problem(lanes=20)
    options = {"n_beta": 100.0, "localisation": 1.0, "draws": 50, "burn_in": 20}
    sound = engine(sampler, toy_model, start, (patterns, weights), keys_of(20), **options)
    start[:, 3] = 1e200
    broken = engine(sampler, toy_model, start, (patterns, weights), keys_of(20), **options)
    others = np.arange(20) != 3
    assert not np.isfinite(broken.loss[-1, 3])
    np.testing.assert_array_equal(broken.loss[:, others], sound.loss[:, others])


@pytest.mark.parametrize("curvature", [[1.0], [0.2, 1.0], [0.1, 0.5, 1.0, 2.0, 3.0]])
def test_quadratic_with_its_known_step_bias(curvature):
    """E[nβ (L - L₀)] = ½ Σ 1 / (1 - ε nβ h / 4), which is d/2 but for the step."""
    h, n_beta, step_size = np.array(curvature), 100.0, 4e-3
    bias = 1 / (1 - step_size * n_beta * h / 4)
    chains = samplers_cpu.sgld(
        quadratic,
        np.zeros((h.size, 400)),
        (h,),
        keys_of(400),
        n_beta=n_beta,
        step_size=step_size,
        localisation=0.0,
        draws=4_000,
    )
    # Slowest direction: correlation time 2/(ε nβ h) = 50 steps, so 400 × 4,000 / 100 = 16,000
    # independent draws or more: a standard error below 1.1 %, tested at a fixed 3 %.
    estimate = n_beta * chains.loss[500:].mean()
    assert estimate == pytest.approx(np.sum(bias) / 2, rel=0.03)


def test_localisation_narrows_the_posterior():
    """E[nβ L] = ½ nβ h / (nβ h + γ), with the step's bias of the whole curvature."""
    h, n_beta, step_size, localisation = 1.0, 50.0, 2e-3, 150.0
    stiffness = n_beta * h + localisation
    chains = samplers_cpu.sgld(
        quadratic,
        np.zeros((1, 400)),
        (np.array([h]),),
        keys_of(400),
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        draws=2_000,
    )
    expected = 0.5 * n_beta * h / stiffness / (1 - step_size * stiffness / 4)
    # 400 × 1,900 / 10 independent draws: a standard error of 0.5 %.
    assert n_beta * chains.loss[100:].mean() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("k", [(1, 1), (1, 2)])
def test_normal_crossing_against_quadrature_of_the_same_posterior(k):
    n, localisation, step_size = 1_000, 20.0, 5e-4
    n_beta = n / np.log(n)

    def density(y, x):
        energy = n_beta * x ** (2 * k[0]) * y ** (2 * k[1]) + localisation / 2 * (x * x + y * y)
        return np.exp(-energy)

    def weighted(y, x):
        return n_beta * x ** (2 * k[0]) * y ** (2 * k[1]) * density(y, x)

    # A quadrant: both are even. Beyond 2 the localisation leaves exp(-40).
    expected = dblquad(weighted, 0, 2, 0, 2)[0] / dblquad(density, 0, 2, 0, 2)[0]
    chains = samplers_cpu.sgld(
        crossing,
        np.zeros((2, 400)),
        (np.array(k),),
        keys_of(400),
        n_beta=n_beta,
        step_size=step_size,
        localisation=localisation,
        draws=10_000,
    )
    # Correlation time about 2/(ε γ) = 200 steps: 400 × 9,000 / 400 independent draws, a standard
    # error near 2 % of a heavy-tailed L; the step's bias at curvature 60 is 1 %.
    assert n_beta * chains.loss[1_000:].mean() == pytest.approx(expected, rel=0.05)
