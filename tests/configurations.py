"""The configuration under overlays, merged and checked as the workflow does it."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from snakemake.utils import update_config

from lgi.catalogue import Catalogue
from lgi.config import Config, check
from lgi.studies import STUDIES

ROOT = Path(__file__).parents[1]
SMOKE_FILE = ROOT / "tests" / "config" / "smoke.yaml"
SMOKE = yaml.safe_load(SMOKE_FILE.read_text(encoding="utf-8"))
RUNS = SMOKE["gaussians"]["runs"]


def checked(*overlays: Mapping) -> Config:
    """Return config.yaml under overlays."""
    merged = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for overlay in overlays:
        update_config(merged, overlay)
    return check(merged)


def catalogue(*overlays: Mapping) -> Catalogue:
    """Return the results of all studies under overlays."""
    return Catalogue(STUDIES, checked(*overlays))
