"""Tests of the kernel that trains toy models, in numba's simulator; see test_train_cuda.py."""

import functools

import numpy as np
import pytest

from lgi.engines import on
from lgi.errors import ConfigError
from lgi.runs import write_run
from lgi.superposition.training import train, train_cpu, train_cuda
from lgi.superposition.training.data import count_patterns, training_samples
from lgi.superposition.training.engines import TRAIN
from lgi.superposition.training.run import ARRAYS, train_run, train_runs
from lgi.superposition.training.settings import BinaryData, NormalInitialisation
from lgi.superposition.training.trajectory import on_patterns, on_samples
from tests.unit.interrupted import interrupted
from tests.unit.superposition.training.test_run import BINARY, KINDS, training
from tests.unit.superposition.training.test_training import (
    SPARSITY,
    UNIFORM,
    assert_close,
    assert_same_bytes,
    start,
    streams,
)

SEVERAL = [
    {"sparsity": 0.8111, "samples": 100, "seeds": [0, 1]},  # counted patterns
    {"sparsity": 0.9, "samples": 70, "seeds": [7]},
    {"sparsity": 0.4262, "samples": 33, "seeds": [3, 4]},  # samples: patterns would not be fewer
]


def run(sparsity, samples, seeds, data=BINARY, settings=None, hidden=2):
    init = NormalInitialisation(
        kind="normal", deviation=1, bias={"kind": "normal", "mean": 0, "deviation": 1}
    )
    return {
        "init_name": "random",
        "init": init,
        "hidden": hidden,
        "samples": samples,
        "sparsity": sparsity,
        "data": data,
        "training": settings or training(epochs=12),
        "seeds": seeds,
    }


def on_card(*models):
    return next(train_cuda.train_each(models))


def assert_same_run(one, other):
    assert one[0].keys() == other[0].keys() == set(ARRAYS)
    for name in ARRAYS:
        assert one[0][name].tobytes() == other[0][name].tobytes(), name
    assert {**one[1], "provenance": 0} == {**other[1], "provenance": 0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("hidden", "features", "models", "samples"),
    [(2, 6, 1, 31), (2, 6, 3, 65), (3, 8, 2, 33), (1, 3, 2, 1), (5, 20, 1, 40)],
)
def test_patterns_have_the_bits_of_the_cpu_engine(hidden, features, models, samples, dtype):
    seeds = list(range(models))
    data = BinaryData(kind="binary", features=features, test_samples=1)
    patterns = count_patterns(training_samples(data, seeds, 0.7, samples))
    given = *start(seeds, hidden, features, dtype), *patterns, training(epochs=8)
    assert_same_bytes(on_card(on_patterns(*given)), train_cpu.train_on_patterns(*given))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [1024, 32, 7])
@pytest.mark.parametrize("data", [BINARY, UNIFORM], ids=lambda data: data.kind)
def test_samples_have_the_bits_of_the_cpu_engine(data, batch_size, dtype):
    seeds = [0, 1]
    samples = training_samples(data, seeds, SPARSITY, 45)
    settings = training(epochs=6, batch_size=batch_size)
    given = *start(seeds, dtype=dtype), samples, settings
    engine = train_cpu.train(*given, streams(seeds))
    assert_same_bytes(on_card(on_samples(*given, streams(seeds))), engine)
    definition = train.train(
        *start(seeds, dtype=dtype), samples.astype(dtype), settings, streams(seeds)
    )
    assert_close(engine, definition, 1e-5 if dtype == np.float32 else 1e-12)


def test_the_kernel_follows_the_definition():
    seeds = [4]
    samples = training_samples(UNIFORM, seeds, SPARSITY, 30)
    given = *start(seeds), samples, training(epochs=60)
    card = on_card(on_samples(*given, streams(seeds)))
    assert_close(card, train.train(*given, streams(seeds)), 1e-5)
    assert abs(card.W[:, -1] - card.W[:, 0]).max() > 0.02


