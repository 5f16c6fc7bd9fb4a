"""A page for each finding, and the rows of the README, from the small copies of their tables."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lgi.catalogue import copy_name
from lgi.findings import Finding, read_findings
from lgi.prose import counted, interval

STUDIES = {"gaussians": "Study 1: Gaussians", "superposition": "Study 2: superposition"}
"""What a study is called above its findings, by its name."""
ROWS = 4
"""Findings of a study that the README tells."""


def pages(docs: Path) -> dict[Path, str]:
    """Return the pages of all findings, with their index, by path."""
    folder = docs / "findings"
    found = {}
    index = ["# Findings", "", "What each study found, most important first; a page each."]
    for study, title in STUDIES.items():
        index += ["", f"## {title}", "", "```{toctree}", ":maxdepth: 1", ""]
        for finding in read(docs, study):
            name = f"{study}_{finding.id}"
            found[folder / f"{name}.md"] = "\n".join(_page(finding, study)) + "\n"
            index.append(name)
        index.append("```")
    return found | {folder / "index.md": "\n".join(index) + "\n"}


def rows(docs: Path, study: str) -> str:
    """Return the first findings of a study as the rows of a table."""
    lines = ["| found | measured |", "|---|---|"]
    for finding in read(docs, study)[:ROWS]:
        page = f"docs/findings/{study}_{finding.id}.md"
        lines.append(f"| [{finding.headline}]({page}) | {_number(finding)} |")
    return "\n".join(lines)


def read(docs: Path, study: str) -> list[Finding]:
    """Return the findings of a study from the copy of their table."""
    return read_findings(pd.read_csv(docs / "gallery" / f"{study}_findings.csv"))


def _page(finding: Finding, study: str) -> Iterator[str]:
    yield f"# {finding.headline}"
    yield ""
    yield finding.text
    yield ""
    yield f"![{finding.alt}](../gallery/{copy_name(finding.figure)})"
    yield ""
    yield f"**{_number(finding)}**"
    yield ""
    table, figure = f"`results/{finding.table}`", f"`results/{finding.figure}`"
    yield f"- The number stands in {table}; the picture is {figure}."
    if finding.claim:
        claims = f"`results/tables/{study}_claims.csv`"
        yield f"- The verdict is that of claim `{finding.claim}` in {claims}."
    yield f"- How it was measured: [equations](../methods.md), [the study](../{study}.md)."
    yield f"- All findings with their tables: [the written analysis](../gallery/{study}.md)."


def _number(finding: Finding) -> str:
    value = interval(finding.value, finding.low, finding.high)
    of = counted(finding.n, finding.unit.removesuffix("s"), finding.unit)
    return f"{finding.measure}: {value}, n = {of}"
