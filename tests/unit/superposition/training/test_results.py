"""What the rules ask of a training."""

from types import SimpleNamespace

from lgi.superposition.training.results import training_minutes


def test_time_asked_for_grows_with_epochs_and_seeds():
    short, long = SimpleNamespace(epochs=1_000), SimpleNamespace(epochs=1_000_000)
    assert training_minutes(short, [0]) == 11
    assert training_minutes(long, [0]) == 18  # 110 s of work
    assert training_minutes(long, range(100)) == 744
