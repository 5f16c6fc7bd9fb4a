import numpy as np
import pandas as pd
import pytest

from lgi.llc.known.problems import kgon_minimum
from lgi.runs import Run
from lgi.superposition.limit import figures, table
from lgi.superposition.limit.loss import quenched, total_loss
from lgi.superposition.limit.posterior import COPIES, annealed, integrated, laplace
from lgi.superposition.limit.settings import LimitLLC, Posterior
from tests.configurations import checked

KINDS = ["5", "5+", "6"]
LOSSES = [0.06874, 0.06180, 0.04819]  # Chen et al. (2023)
SETTINGS = Posterior(
    noise=1.0,
    prior=1.0,
    samples=[200, 500, 1000, 1500],
    particles=256,
    chains=32,
    largest=20_000,
    rungs=8,
    repeats=2,
    seed=0,
)


@pytest.fixture(scope="module")
def minima():
    return np.stack([kgon_minimum(kind) for kind in KINDS], axis=1)


def test_the_minima_have_the_published_losses(minima):
    np.testing.assert_allclose(total_loss(minima)[0], LOSSES, atol=5e-6)


def test_states_near_a_minimum_descend_to_it(minima):
    near = minima + 0.01 * np.random.default_rng(0).normal(size=minima.shape)
    kinds, losses = quenched(near)
    assert kinds.tolist() == KINDS
    np.testing.assert_allclose(losses, LOSSES, atol=5e-6)


def test_copies_are_the_orders_that_no_rotation_makes_equal():
    """Of 720 labellings of a hexagon 6 are one rotated; of a pentagon 5, for each of 6 left out."""
    assert COPIES == {"5": 720 // 5, "5+": 720 // 5, "6": 720 // 6}


def test_laplace_has_the_coefficient_as_its_slope():
    """-ln Z = N L + λ ln N + constant where the prior no longer counts."""
    scales = np.array([1e7, 1e8])
    for kind, least, coefficient in zip(
        KINDS,
        total_loss(np.stack([kgon_minimum(k) for k in KINDS], axis=1))[0],
        (7, 8.5, 8.5),
        strict=True,
    ):
        beside = [laplace(kind, scale, 1.0) + scale * least for scale in scales]
        assert (beside[0] - beside[1]) / np.log(10) == pytest.approx(coefficient, abs=1e-3)


def test_integration_goes_over_into_laplace():
    few = SETTINGS.model_copy(update={"samples": [15_000], "rungs": 4, "largest": 30_000})
    for kind in ("5+", "6"):
        assert integrated(kind, few, 0)[0] == pytest.approx(laplace(kind, 7_500.0, 1.0), abs=0.3)


def test_both_methods_see_the_posterior_move():
    weights, moves = table.posterior(SETTINGS)
    assert weights["kgon"].tolist() == KINDS * 4
    shares = weights.pivot(index="samples", columns="kgon", values="share")
    assert shares.loc[200, "5"] > shares.loc[200, "6"]
    assert shares.loc[1000, "6"] > 0.8
    methods = moves.set_index("method")["n"]
    assert 300 < methods["sampling"] < 700
    assert 300 < methods["thermodynamic integration"] < 800
    # 0.0103 n = 1.5 ln n
    assert methods["n L + λ ln n"] == pytest.approx(1008, abs=30)


def test_shares_of_particles_sum_to_one():
    for _, shares in annealed(SETTINGS, 0):
        assert sum(shares.values()) == pytest.approx(1)


def test_coefficients_at_the_minima_are_the_published_ones():
    limit = checked({"gaussians": None}).superposition.limit
    found = table.coefficients(LimitLLC(**limit.llc.model_dump() | {"samples": [1000]}))
    np.testing.assert_allclose(found["llc"], [7, 8.5, 8.5], rtol=0.05)


def test_plateaus_are_shares_of_a_runs_models(minima):
    W = minima[:12].T.reshape(3, 1, 2, 6)[[0, 0, 2, 1]].astype(np.float32)
    b = minima[12:].T.reshape(3, 1, 6)[[0, 0, 2, 1]].astype(np.float32)
    arrays = {"seed": np.arange(4), "epoch": np.array([9]), "W": W, "b": b}
    arrays |= {f"{name}_loss": np.full((4, 1), 0.02) for name in ("train", "test", "population")}
    arrays["diverged_epoch"] = np.full(4, -1)
    run = Run("run.npz", arrays, {"init": "random", "samples": 300, "sparsity": 1.0})
    found = table.plateaus([run]).set_index("kgon")
    assert found["share"].to_dict() == {"5": 0.5, "5+": 0.25, "6": 0.25}
    assert found["plateau"].round(4).to_dict() == {"5": 0.0687, "5+": 0.0618, "6": 0.0482}
    assert found["median_loss"].tolist() == pytest.approx([0.12] * 3)


def test_the_figure_draws_the_tables():
    plateaus = pd.DataFrame(
        {"init": "random", "samples": 100, "plateau": LOSSES, "kgon": KINDS, "share": 1 / 3}
    )
    llc = pd.DataFrame(
        {"kgon": KINDS, "samples": 100, "truth": [7, 8.5, 8.5], "llc": [7, 8.4, 8.6]}
    ).assign(llc_se=0.1, status="ok", localisation=10.0, noise=0.1)
    weights = pd.DataFrame(
        {
            "samples": np.repeat([100, 1000], 3),
            "kgon": KINDS * 2,
            "share": [0.5, 0.1, 0.1, 0.1, 0.1, 0.8],
            "share_se": 0.01,
            "log_z_integrated": [0.0, -1.6, -1.6, -2.0, -2.0, 0.0],
        }
    ).assign(noise=1.0, prior=1.0)
    moves = pd.DataFrame({"method": ["sampling", "thermodynamic integration"], "n": [469.0, 480.0]})
    figure = figures.limit(plateaus, llc, weights, moves)
    ends, coefficients, shares = figure.axes
    assert ends.get_xticklabels()[0].get_text() == "random, 100"
    assert "σ = 0.1" in coefficients.get_ylabel()
    assert "prior deviation 1" in shares.get_xlabel()
