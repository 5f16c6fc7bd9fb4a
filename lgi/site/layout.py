"""What all pages share: their frame, navigation, style, the library of tables, and their foot."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

import lgi
from lgi.catalogue import REPORTS
from lgi.provenance import source_fingerprint
from lgi.site.markdown import Heading
from lgi.site.places import Beside, anchor

EXPLORER = "explorer.html"


def page(
    name: str,
    title: str,
    body: Markup,
    site: Mapping[str, Any],
    headings: Sequence[Heading] = (),
    foot: Sequence[str] = (),
) -> str:
    """Return a page as HTML.

    Parameters
    ----------
    name
        Of its file; empty for a page that has no others beside it.
    title
        Of the window.
    body
        What it shows.
    site
        What `lgi.site.results` tells every page.
    headings
        Its contents.
    foot
        Lines at its foot.
    """
    links = [(words, href, href == name) for words, href in navigation(site)] if name else []
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            body=body,
            headings=headings,
            pages=links,
            foot=[f"Written by lgi {lgi.__version__}.", *foot],
            style=_table_style() + _asset("site.css"),
            script=_table_library() + _asset("site.js"),
        )
    )


def part(template: str, **values: Any) -> Markup:
    """Return a part of a page from its template in `assets`."""
    return Markup(environment().get_template(template).render(**values))


def navigation(site: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the pages of the site: their words and their names."""
    yield "Findings", "index.html"
    for study, title in site["analyses"].items():
        yield title, f"{study}.html"
    yield "Figures", "figures.html"
    yield "Tables", "tables.html"
    if site["columns"]:
        yield "Columns", "columns.html"
    if site["explorer"]:
        yield "Explorer", EXPLORER


def beside(site: Mapping[str, Any], *, lazy: bool = False) -> Beside:
    """Return the place of a page that stands beside the others."""
    shown = [one["path"] for one in site["shown"]]
    pages = {path: f"tables.html#{anchor(path)}" for path in shown if path.endswith(".csv")}
    pages |= {f"{REPORTS}{study}.md": f"{study}.html" for study in site["analyses"]}
    pages["results/tables/README.md"] = "columns.html"
    pages = {path: name for path, name in pages.items() if path in shown}
    if site["explorer"]:
        pages[REPORTS + EXPLORER] = EXPLORER
    return Beside(set(shown), pages, lazy=lazy)


def provenance(site: Mapping[str, Any], configuration: Mapping[str, Any]) -> list[str]:
    """Return from which source and configuration the results come, in lines."""
    lines = [
        f"Fingerprint of the source, {site['analyses'].get(study, study)}: "
        f"{source_fingerprint(*entries)}."
        for study, entries in site["sources"].items()
    ]
    text = json.dumps(configuration, sort_keys=True).encode()
    return [*lines, f"Fingerprint of the configuration: {hashlib.sha256(text).hexdigest()[:12]}."]


def written_out(configuration: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield every value of a configuration in a line, with its place."""
    for key, value in configuration.items():
        inside = f"{place}.{key}".removeprefix(".")
        if isinstance(value, Mapping) and value:
            yield from written_out(value, inside)
        else:
            yield f"{inside}: {json.dumps(value, ensure_ascii=False)}"


@cache
def environment() -> jinja2.Environment:
    """Return the templates: what they are given is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["named"] = named
    return made


def named(words: str) -> str:
    """Return the name in a page of a heading that a template writes."""
    return re.sub(r"\W+", "-", words.lower())


def _asset(name: str) -> str:
    return (files("lgi.site") / "assets" / name).read_text(encoding="utf-8")


def _table_library() -> str:
    """Return DataTables as `itables` brings it, a module, with what it exports by its name."""
    source = (files("itables") / "html" / "dt_bundle.js").read_text(encoding="utf-8")
    exported = re.search(r"export\{([^}]*)\}", source)
    assert exported, "itables brings no module"
    named = dict(reversed(one.split(" as ")) for one in exported[1].split(","))
    # A script ends at its first end tag, and comments of HTML hide it.
    text = (
        source.replace(exported[0], "").replace("<!--", r"<\!--").replace("</script", r"<\/script")
    )
    return f"{text}\nconst DataTable = {named['default']};\n"


def _table_style() -> str:
    return (files("itables") / "html" / "dt_bundle.css").read_text(encoding="utf-8") + "\n"
