"""Pages as people see them: Debian's Chromium, without a head and without a network."""

import os
import shutil
from pathlib import Path

import pytest

from tests import debian

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
TIMEOUT = 1_800_000
"""Milliseconds after which a page hangs: a slow machine is no fault."""
SCREENSHOTS = Path("build/screenshots")
"""Where screenshots are kept, by the name of what they show."""


@pytest.fixture(scope="session")
def chromium():
    """Give a browser; without one the tests are skipped, or fail where none may be."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not shutil.which("chromium"):
        try:
            debian.install("chromium")
        except debian.NoPackagesError as error:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
    with sync_api.sync_playwright() as playwright:
        # Tests may run as root, where Chromium has no sandbox.
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield started
        started.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def viewport(request):
    """Give the size of a desktop's window, then of a phone's."""
    return request.param


@pytest.fixture
def open_page(chromium):
    """Give a function that opens a file from disk; what goes wrong in the page fails the test."""
    contexts, wrong = [], []

    def opened(path, viewport=DESKTOP, fragment=""):
        context = chromium.new_context(viewport=viewport, offline=True, reduced_motion="reduce")
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{path}: {error}"))
        page.on(
            "console",
            lambda said: wrong.append(f"{path}: {said.text}") if said.type == "error" else None,
        )
        page.on("requestfailed", lambda request: wrong.append(f"{path}: {request.url} failed"))
        page.goto(Path(path).absolute().as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def screenshot(request):
    """Give a function that keeps a picture of a page, by its name and that of the window."""

    def keep(page, name, *, whole=False):
        window = "phone" if page.viewport_size == PHONE else "desktop"
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}_{window}.png", full_page=whole)

    return keep
