"""The page of the explorer: its parts, each with what it shows and the script that shows it."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import jinja2
import pandas as pd

from lgi.explorer import gaussians, superposition, verdicts
from lgi.runs import Run

PARTS = {
    "gaussians": ("rendering", "fits", "loss_vs_n"),
    "superposition": ("toy_model", "superposition"),
    "verdicts": ("verdicts",),
}
"""Parts of the page: each is a module here, and the scripts in `assets` that show its data."""


def write(
    *,
    settings: Mapping[str, Any],
    fits: Iterable[Run] = (),
    models: Iterable[Run] = (),
    made: Mapping[str, str] = MappingProxyType({}),
    **tables: pd.DataFrame,
) -> str:
    """Return the page as HTML that needs nothing else.

    Parameters
    ----------
    settings
        The sections of the configuration by name: ``explorer``, ``gaussians``, ``superposition``;
        a study that does not run has none.
    fits, models
        Run files of study 1 and of study 2.
    made
        Figures and tables that the workflow makes, to which the page links, and their names.
    **tables
        Tables by name, as `lgi.explorer.results` declares them.
    """
    data = {}
    if settings.get("gaussians") is not None and settings["explorer"].gaussians is not None:
        data["gaussians"] = gaussians.packed(settings, fits, tables)
    if settings.get("superposition") is not None and settings["explorer"].superposition is not None:
        data["superposition"] = superposition.packed(settings, models, tables)
    data["verdicts"] = verdicts.packed(settings, tables, made)
    assets = files("lgi.explorer") / "assets"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((assets / "page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        style=(assets / "page.css").read_text(encoding="utf-8"),
        plotly=(files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8"),
        scripts=[
            (assets / f"{name}.js").read_text(encoding="utf-8")
            for name in ("shell", *(name for part in data for name in PARTS[part]), "start")
        ],
        data=data,
    )
