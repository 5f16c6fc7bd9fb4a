"""The pages that the workflow made of the smoke configuration."""

import re
from html import unescape
from urllib.parse import unquote

import pytest

from lgi.catalogue import REPORTS
from lgi.site.results import INDEX, SINGLE

PAGES = ("index", "gaussians", "superposition", "figures", "tables", "lgi_report")


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_a_page_points_to_is_there(finished, name):
    folder = finished.folder / REPORTS
    page = (folder / f"{name}.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    names = set(re.findall(r'\bid="([^"]*)"', body))
    for link in map(unescape, re.findall(r'\b(?:href|src)="([^"]*)"', body)):
        path, _, fragment = link.partition("#")
        if path.startswith(("data:", "https:", "http:")):
            continue
        assert not path or (folder / unquote(path)).is_file(), link
        assert path or unquote(fragment) in names, link
    assert "not made by this configuration" not in body


def test_the_single_file_is_small_and_needs_nothing_else(finished):
    content = (finished.folder / SINGLE).read_text(encoding="utf-8")
    assert len(content.encode()) < 15e6
    assert not re.findall(r'\b(?:href|src)="(?!data:|#|https?:)[^"]*"', content)


def test_no_page_holds_a_date_or_this_machine(finished):
    for name in PAGES:
        page = (finished.folder / REPORTS / f"{name}.html").read_text(encoding="utf-8")
        assert str(finished.folder) not in page
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b", page[page.index("<footer>") :])


def test_the_group_report_is_the_site(finished):
    planned = finished.snakemake("--dry-run", "--forcerun", "write_index", "report").stdout
    assert INDEX in planned
    assert "write_index" in planned
    assert "fit " not in planned.split("Job stats:")[1].split("\n\n")[0]
