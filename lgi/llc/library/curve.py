"""What the estimate of a model becomes as the region that its chains see shrinks or grows."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Unpack

import torch
from torch import Tensor

from lgi.errors import ModelError
from lgi.llc.library.draws import Draws, need_known
from lgi.llc.library.estimates import sample_module
from lgi.llc.library.options import STREAM, Options
from lgi.llc.settings import EstimateSettings
from lgi.llc.sweep import RESOLUTION, stable, variations

if TYPE_CHECKING:
    import pandas as pd

FACTORS = (0.01, 0.0316, 0.1, 0.316, 1.0, 3.16, 10.0, 31.6, 100.0)


def resolution_curve(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    setting: EstimateSettings,
    factors: Iterable[float] = FACTORS,
    **options: Unpack[Options],
) -> "pd.DataFrame":
    """Estimate the coefficient of a module with nβ and γ larger or smaller by the same factor.

    The region that the chains see shrinks like 1 / √γ, while each direction of a quadratic loss
    keeps its share nβ h / (nβ h + γ): what λ̂ does is of the loss's higher orders, and of kinks.
    One number stands for a model only where the curve is flat.

    Parameters
    ----------
    module, loss, data, setting
        As for `sample_module`. ε is divided by each factor, so that steps keep their length beside
        the region (of ``rmsprop_sgld`` they do where ``stability`` is above the gradients).
    factors
        Of nβ and γ. That of the setting itself, 1, is always one of them.
    **options
        See `Options`.

    Returns
    -------
    pandas.DataFrame
        A row for each factor, ascending: ``factor``, ``n_beta``, ``localisation``, the columns of
        `lgi.llc.estimate.estimate` and ``stable``, see `lgi.llc.sweep.stable`. The row of factor 1
        is that of `estimate_module`; the others have random streams of their own, by the factor.
        `lgi.llc.figures.llc_resolution` draws it. After an interruption the rows so far.

    Raises
    ------
    ModelError
        As of `sample_module`, or if a factor is not above 0 and finite.
    """
    import pandas as pd

    need_known(setting)
    wanted = sorted({1.0, *(_factor(one) for one in factors)})
    itself = sample_module(module, loss, data, setting, **options)
    stream, rows, interrupted = options.get("stream", STREAM), [], itself.interrupted
    for one in variations("", setting, {RESOLUTION: wanted}, itself.samples):
        draws = itself
        if one.value != 1.0:
            if interrupted:
                continue
            own: Options = {**options, "stream": (*stream, RESOLUTION, f"{one.value:g}")}
            draws = sample_module(module, loss, data, _same_steps(one.setting, one.value), **own)
            interrupted = draws.interrupted
        rows.append(_row(one.value, draws))
    table = pd.DataFrame(rows)
    return table.assign(stable=stable(table))


def _factor(value: float) -> float:
    if not 0 < value < float("inf"):
        raise ModelError(f"a factor of nβ and γ must be above 0 and finite: found {value!r}")
    return float(value)


def _same_steps(setting: EstimateSettings, factor: float) -> EstimateSettings:
    step = {"step_size": setting.sampler.step_size / factor}
    return setting.model_copy(update={"sampler": setting.sampler.model_copy(update=step)})


def _row(factor: float, draws: Draws) -> dict[str, Any]:
    scale = {name: float(getattr(draws.traces, name)) for name in ("n_beta", "localisation")}
    return {"factor": factor, **scale, **draws.estimate()}
