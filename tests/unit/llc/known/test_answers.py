"""The table of known answers, its verdicts, and every sampler against exact finite-n means."""

from typing import get_args

import numpy as np
import pytest

from lgi.llc import estimate as llc
from lgi.llc.estimate import TIGHTER
from lgi.llc.known import answers
from lgi.llc.known.answers import COLUMNS, at_this_scale, estimates, known_answers, posed
from lgi.llc.known.problems import CROSSING, QUADRATIC, problems
from lgi.llc.known.settings import ProblemName
from lgi.llc.settings import EstimateSettings, GaussianLikelihood

PROBLEMS = {f"{p.name}, {p.shape}, {'singular' if p.singular else 'smooth'}": p for p in problems()}
EXACT = [p for p in PROBLEMS.values() if p.name in {QUADRATIC, CROSSING}]
UNIT = GaussianLikelihood(kind="gaussian", sigma=1.0)

DEFINED = {
    QUADRATIC: ("d = 4, h = 0.5 to 4", "sgld"),
    CROSSING: ("k = 1, 1", "hmc"),
    "reduced-rank regression": ("M, H, N, r = 1, 2, 4, 0", "hmc"),
    "rotation-symmetric minimum": ("18 parameters", "hmc"),
}
"""Some of the definition: other tests hold its losses and chains against the engine's."""


def plain(sampler, stiffness, chains=256, draws=4_000, localisation=1.0):
    """Return a setting in the coordinates of w, at a step for a stiffness nβ h + γ."""
    exact = sampler == "hmc"
    options = {"leapfrog_steps": 10} if exact else {}
    return EstimateSettings(
        sampler={"kind": sampler, "step_size": (0.5 if exact else 0.1) / stiffness} | options,
        chains=chains,
        draws=600 if exact else draws,
        burn_in=150 if exact else draws // 4,
        localisation=localisation,
        inverse_temperature="1/log n",
        thresholds={
            "share_below": 0.1,
            "gradient_norm": 0.01,
            "acceptance": 0.5 if exact else 0.9,
            "rhat": 1.05,
            "ess": 100,
        },
    )


def in_torch(known, chosen, likelihood, samples):
    """Return the estimate by the definition, in float64 on the CPU."""
    import torch

    from lgi.llc.known import losses
    from lgi.llc.library import estimate_function

    data = [torch.tensor(array) for array in known.data]
    factor = known.halves * likelihood.factor(1)
    return estimate_function(
        lambda parameters: factor * getattr(losses, known.loss)(parameters, *data),
        torch.tensor(known.parameters),
        (),
        chosen,
        samples=samples,
        stream=(0, "known", known.shape),
    )


@pytest.mark.parametrize("known", EXACT, ids=lambda p: f"{p.name}, {p.shape}")
@pytest.mark.parametrize("samples", [100, 1_000])
def test_the_drawn_setting_gives_the_exact_mean_at_its_scale(known, samples, drawn_setting):
    """Right or refused as a coefficient, its draws are those of the posterior."""
    repeats = 64 if known.name == QUADRATIC else 256
    found = estimates(known, drawn_setting, drawn_setting.likelihood, samples, repeats)
    factor = known.halves * drawn_setting.likelihood.factor(1)
    n_beta, localisation = drawn_setting.n_beta(samples) * factor, drawn_setting.localisation
    exact = at_this_scale(known, n_beta, localisation)
    # Standard errors below 0.5 %, and below 2 % or 0.001 of the crossings.
    allowed = {"rel": 0.02} if known.name == QUADRATIC else {"rel": 0.05, "abs": 0.002}
    assert found["llc"].mean() == pytest.approx(exact, **allowed)
    # The importance weights give the shift that chains at γ × 3 would.
    shift = at_this_scale(known, n_beta, TIGHTER * localisation) - exact
    assert found["localisation_shift"].mean() == pytest.approx(shift, rel=0.1, abs=0.004)


@pytest.mark.parametrize("sampler", ["sgld", "hmc"])
@pytest.mark.parametrize("exponents", ["k = 1, 0", "k = 2, 1", "k = 3, 1", "k = 1, 1"])
@pytest.mark.parametrize("samples", [100, 1_000])
def test_samplers_give_the_exact_mean_of_a_crossing(exponents, sampler, samples):
    known = PROBLEMS[
        f"{CROSSING}, {exponents}, {'smooth' if exponents == 'k = 1, 0' else 'singular'}"
    ]
    # With σ² = ½ the loss is as it stands.
    likelihood = GaussianLikelihood(kind="gaussian", sigma=0.5**0.5)
    n_beta = samples / np.log(samples)
    chosen = plain(sampler, 2 * n_beta + 1, draws=8_000 if samples == 100 else 16_000)
    problem = posed(known, likelihood, samples, 1)
    found = llc.estimate(problem, chosen)
    exact = at_this_scale(known, n_beta, 1.0)
    assert found["llc"].item() == pytest.approx(exact, rel=0.05)
    assert found["status"].item() == "ok"


def test_sgld_is_biased_by_its_step_and_hmc_is_not():
    """Of d equal curvatures SGLD gives d/2 / (1 - ε (nβ h + γ) / 4), here 2.6 % more."""
    known = PROBLEMS["quadratic, d = 18, h = 1, smooth"]
    stiffness = 10_000 / np.log(10_000) + 1
    errors = {
        sampler: llc.estimate(posed(known, UNIT, 10_000, 1), plain(sampler, stiffness))[
            "llc"
        ].item()
        / 9
        - 1
        for sampler in ("sgld", "hmc")
    }
    # The standard error is 0.2 %.
    assert errors["sgld"] == pytest.approx(0.0256, abs=0.006)
    assert errors["hmc"] == pytest.approx(0, abs=0.006)


