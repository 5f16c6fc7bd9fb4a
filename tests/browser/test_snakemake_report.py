"""Snakemake's own report of the smoke configuration, as a browser shows it."""

import pytest

from tests.workflow.conftest import finished  # noqa: F401, a fixture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory):  # noqa: F811
    """The report of a finished run."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    finished.snakemake("--report", path)
    return path


def entries(page):
    """Return what the report holds: labels, category and kind of each of its results."""
    return page.evaluate(
        """Object.entries(results).map(([path, one]) => ({
          path, labels: one.labels, mime: one.mime_type, caption: one.caption,
          params: one.job_properties.params, uri: one.data_uri.length,
        }))"""
    )


def test_it_opens_with_words_that_are_read_from_their_beginning(report, open_page, screenshot):
    page = open_page(report)
    page.locator("#rulegraph svg, #rulegraph canvas").first.wait_for()
    screenshot(page, "snakemake_report")
    title = page.get_by_role("heading", name="A run of lgi")
    box = title.bounding_box()
    assert box["y"] >= 0
    assert box["x"] >= page.locator("nav, #navbar, .bg-slate-600").first.bounding_box()["width"]


def test_it_holds_what_a_browser_shows_each_with_what_it_is(report, open_page):
    held = entries(open_page(report))
    assert {one["mime"] for one in held} == {"image/png", "text/html"}
    assert all(next(iter(one["labels"])) == "what" for one in held)
    assert all(one["caption"] for one in held)
    assert all("system-message" not in one["caption"] for one in held)
    # A browser opens no longer address than 2 MiB.
    assert all(one["uri"] < 2**21 for one in held if one["mime"] == "text/html")
    assert all(len(one["params"]) < 2_000 for one in held)


def test_epochs_sort_as_text(report, open_page):
    labels = [one["labels"] for one in entries(open_page(report))]
    epochs = {one["what"] for one in labels if one["what"].startswith("loss against LLC, epoch")}
    assert epochs == {"loss against LLC, epoch 012", "loss against LLC, epoch 200"}


def test_an_analysis_opens_in_it_and_its_tables_sort(report, open_page, screenshot):
    page = open_page(report)
    page.get_by_role("link", name="1. Report").click()
    page.locator("tr", has_text="analysis: Gaussians").locator("a").first.click()
    frame = page.frame_locator("iframe")
    frame.locator("body[data-ready]").wait_for()
    assert frame.locator("table.dataTable").count() > 3
    assert frame.get_by_text("figures are among the results of this report").count() > 3
    screenshot(page, "snakemake_report_analysis")


def test_a_figure_is_shown(report, open_page, screenshot):
    page = open_page(report)
    page.get_by_role("link", name="2. Gaussians").click()
    page.get_by_text("All runs together").click()
    page.locator("td a").first.click()
    shown = page.locator("img").last
    shown.wait_for()
    screenshot(page, "snakemake_report_figure")
    assert shown.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 300
