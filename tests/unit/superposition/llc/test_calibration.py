"""The calibration varies one value at a time and measures bias against long unbiased chains."""

import math

import numpy as np
import pytest

from lgi.errors import RunFileError
from lgi.llc.settings import GaussianLikelihood
from lgi.superposition.llc.calibration import calibrate
from lgi.superposition.llc.estimates import estimate_run
from lgi.superposition.llc.settings import Calibration, Epochs, SuperpositionEstimate

SETTING = SuperpositionEstimate.model_validate(
    {
        "sampler": {
            "kind": "hmc",
            "step_size": 0.02,
            "leapfrog_steps": 2,
            "target_acceptance": 0.65,
        },
        "chains": 4,
        "draws": 50,
        "burn_in": 10,
        "localisation": 1.0,
        "inverse_temperature": "1/log n",
        "epochs": [0],
        "likelihood": {"kind": "mean_squared_error"},
        "minimum": None,
        "thresholds": {
            "share_below": 0.1,
            "gradient_norm": 0.01,
            "acceptance": 0.2,
            "rhat": 1.05,
            "ess": 100,
        },
    }
)
PUBLISHED = SuperpositionEstimate.model_validate(
    SETTING.model_dump()
    | {"sampler": {"kind": "sgld", "step_size": 0.02}}
    | {"thresholds": SETTING.thresholds.model_dump() | {"acceptance": 0.9}}
)
SETTINGS = {"published": PUBLISHED, "fine": SETTING}
SWEEP = Calibration(
    reference="fine",
    models=[{"nearest": {}}],
    chains={"chains": 4, "draws": 2000, "burn_in": 400, "thin": 2},
    step_size={"published": [0.001, 0.05, 10.0], "fine": [0.01, 0.03]},
    localisation=[1.0, 100.0],
    n_beta=[10.0, 200 / math.log(200)],
    n=[200, 2000],
    draws=[0.2, 4.0],
)


@pytest.fixture(scope="module")
def table(kgon6_run):
    return calibrate([(kgon6_run, 1, 4000), (kgon6_run, 5, 63)], SETTINGS, SWEEP)


def test_a_row_for_each_model_and_value(table):
    counts = table.groupby(["seed", "epoch", "varied"]).size().unstack()
    assert list(counts.index) == [(1, 4000), (5, 63)]
    assert (counts == [2, 2, 2, 2, 1, 5]).all().all()
    steps = table[(table["varied"] == "step_size") & (table["seed"] == 1)]
    assert list(zip(steps["sampler"], steps["value"], strict=True)) == [
        ("sgld", 0.001),
        ("sgld", 0.05),
        ("sgld", 10.0),
        ("hmc", 0.01),
        ("hmc", 0.03),
    ]


def test_a_value_as_it_is_gives_the_reference(table):
    """γ 1, nβ = n / ln n and n = 200 are the setting itself: the same draws, the same bytes."""
    for _, rows in table.groupby("seed"):
        at = rows.set_index(["varied", "value"])["llc"]
        reference = rows.loc[rows["varied"] == "reference", "llc"].item()
        assert at["localisation", 1.0] == reference
        # β is written as a number here, so nβ may differ in its last bit.
        assert at["n_beta", 200 / math.log(200)] == pytest.approx(reference, rel=1e-3)
        assert at["n", 200.0] == pytest.approx(reference, rel=1e-3)


def test_the_reference_is_the_estimate_of_the_whole_run(kgon6_run, table):
    whole = estimate_run(
        kgon6_run,
        SETTING.model_copy(update={**dict(SWEEP.chains), "epochs": Epochs(at=[4000])}),
    ).set_index("seed")
    row = table[(table["varied"] == "reference") & (table["seed"] == 1)]
    assert row["llc"].item() == whole.loc[1, "llc"]


def test_bias_is_measured_against_the_reference(table):
    for _, rows in table.groupby("seed"):
        reference = rows[rows["varied"] == "reference"].iloc[0]
        steps = rows[rows["varied"] == "step_size"]
        expected = (steps["llc"] - reference["llc"]).to_numpy()
        assert np.allclose(steps["bias"], expected, equal_nan=True, rtol=0, atol=1e-12)
        finite = steps[np.isfinite(steps["llc_se"])]
        assert np.allclose(
            finite["bias_se"], np.sqrt(finite["llc_se"] ** 2 + reference["llc_se"] ** 2)
        )
        assert reference["bias"] == 0
        # Another γ, β or n is another posterior: its difference is no bias.
        others = rows[~rows["varied"].isin(["reference", "step_size", "draws"])]
        assert others["bias"].isna().all()


