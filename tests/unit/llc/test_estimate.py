"""The estimate: known coefficients, what it averages, its error, and every status."""

import numpy as np
import pytest
from pydantic import ValidationError

from lgi.llc import samplers_cpu
from lgi.llc.estimate import (
    TIGHTER,
    estimate,
    stated_error,
    statuses,
    summary,
    tighter,
    traces,
)
from lgi.llc.keys import chain_keys
from lgi.llc.known import losses_cpu
from lgi.llc.known.theory import crossing_mean, gaussian_mean
from lgi.llc.minimum import MinimumSettings, hessian, polished
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings, Thresholds

SETTING = {
    "sampler": {"kind": "sgld", "step_size": 0.002},
    "chains": 4,
    "draws": 3_000,
    "burn_in": 500,
    "localisation": 1.0,
    "inverse_temperature": "1/log n",
    "thresholds": {
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.9,
        "rhat": 1.05,
        "ess": 100,
    },
}
HMC = {
    "sampler": {
        "kind": "hmc",
        "step_size": 0.002,
        "leapfrog_steps": 2,
        "target_acceptance": 0.65,
    },
    "thresholds": SETTING["thresholds"] | {"acceptance": 0.2},
}
RMSPROP = {"kind": "rmsprop_sgld", "step_size": 5e-3, "decay": 0.99, "stability": 1.0}
SGLD = SETTING["sampler"]
SAMPLES = 1_000
N_BETA = 1_000 / np.log(1_000)


def setting(**changes):
    return EstimateSettings(**(SETTING | changes))


def quadratic(parameters, curvature, gradient, loss):
    """L = ½ Σ_p h_p w_p², with a curvature for every lane."""
    gradient[:] = curvature * parameters
    loss[:] = 0.5 * np.sum(gradient * parameters, axis=0)


def slope(parameters, steepness, gradient, loss):
    """L = Σ_p a_p w_p, which has no minimum."""
    gradient[:] = steepness
    loss[:] = np.sum(steepness * parameters, axis=0)


def estimate_of(function, data, start=None, streams=None, localisation_weights=None, **changes):
    """Estimate models with per-model data [P, models], at w* = 0 unless told."""
    start = np.zeros(data.shape) if start is None else start
    problem = Problem(
        function,
        start,
        samples=SAMPLES,
        streams=streams or [(seed, "test") for seed in range(data.shape[1])],
        per_model=(data,),
        localisation_weights=localisation_weights,
    )
    return estimate(problem, setting(**changes))


def localised_value(curvature, step_size=0.002, localisation=1.0):
    """Return E[nβ (L - L₀)] of a quadratic: ½ Σ a / (a + γ) / (1 - ε (a + γ) / 4), a = nβ h."""
    stiffness = N_BETA * curvature + localisation
    return np.sum(N_BETA * curvature / stiffness / (1 - step_size * stiffness / 4), axis=0) / 2


@pytest.mark.parametrize("dimensions", [1, 4, 18])
def test_quadratic_is_half_the_dimension(dimensions):
    curvature = np.full((dimensions, 50), 0.7)
    table = estimate_of(quadratic, curvature)
    assert set(table["status"]) == {"ok"}
    # Mean of fifty: 50 × 4 × 2,500 / 20 draws, a standard error below 1 % of d/2.
    assert table["llc"].mean() == pytest.approx(localised_value(curvature)[0], rel=0.03)
    # Localisation takes 1 %, the step gives 5 % at this curvature.
    assert table["llc"].mean() == pytest.approx(dimensions / 2, rel=0.08)


@pytest.mark.parametrize("dimensions", [1, 4, 18])
def test_hmc_has_no_bias_of_the_step(dimensions):
    curvature = np.full((dimensions, 50), 0.7)
    table = estimate_of(quadratic, curvature, **HMC)
    assert set(table["status"]) == {"ok"}
    # As SGLD above, with an effective sample of 1,000 or more per model.
    expected = localised_value(curvature, step_size=0)[0]
    assert table["llc"].mean() == pytest.approx(expected, rel=0.02)


