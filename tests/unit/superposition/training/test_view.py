import numpy as np
import pytest

from lgi.errors import RunFileError
from lgi.superposition.training.view import Models


def test_the_arrays_are_those_of_the_file(run):
    source = run()
    models = Models(source)
    assert np.array_equal(models.seeds, source["seed"])
    assert np.array_equal(models.W, source["W"])
    assert list(models.losses) == ["train_loss", "test_loss", "population_loss"]
    assert models.names == {"init": "kgon4", "samples": 100, "sparsity": 0.8111}


def test_rows_have_the_models_outside_and_the_snapshots_inside(run):
    source = run(models=2)
    rows = Models(source).rows(loss=source["train_loss"])
    assert rows["seed"].tolist() == [0, 0, 0, 1, 1, 1]
    assert rows["epoch"].tolist() == [0, 1, 9, 0, 1, 9]
    assert rows["loss"].tolist() == source["train_loss"].ravel().tolist()


def test_one_model_and_some_snapshots(run):
    source = run()
    alone = Models(source).model(3)
    assert alone.seeds.tolist() == alone.run.record["seeds"] == [3]
    assert np.array_equal(alone.W, source["W"][3:4])
    some = alone.at([9, 0])
    assert some.epochs.tolist() == [9, 0]
    assert np.array_equal(some.W[0], source["W"][3, [2, 0]])
    assert np.array_equal(some.losses["test_loss"][0], source["test_loss"][3, [2, 0]])
    assert some.diverged_epoch.tolist() == [-1]


def test_what_is_not_there_is_named_with_the_file_and_what_is(run):
    models = Models(run())
    with pytest.raises(RunFileError, match=r"kgon4\.npz: no seed 7; it holds 0, 1, 2, 3, 4"):
        models.model(7)
    with pytest.raises(RunFileError, match=r"kgon4\.npz: no snapshot at epoch 8; it has 0, 1, 9"):
        models.at([0, 8])
    with pytest.raises(RunFileError, match=r"kgon4\.npz: no array 'norm'"):
        models.array("norm")


def test_arrays_must_have_the_models_and_snapshots_of_the_file(run):
    source = run()
    source.arrays["b"] = source["b"][:, :2]
    with pytest.raises(RunFileError, match=r"b is of shape \(5, 2, 6\), but there are 5 seeds"):
        Models(source)
