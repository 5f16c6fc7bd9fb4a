import numpy as np
import pytest

from lgi.randomness import generator
from lgi.superposition.training import train, train_cpu
from lgi.superposition.training.data import count_patterns, training_samples
from lgi.superposition.training.initial import initial_parameters
from lgi.superposition.training.settings import (
    BinaryData,
    NormalBias,
    NormalInitialisation,
    SnapshotSettings,
    TrainingSettings,
    UniformData,
)

SPARSITY = 0.8111
INIT = NormalInitialisation(
    kind="normal", deviation=1, bias=NormalBias(kind="normal", mean=0, deviation=1)
)
BINARY = BinaryData(kind="binary", features=6, test_samples=1)
UNIFORM = UniformData(kind="uniform", features=6, test_samples=1)


def training(epochs=60, batch_size=1024, rate=0.005):
    return TrainingSettings(
        rate=rate,
        momentum=0.9,
        batch_size=batch_size,
        epochs=epochs,
        snapshots=SnapshotSettings(first=1, last=20_000, points=50),
    )


def streams(seeds):
    return [generator(seed, "shuffle") for seed in seeds]


def start(seeds, hidden=2, features=6, dtype=np.float32):
    W, b = initial_parameters(INIT, hidden, features, seeds)
    return W.astype(dtype), b.astype(dtype)


def assert_close(one, other, tolerance):
    np.testing.assert_array_equal(one.epoch, other.epoch)
    np.testing.assert_allclose(one.W, other.W, rtol=0, atol=tolerance)
    np.testing.assert_allclose(one.b, other.b, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(one.diverged_epoch, other.diverged_epoch)


def assert_same_bytes(one, other):
    for array, expected in zip(one, other, strict=True):
        assert array.tobytes() == expected.tobytes()


# float32 sums in another order: 60 epochs drift apart by less than 1e-6; a wrong sign, momentum
# or batch shows from 1e-3 on. In float64 the same to 1e-12.
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize(
    ("data", "batch_size"),
    [(BINARY, 1024), (BINARY, 32), (UNIFORM, 1024), (UNIFORM, 32)],
    ids=["binary", "binary batches", "uniform", "uniform batches"],
)
def test_the_engine_follows_the_definition(data, batch_size, dtype, tolerance):
    seeds = list(range(18))  # more than one block
    samples = training_samples(data, seeds, SPARSITY, 100)  # batches of 32, 32, 32, 4
    settings = training(batch_size=batch_size)
    definition = train.train(
        *start(seeds, dtype=dtype), samples.astype(dtype), settings, streams(seeds)
    )
    engine = train_cpu.train(*start(seeds, dtype=dtype), samples, settings, streams(seeds))
    assert engine.W.dtype == definition.W.dtype == dtype
    assert_close(engine, definition, tolerance)
    moved = abs(engine.W[:, -1] - engine.W[:, 0]).max()
    assert moved > 0.05


@pytest.mark.parametrize(("hidden", "features"), [(2, 6), (3, 8), (1, 4)])
def test_weighted_patterns_train_as_the_samples_do(hidden, features):
    seeds = list(range(18))
    data = BinaryData(kind="binary", features=features, test_samples=1)
    samples = training_samples(data, seeds, SPARSITY, 300)
    W, b = start(seeds, hidden, features, np.float64)
    patterns = train_cpu.train_on_patterns(W, b, *count_patterns(samples), training())
    assert_close(patterns, train_cpu.train(W, b, samples, training(), streams(seeds)), 1e-12)


def test_one_epoch_by_hand():
    """Two full-batch steps of SGD with momentum on a gradient that is known."""
    W, b = np.zeros((1, 2, 6)), np.full((1, 6), 0.5)
    samples = np.ones((1, 10, 6))
    result = train_cpu.train(W, b, samples, training(epochs=2, rate=0.1), streams([0]))
    first = 2 * (0.5 - 1) / 6  # x̂ = b while W = 0
    b1 = 0.5 - 0.1 * first
    second = 0.9 * first + 2 * (b1 - 1) / 6
    np.testing.assert_allclose(result.b[0, :, 0], [0.5, b1, b1 - 0.1 * second], rtol=1e-14)
    assert not result.W.any()


def test_epoch_0_is_the_start():
    W, b = start([4])
    samples = training_samples(BINARY, [4], SPARSITY, 100)
    result = train_cpu.train(W, b, samples, training(), streams([4]))
    assert result.W[0, 0].tobytes() == W[0].tobytes()
    assert result.b[0, 0].tobytes() == b[0].tobytes()


@pytest.mark.parametrize("batch_size", [1024, 32])
def test_a_model_has_the_same_bits_alone_and_among_others(batch_size):
    seeds = list(range(20))
    settings = training(epochs=30, batch_size=batch_size)

    def run(chosen):
        samples = training_samples(BINARY, chosen, SPARSITY, 100)
        general = train_cpu.train(*start(chosen), samples, settings, streams(chosen))
        patterns = count_patterns(samples)
        return general, train_cpu.train_on_patterns(*start(chosen), *patterns, settings)

    for among, alone in zip(run(seeds), run([17]), strict=True):
        assert_same_bytes([part[17:18] for part in among[1:]], alone[1:])


def test_an_early_snapshot_does_not_depend_on_the_length_of_training():
    samples = training_samples(BINARY, [0], SPARSITY, 100)
    short, long = (
        train_cpu.train_on_patterns(*start([0]), *count_patterns(samples), training(epochs))
        for epochs in (20, 40)
    )
    assert short.W[:, -1].tobytes() == long.W[:, list(long.epoch).index(20)].tobytes()


@pytest.mark.parametrize("engine", ["engine", "patterns", "definition"])
def test_a_model_that_diverges_is_recorded_and_stops_no_other(engine):
    seeds = list(range(5))
    samples = training_samples(BINARY, seeds, SPARSITY, 100)
    W, b = start(seeds)
    calm_W, calm_b = W.copy(), b.copy()
    W[2] *= 50  # far beyond the stable step

    def run(W, b):
        if engine == "definition":
            return train.train(W, b, samples, training(), streams(seeds))
        if engine == "engine":
            return train_cpu.train(W, b, samples, training(), streams(seeds))
        return train_cpu.train_on_patterns(W, b, *count_patterns(samples), training())

    result, calm = run(W, b), run(calm_W, calm_b)
    at = result.diverged_epoch[2]
    assert 0 < at < 60
    lost = result.epoch >= at
    assert np.isnan(result.W[2, lost]).all()
    assert np.isnan(result.b[2, lost]).all()
    assert np.isfinite(result.W[2, ~lost]).all()
    others = [0, 1, 3, 4]
    assert (result.diverged_epoch[others] == -1).all()
    # The definition's matrix products may round differently beside other numbers.
    tolerance = 1e-5 if engine == "definition" else 0
    np.testing.assert_allclose(result.W[others], calm.W[others], rtol=0, atol=tolerance)


def test_both_engines_see_divergence_at_the_same_epoch():
    samples = training_samples(BINARY, [0], SPARSITY, 100)
    W, b = start([0])
    definition = train.train(50 * W, b, samples, training(), streams([0]))
    engine = train_cpu.train_on_patterns(50 * W, b, *count_patterns(samples), training())
    np.testing.assert_array_equal(engine.diverged_epoch, definition.diverged_epoch)