def test_stretched_coordinates_give_the_estimate_of_the_plain_ones():
    """w = a z: with the curvature a² h and the weights a² of γ the posterior is the same."""
    curvature, stretch = np.array([0.02, 0.5, 4.0, 1e3]), np.array([5.0, 1.0, 0.3, 0.02])
    expected = localised_value(curvature, step_size=0, localisation=20.0)
    stretched = np.repeat((curvature * stretch**2)[:, None], 60, axis=1)
    table = estimate_of(
        quadratic, stretched, **HMC, localisation=20.0, localisation_weights=stretch**2
    )
    # 60 × 4 × 2,500 draws that hardly correlate: a standard error below 0.3 %.
    assert table["llc"].mean() == pytest.approx(expected, rel=0.01)
    assert set(table["status"]) == {"ok"}
    plain = estimate_of(quadratic, stretched, **HMC, localisation=20.0)
    assert abs(plain["llc"].mean() / expected - 1) > 0.05  # else the weights would not matter


def test_traces_keep_where_the_chains_end():
    setting_ = setting(**HMC, draws=20, burn_in=10)
    data, chains = np.full((3, 150), 0.7), setting_.chains
    problem = Problem(
        quadratic,
        np.zeros((3, 150)),
        samples=SAMPLES,
        streams=[(seed, "test") for seed in range(150)],
        per_model=(data,),
    )
    kept = traces(problem, setting_)
    assert kept.last.shape == (3, 150, chains)
    # HMC's last draw is the state whose loss was kept last, in every batch of models.
    np.testing.assert_allclose(0.35 * np.sum(kept.last**2, axis=0), kept.loss[:, :, -1], rtol=1e-12)


def test_rmsprop_evens_out_curvatures():
    """At a step of plain SGLD that is far too small for the flat directions."""
    curvature = np.repeat([[1.0], [1e-2]], 40, axis=1)
    table = estimate_of(quadratic, curvature, sampler=RMSPROP, localisation=0.0)
    assert table["llc"].mean() == pytest.approx(1.0, rel=0.1)


def test_standard_error_is_the_spread_of_repeated_estimates():
    table = estimate_of(quadratic, np.full((2, 400), 0.7))
    assert np.mean(table["llc_se"]) == pytest.approx(np.std(table["llc"], ddof=1), rel=0.15)


def test_a_single_draw_is_averaged_as_defined():
    """Burn-in is left out, nβ comes from n, L(w*) is subtracted."""
    curvature, start = np.full((2, 1), 0.7), np.full((2, 1), 0.1)
    table = estimate_of(quadratic, curvature, start, chains=2, draws=10, burn_in=6)
    chains = samplers_cpu.sgld(
        quadratic,
        np.full((2, 2), 0.1),
        (np.full((2, 2), 0.7),),
        chain_keys([(0, "test")], 2),
        n_beta=N_BETA,
        step_size=0.002,
        localisation=1.0,
        draws=10,
    )
    kept = chains.loss[6:]
    loss_at_w = 0.5 * 0.7 * 2 * 0.1**2
    np.testing.assert_allclose(table["loss_at_w"], [loss_at_w])
    np.testing.assert_allclose(table["mean_loss"], [kept.mean()])
    np.testing.assert_allclose(table["llc"], [N_BETA * (kept.mean() - loss_at_w)])
    np.testing.assert_allclose(table["share_below"], [np.mean(kept < loss_at_w)])
    np.testing.assert_allclose(table["gradient_norm"], [0.7 * 0.1 * np.sqrt(2)])


def test_a_model_does_not_depend_on_the_others():
    """Bytes, over more models than are computed at once."""
    models = 300
    curvature = np.random.default_rng(0).uniform(0.1, 1.0, (3, models))
    together = estimate_of(quadratic, curvature, draws=40, burn_in=10)
    for model in (0, 127, 128, models - 1):
        alone = estimate_of(
            quadratic,
            curvature[:, model : model + 1],
            streams=[(model, "test")],
            draws=40,
            burn_in=10,
        )
        for name, values in alone.items():
            # Text as text: its width in memory is that of the longest of the batch.
            one = together[name][model : model + 1].astype(values.dtype)
            assert values.tobytes() == one.tobytes(), name


