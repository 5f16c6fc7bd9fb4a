"""Write every page that follows from the code, and remove the findings that are no more."""

from docs.writers.pages import DOCS, written

pages = written()
for path, text in pages.items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
for path in {*(DOCS / "findings").glob("*.md")} - {*pages}:
    path.unlink()
