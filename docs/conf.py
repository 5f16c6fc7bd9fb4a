"""The documentation as a site: `make docs` builds it from these pages into build/docs."""

import tomllib
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))

project = "lgi"
author = "the lgi authors"
copyright = author
version = release = PROJECT["project"]["version"]

extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
# Signatures and lines of help are no Python that a lexer reads; they are shown as they are.
# Anchors of the written analyses are HTML, which MyST does not look into; a test follows all links.
suppress_warnings = ["misc.highlighting_failure", "myst.xref_missing"]
exclude_patterns = ["caption.rst", "report.rst"]

html_theme = "furo"
html_title = f"lgi {release}"
html_math_renderer = "mathml"
html_show_sphinx = False
html_copy_source = False
html_show_search_summary = False  # it fetches pages, which a browser refuses from disk
# Blue and orange of Okabe and Ito's palette, which the figures have too.
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}


def _inline(translator, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _displayed(translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def setup(app) -> None:
    """Write equations as MathML, which a browser draws without a network."""
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