def test_same_estimate_twice():
    first, second = (
        estimate_of(quadratic, np.ones((2, 3)), draws=40, burn_in=10) for _ in range(2)
    )
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes()


def test_a_slope_is_not_a_minimum():
    table = estimate_of(slope, np.full((2, 5), 0.5))
    assert (table["llc"] < 0).all()
    assert set(table["status"]) == {"not a minimum"}


def test_a_large_step_is_biased():
    table = estimate_of(quadratic, np.full((4, 5), 1.0), sampler=SGLD | {"step_size": 0.015})
    assert set(table["status"]) == {"biased step"}
    assert (table["llc"] > 2 * 1.5).all()


def test_a_step_at_which_all_is_rejected_is_named():
    fixed = HMC | {"sampler": {"kind": "hmc", "step_size": 1e4, "leapfrog_steps": 2}}
    table = estimate_of(quadratic, np.full((4, 5), 1.0), **fixed, draws=200, burn_in=50)
    assert set(table["status"]) == {"not converged"}
    for reason in table["reason"]:
        assert "acceptance 0 below 0.2" in reason
        assert "rhat nan above 1.05" in reason


def test_a_gradient_that_is_not_small_is_named():
    start = np.full((2, 3), 0.05)
    table = estimate_of(quadratic, np.full((2, 3), 0.7), start)
    assert set(table["status"]) == {"not a minimum"}
    assert all("gradient_norm 0.0495 above 0.01" in reason for reason in table["reason"])


def test_reasons_name_every_broken_bound_and_its_figure():
    table = {name: np.array([value, value]) for name, value in GOOD.items()}
    table["rhat"][1], table["ess"][1], table["llc"][1] = 1.2, 40, -0.3
    status, reason = statuses(table, Thresholds(**SETTING["thresholds"]), exact=False)
    assert status.tolist() == ["ok", "not a minimum"]
    assert reason.tolist() == ["", "llc -0.3 below -0.1; rhat 1.2 above 1.05; ess 40 below 100"]


def test_low_acceptance_of_an_exact_sampler_is_no_bias():
    table = {name: np.array([value]) for name, value in (GOOD | {"acceptance": 0.1}).items()}
    status, _ = statuses(table, Thresholds(**SETTING["thresholds"]), exact=True)
    assert status.tolist() == ["not converged"]


def test_a_short_chain_is_not_converged():
    table = estimate_of(
        quadratic, np.full((4, 5), 0.7), sampler=SGLD | {"step_size": 1e-5}, draws=300, burn_in=50
    )
    assert set(table["status"]) == {"not converged"}


def test_a_chain_that_leaves_is_no_coefficient():
    """The step is beyond 4 / curvature for the second model: each step doubles its distance."""
    curvature = np.array([[0.7, 100.0, 0.7]])
    with np.errstate(over="ignore", invalid="ignore"):
        table = estimate_of(quadratic, curvature)
    assert table["status"].tolist() == ["ok", "diverged", "ok"]
    for name in ("llc", "llc_se", "mean_loss", "share_below", "rhat", "ess"):
        assert np.isnan(table[name]).tolist() == [False, True, False]


def test_a_model_that_is_nan_is_diverged():
    table = estimate_of(quadratic, np.ones((2, 2)), start=np.array([[0.0, np.nan], [0.0, 0.0]]))
    assert table["status"].tolist() == ["ok", "diverged"]
    assert np.isnan(table["llc"]).tolist() == [False, True]


