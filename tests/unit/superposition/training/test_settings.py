import pytest
from pydantic import TypeAdapter, ValidationError

from lgi.superposition.training.settings import (
    DataSettings,
    InitialisationSettings,
    TrainingSettings,
)

# Printed by the original code: sorted(set(int(x))) of 50 points log-spaced from 1 to 20,000.
PUBLISHED = [
    *(1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 16, 20, 25, 31, 38, 46, 56, 69, 85, 104, 127, 156, 191, 234),
    *(286, 351, 429, 526, 643, 788, 964, 1180, 1445, 1768, 2165, 2650, 3243, 3970, 4859, 5948),
    *(7280, 8910, 10906, 13349, 16340, 20000),
]


def training(epochs: int) -> TrainingSettings:
    return TrainingSettings.model_validate(
        {
            "rate": "5e-3",
            "momentum": 0.9,
            "batch_size": 1024,
            "epochs": epochs,
            "snapshots": {"first": 1, "last": 20000, "points": 50},
        }
    )


def test_snapshots_are_the_published_grid():
    assert training(20_000).snapshot_epochs() == [0, *PUBLISHED]


def test_snapshots_go_on_with_the_same_spacing_to_the_last_epoch():
    assert training(40_000).snapshot_epochs() == [0, *PUBLISHED, 24479, 29962, 36674, 40000]


def test_a_short_training_ends_with_a_snapshot():
    assert training(12).snapshot_epochs() == [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (DataSettings, {"kind": "binary", "features": 0, "test_samples": 10}),
        (DataSettings, {"kind": "gaussian", "features": 6, "test_samples": 10}),
        (DataSettings, {"kind": "one_hot", "features": 6, "active": 7, "test_samples": 10}),
        (DataSettings, {"kind": "binary", "features": 6}),
        (DataSettings, {"kind": "binary", "features": 6, "test_samples": 10, "active": 1}),
        (InitialisationSettings, {"kind": "normal", "deviation": 1}),
        (
            InitialisationSettings,
            {"kind": "normal", "deviation": -1, "bias": {"kind": "constant", "value": 0}},
        ),
        (
            TrainingSettings,
            {**training(9).model_dump(), "snapshots": {"first": 5, "last": 5, "points": 3}},
        ),
        (TrainingSettings, {**training(9).model_dump(), "momentum": 1}),
    ],
)
def test_illegal_settings_are_refused(kind, raw):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(raw)


def test_a_kgon_start_says_which_models_it_does_not_fit():
    init = TypeAdapter(InitialisationSettings).validate_python(
        {
            "kind": "kgon",
            "k": 6,
            "radius": 0.9,
            "rotation": "none",
            "noise": 0,
            "bias": {"kind": "constant", "value": 0},
        }
    )
    assert init.misfit(hidden=2, features=6) is None
    assert "hidden 2, not 3" in init.misfit(hidden=3, features=6)
    assert "at least 6 features, not 5" in init.misfit(hidden=2, features=5)
