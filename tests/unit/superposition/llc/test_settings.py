"""Settings of study 2's estimates: epochs and models by name, or the nearest that there are."""

import pytest
from pydantic import TypeAdapter, ValidationError

from lgi.superposition.llc.settings import Chosen, Epochs, SuperpositionEstimate
from lgi.superposition.selection import Runs

RUNS = Runs(init=["random", "kgon4"], samples=[100, 1000], sparsity=[0.4, 0.8111243], seeds=[3, 5])
SNAPSHOTS = [0, 10, 85, 200]
SETTING = {
    "sampler": {"kind": "sgld", "step_size": 0.01},
    "chains": 2,
    "draws": 10,
    "burn_in": 2,
    "localisation": 1.0,
    "inverse_temperature": "1/log n",
    "likelihood": {"kind": "mean_squared_error"},
    "minimum": None,
    "thresholds": {
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.9,
        "rhat": 1.05,
        "ess": 100,
    },
}
KEYS = ("init", "samples", "sparsity", "seeds", "epoch")


def states(**chosen):
    found = TypeAdapter(Chosen).validate_python(chosen).among(RUNS, 1000, SNAPSHOTS)
    return [tuple(state) for state in found]


def test_epochs_are_a_list_or_the_nearest_snapshots():
    def epochs(value):
        setting = SuperpositionEstimate.model_validate(SETTING | {"epochs": value})
        return setting.at(SNAPSHOTS).epochs.at

    assert epochs([85, 0]) == [85, 0]
    assert epochs({"nearest": [0, 80, 90, 40_000]}) == [0, 85, 200]


@pytest.mark.parametrize(
    ("epochs", "message"),
    [
        ([], "at least 1 item"),
        ([13, 13], "must not repeat 13"),
        ([-1], "greater than or equal to 0"),
        ({}, "allowed is a list of epochs"),
        ({"nearest": []}, "at least 1 item"),
        (3, "valid dictionary"),
    ],
)
def test_bad_epochs_are_refused(epochs, message):
    with pytest.raises(ValidationError, match=message):
        SuperpositionEstimate.model_validate(SETTING | {"epochs": epochs})


def test_models_are_named_exactly():
    exact = dict(zip(KEYS, ("kgon4", 100, 0.8111, 5, 85), strict=True))
    assert states(**exact) == [("kgon4", 100, "0.8111", 5, 85)]
    assert not list(Chosen(**exact).missing(RUNS, SNAPSHOTS))
    found = dict(Chosen(**exact | {"epoch": 84, "seeds": 4}).missing(RUNS, SNAPSHOTS))
    assert set(found) == {"epoch.0", "seeds.0"}
    assert found["epoch.0"] == ("not estimated at this epoch; found 84, there are 0, 10, 85, 200")


def test_the_nearest_models_stand_for_what_is_not_run():
    near = dict(zip(KEYS, ("kgon6", 120, [0.7, 0.9], 0, 40_000), strict=True))
    assert states(nearest=near) == [("random", 100, "0.8111", 3, 200)]
    assert not list(Chosen(nearest=near).missing(RUNS, SNAPSHOTS))
    assert states(nearest=near | {"init": "kgon4"})[0][0] == "kgon4"


@pytest.mark.parametrize(
    "chosen", [{}, {"init": "kgon4"}, {"init": "kgon4", "nearest": {"epoch": 3}}]
)
def test_models_are_named_one_way(chosen):
    with pytest.raises(ValidationError, match="allowed"):
        Chosen(**chosen)


def test_epochs_of_a_setting_need_one_way():
    with pytest.raises(ValidationError, match="allowed is a list of epochs"):
        Epochs(at=[1], nearest=[2])
