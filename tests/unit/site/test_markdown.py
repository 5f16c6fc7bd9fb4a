import re

import pytest

from lgi.site.layout import beside
from lgi.site.markdown import order, render, slug
from tests.unit.site.pages import ANALYSIS, EVIL, site


@pytest.fixture(scope="module")
def shown():
    return render(ANALYSIS, beside(site()))


def test_the_first_heading_is_the_title_and_the_others_are_the_contents(shown):
    assert shown.title == "Cats: why"
    assert "Cats: why" not in shown.body
    assert [(h.level, h.id, h.text) for h in shown.headings] == [
        (2, "sizes", "Sizes"),
        (3, "details", "Details"),
    ]
    assert 'id="sizes"' in shown.body


def test_html_is_shown_as_it_stands_but_for_parts_that_fold_and_names(shown):
    assert EVIL not in shown.body
    assert "&lt;script&gt;" in shown.body
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown.body
    assert "<details>" in shown.body
    assert "<summary>More &amp; more</summary>" in shown.body
    assert '<a id="term-cat"></a>' in shown.body


@pytest.mark.parametrize(
    "text",
    ["<details onclick=x>", '<a id="x" href="y">', "<img src=x>", "<details/>", "<!-- x -->"],
)
def test_other_html_does_not_pass(text):
    assert "<" not in re.sub(r"</?p>", "", render(f"a {text} b", beside(site())).body)
    assert text.split()[0] not in render(text, beside(site())).body


def test_a_picture_of_its_own_is_a_figure_and_an_animation_a_film(shown):
    assert '<figure><img src="../figures/cat.png" alt="a cat"><figcaption>a cat' in shown.body
    assert '<source src="../animations/cats/tom.mp4" type="video/mp4">' in shown.body
    assert '<img src="../animations/cats/tom.gif" alt="a film"' in shown.body
    assert "autoplay loop muted playsinline controls" in shown.body
    assert "<p><figure>" not in shown.body


def test_a_missing_picture_is_told(shown):
    assert '<p class="missing">dog.png is not made by this configuration.</p>' in shown.body


def test_links_lead_to_pages_or_nowhere(shown):
    hrefs = re.findall(r'<a href="([^"]*)"', shown.body)
    assert hrefs == [
        "#sizes",
        "tables.html#tables-cats",
        "#term-cat",
        "https://example.org/a?b=1&amp;c=2",
    ]
    assert 'title="A small animal."' in shown.body
    assert "[evil]" in shown.body or "evil" in shown.body


def test_names_have_the_prefix_of_their_text():
    body = render(ANALYSIS, beside(site()), "cats-").body
    assert 'id="cats-sizes"' in body
    assert 'href="#cats-sizes"' in body
    assert '<a id="cats-term-cat"></a>' in body
    assert 'href="#cats-term-cat"' in body


def test_columns_of_numbers_are_sorted_by_them(shown):
    orders = re.findall(r'<td data-order="([^"]*)" class="number">', shown.body)
    assert orders == ["1200", "9.5", "30", "12", "", "1e-3"]
    assert "<td>tom</td>" in shown.body


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("-0.285 [-0.494, -0.0765]", "-0.285"),
        ("+0.005", "+0.005"),
        ("**12**", "12"),
        ("1,024", "1024"),
        ("–", ""),
        ("", ""),
        ("1.2e-05", "1.2e-05"),
        ("part by part", None),
    ],
)
def test_a_cell_is_sorted_by_the_number_it_begins_with(cell, number):
    assert order(cell) == number


def test_headings_are_named_as_github_names_them():
    assert slug("1. N = 53, in `detail`") == "1-n--53-in-detail"
