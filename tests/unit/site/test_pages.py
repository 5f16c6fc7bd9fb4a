import base64
import gzip
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from lgi.errors import DataError, RunFileError
from lgi.site import index, pages, single
from lgi.site.layout import beside
from lgi.site.media import File, data_uri, read
from lgi.site.places import Within, anchor
from tests.unit.site.pages import (
    EVIL,
    FIGURE,
    FILM,
    SETTINGS,
    TABLE,
    files,
    finding,
    findings,
    picture,
    site,
    table,
    text,
)


class Parsed(HTMLParser):
    """Links, pictures and names of a page, and whether its tags match."""

    VOID = ("meta", "link", "img", "input", "br", "source")

    def __init__(self, page):
        super().__init__()
        self.links, self.sources, self.names, self.open, self.words = [], [], [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        self.links += [held["href"]] if "href" in held else []
        self.sources += [held["src"]] if "src" in held else []
        self.names += [held["id"]] if "id" in held else []
        assert tag != "img" or held["alt"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)


@pytest.fixture(scope="module")
def written():
    """Every page of a small site by its name."""
    configuration = {"cats": {"names": ["tom"], "size": EVIL}}
    told = findings(*(finding(place) for place in range(1, 7)))
    return {
        "index": index.write(
            findings=[told], settings=SETTINGS, site=site(), configuration=configuration
        ),
        "cats": pages.analysis(text=text(), site=site(), study="cats"),
        "figures": pages.figures(site=site()),
        "tables": pages.tables(tables=[table()], settings=SETTINGS, site=site()),
        "single": single.write(
            findings=[told],
            texts=[text()],
            files=files(),
            tables=[table()],
            settings=SETTINGS,
            site=site(),
            configuration=configuration,
        ),
    }


def test_pages_are_whole_and_escape_what_they_are_given(written):
    for page in written.values():
        parsed = Parsed(page)
        assert len(parsed.names) == len(set(parsed.names))
        assert page.startswith('<!doctype html>\n<html lang="en">')
        assert re.search(r"<title>[^<]+ · lgi</title>", page)
        assert EVIL not in page
        assert "Written by lgi " in page


def test_pages_need_no_network(written):
    for name, page in written.items():
        parsed = Parsed(page)
        loaded = [source for source in parsed.sources if not source.startswith("data:")]
        assert all(source.startswith("../") for source in loaded)
        assert name != "single" or not loaded
        assert not re.search(r"@import|url\(\s*[\"']?https?:", page)


def test_links_of_a_page_lead_to_the_others_to_results_or_into_itself(written):
    made = {"index.html", "cats.html", "figures.html", "tables.html", "explorer.html"}
    for name, page in written.items():
        parsed = Parsed(page)
        for link in parsed.links:
            path, _, fragment = link.partition("#")
            if path.startswith(("https:", "data:")):
                continue
            assert not path or path in made or path.startswith("../")
            assert path or fragment in parsed.names, (name, link)
            assert name != "single" or not path


def test_the_first_page_has_so_many_findings_and_each_picture_once(written):
    page = written["index"]
    assert page.count("(n = 3 cats)") == SETTINGS.findings
    assert "Weight in kg: 1.50 [1, 2]" in page
    assert 'href="cats.html#1-cats-weigh-1-' in page
    assert 'href="explorer.html#view=cats"' in page
    assert page.count('<img src="../figures/cat.png"') == 1
    assert "cats.size: " in page


def test_a_study_without_findings_says_so():
    page = index.write(findings=[], settings=SETTINGS, site=site(), configuration={})
    assert "No finding can be told" in page
    page = index.write(
        findings=[findings()], settings=SETTINGS, site=site(analyses={}), configuration={}
    )
    assert "No study is run" in page


def test_a_finding_whose_picture_is_not_made_shows_that():
    told = findings(finding(figure="figures/dog.png"), finding(2, figure="", table=""))
    page = index.write(findings=[told], settings=SETTINGS, site=site(), configuration={})
    assert "dog.png is not made by this configuration." in page
    Parsed(page)


def test_figures_are_shown_with_captions_and_what_tells_them_apart(written):
    page = written["figures"]
    assert "Shows a cat." in page
    assert "size &lt;big&gt;" in page
    assert 'href="../figures/cat.svg"' in page
    assert 'href="../animations/cats/tom.mp4"' in page
    assert 'preload="none"' in page


def test_a_table_is_held_in_part_and_says_so(written):
    page = written["tables"]
    assert "5 rows, 3 columns" in page
    assert "The first 3 of 5 rows." in page
    assert 'href="../tables/cats.csv"' in page
    held = re.search(r'<script type="application/octet-stream">(.*?)</script>', page)[1]
    content = gzip.decompress(base64.b64decode(held))
    words = json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])["words"]
    assert words == {
        "columns": ["name", "weight", "age"],
        "rows": [[EVIL, 0.0, None], [EVIL, 0.333333, 0.0], [EVIL, 0.666667, 1.0]],
    }


