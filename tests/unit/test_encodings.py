"""Text is UTF-8 wherever the locale is: what one machine writes, another one reads."""

import ast

import pytest

from tests.configurations import ROOT

SOURCES = sorted(
    path
    for folder in ("lgi", "workflow_scripts", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*.py")
)


def _in_the_locale(call: ast.Call) -> bool:
    """Tell whether a call opens text in the encoding of the locale."""
    named = {keyword.arg for keyword in call.keywords}
    if "encoding" in named:
        return False
    match call.func:
        case ast.Attribute(attr="read_text" | "write_text"):
            return True
        case ast.Name(id="open"):
            modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
            return not any(isinstance(m, ast.Constant) and "b" in m.value for m in modes)
        case ast.Attribute(attr="run" | "Popen" | "check_output"):
            return "text" in named or "universal_newlines" in named
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_says_its_encoding(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if _in_the_locale(call)] == []
