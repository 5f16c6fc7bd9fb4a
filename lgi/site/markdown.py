"""Markdown of the written analyses as HTML: pictures in place, sortable tables, contents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.anchors import anchors_plugin

from lgi.prose import MISSING
from lgi.site.places import Place, result_path

_ALLOWED = re.compile(
    r"</?(?:details|summary|sub|sup|br|dl|dt|dd)>|<details open>|</a>"
    r'|<(?:a|details|dt) id="(?P<id>[\w.-]+)">'
)
"""HTML that a text may hold: parts that fold, names to link to, lists of words, indices."""
_LEADING = re.compile(r"\**([+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)")
_PICTURES = (".png", ".gif")


class Heading(NamedTuple):
    """A heading of a text."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Text:
    """A text as HTML."""

    title: str  # its first heading, without which it is called by nothing
    body: Markup  # all but that
    headings: list[Heading]  # of second and third level


def render(text: str, place: Place, prefix: str = "") -> Text:
    """Return a text as HTML.

    Parameters
    ----------
    text
        CommonMark with tables. Of HTML it may hold what folds parts and names places; anything
        else is shown as it stands.
    place
        Where the page stands.
    prefix
        Of all names in the page, so that those of two texts in one page differ.
    """
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    anchors_plugin(markdown, max_level=4, slug_func=lambda heading: prefix + slug(heading))
    tokens = markdown.parse(text)
    writer = _Writer(place, prefix)
    for name in ("image", "link_open", "link_close", "table_open", "table_close"):
        markdown.renderer.rules[name] = getattr(writer, name)
    for name in ("html_inline", "html_block"):
        markdown.renderer.rules[name] = writer.html
    title, tokens = _titled(tokens)
    _number_cells(tokens)
    _free_pictures(tokens)
    body = Markup(markdown.renderer.render(tokens, markdown.options, {}))
    return Text(title, body, _headings(tokens))


def slug(heading: str) -> str:
    """Return the name of a heading in a page, as GitHub forms it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def order(cell: str) -> str | None:
    """Return by which number a cell of a table is sorted: "" if missing, None if it has none."""
    if cell.strip("*") in ("", MISSING):
        return ""
    found = _LEADING.match(cell)
    return found[1].replace(",", "") if found else None


class _Writer:
    """Writes what a page shows in its own way."""

    def __init__(self, place: Place, prefix: str) -> None:
        self.place, self.prefix = place, prefix
        self.open: list[bool] = []  # whether links that are open lead anywhere

    def image(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        source = unquote(str(token.attrs["src"]))
        picture = self.place.picture(result_path(source), token.content)
        if not token.meta.get("alone") or picture.startswith("<p"):
            return picture
        caption = Markup("<figcaption>{}</figcaption>").format(token.content)
        return f"<figure>{picture}{caption}</figure>"

    def link_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        href = self._leads(str(tokens[index].attrs["href"]))
        self.open.append(href is not None)
        if href is None:
            return ""
        told = tokens[index].attrs.get("title")
        title = Markup(' title="{}"').format(told) if told else ""
        return Markup('<a href="{}"{}>').format(href, title)

    def link_close(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return "</a>" if self.open.pop() else ""

    def table_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return '<div class="scroll"><table class="data">'

    def table_close(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return "</table></div>"

    def html(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        written, place, content = [], 0, tokens[index].content
        for found in _ALLOWED.finditer(content):
            written.append(escape(content[place : found.start()]))
            name = found["id"]
            written.append(found[0] if not name else found[0].replace(name, self.prefix + name))
            place = found.end()
        return "".join([*written, escape(content[place:])])

    def _leads(self, href: str) -> str | None:
        parts = urlsplit(href)
        if parts.scheme or parts.netloc:
            return href if parts.scheme in ("http", "https", "mailto") else None
        if not parts.path:
            return f"#{self.prefix}{parts.fragment}"
        return self.place.href(result_path(unquote(parts.path)), parts.fragment)


def _titled(tokens: list[Token]) -> tuple[str, list[Token]]:
    """Return the first heading of first level, and the rest."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return tokens[place + 1].content, tokens[:place] + tokens[place + 3 :]
    return "", tokens


def _headings(tokens: Sequence[Token]) -> list[Heading]:
    return [
        Heading(int(token.tag[1]), str(token.attrs["id"]), tokens[place + 1].content)
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in ("h2", "h3")
    ]


def _free_pictures(tokens: Sequence[Token]) -> None:
    """Take a picture that is a whole paragraph out of it: it becomes a figure."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        (only, *more) = token.children or [None]
        if before.type != "paragraph_open" or more or only is None or only.type != "image":
            continue
        if PurePosixPath(str(only.attrs["src"])).suffix in _PICTURES:
            before.hidden = after.hidden = True
            only.meta["alone"] = True


def _number_cells(tokens: Sequence[Token]) -> None:
    """Give the cells of a column of numbers what they are sorted by."""
    columns: list[list[tuple[Token, str | None]]] = []
    column = 0
    for place, token in enumerate(tokens):
        if token.type == "table_open":
            columns = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "td_open":
            while len(columns) <= column:
                columns.append([])
            columns[column].append((token, order(tokens[place + 1].content)))
            column += 1
        elif token.type == "table_close":
            for cells in columns:
                if all(number is not None for _, number in cells) and any(n for _, n in cells):
                    for cell, number in cells:
                        cell.attrs["data-order"] = str(number)
                        cell.attrs["class"] = "number"
