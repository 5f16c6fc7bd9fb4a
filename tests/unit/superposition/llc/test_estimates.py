"""LLC of study 2's run files: rows, data, independence of the batch, and what is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from lgi.errors import RunFileError
from lgi.llc.minimum import MinimumSettings
from lgi.llc.samplers import Sampler
from lgi.runs import Run, read_run, read_table, write_run, write_table
from lgi.superposition.llc.estimates import COLUMNS, estimate_each, estimate_run, trace_run
from lgi.superposition.llc.settings import Copies, Epochs, FreshData, SuperpositionEstimate
from lgi.superposition.llc.tables import gathered
from lgi.superposition.training.run import fresh_samples, train_run, training_data
from lgi.superposition.training.settings import (
    DataSettings,
    InitialisationSettings,
    TrainingSettings,
)

SETTING = SuperpositionEstimate(
    sampler={"kind": "sgld", "step_size": 1e-3},
    chains=3,
    draws=60,
    burn_in=20,
    localisation=1.0,
    inverse_temperature="1/log n",
    epochs=[0, 3, 30],
    likelihood={"kind": "mean_squared_error"},
    minimum=None,
    thresholds={
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.9,
        "rhat": 1.05,
        "ess": 100,
    },
)
INIT = TypeAdapter(InitialisationSettings).validate_python(
    {"kind": "normal", "deviation": 1.0, "bias": {"kind": "normal", "mean": 0.0, "deviation": 1.0}}
)
HMC = TypeAdapter(Sampler)
TRAINING = TrainingSettings(
    rate=0.005,
    momentum=0.9,
    batch_size=1024,
    epochs=30,
    snapshots={"points": 4, "first": 1, "last": 30},
)
BINARY = {"kind": "binary", "features": 6, "test_samples": 10}
UNIFORM = {"kind": "uniform", "features": 6, "test_samples": 10}
ONE_HOT = {"kind": "one_hot", "features": 6, "test_samples": 10, "active": 2}


def trained(folder, seeds, data=BINARY):
    data = TypeAdapter(DataSettings).validate_python(data)
    run = train_run("random", INIT, 2, 120, 0.7, data, TRAINING, seeds, "source")
    path = folder / f"{data.kind}_{'_'.join(map(str, seeds))}.npz"
    write_run(path, *run)
    return read_run(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs"), [0, 1, 7])


@pytest.fixture(scope="module")
def table(run):
    return estimate_run(run, SETTING)


def test_a_row_for_each_seed_and_epoch(run, table):
    assert tuple(table.columns) == COLUMNS
    assert table[["seed", "epoch"]].to_numpy().tolist() == [
        [seed, epoch] for seed in (0, 1, 7) for epoch in (0, 3, 30)
    ]
    assert set(table["init"]) == {"random"}
    assert set(table["samples"]) == {120}
    assert set(table["sparsity"]) == {0.7}


def test_the_loss_is_that_of_the_runs_own_training_set(run, table):
    epochs = run["epoch"].tolist()
    x = training_data(run.record).astype(np.float64)
    for _, row in table.iterrows():
        model, place = run["seed"].tolist().index(row["seed"]), epochs.index(row["epoch"])
        W, b = (run[name][model, place].astype(np.float64) for name in ("W", "b"))
        loss = np.mean((np.maximum(x[model] @ W.T @ W + b, 0) - x[model]) ** 2)
        assert row["loss_at_w"] == pytest.approx(loss, rel=1e-12)


def test_the_loss_may_be_that_of_fresh_data(run, table):
    setting = SETTING.model_copy(update={"data": FreshData(samples=200)})
    fresh = estimate_run(run, setting)
    x = fresh_samples(run.record, 200).astype(np.float64)
    assert x.shape == (3, 200, 6)
    row = fresh.query("seed == 7 and epoch == 30").iloc[0]
    W, b = (run[name][2, -1].astype(np.float64) for name in ("W", "b"))
    loss = np.mean((np.maximum(x[2] @ W.T @ W + b, 0) - x[2]) ** 2)
    assert row["loss_at_w"] == pytest.approx(loss, rel=1e-12)
    assert not np.isclose(fresh["loss_at_w"], table["loss_at_w"]).any()


def test_n_of_the_temperature_may_be_given(run, table):
    fifty = estimate_run(run, SETTING.model_copy(update={"n": 300}))
    n_beta = 300 / np.log(300)
    difference = fifty["mean_loss"] - fifty["loss_at_w"]
    np.testing.assert_allclose(fifty["llc"], n_beta * difference, rtol=1e-9)
    assert SETTING.model_copy(update={"n": 120}).n_beta(7) == SETTING.n_beta(120)


def test_weights_stored_twice_are_noisier(run, table):
    twice = estimate_run(run, SETTING.model_copy(update={"copies": Copies(W=2)}))
    last = table["epoch"] == 30
    assert twice[last]["mean_loss"].mean() > table[last]["mean_loss"].mean()
    once = estimate_run(run, SETTING.model_copy(update={"copies": Copies()}))
    pd.testing.assert_frame_equal(once, table, check_exact=True)


def test_untrained_models_are_no_minima(table):
    start = table[table["epoch"] == 0]
    assert set(start["status"]) == {"not a minimum"}
    assert (start["llc"] < 0).all()


@pytest.mark.parametrize("data", [BINARY, UNIFORM])
def test_a_seed_alone_has_the_same_bytes(tmp_path, data):
    together = estimate_run(trained(tmp_path, [0, 1, 7], data), SETTING)
    alone = estimate_run(trained(tmp_path, [7], data), SETTING)
    pd.testing.assert_frame_equal(
        alone,
        together[together["seed"] == 7].reset_index(drop=True),
        check_exact=True,
    )


def test_epochs_do_not_depend_on_each_other(run, table):
    setting = SETTING.model_copy(update={"epochs": Epochs(at=[30])})
    pd.testing.assert_frame_equal(
        estimate_run(run, setting),
        table[table["epoch"] == 30].reset_index(drop=True),
        check_exact=True,
    )


@pytest.mark.parametrize("data", [BINARY, ONE_HOT, UNIFORM], ids=lambda data: data["kind"])
def test_settings_that_are_sampled_together_have_the_bytes_of_each(tmp_path, data):
    """Runs with other patterns, and settings with other nβ, γ and data."""
    first, second = trained(tmp_path, [0, 1], data), trained(tmp_path, [4, 5, 8], data)
    whitened = SETTING.model_copy(
        update={
            "sampler": HMC.validate_python(
                {"kind": "hmc", "step_size": 0.3, "leapfrog_steps": 2, "target_acceptance": 0.8}
            ),
            "coordinates": "whitened",
            "minimum": MinimumSettings(steps=3, longest=0.1, tolerance=1e-9),
        }
    )
    colder = {"inverse_temperature": 0.1, "epochs": Epochs(at=[30])}
    cases = [
        (run, setting)
        for run in (first, second)
        for setting in (
            SETTING,
            SETTING.model_copy(update={"localisation": 5.0, "data": FreshData(samples=50)}),
            whitened,
            whitened.model_copy(update={"localisation": 30.0} | colder),
        )
    ]
    for found, (run, setting) in zip(estimate_each(cases), cases, strict=True):
        pd.testing.assert_frame_equal(found, estimate_run(run, setting), check_exact=True)


@pytest.mark.parametrize("data", [BINARY, UNIFORM, ONE_HOT])
def test_traces_are_the_chains_of_the_estimate(tmp_path, data):
    run = trained(tmp_path, [0, 1, 7], data)
    row = estimate_run(run, SETTING).query("seed == 7 and epoch == 30").iloc[0]
    traces = trace_run(run, SETTING, seed=7, epoch=30)
    assert traces.loss.shape == (1, SETTING.chains, SETTING.draws)
    assert traces.loss[0, :, SETTING.burn_in :].mean() == row["mean_loss"]
    assert traces.loss_at_w.item() == row["loss_at_w"]


def test_traces_of_a_seed_that_is_not_there_are_refused(run):
    with pytest.raises(RunFileError, match=r"binary_0_1_7.npz: no seed 2; it holds 0, 1, 7"):
        trace_run(run, SETTING, seed=2, epoch=30)


def test_a_diverged_model_is_named_and_leaves_the_others_alone(run, table):
    arrays = {name: array.copy() for name, array in run.arrays.items()}
    last = len(arrays["epoch"]) - 1
    arrays["W"][1, last] = np.nan
    arrays["train_loss"][1, last] = np.nan
    broken = estimate_run(Run(run.path, arrays, run.record), SETTING)
    row = (broken["seed"] == 1) & (broken["epoch"] == 30)
    assert broken[row]["status"].tolist() == ["diverged"]
    assert broken[row]["llc"].isna().all()
    pd.testing.assert_frame_equal(broken[~row], table[~row], check_exact=True)


def test_an_epoch_without_a_snapshot_is_refused(run):
    setting = SETTING.model_copy(update={"epochs": Epochs(at=[0, 4, 31])})
    with pytest.raises(RunFileError, match=r"binary_0_1_7.npz: no snapshot at epoch 4, 31; it has"):
        estimate_run(run, setting)


def test_data_that_are_not_the_runs_own_are_refused(run):
    record = {**run.record, "sparsity": 0.71}
    with pytest.raises(RunFileError, match=r"binary_0_1_7.npz: the data rebuilt"):
        estimate_run(dataclasses.replace(run, record=record), SETTING)


def test_tables_are_gathered_sorted(table, tmp_path):
    for name, sparsity in (("b.csv", 0.8), ("a.csv", 0.7)):
        write_table(tmp_path / name, table.assign(sparsity=sparsity))
    files = [tmp_path / "b.csv", tmp_path / "a.csv"]
    found = gathered(map(read_table, files), ["published", "published"])
    assert len(found) == 2 * len(table)
    assert found["sparsity"].tolist() == [0.7] * len(table) + [0.8] * len(table)
    assert list(found.columns) == [*COLUMNS[:3], "setting", *COLUMNS[3:]]
    pd.testing.assert_frame_equal(
        read_table(files[1]), found[: len(table)].drop(columns="setting"), check_exact=True
    )


def test_a_truncated_table_is_named(table, tmp_path):
    write_table(tmp_path / "foreign.csv", table.drop(columns="llc"))
    with pytest.raises(RunFileError, match=r"foreign.csv: no column llc"):
        gathered([read_table(tmp_path / "foreign.csv")], ["published"])
