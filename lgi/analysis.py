"""How a written analysis is laid out: one page first, and all that it rests on folded below.

The page has a few findings, each with its number and a picture, and what is open. Everything is
Markdown that GitHub and CommonMark show, with folded parts as HTML.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from lgi import glossary
from lgi.catalogue import REPORTS
from lgi.findings import Finding
from lgi.prose import capital, interval, number

FOLDER = PurePath(REPORTS)
RESULTS = FOLDER.parent
"""Where analyses lie, and where the paths of findings begin."""


@dataclass(frozen=True)
class Folded:
    """A part of an analysis that opens when asked."""

    title: str
    lines: Sequence[str]  # Markdown


def analysis(
    *,
    study: int,
    title: str,
    lead: Sequence[str],
    findings: Iterable[Finding],
    undecided: Sequence[str],
    parts: Iterable[Folded],
    answers: Sequence[str] = (),
) -> str:
    """Return an analysis as Markdown.

    Parameters
    ----------
    study
        Number of the study, for the terms that it uses.
    title
        Heading.
    lead
        Paragraphs that say what was done, and what the words mean.
    findings
        What was found, most important first.
    undecided
        What is open, a sentence each.
    parts
        What the page rests on, folded; those without lines are left out.
    answers
        Lines of Markdown between what is open and what is folded.
    """
    page = [
        f"# {title}",
        "",
        *_paragraphs(lead),
        "## What was found",
        "",
        *_findings(list(findings)),
        "## What is open",
        "",
        *([f"- {sentence}" for sentence in undecided] or ["Nothing that was asked is left open."]),
        "",
        f"Words: [glossary](#glossary). Numbers: [tables]({link('tables/README.md')}). Single runs "
        f"and every verdict: [explorer]({link('report/explorer.html')}).",
        "",
    ]
    page += [*answers, ""] if answers else []
    below = [line for part in parts if len(part.lines) for line in fold(part)]
    terms = glossary.used("\n".join([*page, *below]), study)
    text = glossary.linked([*page, "## All of it", "", *below], study)
    return "\n".join([*text, "## Glossary", "", *glossary.lines(terms), ""])


def finding(found: Finding, place: int) -> Iterator[str]:
    """Yield a finding: headline, text, number with interval and n, picture."""
    yield f"### {place}. {found.headline}"
    yield ""
    yield found.text
    yield ""
    yield (
        f"*{capital(found.measure)}*: **{interval(found.value, found.low, found.high)}**, "
        f"n = {number(found.n)} {found.unit} ([table]({link(found.table)}))."
    )
    yield ""
    if found.figure:
        yield f"![{found.alt}]({link(found.figure)})"
        yield ""


def fold(part: Folded) -> Iterator[str]:
    """Yield a part that opens when asked."""
    yield from ("<details>", f"<summary>{part.title}</summary>", "")
    yield from part.lines
    yield from ("", "</details>", "")


def link(path: str) -> str:
    """Return a path below ``results/`` as seen from where analyses lie."""
    return os.path.relpath(RESULTS / path, FOLDER)


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield from ("No finding: the runs of this configuration do not bear one.", "")
    for place, found in enumerate(findings, 1):
        yield from finding(found, place)


def _paragraphs(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from (text, "")