GOOD = {
    "llc": 2.0,
    "llc_se": 0.1,
    "mean_loss": 0.2,
    "share_below": 0.1,
    "gradient_norm": 0.01,
    "acceptance": 0.9,
    "rhat": 1.05,
    "ess": 100.0,
}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "ok"),
        ({"mean_loss": np.nan, "llc": np.nan}, "diverged"),
        ({"share_below": 0.11}, "not a minimum"),
        ({"gradient_norm": 0.011}, "not a minimum"),
        ({"llc": -0.11}, "not a minimum"),
        ({"llc": -0.09}, "ok"),
        ({"acceptance": 0.89}, "biased step"),
        ({"acceptance": np.nan}, "biased step"),
        ({"rhat": 1.051}, "not converged"),
        ({"rhat": np.nan}, "not converged"),
        ({"ess": 99.0}, "not converged"),
        ({"gradient_norm": 1.0, "acceptance": 0.1, "ess": 1.0}, "not a minimum"),
        ({"acceptance": 0.1, "ess": 1.0}, "biased step"),
    ],
)
def test_thresholds_decide(changes, status):
    table = {name: np.array([value]) for name, value in (GOOD | changes).items()}
    found, reason = statuses(table, Thresholds(**SETTING["thresholds"]), exact=False)
    assert found.tolist() == [status]
    assert (reason.tolist() == [""]) == (status == "ok")


LOCAL = {
    "moved": 0.1,
    "curvature": -1e-6,
    "fall": 3.0,
    "free": 0.8,
    "strayed": 0.25,
    "of_trivial": 1.0,
    "shift": 0.1,
}
"""Bounds of a minimum and of locality."""

WHITENED = HMC | {
    "sampler": {
        "kind": "hmc",
        "step_size": 0.5,
        "leapfrog_steps": [2, 4, 8],
        "target_acceptance": 0.8,
    },
    "coordinates": "whitened",
    "localisation": 10.0,
}
MINIMUM = MinimumSettings(steps=300, longest=0.1, tolerance=1e-9)


def bent(parameters, constants, gradient, loss):
    """L = a w_0⁴ + b w_0² + c w_0 + d + ½ h Σ_(p > 0) w_p², constants (a, b, c, d, h) [5, models].

    Wells, saddles and slopes by the constants.
    """
    a, b, c, d, h = constants
    gradient[:] = h * parameters
    gradient[0] = 4 * a * parameters[0] ** 3 + 2 * b * parameters[0] + c
    loss[:] = 0.5 * h * np.sum(parameters[1:] ** 2, axis=0)
    loss += a * parameters[0] ** 4 + b * parameters[0] ** 2 + c * parameters[0] + d


def shifted(parameters, curvature, gradient, loss):
    """L = ½ Σ_p h_p (w_p - 1)²."""
    quadratic(parameters - 1, curvature, gradient, loss)


def judged(function, start, data, bounds, about=None, samples=SAMPLES, shared=(), **changes):
    """Return the columns of models that are asked these bounds, of whitened HMC with γ = 10."""
    start = np.asarray(start, dtype=float)
    problem = Problem(
        function,
        start,
        samples=samples,
        streams=[(seed, "local") for seed in range(start.shape[1])],
        shared=shared,
        per_model=() if data is None else (np.asarray(data, dtype=float),),
    )
    thresholds = HMC["thresholds"] | {name: LOCAL[name] for name in bounds}
    chosen = setting(**(WHITENED | {"thresholds": thresholds} | changes))
    with np.errstate(over="ignore", invalid="ignore"):  # of trajectories while the step adapts
        kept = traces(problem, chosen, hessian(problem))
    return summary(kept, chosen, about or {})


def assert_refused(table, status, column):
    """One rule alone decides: no other bound is broken."""
    assert set(table["status"]) == {status}, table["reason"]
    assert all(reason.startswith(f"{column} ") for reason in table["reason"]), table["reason"]
    assert not any(";" in reason for reason in table["reason"]), table["reason"]


def test_a_good_minimum_breaks_no_rule_of_locality():
    models = 5
    about = {
        "moved": np.full(models, 0.01),
        "curvature": np.full(models, 0.7),
        "trivial_loss": np.full(models, 0.5 * 0.7 * 4),
    }
    curvature = np.full((4, models), 0.7)
    table = judged(shifted, np.ones((4, models)), curvature, LOCAL, about, localisation=1.0)
    assert set(table["status"]) == {"ok"}
    assert set(table["reason"]) == {""}


def test_a_flat_loss_is_free():
    """Nothing but γ holds the chains: E|w - w*|² is P/γ."""
    flat = np.full((4, 5), 1e-5)
    table = judged(shifted, np.ones((4, 5)), flat, {"free"})
    np.testing.assert_allclose(table["free"], 1, atol=0.1)
    assert_refused(table, "not local", "free")


