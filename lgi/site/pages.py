"""The other pages: an analysis, all figures, all tables, what their columns mean."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from lgi.catalogue import TABLES, WHAT
from lgi.explorer.packing import pack
from lgi.prose import capital, counted
from lgi.site.layout import beside, named, page, part
from lgi.site.markdown import Heading, render
from lgi.site.media import File
from lgi.site.places import anchor
from lgi.site.settings import Site
from lgi.tables.declared import table_at

DIGITS = 6
"""Digits of a number in a page of tables; the CSV has all."""


def analysis(*, text: File, site: Mapping[str, Any], study: str) -> str:
    """Return a written analysis as a page, with its pictures, animations and sortable tables.

    Parameters
    ----------
    text
        The analysis in Markdown.
    site
        What `lgi.site.results` tells every page.
    study
        Name of the study.
    """
    return _text(f"{study}.html", text, site)


def columns(*, text: File, site: Mapping[str, Any]) -> str:
    """Return what the columns of tables mean as a page."""
    return _text("columns.html", text, site)


def figures(*, site: Mapping[str, Any], pictures: Iterable = ()) -> str:
    """Return a page of all figures and animations, with captions."""
    place, studies, headings = beside(site, lazy=True), [], []
    drawn = [one for one in site["shown"] if one["path"].endswith((".png", ".gif"))]
    for study, of_study in groupby(drawn, lambda one: one["study"]):
        headings.append(Heading(2, named(study), study))
        groups = []
        for rule, group in groupby(of_study, lambda one: one["rule"]):
            ones = list(group)
            title = str(ones[0]["labels"].get(WHAT, rule.replace("_", " ")))
            groups.append(
                {
                    "title": title[:1].upper() + title[1:],
                    "anchor": f"figures-{rule}",
                    "caption": ones[0]["caption"],
                    "pictures": [
                        (
                            place.picture(one["path"], _alt(one)),
                            capital(", ".join(_apart(one))),
                            _files(place, one["path"]),
                        )
                        for one in ones
                    ],
                }
            )
        studies.append((study, groups))
    told = f"{counted(len(drawn), 'picture')}, as PNG and SVG, or GIF and MP4."
    body = part("figures.html.j2", told=told, studies=studies)
    return page("figures.html", "Figures and animations", body, site, headings)


def tables(*, tables: Iterable[pd.DataFrame], settings: Site, site: Mapping[str, Any]) -> str:
    """Return a page of all tables, each of which is built when it is opened.

    Parameters
    ----------
    tables
        In the order in which `site` tells of them.
    settings
        The section of the site.
    site
        What `lgi.site.results` tells every page.
    """
    listed = [one for one in site["shown"] if one["path"].endswith(".csv")]
    place = beside(site)
    told = [
        (one["study"], described(table, one, settings.rows, [("CSV", _beside(one["path"]))]))
        for one, table in zip(listed, tables, strict=True)
    ]
    studies = [
        (study, [table for _, table in group]) for study, group in groupby(told, lambda one: one[0])
    ]
    meaning = place.href("results/tables/README.md")
    words = (
        f"Numbers are shown with {DIGITS} digits and tables with at most {settings.rows:,} rows; "
        "the CSV has everything. "
    )
    more = Markup('<a href="{}">What the columns mean</a>').format(meaning) if meaning else ""
    body = part("tables.html.j2", told=Markup("{}{}").format(words, more), studies=studies)
    headings = [Heading(2, named(study), study) for study, _ in studies]
    return page("tables.html", "Tables", body, site, headings)


def described(
    table: pd.DataFrame, one: Mapping[str, Any], rows: int, links: list[tuple[str, str]]
) -> dict[str, Any]:
    """Return a table as the template shows it."""
    count = f"{counted(len(table), 'row')}, {counted(len(table.columns), 'column')}"
    rest = len(table) > rows
    declared = table_at(one["path"])
    return {
        "name": one["path"].removeprefix(TABLES),
        "anchor": anchor(one["path"]),
        "size": count,
        # A caption that tells of a picture tells little of its table.
        "about": f"{declared.about}." if declared else one["caption"],
        "links": links,
        "rest": f"The first {rows:,} of {len(table):,} rows." if rest else "",
        "data": packed(table.head(rows)),
    }


def packed(table: pd.DataFrame) -> str:
    """Return a table as a page holds it: columns, and rows of plain values."""
    rows = [[_plain(value) for value in row] for row in table.itertuples(index=False, name=None)]
    return pack({"columns": [str(name) for name in table], "rows": rows}, {})


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a missing one as null, infinity as text."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return None
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else str(value)
    return None if value is None else str(value)


def _text(name: str, text: File, site: Mapping[str, Any]) -> str:
    shown = render(text.text, beside(site))
    title = Markup("<h1>{}</h1>\n").format(shown.title)
    return page(name, shown.title, title + shown.body, site, shown.headings)


def _alt(one: Mapping[str, Any]) -> str:
    what = one["labels"].get(WHAT, PurePosixPath(one["path"]).stem.replace("_", " "))
    return ", ".join([str(what), *_apart(one)])


def _apart(one: Mapping[str, Any]) -> list[str]:
    """Return what tells a picture from others of its kind, in words."""
    return [f"{key} {value}" for key, value in one["labels"].items() if key != WHAT]


def _files(place: Any, path: str) -> list[tuple[str, str]]:
    kinds = (".png", ".svg") if path.endswith(".png") else (".gif", ".mp4")
    return [
        (kind[1:].upper(), _beside(str(PurePosixPath(path).with_suffix(kind)))) for kind in kinds
    ]


def _beside(path: str) -> str:
    return f"../{path.removeprefix('results/')}"