@pytest.mark.parametrize("name", DEFINED)
def test_both_engines_give_the_same_estimate(name):
    shape, sampler = DEFINED[name]
    known = next(p for p in PROBLEMS.values() if (p.name, p.shape) == (name, shape))
    samples = 1_000
    stiffness = 6 * samples / np.log(samples) + 1
    chosen = plain(sampler, stiffness, chains=64, draws=2_000)
    problem = posed(known, UNIT, samples, 1)
    # The engine takes the definition's stream.
    problem.streams[0] = (0, "known", known.shape)
    engine = {key: value.item() for key, value in llc.estimate(problem, chosen).items()}
    defined = in_torch(known, chosen, UNIT, samples)
    # Rounding grows along chains of an anharmonic loss, and the means over 64 of them stay.
    assert engine["llc"] == pytest.approx(defined["llc"], rel=0.02)
    assert engine["status"] == defined["status"]


@pytest.fixture(scope="module")
def table(drawn_setting):
    names = [QUADRATIC, CROSSING, "k-gon"]
    return known_answers(names, drawn_setting, drawn_setting.likelihood, [1_000, 100], 4)


def test_table_has_a_row_for_each_problem_and_n(table):
    chosen = [p for p in PROBLEMS.values() if p.name in set(table["problem"])]
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * len(chosen)
    assert not table.duplicated(["problem", "shape", "singular", "n"]).any()
    assert table["truth"].tolist() == 2 * [p.truth for p in chosen]
    assert set(table["localisation"]) == {10.0}
    assert set(table["sigma"]) == {0.1}
    np.testing.assert_allclose(table["n_beta"], table["n"] / np.log(table["n"]))
    assert table["at_this_scale"].isna().tolist() == (table["problem"] == "k-gon").tolist()
    assert {p.name for p in PROBLEMS.values()} == set(get_args(ProblemName))


def test_regular_minima_are_right_and_crossings_of_equal_exponents_refused(table):
    rows = table.set_index(["problem", "shape", "n"])["verdict"]
    for n in (1_000, 100):
        assert set(rows[QUADRATIC].xs(n, level="n")) == {"right"}
        assert set(rows[CROSSING].xs(n, level="n")) <= {"right", "refused"}
        for k in (1, 2, 3):
            assert rows[CROSSING, f"k = {k}, {k}", n] == "refused"
    assert set(rows["k-gon"].xs(1_000, level="n")) == {"right"}


def test_a_row_does_not_depend_on_the_others(table, drawn_setting):
    known = PROBLEMS["quadratic, d = 1, h = 1, smooth"]
    alone = estimates(known, drawn_setting, drawn_setting.likelihood, 100, 4)
    row = table[(table["shape"] == known.shape) & (table["n"] == 100)].iloc[0]
    assert alone["llc"].mean() == row["estimate"]
    assert alone["llc"].std(ddof=1) == row["spread"]
    first = estimates(known, drawn_setting, drawn_setting.likelihood, 100, 2)
    assert first["llc"].tobytes() == alone["llc"][:2].tobytes()


@pytest.mark.parametrize(
    ("estimate", "error", "ok", "found"),
    [
        (2.09, 0.0, 1.0, "right"),
        (2.11, 0.0, 1.0, "wrong"),
        (2.11, 0.12, 1.0, "right"),
        (2.5, 0.12, 0.51, "wrong"),
        (2.0, 0.12, 0.5, "refused"),
        (np.nan, np.nan, 1.0, "wrong"),
    ],
)
def test_verdicts(estimate, error, ok, found):
    assert answers.verdict(estimate, 2.0, error, ok) == found


@pytest.mark.parametrize("kind", ["5", "5+"])
def test_chains_that_leave_a_kgon_are_not_ok(kind):
    """With σ² = ½ and n = 5,000 the barrier to the 6-gon is low: their mean is no coefficient."""
    known = PROBLEMS[f"k-gon, {kind}-gon, smooth"]
    likelihood = GaussianLikelihood(kind="gaussian", sigma=0.5**0.5)
    stiffness = 2 * 5_000 / np.log(5_000) + 1
    left = llc.estimate(posed(known, likelihood, 5_000, 1), plain("hmc", stiffness))
    assert left["status"].item() in {"not converged", "not a minimum"}
    assert left["share_below"].item() > 0.01


@pytest.mark.parametrize("kind", ["5", "5+", "6"])
@pytest.mark.parametrize("changes", [{"inverse_temperature": "20/n"}, {}])
def test_the_scales_of_a_mean_squared_error_are_refused_on_the_kgons(kind, changes, drawn_setting):
    """nβ = 20 and 145 with σ² = ½ and γ = 1: 4 to 11 for 7 and 8.5."""
    known = PROBLEMS[f"k-gon, {kind}-gon, smooth"]
    likelihood = GaussianLikelihood(kind="gaussian", sigma=0.5**0.5)
    coarse = drawn_setting.model_copy(update={"localisation": 1.0} | changes)
    found = estimates(known, coarse, likelihood, 1_000, 8)
    assert abs(found["llc"].mean() / known.truth - 1) > answers.MARGIN  # 7 to 47 %
    assert set(found["status"]) == {"not local"}
