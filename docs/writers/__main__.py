"""Write every page that follows from the code."""

from docs.writers.pages import written

for path, text in written().items():
    path.write_text(text, encoding="utf-8")
