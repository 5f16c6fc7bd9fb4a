"""Whitened coordinates: the same posterior, walked in fewer steps."""

import numpy as np
import pytest

from lgi.llc.coordinates import whitened
from lgi.llc.diagnostics import ess_bulk
from lgi.llc.estimate import estimate, traces
from lgi.llc.known import losses_cpu
from lgi.llc.known.theory import crossing_mean, gaussian_mean
from lgi.llc.minimum import hessian, loss_and_gradient
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings

N_BETA = 1_000 / np.log(1_000)
SETTING = {
    "sampler": {
        "kind": "hmc",
        "step_size": 0.5,
        "leapfrog_steps": [2, 4, 8],
        "target_acceptance": 0.8,
    },
    "chains": 4,
    "draws": 1_500,
    "burn_in": 300,
    "localisation": 10.0,
    "inverse_temperature": "1/log n",
    "coordinates": "whitened",
    "thresholds": {
        "share_below": 0.1,
        "gradient_norm": 1e-6,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
}


def rotated(parameters, curvature, gradient, loss):
    """L = ½ (w - c)ᵀ H (w - c) with c = (1, 2, ...), a Hessian [P, P] for every lane."""
    centre = 1.0 + np.arange(len(parameters))[:, None]
    shift = parameters - centre
    gradient[:] = np.einsum("pqm,qm->pm", curvature, shift)
    loss[:] = 0.5 * np.sum(gradient * shift, axis=0)


def rotated_problem(models=60):
    """Return Hessians of one spectrum over four powers of ten, each turned at random."""
    spectrum, random = np.array([0.003, 0.1, 3.0, 30.0]), np.random.default_rng(0)
    turns = [np.linalg.qr(random.normal(size=(4, 4)))[0] for _ in range(models)]
    curvature = np.stack([turn @ np.diag(spectrum) @ turn.T for turn in turns], axis=2)
    start = np.repeat(1.0 + np.arange(4)[:, None], models, axis=1)
    streams = [(model, "whitened") for model in range(models)]
    return spectrum, Problem(rotated, start, samples=1_000, streams=streams, per_model=(curvature,))


def crossing_problem(exponents, models=256):
    return Problem(
        losses_cpu.crossing,
        np.zeros((2, models)),
        samples=1_000,
        streams=[(model, "whitened") for model in range(models)],
        shared=(np.array(exponents),),
        likelihood_factor=50.0,
    )


def test_a_quadratic_is_the_same():
    spectrum, problem = rotated_problem()
    found = estimate(problem, EstimateSettings(**SETTING), hessian(problem))
    exact = gaussian_mean(spectrum, N_BETA, 10.0)
    # 60 × 4,800 draws, a standard error of 0.3 %.
    assert found["llc"].mean() == pytest.approx(exact, rel=0.015)
    # E|w - w*|² is Σ 1 / (nβ h + γ), that of w and not of u.
    square = np.sum(1 / (N_BETA * spectrum + 10.0))
    assert np.mean(found["distance"] ** 2) == pytest.approx(square, rel=0.02)
    assert np.mean(found["free"]) == pytest.approx(10.0 * square / 4, rel=0.02)
    assert set(found["status"]) == {"ok"}


@pytest.mark.parametrize("exponents", [(1, 1), (2, 1)])
def test_a_crossing_is_the_same(exponents):
    problem = crossing_problem(exponents)
    exact = crossing_mean(exponents, 50 * N_BETA, 10.0)
    plain = {"coordinates": "parameters", "sampler": SETTING["sampler"] | {"step_size": 0.001}}
    for changes in ({}, plain):
        chosen = EstimateSettings(**(SETTING | changes))
        found = estimate(problem, chosen, hessian(problem))
        # The standard error is 1 % in w and less in whitened coordinates.
        assert found["llc"].mean() == pytest.approx(exact, rel=0.05)


def test_a_round_posterior_is_crossed_in_fewer_draws():
    """The step that the stiffest direction allows is small beside the softest, 1/√γ wide."""
    _, problem = rotated_problem(8)
    found = []
    for changes in ({}, {"coordinates": "parameters"}):
        pull = traces(problem, EstimateSettings(**(SETTING | changes)), hessian(problem)).pull
        found.append(ess_bulk(pull[:, :, 300:]).mean())
    assert found[0] > 3 * found[1]


def test_parameters_undo_the_frame():
    _, problem = rotated_problem(5)
    curvature = hessian(problem)
    frame = whitened(problem, curvature, N_BETA, 10.0)
    u = np.random.default_rng(1).normal(size=(4, 5))
    w = frame.parameters(u)
    # Loss and gradient by u are those at w: ∂L/∂u = axesᵀ ∇L.
    loss, slope = loss_and_gradient(frame.problem, u)
    expected, gradient = loss_and_gradient(problem, w)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    np.testing.assert_allclose(slope, np.einsum("pqm,pm->qm", frame.axes, gradient), rtol=1e-9)
    # γ |w - w*|² is Σ γ s_i² u_i².
    pull = 10.0 * np.sum((w - problem.parameters) ** 2, axis=0)
    weights = 10.0 * frame.problem.localisation_weights
    np.testing.assert_allclose(np.sum(weights * u**2, axis=0), pull, rtol=1e-12)
    # nβ L + ½ γ |w - w*|² is ½ |u|²: standard normal.
    np.testing.assert_allclose(N_BETA * loss + pull / 2, np.sum(u**2, axis=0) / 2, rtol=1e-8)
    back = np.einsum("pqm,pm->qm", frame.axes, w - problem.parameters) / np.sum(
        frame.axes**2, axis=0
    )
    np.testing.assert_allclose(back, u, atol=1e-9)
    chains = np.stack([u, 0 * u], axis=2)
    np.testing.assert_allclose(frame.parameters(chains)[..., 0], w, rtol=1e-12)
    np.testing.assert_allclose(frame.parameters(chains)[..., 1], problem.parameters)


def test_last_and_lowest_draws_are_parameters():
    _, problem = rotated_problem(5)
    chosen = EstimateSettings(**(SETTING | {"draws": 20, "burn_in": 10}))
    kept = traces(problem, chosen, hessian(problem))
    for chain in range(4):
        losses, _ = loss_and_gradient(problem, kept.last[:, :, chain])
        np.testing.assert_allclose(losses, kept.loss[:, chain, -1], rtol=1e-9)
    assert (loss_and_gradient(problem, kept.lowest)[0] == 0).all()  # w* itself


def test_negative_curvature_is_held_by_localisation_alone():
    _, problem = rotated_problem(2)
    frame = whitened(problem, -hessian(problem), N_BETA, 10.0)
    np.testing.assert_allclose(frame.problem.localisation_weights, 0.1)


def test_a_model_without_a_finite_hessian_leaves_the_others_alone():
    _, problem = rotated_problem(2)
    curvature = hessian(problem)
    spoilt = curvature.copy()
    spoilt[1] = np.nan
    alone = whitened(problem, curvature, N_BETA, 10.0)
    found = whitened(problem, spoilt, N_BETA, 10.0)
    assert found.axes[..., 0].tobytes() == alone.axes[..., 0].tobytes()
    assert np.isfinite(found.axes).all()


@pytest.mark.parametrize(
    "changes", [{"localisation": 0.0}, {"sampler": {"kind": "sgld", "step_size": 0.1}}]
)
def test_they_need_an_exact_sampler_and_a_localisation(changes):
    with pytest.raises(ValueError, match="whitened coordinates need an exact sampler"):
        EstimateSettings(**(SETTING | changes))
