"""One file for sending: findings, analyses and main tables, with all that they show inside."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
from markupsafe import Markup

from lgi.catalogue import REPORTS
from lgi.errors import DataError
from lgi.findings import Finding
from lgi.site.index import by_study, found
from lgi.site.layout import page, part, provenance
from lgi.site.markdown import Heading, render
from lgi.site.media import File
from lgi.site.pages import described
from lgi.site.places import Within, anchor
from lgi.site.settings import Site

WIDTHS = (1400, 1000, 700)
"""Largest widths of pictures in pixels: the first with which the file is small enough is taken."""


def write(
    *,
    findings: Iterable[pd.DataFrame],
    texts: Iterable[File],
    files: Iterable[File],
    tables: Iterable[pd.DataFrame],
    settings: Site,
    site: Mapping[str, Any],
    configuration: Mapping[str, Any],
) -> str:
    """Return the file as HTML.

    Parameters
    ----------
    findings
        Tables of `lgi.findings`, of the studies that have one.
    texts
        The written analyses in Markdown.
    files
        Pictures and videos that they may show.
    tables
        The main tables.
    settings
        The section of the site.
    site
        What `lgi.site.results` tells every page.
    configuration
        The whole configuration.

    Raises
    ------
    DataError
        If it is larger than the settings allow even with the smallest pictures.
    """
    told = by_study(findings)
    analyses = {PurePosixPath(text.path).stem: text.text for text in texts}
    held = {file.path: file for file in files}
    main = {table.attrs["path"]: table for table in tables}
    foot = provenance(site, configuration)
    for width in WIDTHS:
        made = _written(told, analyses, held, main, settings, site, width, foot)
        size = len(made.encode())
        if size <= settings.megabytes * 1e6:
            return made
    raise DataError(
        f"site.megabytes: found {settings.megabytes}, but {size / 1e6:.1f} MB is the report in one "
        "file with its pictures as small as they get"
    )


def _written(
    findings: Mapping[str, list[Finding]],
    analyses: Mapping[str, str],
    files: Mapping[str, File],
    tables: Mapping[str, pd.DataFrame],
    settings: Site,
    site: Mapping[str, Any],
    width: int,
    foot: list[str],
) -> str:
    anchors = {f"{REPORTS}{study}.md": study for study in analyses}
    anchors |= {path: anchor(path) for path in tables}
    place = Within(files, anchors, width)
    headings = [Heading(2, "main", "What was found")]
    shown = {study: render(text, place, f"{study}-") for study, text in analyses.items()}
    place.names |= {one.id for text in shown.values() for one in text.headings}
    # After the analyses, so that the findings link to their pictures.
    parts = [found(findings, settings, site, place)]
    for study, text in shown.items():
        parts += [Markup('<h1 id="{}">{}</h1>').format(study, text.title), text.body]
        headings.append(Heading(2, study, text.title))
        headings += [Heading(3, one.id, one.text) for one in text.headings if one.level < 3]
    if tables:
        rows = {one["path"]: one for one in site["shown"]}
        listed = [described(table, rows[path], len(table), []) for path, table in tables.items()]
        words = "The main tables in full; the others lie in results/tables."
        parts.append(part("tables.html.j2", told=words, studies=[("Main tables", listed)]))
        headings.append(Heading(2, "main-tables", "Main tables"))
    return page("", "Report", Markup("\n").join(parts), site, headings, foot)
