"""Restricted coefficients of a model: a table with a row for each layer."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

import torch
from torch import Tensor

from lgi.errors import ModelError
from lgi.llc.library.draws import Draws, need_known
from lgi.llc.library.estimates import sample_module
from lgi.llc.library.options import STREAM, Options
from lgi.llc.library.parameters import Choice, chosen
from lgi.llc.library.target import plain
from lgi.llc.settings import EstimateSettings

if TYPE_CHECKING:
    import pandas as pd

WHOLE = "whole"
"""Name of the last row."""

ROOT = "(root)"
"""Name of the row of what the module itself owns."""


def estimate_layers(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    setting: EstimateSettings,
    *,
    groups: Mapping[str, Choice] | None = None,
    **options: Unpack[Options],
) -> "pd.DataFrame":
    """Estimate the coefficient of each layer of a module alone, and of the whole.

    A restricted coefficient is that of the loss as a function of some parameters, the others at w*
    (Wang et al. 2024, "Differentiation and specialization of attention heads via the refined local
    learning coefficient"). Restricted ones do not add up to that of the whole.

    Parameters
    ----------
    module, loss, data, setting
        As for `sample_module`.
    groups
        What each row samples, by the name of the row: patterns or masks as of the option
        ``parameters``. None: `layers` of the module.
    **options
        See `Options`; ``parameters`` is what the whole is.

    Returns
    -------
    pandas.DataFrame
        A row for each group, in their order, and one called `WHOLE`, which is that of
        `estimate_module`: ``name``, ``parameters``, how many are sampled, and the columns of
        `lgi.llc.estimate.estimate`. A row has a random stream of its own, by its name: it is the
        same whichever others are asked for. After an interruption the rows so far.

    Raises
    ------
    ModelError
        As of `sample_module`; if there are no groups, or one is called `WHOLE`.
    """
    import pandas as pd

    need_known(setting)
    groups = layers(module, options.get("parameters")) if groups is None else groups
    if not groups or WHOLE in groups:
        found = f"one called {WHOLE!r}, the name of the last row" if groups else "none"
        raise ModelError(f"groups must name the rows of the table: found {found}")
    # The whole comes first, so that what is wrong with model or options is said at once.
    draws = sample_module(module, loss, data, setting, **options)
    whole = _row(WHOLE, draws)
    stream = options.get("stream", STREAM)
    rows = []
    for name, selection in groups.items():
        if draws.interrupted:
            break
        restricted: Options = {
            **options,
            "parameters": selection,
            "stream": (*stream, "layer", name),
        }
        draws = sample_module(module, loss, data, setting, **restricted)
        rows.append(_row(name, draws))
    return pd.DataFrame([*rows, whole])


def layers(module: torch.nn.Module, parameters: Choice | None = None) -> dict[str, Choice]:
    """Return the sampled parameters that each part of a module owns itself, by the part's name.

    Parameters
    ----------
    module
        The module. A parameter that several parts share is the first one's.
    parameters
        Which are sampled at all, as of the option ``parameters``.

    Returns
    -------
    dict
        Names of parameters, or masks by name where some are sampled in part; `ROOT` is the module.

    Raises
    ------
    ModelError
        If nothing is sampled.
    """
    sampled = chosen(plain(module), parameters)
    masks = zip(sampled.names, map(_mask, sampled.values, sampled.entries), strict=True)
    owned: dict[str, dict[str, Tensor]] = {}
    for name, mask in masks:
        owned.setdefault(name.rpartition(".")[0] or ROOT, {})[name] = mask
    return {
        part: list(of_part) if all(mask.all() for mask in of_part.values()) else of_part
        for part, of_part in owned.items()
    }


def _mask(value: Tensor, entries: Tensor | None) -> Tensor:
    mask = torch.zeros(value.shape, dtype=torch.bool)
    mask.view(-1)[slice(None) if entries is None else entries.cpu()] = True
    return mask


def _row(name: str, draws: Draws) -> dict[str, Any]:
    return {"name": name, "parameters": sum(draws.sampled.values()), **draws.estimate()}
