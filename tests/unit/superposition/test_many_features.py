"""Data of more patterns than an integer of the machine can count are trained and analysed."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from lgi.runs import read_run, write_run
from lgi.superposition.llc.estimates import estimate_run
from lgi.superposition.training.run import train_run
from lgi.superposition.training.settings import DataSettings
from lgi.superposition.training.table import tables
from tests.unit.superposition.llc.test_estimates import INIT, SETTING, TRAINING


@pytest.mark.parametrize("kind", ["binary", "one_hot"])
@pytest.mark.parametrize("features", [16, 63, 64, 65, 80])
def test_many_features_from_training_to_estimates(features, kind, tmp_path):
    given = {"kind": kind, "features": features, "test_samples": 20}
    given |= {"active": features // 2} if kind == "one_hot" else {}
    data = TypeAdapter(DataSettings).validate_python(given)
    path = tmp_path / "run.npz"
    write_run(path, *train_run("random", INIT, 2, 30, 0.9, data, TRAINING, [0, 1], ""))
    run = read_run(path)
    assert np.isfinite(run["train_loss"]).all()
    assert np.isfinite(run["population_loss"]).all() == (features == 16)
    found = estimate_run(run, SETTING.model_copy(update={"draws": 24, "burn_in": 8}))
    assert np.isfinite(found["llc"]).all()
    table, _ = tables([run])
    assert len(table) == len(found) // len(SETTING.epochs.at) * run["epoch"].size
