"""Traces survive a round trip through NetCDF, are ArviZ's own format, and name bad files."""

import io
import json
from dataclasses import replace

import arviz_stats
import numpy as np
import pytest
import xarray

from lgi.errors import RunFileError
from lgi.llc.estimate import Traces
from lgi.llc.inference_data import read_trace, trace_of, write_trace
from lgi.llc.settings import EstimateSettings
from lgi.runs import summed_path
from tests.damage import flipped, refused

THRESHOLDS = {"share_below": 0.1, "gradient_norm": 0.01, "acceptance": 0.9, "rhat": 1.05, "ess": 9}
SETTING = EstimateSettings(
    sampler={"kind": "sgld", "step_size": 0.01},
    chains=3,
    draws=40,
    burn_in=10,
    thin=2,
    localisation=1.0,
    inverse_temperature=0.5,
    thresholds=THRESHOLDS,
)


@pytest.fixture
def trace():
    rng = np.random.default_rng(0)
    traces = Traces(
        loss=rng.normal(size=(1, 3, 20)),
        acceptance=np.array([0.9]),
        loss_at_w=np.array([-0.5]),
        gradient_norm=np.array([0.0]),
        length=np.array([1.0]),
        pull=np.zeros((1, 3, 20)),
        last=np.zeros((2, 1, 3)),
        lowest=np.zeros((2, 1)),
        n_beta=7.0,
        localisation=1.0,
    )
    return trace_of(traces, SETTING, {"seed": 4})


def test_burn_in_counts_kept_draws(trace):
    assert (trace.burn_in, trace.thin) == (5, 2)
    assert trace.record["seed"] == 4
    assert trace.record["setting"]["sampler"]["kind"] == "sgld"
    assert np.allclose(trace.llc, 7 * (trace.loss + 0.5))


@pytest.mark.parametrize("burn_in", [5, 0])
def test_a_round_trip_changes_nothing(trace, tmp_path, burn_in):
    trace = replace(trace, burn_in=burn_in)
    write_trace(tmp_path / "trace.nc", trace)
    again = read_trace(tmp_path / "trace.nc")
    assert np.array_equal(again.loss, trace.loss)
    for name in ("loss_at_w", "n_beta", "burn_in", "thin", "record"):
        assert getattr(again, name) == getattr(trace, name)


def test_arviz_reads_it(trace, tmp_path):
    write_trace(tmp_path / "trace.nc", trace)
    with xarray.open_datatree(tmp_path / "trace.nc", engine="h5netcdf") as tree:
        assert set(tree.children) == {"posterior", "warmup_posterior"}
        assert tree.posterior["loss"].dims == ("chain", "draw")
        assert np.array_equal(tree.posterior["llc"], trace.llc[:, 5:])
        assert np.array_equal(tree.warmup_posterior["loss"], trace.loss[:, :5])
        assert json.loads(tree.posterior.attrs["record"]) == trace.record
        summary = arviz_stats.summary(tree, var_names="llc", round_to="none")
    assert summary.loc["llc", "mean"] == pytest.approx(trace.llc[:, 5:].mean())


def test_traces_of_before_are_read(trace, tmp_path):
    """Up to 0.7 ArviZ's InferenceData wrote one group after another."""
    attributes = {"loss_at_w": -0.5, "n_beta": 7.0, "thin": 2, "record": json.dumps(trace.record)}
    content = io.BytesIO()
    for mode, group, loss in (
        ("w", "posterior", trace.loss[:, 5:]),
        ("a", "warmup_posterior", trace.loss[:, :5]),
    ):
        values = dict.fromkeys(("loss", "llc"), (("chain", "draw"), loss))
        xarray.Dataset(values, attrs=attributes).to_netcdf(
            content, mode=mode, group=group, engine="h5netcdf"
        )
    with summed_path(tmp_path / "old.nc") as temporary:
        temporary.write_bytes(content.getvalue())
    old = read_trace(tmp_path / "old.nc")
    assert np.array_equal(old.loss, trace.loss)
    assert (old.burn_in, old.thin, old.record) == (trace.burn_in, 2, trace.record)


def test_the_same_trace_gives_the_same_bytes(trace, tmp_path):
    for name in ("a", "b"):
        write_trace(tmp_path / f"{name}.nc", trace)
    first, second = ((tmp_path / f"{name}.nc").read_bytes() for name in ("a", "b"))
    assert first == second
    assert b"created_at" not in first


@pytest.mark.slow
def test_every_changed_byte_of_a_trace_is_seen(trace, tmp_path):
    path = tmp_path / "trace.nc"
    write_trace(path, trace)
    content = path.read_bytes()
    refused(path, read_trace, (flipped(content, place, 255) for place in range(len(content))))
    refused(path, read_trace, (content[:length] for length in range(0, len(content), 101)))


@pytest.mark.parametrize("content", [b"", b"text"])
def test_a_file_that_is_no_trace_is_named(tmp_path, content):
    path = tmp_path / "bad.nc"
    with pytest.raises(RunFileError, match=r"bad\.nc: no such trace"):
        read_trace(path)
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=r"bad\.nc: no checksum beside it"):
        read_trace(path)
    with summed_path(path) as temporary:
        temporary.write_bytes(content)
    with pytest.raises(RunFileError, match=r"bad\.nc: not a trace of lgi"):
        read_trace(path)
