import pytest

from lgi.config import read_config
from lgi.explorer.page import write

pytestmark = pytest.mark.slow


def test_the_page_opens_without_errors(tmp_path, open_page, viewport, screenshot):
    page_file = tmp_path / "explorer.html"
    settings = {"explorer": read_config().explorer}
    page_file.write_text(write(settings=settings), encoding="utf-8")
    page = open_page(page_file, viewport)
    page.wait_for_selector("body[data-shown]")
    screenshot(page, "explorer")
