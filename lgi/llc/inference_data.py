"""The chains of one estimate as ArviZ InferenceData in NetCDF.

ArviZ takes seconds to import, so it is imported where a trace is written and nowhere else.
"""

import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import h5netcdf
import numpy as np

from lgi.errors import RunFileError
from lgi.llc.estimate import Traces
from lgi.llc.settings import EstimateSettings
from lgi.runs import summed_path, whole_content

if TYPE_CHECKING:
    import arviz


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


def inference_data(trace: Trace) -> "arviz.InferenceData":
    """Return a trace as InferenceData.

    Returns
    -------
    arviz.InferenceData
        Group ``posterior`` with ``loss`` and ``llc`` [chain, draw] after burn-in,
        ``warmup_posterior`` with those before it; attributes ``loss_at_w``, ``n_beta``, ``thin``
        and ``record`` (JSON text). There is no date: the same trace gives the same file.
    """
    arviz = _import_arviz()
    values = {"loss": trace.loss, "llc": trace.llc}
    warmup = {name: value[:, : trace.burn_in] for name, value in values.items()}
    data = arviz.from_dict(
        posterior={name: value[:, trace.burn_in :] for name, value in values.items()},
        **({"warmup_posterior": warmup, "save_warmup": True} if trace.burn_in else {}),
    )
    for group in data.groups():
        data[group].attrs = {
            "loss_at_w": trace.loss_at_w,
            "n_beta": trace.n_beta,
            "thin": trace.thin,
            "record": json.dumps(trace.record, sort_keys=True),
        }
    return data


def write_trace(path: str | Path, trace: Trace) -> None:
    """Write a trace as NetCDF, and its checksum beside it; `arviz.from_netcdf` reads it."""
    with summed_path(path) as temporary:
        inference_data(trace).to_netcdf(str(temporary), engine="h5netcdf")


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


def _import_arviz() -> ModuleType:
    """Import ArviZ without the announcement that it makes once a day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            import arviz
        except FileNotFoundError:
            # It notes the day in a file; of two jobs that do so at once, one loses it.
            import arviz
    return arviz