def test_the_single_file_holds_pictures_and_whole_tables(written):
    page = written["single"]
    assert "data:image/png;base64," in page
    assert "data:video/mp4;base64," in page
    assert "5 rows" in page
    assert "of 5 rows" not in page


def test_pictures_of_the_single_file_shrink_until_it_is_small_enough(monkeypatch):
    monkeypatch.setattr(single, "WIDTHS", (200, 100))
    shown = [File(FIGURE, picture(200, 100, seed=0))]

    def size(most):
        settings = SETTINGS.model_copy(update={"megabytes": most / 1e6})
        page = single.write(
            findings=[],
            texts=[text()],
            files=shown,
            tables=[],
            settings=settings,
            site=site(),
            configuration={},
        )
        return len(page.encode())

    largest = size(1e9)
    assert size(largest) == largest
    smaller = size(largest - 1)
    assert smaller < largest - 10_000
    with pytest.raises(DataError, match=r"site\.megabytes: found 0\.\d+, but"):
        size(smaller - 1)


def test_a_picture_is_held_with_fewer_colours_only_where_that_is_smaller():
    small = File(FIGURE, picture())
    large = File(FIGURE, picture(200, 100, seed=1))
    assert len(data_uri(large, 50)) < len(data_uri(large, 200))
    held = base64.b64decode(data_uri(large, 50).partition(",")[2])
    assert Image.open(io.BytesIO(held)).size == (50, 25)
    assert len(base64.b64decode(data_uri(small, 40).partition(",")[2])) <= len(small.content)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(RunFileError, match=r"no\.png"):
        read(tmp_path / "no.png")
    (tmp_path / "a.md").write_text("ä", encoding="utf-8")
    assert read(tmp_path / "a.md").text == "ä"


def test_a_page_of_its_own_leads_only_where_it_shows_something():
    place = Within({FIGURE: files()[0]}, {TABLE: anchor(TABLE)}, 100)
    assert place.href(TABLE) == "#tables-cats"
    assert place.href(FIGURE) is None
    place.picture(FIGURE, "a cat")
    assert place.href(FIGURE) == "#picture-figures-cat"
    assert "not made" in place.picture(FILM, "a film")


def test_pages_are_the_same_bytes_each_time(written):
    again = pages.tables(tables=[table()], settings=SETTINGS, site=site())
    assert again == written["tables"]


def test_the_page_of_columns_is_that_of_its_text():
    page = pages.columns(text=text(), site=site(columns=True))
    assert 'aria-current="page">Columns<' in page
    assert beside(site()).href("results/tables/README.md") is None


def test_assets_are_shipped():
    names = {file.name for file in Path(pages.__file__).with_name("assets").iterdir()}
    assert {"page.html.j2", "site.css", "site.js"} <= names
