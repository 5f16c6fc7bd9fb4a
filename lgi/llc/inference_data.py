"""The chains of one estimate as ArviZ has them, and in NetCDF.

ArviZ 1.x keeps chains in `xarray.DataTree`. Both are imported where chains become one, since it
takes a second, and nowhere else.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import h5netcdf
import numpy as np

from lgi.errors import RunFileError
from lgi.llc.estimate import Traces
from lgi.llc.settings import EstimateSettings
from lgi.runs import summed_path, whole_content

if TYPE_CHECKING:
    from xarray import DataTree


@dataclass(frozen=True)
class Trace:
    """The draws of the chains of one estimate, burn-in included."""

    loss: np.ndarray  # [chains, draws] L(w)
    loss_at_w: float  # L(w*)
    n_beta: float
    burn_in: int  # of these draws, how many are left out
    thin: int  # steps of the sampler from one of these draws to the next
    record: Mapping  # what was sampled and how, as JSON values

    @property
    def llc(self) -> np.ndarray:
        """Return nβ (L(w) - L(w*)) of every draw: the estimate is its mean after burn-in."""
        return self.n_beta * (self.loss - self.loss_at_w)


def trace_of(traces: Traces, setting: EstimateSettings, record: Mapping) -> Trace:
    """Return what `lgi.llc.estimate.traces` gives for one model as a trace.

    Parameters
    ----------
    traces
        Traces of one model.
    setting
        The setting they were drawn with.
    record
        What else is to be known of them, as JSON values.
    """
    ((loss,), (loss_at_w,)) = traces.loss, traces.loss_at_w
    return Trace(
        loss=loss,
        loss_at_w=float(loss_at_w),
        n_beta=traces.n_beta,
        burn_in=setting.burn_in // setting.thin,
        thin=setting.thin,
        record={**record, "setting": setting.model_dump(mode="json")},
    )


def datatree(
    posterior: Mapping[str, np.ndarray],
    burn_in: int,
    attributes: Mapping,
    statistics: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> "DataTree":
    """Return chains as ArviZ 1.x takes them.

    Parameters
    ----------
    posterior
        Values of the draws by name, float [chains, draws], burn-in included.
    burn_in
        How many of these draws are left out.
    attributes
        Of every group. ArviZ would add a date: there is none, so the same chains are the same.
    statistics
        As `posterior`: what is no value of a draw but says how it was drawn; or [chains], of all
        draws of a chain after burn-in.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior`` and, if there are any, ``sample_stats`` [chain, draw] after burn-in,
        ``warmup_posterior`` and ``warmup_sample_stats`` before it.
    """
    import arviz_base

    of_draws = {name: array for name, array in statistics.items() if array.ndim == 2}
    of_chains = {name: array for name, array in statistics.items() if array.ndim == 1}
    groups = {"posterior": posterior, "sample_stats": of_draws}
    parts = {"": slice(burn_in, None), "warmup_": slice(None, burn_in)}
    tree = arviz_base.from_dict(
        {
            part + group: {name: array[:, draws] for name, array in values.items()}
            for group, values in groups.items()
            for part, draws in parts.items()
            if values and (burn_in or not part)
        },
        save_warmup=True,
    )
    if of_chains:
        whole = tree["sample_stats"].to_dataset()
        tree["sample_stats"].dataset = whole.assign(
            {name: ("chain", array) for name, array in of_chains.items()}
        )
    for group in tree.children.values():
        group.attrs = dict(attributes)
    return tree


def write_trace(path: str | Path, trace: Trace) -> None:
    """Write a trace as NetCDF in one step, and its checksum.

    `xarray.open_datatree` reads groups ``posterior``, with ``loss`` and ``llc`` [chain, draw]
    after burn-in, and ``warmup_posterior`` with those before it; attributes ``loss_at_w``,
    ``n_beta``, ``thin`` and ``record`` (JSON text).
    """
    attributes = {
        "loss_at_w": trace.loss_at_w,
        "n_beta": trace.n_beta,
        "thin": trace.thin,
        "record": json.dumps(trace.record, sort_keys=True),
    }
    tree = datatree({"loss": trace.loss, "llc": trace.llc}, trace.burn_in, attributes)
    encoding = {
        group.path: {name: {"zlib": True} for name in group.variables} for group in tree.leaves
    }
    # In memory: HDF5 crashes the interpreter when it cannot close a file on a full disk.
    content = tree.to_netcdf(engine="h5netcdf", encoding=encoding)
    with summed_path(path) as temporary:
        temporary.write_bytes(content)


def read_trace(path: str | Path) -> Trace:
    """Read a trace that `write_trace` wrote.

    Raises
    ------
    RunFileError
        If the file is missing, not as it was written or holds no trace; the message names it.
    """
    content, _ = whole_content(path, "trace")
    try:
        with h5netcdf.File(io.BytesIO(content), "r") as file:
            groups = [file[name] for name in ("warmup_posterior", "posterior") if name in file]
            losses = [group["loss"][...] for group in groups]
            attributes = dict(file["posterior"].attrs)
        return Trace(
            loss=np.concatenate(losses, axis=1),
            loss_at_w=float(attributes["loss_at_w"]),
            n_beta=float(attributes["n_beta"]),
            burn_in=losses[0].shape[1] if len(losses) > 1 else 0,
            thin=int(attributes["thin"]),
            record=json.loads(attributes["record"]),
        )
    except (OSError, KeyError, ValueError) as error:
        raise RunFileError(f"{path}: not a trace of lgi ({error})") from None
