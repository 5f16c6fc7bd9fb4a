"""A run file of study 2 with trained models."""

import pytest
from pydantic import TypeAdapter

from lgi.runs import Run
from lgi.superposition.training.run import train_run
from lgi.superposition.training.settings import (
    DataSettings,
    KgonInitialisation,
    TrainingSettings,
)


@pytest.fixture(scope="session")
def kgon6_run(tmp_path_factory):
    """Return three models from a six-gon with 200 samples, trained to epoch 4000."""
    data = {"kind": "binary", "features": 6, "test_samples": 10}
    arrays, record = train_run(
        "kgon6",
        KgonInitialisation(
            kind="kgon",
            k=6,
            radius=0.9,
            rotation="random",
            noise=0.01,
            bias={"kind": "constant", "value": 0.0},
        ),
        2,
        200,
        0.8,
        TypeAdapter(DataSettings).validate_python(data),
        TrainingSettings(
            rate=0.05,
            momentum=0.9,
            batch_size=1024,
            epochs=4000,
            snapshots={"points": 3, "first": 1, "last": 4000},
        ),
        [0, 1, 5],
        "source",
    )
    return Run(tmp_path_factory.mktemp("run") / "run.npz", arrays, record)
