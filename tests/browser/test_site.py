"""The site that the workflow made of the smoke configuration, as a browser shows it."""

import shutil

import pytest

from lgi.catalogue import REPORTS
from tests.workflow.conftest import finished  # noqa: F401, a fixture

pytestmark = pytest.mark.slow

PAGES = ("index", "gaussians", "superposition", "figures", "tables", "lgi_report")

BROKEN = """async () => {
  const shown = [...document.images].filter((one) => !one.closest("video"));
  for (const one of document.querySelectorAll("details")) one.open = true;
  for (const one of shown) one.loading = "eager";
  await Promise.all(shown.map((one) => one.decode().catch(() => null)));
  const broken = shown.filter((one) => !one.naturalWidth);
  return broken.map((one) => one.getAttribute("src").slice(0, 80));
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def opened(finished, open_page):  # noqa: F811
    """Give a function that opens a page of the site."""

    def opened(name, *given):
        page = open_page(finished.folder / REPORTS / f"{name}.html", *given)
        page.wait_for_selector("body[data-ready]")
        return page

    return opened


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_all_its_pictures_and_fits_the_window(name, opened, viewport, screenshot):
    page = opened(name, viewport)
    screenshot(page, f"site_{name}")
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(BROKEN) == []
    assert page.evaluate(OVERFLOW) == 0
    assert page.title().endswith("· lgi")
    assert page.evaluate("[...document.images].every((one) => one.alt)")


def test_a_film_rests_where_motion_is_not_wanted_and_plays_when_asked(opened):
    page = opened("gaussians")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    film = page.locator("video").first
    film.scroll_into_view_if_needed()
    assert film.evaluate("(film) => film.paused")
    film.evaluate("(film) => film.play()")
    page.wait_for_function("document.querySelector('video').currentTime > 0.1")
    assert film.evaluate("(film) => film.videoWidth") > 100


def test_a_click_sorts_a_table_by_its_numbers(opened):
    page = opened("gaussians")
    # The first table that is shown whole and has a column of several different numbers.
    place = page.evaluate(
        """() => {
          for (const [at, table] of [...document.querySelectorAll("table.data")].entries()) {
            const rows = [...table.tBodies[0].rows];
            if (rows.length >= 25) continue;
            for (let column = 0; column < (rows[0]?.cells.length ?? 0); column++) {
              const held = rows.map((row) => row.cells[column].dataset.order);
              if (new Set(held).size > 2 && held.every((one) => one)) return [at, column];
            }
          }
        }"""
    )
    assert place, "no table has numbers to sort"
    table, column = place
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    held = f"""[...document.querySelectorAll("table.data")[{table}].tBodies[0].rows]
        .map((row) => Number(row.cells[{column}].dataset.order))"""
    before = page.evaluate(held)
    head = page.locator("table.data").nth(table).locator("thead th").nth(column)
    head.click()
    assert page.evaluate(held) == sorted(before)
    head.click()
    assert page.evaluate(held) == sorted(before, reverse=True)


def test_a_gathered_table_opens_by_its_address_sorts_and_is_searched(
    finished,  # noqa: F811
    open_page,
    screenshot,
):
    page = open_page(
        finished.folder / REPORTS / "tables.html", fragment="#tables-gaussians_n_study"
    )
    table = page.locator("#tables-gaussians_n_study")
    table.locator("tbody tr").first.wait_for()
    assert table.evaluate("(one) => one.open")
    titles = table.locator("thead th").all_inner_texts()
    column = titles.index("best_loss")
    cells = table.locator(f"tbody td:nth-child({column + 1})")
    before = [float(text) for text in cells.all_inner_texts()]
    table.locator("thead th").nth(column).click()
    assert [float(text) for text in cells.all_inner_texts()] == sorted(before)
    screenshot(page, "site_one_table")
    table.get_by_label("Search").fill("no such cat")
    assert "No matching records" in table.inner_text()
    page.get_by_label("Tables whose name or description holds").fill("superposition")
    assert not table.is_visible()


def test_the_single_file_opens_from_another_folder(
    finished,  # noqa: F811
    open_page,
    viewport,
    tmp_path,
):
    alone = tmp_path / "sent.html"
    shutil.copyfile(finished.folder / REPORTS / "lgi_report.html", alone)
    page = open_page(alone, viewport)
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("document.images.length") > 10
    assert page.evaluate(BROKEN) == []
    assert page.evaluate(OVERFLOW) == 0


def test_pages_are_left_and_reached_by_keyboard(opened):
    page = opened("index")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("link", name="Tables").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/tables.html")
