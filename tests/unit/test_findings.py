import numpy as np
import pandas as pd

from lgi.findings import Finding, findings_table, read_findings


def _finding(**changes):
    words = dict.fromkeys(
        ("id", "headline", "text", "measure", "unit", "figure", "alt", "table"), "a"
    )
    return Finding(**words | {"value": 1.5, "low": np.nan, "high": np.nan, "n": 3} | changes)


def test_findings_survive_their_table(tmp_path):
    findings = [_finding(claim="x.y", low=1.0, high=2.0), _finding(id="b", low=0.0, high=1.0)]
    path = tmp_path / "findings.csv"
    findings_table(findings).to_csv(path, index=False)
    assert read_findings(pd.read_csv(path)) == findings


def test_a_number_without_an_interval_has_none():
    (read,) = read_findings(findings_table([_finding()]))
    assert np.isnan(read.low)
    assert np.isnan(read.high)
