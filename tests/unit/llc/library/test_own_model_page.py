"""The examples of docs/llc_own_model.md run as they stand there."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[4] / "docs" / "llc_own_model.md"


@pytest.mark.slow
def test_the_examples_of_the_page_run():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(compile("\n".join(blocks), str(PAGE), "exec"), names)
    assert names["table"]["status"] == "ok"
    assert names["table"]["llc"] == pytest.approx(1.5, rel=0.15)
    assert names["one"]["llc"] == pytest.approx(2 * 80.5 / 81.5, rel=0.15)
