import numpy as np
import pytest

from lgi.errors import ConfigError
from lgi.runs import read_run, write_run
from lgi.superposition.training.run import ARRAYS, train_run, training_data, training_patterns
from lgi.superposition.training.settings import (
    BinaryData,
    KgonInitialisation,
    NormalBias,
    OneActiveData,
    OneHotData,
    SnapshotSettings,
    TrainingSettings,
    UniformData,
)

KGON4 = KgonInitialisation(
    kind="kgon",
    k=4,
    radius=0.9,
    rotation="random",
    noise=0.01,
    bias=NormalBias(kind="normal", mean=0, deviation=1),
)
BINARY = BinaryData(kind="binary", features=6, test_samples=200)
KINDS = [
    BINARY,
    UniformData(kind="uniform", features=6, test_samples=200),
    OneHotData(kind="one_hot", features=6, active=1, test_samples=200),
    OneActiveData(kind="one_active", features=6, test_samples=200),
]


def training(**changes) -> TrainingSettings:
    settings = {"rate": 0.005, "momentum": 0.9, "batch_size": 1024, "epochs": 100} | changes
    snapshots = SnapshotSettings(first=1, last=20_000, points=50)
    return TrainingSettings(snapshots=snapshots, **settings)


def trained(seeds, data=BINARY, settings=None, samples=100, sparsity=0.8111, **named):
    return train_run(
        *("kgon4", KGON4, 2, samples, sparsity, data, settings or training(), seeds),
        "source",
        **named,
    )


@pytest.mark.parametrize("settings", [training(), training(batch_size=32)], ids=["full", "batches"])
@pytest.mark.parametrize("data", KINDS, ids=lambda data: data.kind)
def test_seed_7_of_50_equals_seed_7_alone(data, settings):
    among, _ = trained(list(range(50)), data, settings)
    alone, _ = trained([7], data, settings)
    for name in set(ARRAYS) - {"epoch"}:
        assert among[name][7:8].tobytes() == alone[name].tobytes(), name


def test_the_choice_of_patterns_does_not_depend_on_the_seeds():
    """With 50 samples, 64 possible patterns are more than the samples: samples are used."""
    among, _ = trained(list(range(20)), samples=50)
    alone, _ = trained([7], samples=50)
    assert among["W"][7:8].tobytes() == alone["W"].tobytes()


def test_the_same_run_gives_the_same_file(tmp_path):
    for name in ("one", "two"):
        write_run(tmp_path / name, *trained([0, 1]))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_run_file_holds_what_is_promised(tmp_path):
    write_run(tmp_path / "run.npz", *trained([3, 5]))
    back = read_run(tmp_path / "run.npz", required=ARRAYS)
    T = len(training().snapshot_epochs())
    assert back["seed"].tolist() == [3, 5]
    assert back["epoch"].tolist() == training().snapshot_epochs()
    assert back["W"].shape == (2, T, 2, 6)
    assert back["b"].shape == (2, T, 6)
    assert back["W"].dtype == back["b"].dtype == np.float32
    for name in ("train_loss", "test_loss", "population_loss"):
        assert back[name].shape == (2, T)
        assert back[name].dtype == np.float64
        assert (back[name] > 0).all()
    assert back["diverged_epoch"].tolist() == [-1, -1]
    assert back.record["state"] == "finished"
    assert back.record["provenance"]["engine"] == "numba"
    assert (back.record["init"], back.record["samples"]) == ("kgon4", 100)
    assert back.record["sparsity"] == 0.8111


def test_losses_belong_to_the_states_of_their_snapshots():
    arrays, record = trained([0, 1, 2])
    x = training_data(record).astype(np.float64)
    patterns, counts = training_patterns(record)
    for m in range(3):
        rebuilt = np.repeat(patterns, counts[m], axis=0)
        for t in range(len(arrays["epoch"])):
            W, b = arrays["W"][m, t].astype(np.float64), arrays["b"][m, t].astype(np.float64)
            for samples in (x[m], rebuilt):
                loss = ((np.maximum(samples @ W.T @ W + b, 0) - samples) ** 2).mean()
                assert arrays["train_loss"][m, t] == pytest.approx(loss, rel=1e-12)


def test_training_lowers_the_loss_on_its_data_and_on_the_population():
    arrays, _ = trained(list(range(8)), settings=training(epochs=2000), samples=1000)
    for name in ("train_loss", "test_loss", "population_loss"):
        assert (arrays[name][:, -1] < 0.9 * arrays[name][:, 0]).all()
    # 1,000 samples: the three differ by chance only, a few per cent
    np.testing.assert_allclose(arrays["train_loss"], arrays["population_loss"], rtol=0.25)
    assert not (arrays["train_loss"] == arrays["test_loss"]).any()


def test_one_active_feature_has_an_exact_population_loss():
    data = OneActiveData(kind="one_active", features=6, test_samples=50_000)
    arrays, _ = trained([0, 1, 2], data, training(epochs=300))
    # 50,000 test samples: the two differ by chance, a few per cent at most
    np.testing.assert_allclose(arrays["test_loss"], arrays["population_loss"], rtol=0.05)


def test_the_optimum_of_sparse_data_stays_where_it_is():
    init = KgonInitialisation(
        kind="kgon",
        k=6,
        radius=2**0.5,
        rotation="none",
        noise=0,
        bias={"kind": "constant", "value": -1},
    )
    data = OneHotData(kind="one_hot", features=6, active=1, test_samples=200)
    arrays, _ = train_run("optimal", init, 2, 100, 0.9933, data, training(), [0], "source")
    assert arrays["population_loss"].max() < 1e-12  # float32 parameters: errors of 1e-7, squared
    np.testing.assert_allclose(
        arrays["W"], arrays["W"][:, :1].repeat(arrays["epoch"].size, 1), atol=1e-6
    )


def test_the_population_loss_of_uniform_data_is_not_known():
    arrays, _ = trained([0], KINDS[1])
    assert np.isnan(arrays["population_loss"]).all()
    assert np.isfinite(arrays["test_loss"]).all()


def test_divergence_is_recorded_and_the_sweep_goes_on():
    arrays, record = trained(list(range(6)), settings=training(rate=0.7), sparsity=0.1)
    diverged = arrays["diverged_epoch"] >= 0
    assert diverged.any()
    assert not diverged.all()
    for seed in np.flatnonzero(diverged):
        alone, _ = trained([int(seed)], settings=training(rate=0.7), sparsity=0.1)
        assert arrays["W"][seed].tobytes() == alone["W"][0].tobytes()
    assert np.isnan(arrays["train_loss"][diverged, -1]).all()
    assert np.isfinite(arrays["train_loss"][~diverged]).all()
    seed = np.flatnonzero(diverged)[0]
    assert f"seed {seed} at epoch {arrays['diverged_epoch'][seed]}" in record["state"]


def test_a_start_that_does_not_fit_is_named():
    data = BinaryData(kind="binary", features=3, test_samples=10)
    with pytest.raises(ConfigError, match=r"initialisation kgon4: .* not 3"):
        trained([0], data)
