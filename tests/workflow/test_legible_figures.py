"""Every figure and animation that the small configuration asks for can be read."""

import pytest

from lgi.figures import legible
from tests import drawn
from tests.configurations import SMOKE, catalogue

SMALL = catalogue(SMOKE)
DECLARED = {path: declaration for path, *declaration in drawn.declared(SMALL)}


@pytest.mark.parametrize("path", DECLARED)
def test_a_figure_has_no_faults(finished, path):
    assert legible.faults(drawn.drawn(SMALL, finished.folder, path, *DECLARED[path])) == []
