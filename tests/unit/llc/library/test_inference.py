"""Draws as ArviZ has them: its diagnostics are lgi's columns."""

import json
from dataclasses import replace
from types import SimpleNamespace

import arviz_stats
import numpy as np
import pytest
import torch

from lgi.llc.estimate import Traces
from lgi.llc.library import Draws, sample_function
from lgi.llc.library.inference import datatree
from lgi.llc.settings import EstimateSettings

THRESHOLDS = {"share_below": 0.1, "gradient_norm": 0.01, "acceptance": 0.2, "rhat": 1.05, "ess": 9}
SETTING = EstimateSettings(
    sampler={"kind": "hmc", "step_size": 5e-3, "leapfrog_steps": 2},
    chains=3,
    draws=60,
    burn_in=20,
    thin=2,
    localisation=2.0,
    inverse_temperature="1/log n",
    thresholds=THRESHOLDS,
)


@pytest.fixture(scope="module")
def draws() -> Draws:
    minimum = torch.zeros(4, dtype=torch.float64)
    return sample_function(lambda w: (w**2).sum(), minimum, (), SETTING, samples=500)


def test_groups_and_what_they_hold(draws):
    tree = draws.datatree()
    assert set(tree.children) == {
        f"{part}{group}" for part in ("", "warmup_") for group in ("posterior", "sample_stats")
    }
    assert dict(tree["posterior"].sizes) == {"chain": 3, "draw": 20}
    assert dict(tree["warmup_posterior"].sizes) == {"chain": 3, "draw": 10}
    loss = draws.traces.loss[0]
    assert np.array_equal(tree["posterior/loss"], loss[:, 10:])
    assert np.array_equal(tree["warmup_posterior/loss"], loss[:, :10])
    assert np.array_equal(tree["sample_stats/pull"], draws.traces.pull[0, :, 10:])
    assert np.array_equal(tree["posterior/llc"], draws.traces.n_beta * loss[:, 10:])


def test_attributes_say_how_it_was_drawn(draws):
    attributes = draws.datatree()["posterior"].attrs
    assert attributes["n_beta"] == pytest.approx(500 / np.log(500))
    assert (attributes["loss_at_w"], attributes["samples"]) == (0, 500)
    assert EstimateSettings(**json.loads(attributes["setting"])) == SETTING
    assert {"lgi", "torch"} <= set(attributes)
    assert "created_at" not in attributes


@pytest.mark.parametrize(
    ("column", "variable", "function", "method"),
    [
        ("rhat", "loss", arviz_stats.rhat, "rank"),
        ("ess", "loss", arviz_stats.ess, "bulk"),
        ("ess", "llc", arviz_stats.ess, "bulk"),
        ("llc_se", "llc", arviz_stats.mcse, "mean"),
    ],
)
def test_diagnostics_of_arviz_are_the_columns(draws, column, variable, function, method):
    found = function(draws.datatree(), var_names=variable, method=method)
    assert float(found[variable]) == pytest.approx(draws.columns()[column], rel=1e-9)


def test_rhat_of_llc_is_the_column_but_for_one_tie(draws):
    """The two draws beside the median are as far from it: rounding says which comes first."""
    found = arviz_stats.rhat(draws.datatree(), var_names="llc")
    assert float(found["llc"]) == pytest.approx(draws.columns()["rhat"], abs=5e-4)


def test_the_mean_is_the_coefficient(draws):
    mean = float(draws.datatree()["posterior/llc"].mean())
    assert mean == pytest.approx(draws.columns()["llc"], rel=1e-12)


def test_without_burn_in_there_is_no_warmup(draws):
    whole = replace(draws, setting=SETTING.model_copy(update={"burn_in": 0}))
    assert set(whole.datatree().children) == {"posterior", "sample_stats"}


def test_what_is_known_of_each_chain_is_there(draws):
    known = {name: getattr(draws, name) for name in ("traces", "setting", "samples")}
    tree = datatree(SimpleNamespace(**known, acceptance=np.array([0.6, 0.7, 0.8])))
    assert tree["sample_stats/acceptance"].dims == ("chain",)
    assert "step_size" not in tree["sample_stats"]
    assert float(tree["sample_stats/acceptance"].mean()) == pytest.approx(0.7)


def test_it_survives_a_file(draws, tmp_path):
    import xarray

    tree = draws.datatree()
    tree.to_netcdf(tmp_path / "draws.nc", engine="h5netcdf")
    with xarray.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as again:
        assert again.identical(tree)


def test_a_model_of_many_is_refused_by_its_shape(draws):
    two = {
        name: np.repeat(value, 2, axis=0)
        for name, value in vars(draws.traces).items()
        if name in ("loss", "pull", "loss_at_w")
    }
    with pytest.raises(ValueError, match="unpack"):
        replace(draws, traces=Traces(**(vars(draws.traces) | two))).datatree()