def test_a_weak_well_strays_further_than_its_length():
    """w* is 0.1 long and its posterior is about as wide."""
    start = np.full((4, 5), 0.05)
    about = (5 * [0.05], 0.7)
    constants = np.array([0.0, 0.35, -0.7 * 0.05, 0.0, 0.7])[:, None].repeat(5, axis=1)
    start[1:] = 0.0
    start[0] = about[0]
    table = judged(bent, start, constants, {"strayed"})
    assert (table["strayed"] > 1).all()
    assert_refused(table, "not local", "strayed")
    # A w* of 0 has no length, so there the rule is silent.
    constants[2] = 0.0
    at_zero = judged(bent, np.zeros((4, 5)), constants, {"strayed"})
    assert set(at_zero["status"]) == {"ok"}
    assert set(at_zero["strayed"]) == {0.0}


def test_draws_above_the_trivial_model_are_not_local():
    curvature = np.full((4, 5), 0.7)
    about = {"trivial_loss": np.full(5, 0.5 * 4 / N_BETA * 0.9)}
    table = judged(shifted, np.ones((4, 5)), curvature, {"of_trivial"}, about)
    assert (table["of_trivial"] > 1).all()
    assert_refused(table, "not local", "of_trivial")


def test_nothing_is_worse_than_a_trivial_model_without_loss():
    about = {"trivial_loss": np.zeros(5)}
    table = judged(shifted, np.ones((4, 5)), np.full((4, 5), 0.7), {"of_trivial"}, about)
    assert set(table["status"]) == {"ok"}


def test_a_degenerate_valley_moves_with_the_localisation():
    """w_1⁴ w_2⁴: how far the chains go along the valley, and so λ̂, is what γ says."""
    table = judged(
        losses_cpu.crossing,
        np.zeros((2, 5)),
        None,
        {"shift"},
        shared=(np.array([2, 2]),),
        draws=12_000,
        burn_in=1_000,
    )
    assert (table["shift"] > 0.5).all()
    assert_refused(table, "not local", "shift")


def test_a_polished_minimum_beside_a_deeper_one_is_not_local():
    """A double well whose other side is 25 / nβ lower: chains go there and stay."""
    depth = 25 / N_BETA
    constants = np.array([0.6, -0.6, -depth / 2**0.5, 0.0, 1.0])[:, None].repeat(5, axis=1)
    start = np.full((3, 5), 0.05)
    start[0] = -0.7
    problem = Problem(
        bent,
        start,
        samples=SAMPLES,
        streams=[(seed, "wells") for seed in range(5)],
        per_model=(constants,),
    )
    found = polished(problem, MINIMUM)
    assert (found.problem.parameters[0] < -0.5).all()
    assert (np.linalg.eigvalsh(found.hessian) > 0.1).all()  # a minimum, yet
    chains = {"localisation": 1.0, "draws": 8_000, "burn_in": 4_000}
    table = judged(bent, found.problem.parameters, constants, {"fall"}, **chains)
    assert set(table["status"]) == {"not local"}
    assert (table["fall"] > 20).all()
    assert (table["share_below"] > 0.1).all()
    for column in ("fall", "share_below", "llc"):
        assert all(f"{column} " in reason for reason in table["reason"]), table["reason"]
    # Without a bound on the fall w* was not looked for, and is no minimum.
    table = judged(bent, found.problem.parameters, constants, set(), **chains)
    assert set(table["status"]) == {"not a minimum"}


def test_a_state_that_the_polish_moved_far_is_not_a_minimum():
    """It lay on a slope, and its w* is another model."""
    start, constants = np.full((2, 5), 3.0), np.zeros((5, 5))
    constants[1], constants[4] = 0.35, 0.7
    constants[2] = -0.7
    problem = Problem(
        bent,
        start,
        samples=SAMPLES,
        streams=[(seed, "slope") for seed in range(5)],
        per_model=(constants,),
    )
    found = polished(problem, MINIMUM)
    place = found.problem.parameters
    about = {"moved": found.moved / np.linalg.norm(place, axis=0)}
    table = judged(bent, place, constants, {"moved"}, about)
    assert_refused(table, "not a minimum", "moved")
    about = {"moved": polished(found.problem, MINIMUM).moved / np.linalg.norm(place, axis=0)}
    assert set(judged(bent, place, constants, {"moved"}, about)["status"]) == {"ok"}