@pytest.mark.parametrize("batch_size", [1024, 32])
def test_models_that_diverge_have_the_same_epoch_and_stop_no_other(batch_size):
    seeds = [0, 1, 2]
    samples = training_samples(BINARY, seeds, SPARSITY, 40)
    W, b = start(seeds)
    W[1] *= 50
    b[2, 3] = np.inf  # from the start: seen after the first epoch
    settings = training(epochs=12, batch_size=batch_size)
    engine = train_cpu.train(W, b, samples, settings, streams(seeds))
    card = on_card(on_samples(W, b, samples, settings, streams(seeds)))
    assert engine.diverged_epoch[0] == -1
    assert 0 < engine.diverged_epoch[1] < 12
    assert engine.diverged_epoch[2] == 1
    assert_same_bytes(card, engine)


def test_a_launch_of_many_epochs_has_the_bits_of_many_launches(monkeypatch):
    seeds = [0, 1]
    samples = training_samples(BINARY, seeds, SPARSITY, 40)
    given = *start(seeds), samples, training(epochs=12, batch_size=32)
    one = on_card(on_samples(*given, streams(seeds)))
    monkeypatch.setattr(train_cuda, "_ORDERS", 1)
    assert_same_bytes(on_card(on_samples(*given, streams(seeds))), one)


def test_a_pattern_of_weight_zero_is_left_out_with_the_same_bits():
    """Of a model's data; others' patterns stand among its own with weight 0 on the CPU."""
    W, b = start([0])
    patterns = np.array([[0, 1], [1, 0], [1, 1]], np.float32).repeat(3, axis=1)
    few, counts = patterns[[0, 2]], np.array([[3, 4]])
    settings = training(epochs=8)
    all_counts = np.array([[3, 0, 4]])
    expected = train_cpu.train_on_patterns(W, b, few, counts, settings)
    beside = train_cpu.train_on_patterns(
        *(np.repeat(array, 2, axis=0) for array in (W, b)),
        patterns,
        np.concatenate([all_counts, [[1, 1, 1]]]),
        settings,
    )
    assert_same_bytes([array[:1] for array in beside[1:]], expected[1:])
    assert_same_bytes(on_card(on_patterns(W, b, patterns, all_counts, settings)), expected)


@pytest.mark.parametrize("batch_size", [1024, 32])
def test_runs_together_have_the_files_of_each_alone_on_the_cpu(tmp_path, batch_size):
    settings = training(epochs=12, batch_size=batch_size)
    other = training(epochs=5, rate=0.05)  # another launch
    runs = [run(**one, settings=settings) for one in SEVERAL]
    runs += [run(0.8, 50, [5], KINDS[1], other), run(0.8, 40, [0], other and BINARY, hidden=3)]
    expected = [train_run(**one, source="source") for one in runs]
    with on("cuda"):
        found = list(train_runs(runs, "source"))
        alone = train_run(**runs[1], source="source")
    for one, other_run in zip(found, expected, strict=True):
        assert_same_run(one, other_run)
        assert one[1]["provenance"]["engine"] == "numba"
        assert one[1]["provenance"]["device"] == "cuda"
    for name in ("found", "alone"):
        write_run(tmp_path / name, *(found[1] if name == "found" else alone))
    assert (tmp_path / "found").read_bytes() == (tmp_path / "alone").read_bytes()


def test_runs_together_are_trained_in_one_launch_where_settings_are_equal(monkeypatch):
    together = []
    inner = train_cuda._train
    monkeypatch.setattr(
        train_cuda, "_train", lambda runs: together.append(len(runs)) or inner(runs)
    )
    with on("cuda"):
        list(train_runs([run(**one, settings=training(epochs=2)) for one in SEVERAL], "source"))
    assert together == [3]


