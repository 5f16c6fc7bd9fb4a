"""Which pages are written, by which writer."""

from pathlib import Path

import pandas as pd

from docs.writers import configuration, findings, reference, schema
from lgi import glossary
from lgi.llc.known import summary

DOCS = Path(__file__).parents[1]
README = DOCS.parent / "README.md"
MARK = "<!-- Below: written by docs/writers. -->"
"""What stands above it in a page is written by hand."""


def written() -> dict[Path, str]:
    """Return the text of every page that follows from the code or from tables, by its path."""
    by_hand = {
        DOCS / "reference.md": reference.page,
        DOCS / "configuration.md": configuration.page,
    }
    found = {path: page(path.read_text(encoding="utf-8"), MARK) for path, page in by_hand.items()}
    return (
        found
        | {
            DOCS / "config.schema.json": schema.text(),
            DOCS / "glossary.md": "# Glossary\n\n" + glossary.markdown(),
            README: readme(README.read_text(encoding="utf-8")),
        }
        | findings.pages(DOCS)
    )


def readme(text: str) -> str:
    """Return the README with the rows between its marks written anew."""
    known = pd.read_csv(DOCS / "gallery" / "llc_known_answers.csv")
    for what, rows in (
        *((f"findings of {study}", findings.rows(DOCS, study)) for study in findings.STUDIES),
        ("known answers", summary.markdown(known).rstrip("\n")),
    ):
        mark = f"<!-- {what}: written by docs/writers -->\n"
        before, rest = text.split(mark)
        text = f"{before}{mark}{rows}\n{rest[rest.index('<!-- end -->') :]}"
    return text
