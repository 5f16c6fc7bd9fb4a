"""Restricted coefficients of a model: a table with a row for each layer."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Unpack

import torch
from torch import Tensor

from lgi.errors import ModelError
from lgi.llc.library.draws import Draws
from lgi.llc.library.estimates import sample_module
from lgi.llc.library.options import STREAM, Options
from lgi.llc.settings import EstimateSettings

if TYPE_CHECKING:
    import pandas as pd

WHOLE = "whole"
"""Name of the last row."""

ROOT = "(root)"
"""Name of the row of what the module itself owns."""

Selection = str | Sequence[str] | Mapping[str, Tensor]
"""Which parameters: as of the option ``parameters``."""


def estimate_layers(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    setting: EstimateSettings,
    *,
    groups: Mapping[str, Selection] | None = None,
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
        same whichever others are asked for.

    Raises
    ------
    ModelError
        As of `sample_module`; if there are no groups, or one is called `WHOLE`.
    """
    import pandas as pd

    groups = layers(module, options.get("parameters")) if groups is None else groups
    if not groups or WHOLE in groups:
        found = f"one called {WHOLE!r}, the name of the last row" if groups else "none"
        raise ModelError(f"groups must name the rows of the table: found {found}")
    # The whole comes first, so that what is wrong with model or options is said at once.
    whole = _row(WHOLE, sample_module(module, loss, data, setting, **options))
    stream = options.get("stream", STREAM)
    rows = []
    for name, selection in groups.items():
        restricted: Options = {
            **options,
            "parameters": selection,
            "stream": (*stream, "layer", name),
        }
        rows.append(_row(name, sample_module(module, loss, data, setting, **restricted)))
    return pd.DataFrame([*rows, whole])


def layers(module: torch.nn.Module, parameters: Selection | None = None) -> dict[str, Selection]:
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
        Names of parameters, or masks by name where `parameters` are masks; `ROOT` is the module.
    """
    owned: dict[str, list[str]] = {}
    for name in sampled(module, parameters):
        owned.setdefault(name.rpartition(".")[0] or ROOT, []).append(name)
    if isinstance(parameters, Mapping):
        return {part: {name: parameters[name] for name in names} for part, names in owned.items()}
    return dict(owned)


def sampled(module: torch.nn.Module, parameters: Selection | None = None) -> list[str]:
    """Return the names of the parameters that are sampled; takes what `layers` does."""
    names = [name for name, p in module.named_parameters() if p.requires_grad]
    if parameters is None:
        return names
    if isinstance(parameters, Mapping):
        return [name for name in names if name in parameters]
    patterns = [parameters] if isinstance(parameters, str) else parameters
    return [name for name in names if any(fnmatchcase(name, one) for one in patterns)]


def _row(name: str, draws: Draws) -> dict:
    return {"name": name, "parameters": len(draws.traces.lowest), **draws.columns()}
