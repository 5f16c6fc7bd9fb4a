"""The explorer of the whole workflow in small."""

import pandas as pd

from lgi.claims import WHOLE
from lgi.explorer import evidence
from lgi.explorer.results import PAGE, _made
from lgi.gaussians.results import CLAIMS as GAUSSIANS
from lgi.superposition.results import CLAIMS as SUPERPOSITION
from tests.configurations import SMOKE, checked


def test_every_claim_has_evidence_that_is_made(finished):
    config = checked(SMOKE)
    sections = {name: getattr(config, name) for name in ("explorer", "gaussians", "superposition")}
    made = set(_made(config))
    for table in (GAUSSIANS, SUPERPOSITION):
        claims = pd.read_csv(finished.folder / table)
        for row in claims[claims["part"] == WHOLE].to_dict("records"):
            paths = set(evidence.paths(row, sections)) & made
            assert paths, row["id"]
            assert all((finished.folder / path).exists() for path in paths)


def test_the_page_is_whole(finished):
    text = (finished.folder / PAGE).read_text(encoding="utf-8")
    assert 'id="data-superposition"' in text
    assert 'id="data-verdicts"' in text
    assert "http://" not in text.split("<script>")[0]
