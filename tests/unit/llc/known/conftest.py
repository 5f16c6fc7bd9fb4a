"""The setting that the known answers are estimated with."""

from pathlib import Path

import pytest
import yaml

from lgi import config

CONFIGURATION = Path(__file__).parents[4] / "config.yaml"


@pytest.fixture(scope="session")
def drawn_setting():
    """`superposition.llc.drawn` of the published configuration."""
    llc = config.check(yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))).superposition.llc
    return llc.settings[llc.drawn]
