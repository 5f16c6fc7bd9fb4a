"""Every problem with a known coefficient, by every sampler in both engines, in its tolerance."""

from dataclasses import replace
from typing import get_args

import pytest
import torch

from lgi.llc.known.answers import COLUMNS, FIT, SAMPLERS, estimate, known_answers
from lgi.llc.known.problems import CROSSING, kgon, problems
from lgi.llc.known.settings import ProblemName

PROBLEMS = problems()


def definition_cases():
    """Yield what PyTorch can do in seconds; a draw takes 0.3 ms and more, whatever the chains."""
    for p in PROBLEMS:
        for sampler in SAMPLERS:
            quick = p.name == "rotation-symmetric minimum" or p.shape.startswith("d = 4")
            short = sampler == "hmc" or p.draws <= 16_000
            if short and (p.name != CROSSING or p.samples in {100, 10_000}):
                name = f"{p.name}, {p.shape}, {p.samples}, {sampler}"
                yield pytest.param(p, sampler, id=name, marks=[] if quick else pytest.mark.slow)


@pytest.fixture
def one_thread():
    """Keep PyTorch from sharing out operations that are too small for it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def table():
    return known_answers(PROBLEMS)


def test_the_table_has_every_problem_and_sampler(table):
    assert tuple(table.columns) == COLUMNS
    assert set(table["problem"]) == {*get_args(ProblemName), FIT}
    assert len(table) == len(SAMPLERS) * (len(PROBLEMS) + 4)
    assert not table.duplicated(["problem", "shape", "n", "sampler"]).any()
    assert table["tolerance"].between(0.01, 0.10).all()


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("problem", [*get_args(ProblemName), FIT])
def test_cpu_engine_meets_the_truth(table, problem, sampler):
    rows = table[(table["problem"] == problem) & (table["sampler"] == sampler)]
    missed = rows[~(rows["relative_error"].abs() <= rows["tolerance"])]
    assert missed.empty, missed.to_string()
    assert set(rows["verdict"]) == {"ok"}


def test_sgld_is_biased_by_its_step_and_hmc_is_not(table):
    """Of d equal curvatures SGLD gives d/2 / (1 - ε (nβ h + γ) / 4), here 2.6 % more."""
    rows = table[table["shape"] == "d = 18, h = 1"].set_index("sampler")
    # The standard error is 0.2 %.
    assert rows.loc["sgld", "relative_error"] == pytest.approx(0.0256, abs=0.006)
    assert rows.loc["hmc", "relative_error"] == pytest.approx(0, abs=0.006)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("problem", "sampler"), list(definition_cases()))
def test_definition_meets_the_truth(problem, sampler):
    found = estimate(problem, sampler, "torch")
    assert found["llc"] == pytest.approx(problem.truth, rel=problem.tolerance)
    assert found["verdict"] == "ok"


def test_a_problem_does_not_depend_on_the_others(table):
    crossing = next(p for p in PROBLEMS if p.name == CROSSING)
    row = table[(table["problem"] == CROSSING) & (table["sampler"] == "hmc")].iloc[0]
    assert estimate(crossing, "hmc", "numba")["llc"] == row["estimate"]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("kind", ["5", "5+"])
def test_chains_that_leave_a_kgon_are_not_ok(kind, sampler):
    """At n = 5,000 the barrier to the 6-gon is low, and a mean over both is no coefficient."""
    problem = kgon(kind)
    assert estimate(problem, sampler, "numba")["share_below"] == 0
    left = estimate(replace(problem, samples=5_000, localisation=1.0), sampler, "numba")
    assert left["verdict"] in {"not converged", "not a minimum"}
    assert left["share_below"] > 0.01
