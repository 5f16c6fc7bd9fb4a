"""Trainings whose job dies again and again end with the bytes of one that never did."""

import functools

import numpy as np
import pytest

from lgi.runs import write_run
from lgi.superposition.training import train_cpu
from lgi.superposition.training.data import count_patterns, training_samples
from tests.unit.interrupted import interrupted
from tests.unit.superposition.training.test_run import BINARY, KINDS, trained, training
from tests.unit.superposition.training.test_training import start, streams

SETTINGS = {
    "full": training(epochs=40),
    "batches": training(epochs=40, batch_size=32),
    "still": training(epochs=40, batch_size=32, momentum=0),
    "divergent": training(epochs=40, rate=50.0),
}


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch):
    monkeypatch.setattr(train_cpu, "_PIECE", 1)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("data", KINDS, ids=lambda data: data.kind)
def test_an_interrupted_training_has_the_same_bytes(tmp_path, data, settings):
    seeds = list(range(35))  # three blocks
    make = functools.partial(trained, seeds, data, SETTINGS[settings])
    write_run(tmp_path / "straight.npz", *make())
    path = tmp_path / "run.npz"
    jobs = interrupted(lambda checkpoint: make(checkpoint=checkpoint), path, 7)
    assert path.read_bytes() == (tmp_path / "straight.npz").read_bytes()
    assert jobs > 15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [1024, 30])
def test_in_both_precisions(tmp_path, dtype, batch_size):
    seeds, settings = list(range(20)), training(epochs=30, batch_size=batch_size)
    samples = training_samples(BINARY, seeds, 0.8, 100)

    def engines(checkpoint):
        named = {"checkpoint": checkpoint} if checkpoint else {}
        W, b = start(seeds, dtype=dtype)
        patterns = count_patterns(samples)
        x = samples.astype(dtype)
        yield lambda: train_cpu.train_on_patterns(W, b, *patterns, settings, **named)
        yield lambda: train_cpu.train(W, b, x, settings, streams(seeds), **named)

    for engine, straight in enumerate(engines(None)):
        expected = straight()

        def make(checkpoint, engine=engine):
            checkpoint.begin({"engine": engine})
            return list(engines(checkpoint))[engine]()._asdict(), {}

        path = tmp_path / f"{engine}.npz"
        write_run(tmp_path / "straight.npz", expected._asdict(), {})
        assert interrupted(make, path, 4) > 5
        assert path.read_bytes() == (tmp_path / "straight.npz").read_bytes()
        assert expected.W.dtype == dtype
