"""Which pages are written, by which writer."""

from pathlib import Path

from docs.writers import configuration, reference, schema

DOCS = Path(__file__).parents[1]
MARK = "<!-- Below: written by docs/writers. -->"
"""What stands above it in a page is written by hand."""


def written() -> dict[Path, str]:
    """Return the text of every page that follows from the code, by its path."""
    by_hand = {
        DOCS / "reference.md": reference.page,
        DOCS / "configuration.md": configuration.page,
    }
    found = {path: page(path.read_text(encoding="utf-8"), MARK) for path, page in by_hand.items()}
    return found | {DOCS / "config.schema.json": schema.text()}
