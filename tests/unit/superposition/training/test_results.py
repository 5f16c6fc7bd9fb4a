"""What the rules ask of a training."""

from types import SimpleNamespace

import pytest

from lgi.superposition.training.results import training_seconds
from lgi.superposition.training.settings import BinaryData, OneActiveData


@pytest.mark.parametrize(
    ("data", "samples", "seconds"),
    [
        (BinaryData(kind="binary", features=6, test_samples=10), 10, 0.11),
        (BinaryData(kind="binary", features=6, test_samples=10), 10_000, 0.704),  # of 64 patterns
        (OneActiveData(kind="one_active", features=6, test_samples=10), 10_000, 110),
    ],
)
def test_a_training_lasts_as_long_as_its_epochs_seeds_and_distinct_samples(data, samples, seconds):
    study = SimpleNamespace(
        data=data,
        training=SimpleNamespace(epochs=10_000),
        runs=SimpleNamespace(seeds=range(100)),
    )
    assert training_seconds(study, samples) == pytest.approx(seconds)
