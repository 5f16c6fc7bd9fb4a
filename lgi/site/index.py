"""The first page: what each study found, in a few sentences and pictures, with its evidence."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from lgi.catalogue import REPORTS, ROOT
from lgi.findings import Finding, read_findings
from lgi.prose import interval
from lgi.site.layout import EXPLORER, beside, page, part, provenance, written_out
from lgi.site.markdown import slug
from lgi.site.places import Place
from lgi.site.settings import Site

ENDING = "_findings"
START = (
    "The first sentences of each study. Each leads to its evidence: the written analysis, a "
    "picture, and the table that holds the number."
)


def write(
    *,
    findings: Iterable[pd.DataFrame],
    settings: Site,
    site: Mapping[str, Any],
    configuration: Mapping[str, Any],
    pictures: Iterable = (),
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    findings
        Tables of `lgi.findings`, of the studies that have one.
    settings
        The section of the site.
    site
        What `lgi.site.results` tells every page.
    configuration
        The whole configuration.
    pictures
        What the page may show; it needs no more than that they are there.
    """
    text = "\n".join(written_out(configuration))
    place = beside(site)
    body = found(by_study(findings), settings, site, place, text)
    return page("index.html", "What was found", body, site, foot=provenance(site, configuration))


def by_study(findings: Iterable[pd.DataFrame]) -> dict[str, list[Finding]]:
    """Return findings by study, whose name the file of a table begins with."""
    return {
        Path(table.attrs["path"]).stem.removesuffix(ENDING): read_findings(table)
        for table in findings
    }


def found(
    findings: Mapping[str, list[Finding]],
    settings: Site,
    site: Mapping[str, Any],
    place: Place,
    configuration: str = "",
) -> Markup:
    """Return the findings of all studies as a part of a page."""
    studies = [
        {
            "title": title,
            "anchor": f"found-{study}",
            "findings": [
                {
                    "headline": finding.headline,
                    "number": _number(finding),
                    "links": list(_links(study, finding, number, site, place)),
                }
                for number, finding in enumerate(findings.get(study, [])[: settings.findings], 1)
            ],
            "pictures": list(_pictures(findings.get(study, []), settings.pictures, place)),
            "more": _more(study, title, place),
        }
        for study, title in site["analyses"].items()
    ]
    return part("index.html.j2", start=START, studies=studies, configuration=configuration)


def _number(finding: Finding) -> str:
    if finding.value != finding.value:
        return ""
    number = interval(finding.value, finding.low, finding.high)
    measure = finding.measure[:1].upper() + finding.measure[1:]
    return f"{measure}: {number} (n = {finding.n:,} {finding.unit})"


def _links(
    study: str, finding: Finding, number: int, site: Mapping[str, Any], place: Place
) -> Iterator[tuple[str, str]]:
    wanted = (
        # The heading that `lgi.analysis` gives it.
        ("analysis", f"{REPORTS}{study}.md", slug(f"{number}. {finding.headline}")),
        ("figure", _path(finding.figure), ""),
        ("table", _path(finding.table), ""),
    )
    for words, path, fragment in wanted:
        if path and (href := place.href(path, fragment)):
            yield words, href
    if site["explorer"] and (href := place.href(REPORTS + EXPLORER, f"view={study}")):
        yield "explorer", href


def _pictures(findings: Iterable[Finding], most: int, place: Place) -> Iterator[tuple[Markup, str]]:
    """Yield the first pictures, each once, with what they show."""
    shown: dict[str, Finding] = {}
    for finding in findings:
        if finding.figure and len(shown) < most:
            shown.setdefault(finding.figure, finding)
    for finding in shown.values():
        picture = place.picture(path := _path(finding.figure), finding.alt)
        if picture.startswith("<img") and (href := place.href(path)):
            picture = Markup('<a href="{}">{}</a>').format(href, picture)
        yield picture, f"{finding.headline}."


def _more(study: str, title: str, place: Place) -> Markup:
    href = place.href(f"{REPORTS}{study}.md")
    if not href:
        return Markup("")
    return Markup('<a href="{}">The whole analysis: {}</a>').format(href, title)


def _path(below: str) -> str:
    """Return the path of a result that a finding names below `ROOT`."""
    return ROOT + below.removeprefix(ROOT) if below else ""
