"""A sweep varies one value at a time, and estimates a setting once."""

import math

import pytest

from lgi.llc.settings import EstimateSettings
from lgi.llc.sweep import sweep, variations

SETTING = EstimateSettings.model_validate(
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
        "thresholds": {
            "share_below": 0.1,
            "gradient_norm": 0.01,
            "acceptance": 0.2,
            "rhat": 1.05,
            "ess": 100,
        },
    }
)


def test_one_value_varies_at_a_time():
    values = {"step_size": [0.1], "localisation": [3.0], "n_beta": [7.0], "n": [50]}
    step, localisation, n_beta, n = variations("a", SETTING, values, 200)
    assert (step.setting.sampler.step_size, step.setting.sampler.adapts) == (0.1, False)
    assert localisation.setting == SETTING.model_copy(update={"localisation": 3.0})
    assert n_beta.setting.n_beta(200) == pytest.approx(7)
    assert n.setting.n_beta(200) == pytest.approx(50 / math.log(50))
    assert [one.value for one in (step, localisation, n_beta, n)] == [0.1, 3.0, 7.0, 50.0]


def test_the_same_setting_is_estimated_once():
    asked = []

    def estimate(one):
        asked.append(one)
        return {"llc": len(asked)}

    found = variations("a", SETTING, {"localisation": [1.0, 2.0], "chains": [4, 5]}, 200)
    rows = sweep(found, estimate, 200)
    assert [(row["varied"], row["value"], row["llc"]) for row in rows] == [
        ("localisation", 1.0, 1),
        ("localisation", 2.0, 2),
        ("chains", 4.0, 1),
        ("chains", 5.0, 3),
    ]
    assert {row["sampler"] for row in rows} == {"hmc"}


def test_a_resolution_scales_temperature_and_localisation():
    (one,) = variations("a", SETTING, {"resolution": [10.0]}, 200)
    assert one.setting.n_beta(200) == pytest.approx(10 * SETTING.n_beta(200))
    assert one.setting.localisation == 10.0
    given = SETTING.model_copy(update={"n": 50})
    (one,) = variations("a", given, {"resolution": [10.0]}, 200)
    assert one.setting.n_beta(200) == pytest.approx(10 * 50 / math.log(50))


def test_draws_are_in_units_of_the_settings_own():
    thinned = SETTING.model_copy(update={"thin": 5})
    (one,) = variations("a", thinned, {"draws": [1 / 3]}, 200)
    assert (one.setting.draws, one.setting.burn_in) == (15, 5)