def test_a_saddle_is_not_a_minimum():
    """Too shallow for the chains to see at this nβ; the Hessian's least eigenvalue does."""
    constants = np.array([0.01, -0.001, 0.0, 0.0, 0.7])[:, None].repeat(5, axis=1)
    problem = Problem(
        bent,
        np.zeros((3, 5)),
        samples=SAMPLES,
        streams=[(seed, "saddle") for seed in range(5)],
        per_model=(constants,),
    )
    about = {"curvature": np.linalg.eigvalsh(hessian(problem))[:, 0]}
    np.testing.assert_allclose(about["curvature"], -0.002, rtol=1e-6)
    # Half the draws lie a little below w*.
    loose = HMC["thresholds"] | {"share_below": 1.0}
    bound = loose | {"curvature": LOCAL["curvature"]}
    of_all = (bent, problem.parameters, constants, (), about)
    assert_refused(judged(*of_all, thresholds=bound), "not a minimum", "curvature")
    assert set(judged(*of_all, thresholds=loose)["status"]) == {"ok"}


@pytest.mark.parametrize("bound", ["free", "strayed", "shift"])
def test_without_localisation_nothing_says_that_a_chain_is_local(bound):
    free = {"localisation": 0.0, "coordinates": "parameters", "sampler": HMC["sampler"]}
    table = judged(shifted, np.ones((4, 5)), np.full((4, 5), 0.7), {bound}, **free)
    assert_refused(table, "not local", bound)
    assert np.isnan(table["llc_error"]).all()


def crossing_draws(exponents, localisation, repeats=200):
    """Return rise and pull of chains at a crossing, and nβ."""
    problem = Problem(
        losses_cpu.crossing,
        np.zeros((2, repeats)),
        samples=SAMPLES,
        streams=[(1000 + seed, "tighter", localisation) for seed in range(repeats)],
        shared=(np.array(exponents),),
    )
    chosen = setting(**(WHITENED | {"localisation": localisation}))
    kept = traces(problem, chosen, hessian(problem))
    return N_BETA * kept.loss[:, :, 500:], kept.pull[:, :, 500:]


@pytest.mark.parametrize("exponents", [(1, 0), (2, 0), (1, 1), (2, 1)])
def test_importance_weights_give_the_exact_shift_and_that_of_tighter_chains(exponents):
    rise, pull = crossing_draws(exponents, 10.0)
    shift, se = tighter(rise, pull)
    exact = crossing_mean(exponents, N_BETA, 10.0 * TIGHTER)
    exact -= crossing_mean(exponents, N_BETA, 10.0)
    # 200 × 10,000 draws.
    assert shift.mean() == pytest.approx(exact, rel=0.04)
    tight, _ = crossing_draws(exponents, 10.0 * TIGHTER)
    assert tight.mean() - rise.mean() == pytest.approx(shift.mean(), rel=0.05, abs=0.004)
    # Its error is the spread of repeated shifts, and less than that of two sets of chains.
    assert np.mean(se) == pytest.approx(shift.std(ddof=1), rel=0.2)
    apart = np.hypot(rise.mean(axis=(1, 2)).std(), tight.mean(axis=(1, 2)).std())
    assert np.mean(se) < apart


def test_shift_of_a_quadratic():
    curvature = np.full((3, 100), 0.05)
    table = estimate_of(quadratic, curvature, **HMC, localisation=10.0)
    ends = [gaussian_mean(curvature[:, 0], N_BETA, gamma) for gamma in (10.0, 10.0 * TIGHTER)]
    assert table["localisation_shift"].mean() == pytest.approx(ends[1] - ends[0], rel=0.05)


