"""The documentation as a site: it builds without a warning and opens from disk."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.writers.pages import DOCS

pytestmark = pytest.mark.slow

PAGES = [
    "index",
    "first_steps",
    "findings/index",
    "methods",
    "configuration",
    "gallery",
    "howto/image",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("docs").resolve()
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    done = subprocess.run(
        [*command, DOCS, folder], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_from_disk(site, open_page, viewport, screenshot, name):
    page = open_page(site / f"{name}.html", viewport)
    assert page.locator("h1").first.is_visible()
    # Text is not wider than the window; a wide table scrolls inside its own box.
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]
    missing = page.evaluate(
        "Array.from(document.images).filter(i => !i.complete || !i.naturalWidth).map(i => i.src)"
    )
    assert missing == []
    screenshot(page, f"docs_{name.replace('/', '_')}")


def test_equations_are_drawn(site, open_page):
    page = open_page(site / "methods.html")
    heights = page.evaluate(
        "Array.from(document.querySelectorAll('math'), m => m.getBoundingClientRect().height)"
    )
    assert len(heights) > 30
    assert min(heights) > 5
    # What the converter does not know it leaves as it is, with a backslash.
    assert "\\" not in page.locator("article").inner_text()


def test_a_search_finds_a_page(site, open_page):
    page = open_page(site / "search.html", fragment="?q=uncovered")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").all_inner_texts()
    assert any("Study 1" in text for text in found)


def test_links_between_pages_lead_somewhere(site):
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    there = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in texts.items()}
    broken = []
    for path, text in texts.items():
        for link, fragment in re.findall(r'href="([^"#:]*)(?:#([^"]*))?"', text):
            target = (path.parent / link.partition("?")[0]).resolve() if link else path
            named = unescape(unquote(fragment))
            if not target.exists() or (named and named not in there.get(target, {named})):
                broken.append(f"{path.relative_to(site)}: {link}#{named}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site):
    loading = re.compile(r'<(?:script|img|link|source|iframe)[^>]+(?:src|href)="(https?://[^"]+)"')
    found = {
        f"{path.name}: {url}"
        for path in site.rglob("*.html")
        for url in loading.findall(Path(path).read_text(encoding="utf-8"))
    }
    assert found == set()
