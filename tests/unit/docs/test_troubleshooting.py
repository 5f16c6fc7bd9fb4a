"""Every message that the page speaks of exists."""

import re

import pytest

from docs.writers.pages import DOCS

PAGE = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
ROOT = DOCS.parent
OF_SNAKEMAKE = {
    "Config file is not valid JSON or YAML",
    "LockException",
    "MissingRuleException",
    "cores have to be specified",
}


@pytest.fixture(scope="module")
def source():
    """Give the code as one text, with messages that are broken over lines put together."""
    files = [ROOT / "Makefile", *ROOT.glob("rules/*.smk"), *ROOT.glob("lgi/**/*.py")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r'"\s*\n\s*f?"', "", text)


def test_the_page_has_messages():
    assert len(MESSAGES) > 20


@pytest.mark.parametrize("message", sorted({*MESSAGES} - OF_SNAKEMAKE))
def test_a_message_exists(message, source):
    assert message in source