def test_a_card_that_is_too_small_takes_the_runs_in_parts(monkeypatch):
    runs = [run(**one, settings=training(epochs=3)) for one in SEVERAL]
    to_device, most = train_cuda.cuda.to_device, 3 * 18

    def small(array):
        if array.size > most:
            raise RuntimeError("[CUresult.CUDA_ERROR_OUT_OF_MEMORY] Call to cuMemAlloc")
        return to_device(array)

    with on("cuda"):
        expected = list(train_runs(runs, "source"))
        most = 100 * 6  # features of the samples of one run alone, of two seeds
        monkeypatch.setattr(train_cuda.cuda, "to_device", small)
        for one, other in zip(train_runs(runs, "source"), expected, strict=True):
            assert_same_run(one, other)
        most = 5
        with pytest.raises(MemoryError, match="one run alone"):
            list(train_runs(runs, "source"))


SETTINGS = {
    "full": training(epochs=12),
    "batches": training(epochs=12, batch_size=32),
    "divergent": training(epochs=12, rate=50.0),
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_an_interrupted_training_has_the_same_bytes(tmp_path, monkeypatch, settings):
    monkeypatch.setattr(train_cuda, "_PIECE", 1)
    one = run(0.8111, 40, [0, 1], settings=SETTINGS[settings])
    with on("cuda"):
        make = functools.partial(train_run, **one, source="source")
        write_run(tmp_path / "straight.npz", *make())
        path = tmp_path / "run.npz"
        jobs = interrupted(lambda checkpoint: make(checkpoint=checkpoint), path, 5)
    assert path.read_bytes() == (tmp_path / "straight.npz").read_bytes()
    assert jobs > 2


def test_a_finished_run_is_not_trained_again(tmp_path):
    from lgi.checkpoints import Checkpoint

    runs = [run(**one, settings=training(epochs=2)) for one in SEVERAL]
    with on("cuda"):
        expected = list(train_runs(runs, "source"))
        checkpoints = [Checkpoint(tmp_path / f"{i}.npz") for i in range(3)]
        checkpoints[1].begin(expected[1][1])
        marked = expected[1][0] | {"W": expected[1][0]["W"] + 1}
        checkpoints[1].write(marked, expected[1][1])
        found = list(train_runs(runs, "source", checkpoints))
    assert (found[1][0]["W"] == marked["W"]).all()
    for index in (0, 2):
        assert_same_run(found[index], expected[index])


def test_a_signal_saves_every_run_before_the_process_ends(tmp_path):
    from lgi.checkpoints import Checkpoint

    class Asked(Checkpoint):
        def save(self, arrays, **progress):
            super().save(arrays, **progress)
            raise SystemExit(143)

    runs = [run(**one, settings=training(epochs=4)) for one in SEVERAL]
    with on("cuda"):
        expected = list(train_runs(runs, "source"))
        asked = [Asked(tmp_path / f"{i}.npz", 0.0) for i in range(3)]
        with pytest.raises(SystemExit):
            list(train_runs(runs, "source", asked))
        assert len(list(tmp_path.glob(".*.checkpoint"))) == 3
        asked = [Checkpoint(tmp_path / f"{i}.npz") for i in range(3)]
        for one, other in zip(train_runs(runs, "source", asked), expected, strict=True):
            assert_same_run(one, other)


def test_the_engines_are_found_where_the_registry_says():
    assert TRAIN["cuda"].load() is train_cuda.train_each
    assert TRAIN["cuda"].name == TRAIN["cpu"].name == "numba"


def test_a_start_that_does_not_fit_stops_all_before_any_work():
    data = BinaryData(kind="binary", features=3, test_samples=10)
    from tests.unit.superposition.training.test_run import KGON4

    wrong = run(0.8, 40, [0], data) | {"init": KGON4, "init_name": "kgon4"}
    with on("cuda"), pytest.raises(ConfigError, match=r"initialisation kgon4: .* not 3"):
        next(train_runs([run(**SEVERAL[0]), wrong], "source"))
