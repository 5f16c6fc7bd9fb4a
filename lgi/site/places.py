"""Where a page stands: how it shows pictures, and where its links lead."""

import posixpath
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import quote

from markupsafe import Markup

from lgi.catalogue import REPORTS
from lgi.site.media import File, data_uri

MISSING = "is not made by this configuration"


class Place(Protocol):
    """What a page asks of where it stands. Paths are those of results, below ``results/``."""

    def picture(self, path: str, alt: str) -> Markup:
        """Return a picture, or a video where it is an animation."""

    def href(self, path: str, fragment: str = "") -> str | None:
        """Return where a link to a result leads; None where it can lead nowhere."""


def result_path(href: str) -> str:
    """Return the path of a result as a page of `REPORTS` names it."""
    return posixpath.normpath(posixpath.join(REPORTS, href))


def anchor(path: str) -> str:
    """Return the name of a result within a page."""
    name = path.removeprefix("results/").rpartition(".")[0]
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)


class Beside:
    """A page in the folder of reports; what it shows lies in folders beside.

    Parameters
    ----------
    made
        Paths of all results that it may show.
    pages
        Names of pages by the path of the text or table that they show.
    lazy
        Whether pictures wait until they are looked at, and animations until they are started.
    """

    def __init__(
        self, made: Collection[str], pages: Mapping[str, str], *, lazy: bool = False
    ) -> None:
        self.made, self.pages, self.lazy = made, pages, lazy

    def picture(self, path: str, alt: str) -> Markup:
        """Return a picture, or a video where it is an animation."""
        if path not in self.made:
            return missing(path)
        if PurePosixPath(path).suffix == ".gif":
            film = Markup(
                '<video {how} loop muted playsinline controls aria-label="{alt}">'
                '<source src="{film}" type="video/mp4">'
                '<img src="{gif}" alt="{alt}" loading="lazy"></video>'
            )
            return film.format(
                how=Markup('preload="none"' if self.lazy else "autoplay"),
                film=_relative(str(PurePosixPath(path).with_suffix(".mp4"))),
                gif=_relative(path),
                alt=alt,
            )
        lazily = Markup(' loading="lazy"' if self.lazy else "")
        return Markup('<img src="{}" alt="{}"{}>').format(_relative(path), alt, lazily)

    def href(self, path: str, fragment: str = "") -> str | None:
        """Return where a link to a result leads; None where it can lead nowhere."""
        if path in self.pages:
            page, _, within = self.pages[path].partition("#")
            at = fragment or within
            return quote(page) + (f"#{quote(at, safe='=&')}" if at else "")
        return _relative(path) if path in self.made else None


class Within:
    """A page that holds what it shows.

    Parameters
    ----------
    files
        Pictures and videos by path; those that are missing are told.
    anchors
        Names within the page by the path of the text or table that it shows there; those of
        pictures are added as they are shown.
    width
        Largest width of a picture in pixels.
    """

    def __init__(self, files: Mapping[str, File], anchors: Mapping[str, str], width: int) -> None:
        self.files, self.anchors, self.width = files, dict(anchors), width
        self.names: set[str] = set()  # of headings that links may lead to
        self._held: dict[str, str] = {}

    def picture(self, path: str, alt: str) -> Markup:
        """Return a picture, or a video where it is an animation."""
        shown = str(PurePosixPath(path).with_suffix(".mp4")) if path.endswith(".gif") else path
        if shown not in self.files:
            return missing(path)
        if shown not in self._held:
            self._held[shown] = data_uri(self.files[shown], self.width)
        kind = (
            '<video{} autoplay loop muted playsinline controls src="{}" aria-label="{}"></video>'
            if shown.endswith(".mp4")
            else '<img{} src="{}" alt="{}">'
        )
        named = Markup("")
        if path not in self.anchors:
            self.anchors[path] = f"picture-{anchor(path)}"
            named = Markup(' id="{}"').format(self.anchors[path])
        return Markup(kind).format(named, self._held[shown], alt)

    def href(self, path: str, fragment: str = "") -> str | None:
        """Return where a link to a result leads; None where it can lead nowhere."""
        if path not in self.anchors:
            return None
        start = self.anchors[path]
        within = f"{start}-{fragment}"
        return f"#{quote(within if within in self.names else start)}"


def missing(path: str) -> Markup:
    """Return what stands in place of a picture that is not made."""
    return Markup('<p class="missing">{} {}.</p>').format(PurePosixPath(path).name, MISSING)


def _relative(path: str) -> str:
    return quote(posixpath.relpath(path, REPORTS))
