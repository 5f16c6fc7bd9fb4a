"""Every snippet of docs/from_devinterp.md runs, one after another."""

import re
from pathlib import Path

import numpy as np
import pytest

from lgi.llc.known.theory import gaussian_mean

PAGE = Path(__file__).parents[4] / "docs" / "from_devinterp.md"


@pytest.mark.slow
def test_the_snippets_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) == 5
    names = {}
    for snippet in snippets:
        exec(compile(snippet, str(PAGE), "exec"), names)
    # A line is regular: three directions, of which γ takes its share.
    inputs, setting = names["x"].double().numpy(), names["setting"]
    curvatures = np.linalg.eigvalsh(2 * inputs.T @ inputs / len(inputs))
    exact = gaussian_mean(curvatures, setting.n_beta(len(inputs)), setting.localisation)
    assert names["estimate"]["llc"] == pytest.approx(exact, rel=0.25)
    assert names["table"]["name"].tolist() == ["(root)", "whole"]
    assert names["curve"]["factor"].tolist() == [0.1, 1, 10]
    assert {path.name for path in tmp_path.iterdir()} == {"draws.nc", "curve.png"}