def test_a_large_step_of_sgld_is_biased_and_hmc_is_not(table):
    rows = table[(table["seed"] == 1) & (table["varied"] == "step_size")]
    rows = rows.set_index(["sampler", "value"])
    assert rows.loc[("sgld", 0.05), "bias"] > 5 * rows.loc[("sgld", 0.05), "bias_se"]
    for step in (0.01, 0.03):
        assert abs(rows.loc[("hmc", step), "bias"]) < 4 * rows.loc[("hmc", step), "bias_se"]
    acceptance = rows.loc["sgld", "acceptance"]
    assert acceptance[0.001] > 0.95 > acceptance[0.05]


def test_each_sampler_is_judged_by_the_thresholds_of_its_setting(table):
    rows = table[(table["seed"] == 1) & (table["varied"] == "step_size")]
    assert rows.groupby("sampler")["setting"].unique().str[0].to_dict() == {
        "hmc": "fine",
        "sgld": "published",
    }
    biased = rows[(rows["sampler"] == "sgld") & (rows["value"] == 0.05)]
    assert biased["status"].item() == "biased step"


def test_a_step_that_leaves_to_infinity_stays_in_the_table(table):
    rows = table[(table["sampler"] == "sgld") & (table["value"] == 10.0)]
    assert len(rows) == 2
    assert not (rows["status"] == "ok").any()


def test_stronger_localisation_lowers_the_estimate(table):
    at = table[table["seed"] == 1].set_index(["varied", "value"])["llc"]
    assert at["localisation", 100.0] < at["localisation", 1.0]


def test_a_seed_that_was_not_trained_is_named(kgon6_run):
    with pytest.raises(RunFileError, match="no seed 2; it holds 0, 1, 5"):
        calibrate([(kgon6_run, 2, 4000)], SETTINGS, SWEEP)


def test_n_beta_is_what_was_asked_for(kgon6_run):
    sweep = SWEEP.model_copy(update={"step_size": {}, "localisation": [], "n": [50], "draws": []})
    models = [(kgon6_run, 1, 4000)]
    table = calibrate(models, SETTINGS, sweep).set_index(["varied", "value"])
    expected = {("n_beta", 10.0): 10.0, ("n", 50.0): 50 / math.log(50)}
    for row, n_beta in expected.items():
        assert table.loc[row, "n_beta"] == pytest.approx(n_beta)
        rise = table.loc[row, "mean_loss"] - table.loc[row, "loss_at_w"]
        assert table.loc[row, "llc"] == pytest.approx(n_beta * rise)


def test_steps_of_a_colder_setting_are_tried_at_the_posterior_of_the_reference(kgon6_run):
    gaussian = {"likelihood": GaussianLikelihood(kind="gaussian", sigma=0.3)}
    cold = PUBLISHED.model_copy(
        update={"inverse_temperature": 5.0, "localisation": 9.0, "n": 30} | gaussian
    )
    sweep = SWEEP.model_copy(update={"step_size": {"cold": [0.001]}, "localisation": [3.0]})
    settings = {"cold": cold, "fine": SETTING}
    sweep = sweep.model_copy(update={"n_beta": [], "n": [], "draws": []})
    table = calibrate([(kgon6_run, 1, 4000)], settings, sweep).set_index("varied")
    for column in ("localisation", "n_beta", "sigma", "hessian_llc"):
        assert table.loc["step_size", column] == table.loc["reference", column]
    assert table.loc["localisation", "localisation"] == 3.0


def test_shorter_chains_are_those_of_the_setting_itself(kgon6_run, table):
    rows = table[(table["seed"] == 1) & (table["varied"] == "draws")].set_index("value")
    own = SETTING.model_copy(update={"epochs": Epochs(at=[4000]), "draws": 200, "burn_in": 40})
    long = estimate_run(kgon6_run, own).set_index("seed")
    assert rows.loc[4.0, "llc"] == long.loc[1, "llc"]
    assert rows.loc[4.0, "ess"] > rows.loc[0.2, "ess"]
    reference = table.loc[(table["seed"] == 1) & (table["varied"] == "reference"), "llc"].item()
    assert rows.loc[4.0, "bias"] == rows.loc[4.0, "llc"] - reference
