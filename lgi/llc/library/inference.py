"""The draws of a model as ArviZ has them."""

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from lgi.llc import inference_data

if TYPE_CHECKING:
    from xarray import DataTree

    from lgi.llc.library.draws import Draws

OF_CHAINS = ("acceptance", "step_size")


def datatree(draws: "Draws") -> "DataTree":
    """Return draws as ArviZ 1.x takes them.

    Its bulk ESS and standard error of the mean of ``llc``, and its R-hat of ``loss``, are those of
    `Draws.columns`. R-hat of ``llc`` may differ in the fourth digit where draws are few: the two
    beside the median are equally far from it, and rounding says which comes first.

    Parameters
    ----------
    draws
        Draws of one model.

    Returns
    -------
    xarray.DataTree
        ``posterior``: ``loss``, L(w), and ``llc``, nβ (L(w) - L(w*)), float64 [chain, draw] after
        burn-in. ``sample_stats``: ``pull``, γ |w - w*|² [chain, draw]; ``acceptance``, mean
        probability that a Metropolis test accepts, and ``step_size``, ε after burn-in [chain],
        where the draws have them. ``warmup_posterior`` and ``warmup_sample_stats``: the same of
        burn-in, if there is any. A draw is one that was kept, every ``thin``-th. Attributes of
        every group: ``n_beta``, ``localisation``, ``loss_at_w``, ``samples`` (n), ``setting`` (JSON
        text) and the versions of lgi and torch; no date: the same draws give the same tree.
    """
    traces, setting = draws.traces, draws.setting
    (loss,), (pull,), (loss_at_w,) = traces.loss, traces.pull, traces.loss_at_w
    of_chains = {name: getattr(draws, name, None) for name in OF_CHAINS}
    return inference_data.datatree(
        {"loss": loss, "llc": float(traces.n_beta) * (loss - loss_at_w)},
        setting.burn_in // setting.thin,
        {
            "n_beta": float(traces.n_beta),
            "localisation": float(traces.localisation),
            "loss_at_w": float(loss_at_w),
            "samples": float(draws.samples),
            "thin": setting.thin,
            "setting": setting.model_dump_json(),
            "lgi": version("lgi"),
            "torch": version("torch"),
        },
        {"pull": pull}
        | {name: np.asarray(array) for name, array in of_chains.items() if array is not None},
    )
