"""Learning coefficients of fits: known answers, singular fits, states that are left."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lgi.errors import RunFileError
from lgi.gaussians.fits.render64 import render
from lgi.gaussians.fits.settings import SmoothEdge
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.llc.estimates import COLUMNS, LEFT, estimate_minimum, gathered, sweep
from lgi.gaussians.llc.minimum import find_minimum
from lgi.gaussians.llc.settings import GaussianEstimate, MinimumSettings
from lgi.runs import Run, read_table
from tests.unit.gaussians.synthetic import run_of

SIZE = 16
EDGE = {"kind": "smooth", "background": 0.001}
BOUNDS = {"colour": {"low": -5, "high": 5}, "scale": {"low": 0.0001, "high": 1}}
SEARCH = MinimumSettings(rounds=6, evaluations=500, tolerance=1e-12)
SETTING = {
    "noise": 0.01,
    # With so few parameters three adapted steps go half a turn, back to where L was.
    "sampler": {"kind": "hmc", "step_size": 0.04, "leapfrog_steps": 2, "target_acceptance": 0.7},
    "chains": 4,
    "draws": 2_000,
    "burn_in": 200,
    "localisation": 100.0,
    "inverse_temperature": "1/log n",
    "fall": 0.02,
    "thresholds": {
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
}
THREE = np.array(
    [
        [0.3, 0.3, 0.12, 0.2, 0.0, 0.9, 0.2, 0.1, 1],
        [0.7, 0.4, 0.2, 0.1, 0.0, 0.1, 0.8, 0.3, 1],
        [0.5, 0.8, 0.25, 0.15, 0.0, 0.4, 0.3, 0.9, 1],
    ]
)

VALUES = {"noise": [0.01, 0.1], "localisation": [1.0, 100.0]}


def setting(**changes):
    return GaussianEstimate.model_validate(SETTING | changes)


@pytest.fixture(scope="module")
def make_minimum(make_recipe):
    """Return a function that gives the minimum that Gaussians run into."""

    def make(parameters, target=None, **changes):
        changes = {"edge": EDGE} | BOUNDS | changes
        recipe = make_recipe(**changes)
        if target is None:
            target = render(parameters, SIZE, SIZE, recipe.cutoff, recipe.edge, recipe.blend)[0]
        names = {"image_name": "test", "recipe_name": "smooth", "n": len(parameters), "seed": 3}
        run = run_of(arrays={"best": parameters, "target": target}, recipe=changes, **names)
        return Run(Path("m.npz"), *find_minimum(Fit(run), SEARCH, "source"))

    return make


def estimate(minimum, **changes):
    (row,) = estimate_minimum(minimum, {"here": setting(**changes)}).itertuples()
    return row


def noise(seed=0):
    return np.random.default_rng(seed).uniform(size=(SIZE, SIZE, 3))


@pytest.mark.parametrize("localisation", [1.0, 1e4, 1e6])
def test_a_fit_of_colours_alone_is_known_exactly(make_minimum, localisation):
    """The image is linear in them: E[nβ (L - L*)] = ½ Σ nβ h / (nβ h + γ)."""
    minimum = make_minimum(THREE, noise(), trained=["colour"])
    row = estimate(minimum, localisation=localisation, draws=6_000)
    n_beta = SIZE**2 / np.log(SIZE**2)
    h = minimum["singular_values"] ** 2 / (SIZE**2 * SETTING["noise"] ** 2)
    exact = 0.5 * np.sum(n_beta * h / (n_beta * h + localisation))
    # 4 × 5,800 draws, effective ones above 10,000: a standard error below 1 % of 4.5.
    assert row.llc == pytest.approx(exact, rel=0.03)
    assert row.predicted == pytest.approx(exact, rel=1e-6)
    tighter = 0.5 * np.sum(n_beta * h / (n_beta * h + 3 * localisation))
    assert row.predicted_shift == pytest.approx(tighter - exact, rel=1e-5)
    assert row.predicted_jacobian == pytest.approx(exact, rel=1e-9)
    assert (row.status, row.parameters, row.trained) == ("ok", 9, 9)
    if localisation == 1.0:
        assert exact == pytest.approx(4.5, rel=0.01)  # half the number of colours
    if localisation == 1e6:
        assert exact < 3.5  # else localisation would not have been tested


def test_a_regular_fit_has_half_its_parameters(make_minimum):
    row = estimate(make_minimum(THREE), noise=0.001)
    assert row.status == "ok"
    # Standard error below 1 % of 10.5, as above.
    assert row.llc == pytest.approx(10.5, rel=0.03)
    assert row.predicted == pytest.approx(10.5, rel=0.01)


def test_two_equal_gaussians_count_less_than_two(make_minimum):
    """What moves one and moves the other back changes the image in second order at most."""
    minimum = make_minimum(THREE[[0, 0, 1, 2]])
    two, one = (
        estimate(fit, noise=0.001, localisation=1e5, draws=4_000)
        for fit in (minimum, make_minimum(THREE))
    )
    assert (two.status, two.parameters, two.trained) == ("ok", 28, 28)
    flat = minimum["singular_values"] < 1e-6 * minimum["singular_values"].max()
    assert flat.sum() == 7
    assert two.predicted_jacobian < 10.5
    # Seven more parameters add less than a fifth of their half; standard errors are near 0.2.
    assert one.llc - 0.6 < two.llc < one.llc + 0.2 * 3.5


def test_a_gaussian_like_its_surroundings_counts_less(make_minimum):
    """Where there is no contrast a Gaussian may be anywhere: only its colour is held."""
    base = THREE[0].copy()
    base[2:4] = 0.5
    hidden = base.copy()
    hidden[[0, 1, 2, 3]] = [0.6, 0.6, 0.15, 0.2]
    hidden[5:8] = base[5:8]
    minimum = make_minimum(np.array([base, hidden]), edge={"kind": "smooth", "background": 1e-6})
    row = estimate(minimum, localisation=1e4)
    assert row.parameters == 14
    assert row.status == "ok"
    assert row.llc < 0.5 * 7
    # 4 × 1,800 draws, a standard error of 1 %.
    assert row.llc == pytest.approx(row.predicted, rel=0.04)


def test_a_gaussian_that_does_nothing_is_no_minimum_at_a_finite_scale(make_minimum):
    """Its directions are flat until it reaches a pixel, and lead to another basin."""
    target = render(THREE, SIZE, SIZE, 3.5, SmoothEdge(**EDGE), "mean")[0]
    dead = THREE[:2].copy()
    dead = np.vstack([dead, [0.47, 0.78, 0.001, 0.001, 0, 0.4, 0.3, 0.9, 1]])
    minimum = make_minimum(dead, target)
    assert np.sum(minimum["curvature"] < 1e-9 * minimum["curvature"][-1]) >= 7
    row = estimate(minimum)
    assert row.status == LEFT
    assert row.fall > 100
    assert f"fall {row.fall:.3g} above {0.02 * row.predicted:.3g}" in row.reason


def test_what_is_no_minimum_is_called_so(make_minimum):
    minimum = make_minimum(THREE)
    shifted = dict(minimum.arrays)
    shifted["values"] = minimum["values"] + 1e-3
    row = estimate(Run(minimum.path, shifted, minimum.record), noise=0.001)
    assert row.status == "not a minimum"
    assert row.reason.startswith("share_below")
    assert "gradient_norm" in row.reason


def test_a_table_has_a_row_per_setting(make_minimum):
    short = {"draws": 40, "burn_in": 20}
    settings = {"far": setting(**short), "near": setting(localisation=1e5, **short)}
    table = estimate_minimum(make_minimum(THREE), settings)
    assert tuple(table) == COLUMNS
    assert table["setting"].tolist() == ["far", "near"]
    assert table["localisation"].tolist() == [100.0, 1e5]
    first = table.iloc[0]
    assert (first["image"], first["recipe"], first["n"], first["seed"]) == ("test", "smooth", 3, 3)
    assert first["n_beta"] == pytest.approx(256 / np.log(256))
    assert first["rmse"] == pytest.approx(0, abs=1e-6)


def test_a_table_says_where_the_minimum_was_found(make_minimum):
    """Colours alone, from a start off by 0.1: the image is linear in them."""
    target = render(THREE, SIZE, SIZE, 3.5, SmoothEdge(**EDGE), "mean")[0]
    start = THREE.copy()
    start[:, 5:8] += 0.1
    minimum = make_minimum(start, target, trained=["colour"])
    row = estimate(minimum, draws=40, burn_in=20)
    assert row.moved == pytest.approx(0.1, abs=1e-6)
    error = (render(start, SIZE, SIZE, 3.5, SmoothEdge(**EDGE), "mean")[0] - target) ** 2
    loss = error.sum(axis=-1).mean() / (2 * SETTING["noise"] ** 2)
    assert row.loss_of_fit == pytest.approx(loss, rel=1e-5)  # targets are float32
    assert row.below_fit == pytest.approx(row.n_beta * (row.loss_of_fit - row.loss_at_w))
    assert row.loss_at_w == pytest.approx(0, abs=1e-6)


def test_same_coefficient_twice(make_minimum):
    minimum, short = make_minimum(THREE), {"here": setting(draws=40, burn_in=20)}
    first, second = (estimate_minimum(minimum, short) for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_sweep_varies_one_value_at_a_time(make_minimum):
    short = setting(draws=40, burn_in=20)
    table = sweep(make_minimum(THREE), "far", short, VALUES)
    assert table["varied"].tolist() == ["noise", "noise", "localisation", "localisation"]
    assert table["value"].tolist() == [0.01, 0.1, 1.0, 100.0]
    assert table["noise"].tolist() == [0.01, 0.1, 0.01, 0.01]
    assert table["localisation"].tolist() == [100.0, 100.0, 1.0, 100.0]
    # The setting itself stands in both lists.
    same = table.drop(columns=["varied", "value"])
    pd.testing.assert_series_equal(same.iloc[0], same.iloc[3], check_names=False)


def test_tables_are_gathered_in_order(make_minimum, tmp_path):
    table = estimate_minimum(make_minimum(THREE), {"here": setting(draws=40, burn_in=20)})
    for name, n in (("a", 20), ("b", 3)):
        table.assign(n=n).to_csv(tmp_path / f"{name}.csv", index=False)
    found = gathered(map(read_table, [tmp_path / "a.csv", tmp_path / "b.csv"]))
    assert found["n"].tolist() == [3, 20]
    assert found["reason"].notna().all()
    (tmp_path / "c.csv").write_text("image,llc\n", encoding="utf-8")
    with pytest.raises(RunFileError, match=r"c\.csv: no column recipe"):
        gathered([read_table(tmp_path / "c.csv")])