@pytest.mark.parametrize("n_beta", [10.0, 1e3, 1e5, 1e8])
def test_stated_error_covers_the_slowest_crossing_exactly(n_beta):
    """Of w_1² w_2² the error is read off its own exact means: it is the distance to ½."""
    mean = crossing_mean((1, 1), n_beta, 1.0)
    shift = crossing_mean((1, 1), n_beta, TIGHTER) - mean
    error = stated_error(np.zeros(1), np.array([shift]), np.zeros(1))
    # Where the fall is largest the table of means ends; finer ones are interpolated.
    assert error[0] == pytest.approx(0.5 - mean, rel=0.02)


@pytest.mark.parametrize("exponents", [(1, 0), (2, 0), (3, 0), (2, 1), (3, 1)])
@pytest.mark.parametrize("n_beta", [1e3, 1e5])
def test_stated_error_is_no_less_than_that_of_simpler_crossings(exponents, n_beta):
    truth = 0.5 / max(exponents)
    mean = crossing_mean(exponents, n_beta, 1.0)
    shift = crossing_mean(exponents, n_beta, TIGHTER) - mean
    error = stated_error(np.zeros(1), np.array([shift]), np.zeros(1))
    assert error[0] >= abs(truth - mean) * 0.999


def test_stated_error_has_both_parts():
    none = np.zeros(1)
    assert stated_error(np.array([0.1]), none, none)[0] == pytest.approx(0.2, abs=0.02)
    # A rise is an error too, of its own size.
    assert stated_error(none, np.array([0.7]), none)[0] == pytest.approx(0.7)
    # A shift that is not known might be as large as its error allows.
    assert stated_error(none, none, np.array([0.02]))[0] > stated_error(none, none, none)[0]


def test_each_model_needs_a_stream():
    with pytest.raises(ValueError, match="2 models need as many streams, not 1"):
        estimate_of(quadratic, np.ones((2, 2)), streams=[(0, "test")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chains": 0}, "greater than or equal to 2"),
        ({"draws": 500, "burn_in": 500}, r"burn_in \(500\) must leave 4 or more"),
        ({"sampler": SGLD | {"step_size": 0}}, "greater than 0"),
        ({"localisation": -1}, "greater than or equal to 0"),
        ({"sampler": SGLD | {"kind": "nuts"}}, "'sgld'"),
        ({"inverse_temperature": "n"}, "1/log n"),
        ({"inverse_temperature": "0/n"}, "1/log n"),
        ({"inverse_temperature": 0}, "greater than 0"),
        ({"thin": 7}, r"thin \(7\) must divide draws \(3000\) and burn_in \(500\)"),
        ({"thin": 1_000, "burn_in": 0}, r"must leave 4000 or more of the draws"),
        ({"sampler": SGLD | {"kind": "hmc"}}, r"hmc\.leapfrog_steps\n +Field required"),
        ({"sampler": SGLD | {"leapfrog_steps": 2}}, r"sgld\.leapfrog_steps\n +Extra inputs"),
        ({"sampler": SGLD | {"target_acceptance": 0.6}}, r"target_acceptance\n +Extra inputs"),
        (HMC | {"burn_in": 0}, "a step that adapts needs a burn_in"),
        ({"sampler": RMSPROP | {"decay": 1}}, "less than 1"),
        ({"sampler": SGLD | {"decay": 0.9}}, r"sgld\.decay\n +Extra inputs"),
        ({"temperature": 1}, "Extra inputs"),
        ({"thresholds": SETTING["thresholds"] | {"rhat": 1.0}}, "greater than 1"),
    ],
)
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        setting(**changes)


def test_inverse_temperature():
    assert setting().n_beta(1_000) == pytest.approx(144.76, abs=0.01)
    assert setting().n_beta(200) == pytest.approx(37.7, abs=0.05)
    assert setting(inverse_temperature="1e-1").n_beta(200) == pytest.approx(20.0)
    assert setting(inverse_temperature="20/n").n_beta(100) == 20.0
    assert setting(inverse_temperature="7.5/n").n_beta(3) == 7.5
    with pytest.raises(ValueError, match="2 or more samples, not 1"):
        setting().n_beta(1)
