"""Free energies by thermodynamic integration and WBIC beside exact ones."""

import numpy as np
import pytest

from lgi.llc.known.free_energy import COLUMNS, INTEGRATION, WBIC, free_energy, ladder
from lgi.llc.known.problems import CROSSING, QUADRATIC
from lgi.llc.known.theory import (
    crossing_free_energy,
    crossing_mean,
    gaussian_free_energy,
    gaussian_mean,
)

RUNGS = 12
N = (1_000, 100)


@pytest.fixture(scope="module")
def table(drawn_setting):
    return free_energy(
        [QUADRATIC, CROSSING, "k-gon"], drawn_setting, drawn_setting.likelihood, N, 8, RUNGS
    )


@pytest.mark.parametrize(
    ("free_energy", "mean", "data"),
    [
        (gaussian_free_energy, gaussian_mean, (0.5, 4.0)),
        *((crossing_free_energy, crossing_mean, k) for k in ((1, 1), (3, 3), (2, 1), (3, 0))),
    ],
)
def test_the_mean_is_the_slope_of_the_free_energy(free_energy, mean, data):
    for n_beta in (3.0, 700.0):
        ends = [free_energy(data, n_beta * factor, 10.0) for factor in (0.999, 1.001)]
        # Central differences err by the square of their step.
        slope = (ends[1] - ends[0]) / np.log(1.001 / 0.999)
        assert mean(data, n_beta, 10.0) == pytest.approx(slope, rel=1e-5)


def test_the_ladder_integrates_exact_means():
    for n in N:
        n_betas, weights = ladder(n, RUNGS)
        assert weights.sum() == pytest.approx(np.log(n))
        means = [crossing_mean((1, 1), 50 * n_beta, 10.0) for n_beta in n_betas]
        exact = np.diff([crossing_free_energy((1, 1), 50 * end, 10.0) for end in (1, n)])[0]
        assert np.dot(weights, means) == pytest.approx(exact, rel=1e-4)


def test_integration_gives_the_exact_difference(table):
    rows = table[table["method"] == INTEGRATION]
    assert tuple(table.columns) == COLUMNS
    assert set(table["problem"]) == {QUADRATIC, CROSSING}
    assert len(rows) == len(N) * 13
    quadratic = rows["problem"] == QUADRATIC
    assert ((rows["difference"] / rows["exact"]).abs()[quadratic] < 0.02).all()
    # L of the most degenerate crossings has rare and large values.
    assert (rows["difference"].abs() < 0.05 * rows["exact"] + 0.05).all()


def test_wbic_rises_with_n_as_the_free_energy_does(table):
    """It is the free energy up to a constant of the prior and ln ln n."""
    rows = table[(table["method"] == WBIC) & (table["problem"] == QUADRATIC)]
    many, few = (rows[rows["n"] == n].set_index("shape") for n in N)
    rise, exact = many["estimate"] - few["estimate"], many["exact"] - few["exact"]
    # Two standard errors of the largest: 2 × 0.3 of 20.7.
    assert ((rise / exact - 1).abs() < 0.05).all()
    # Its distance is ½ ln(h / (σ² γ)) for each direction, whatever n.
    assert few["difference"]["d = 18, h = 1"] == pytest.approx(-9 * np.log(10), abs=0.6)
