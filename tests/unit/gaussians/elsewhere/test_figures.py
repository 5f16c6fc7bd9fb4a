"""The figure of other images shows what its table holds."""

import pandas as pd
import pytest

from lgi.errors import DataError
from lgi.gaussians.elsewhere import figures
from tests.unit.gaussians.synthetic import NAMES


def test_a_panel_per_image_with_its_lowest():
    table = pd.DataFrame(
        {
            "image": ["a", "a", "b", "b"],
            "recipe": "published",
            "n": [20, 50] * 2,
            "n_over_pixels": [0.005, 0.0125] * 2,
            "seeds": [3, 3, 5, 5],
            "best_loss": [0.1, 0.05, 0.2, 0.3],
            "low": [0.09, 0.04, 0.1, 0.2],
            "high": [0.11, 0.06, 0.3, 0.4],
            "is_lowest": [False, True, True, False],
        }
    )
    figure = figures.elsewhere(table, (0.0122, 0.0134), NAMES)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert len({(*axes.get_xlim(), *axes.get_ylim()) for axes in figure.axes}) == 1
    (legend,) = figure.legends
    assert legend.get_title().get_text().startswith("mean over 3 to 5 seeds")
    stars = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    assert [(line.get_xdata().item(), line.get_ydata().item()) for line in stars] == [
        (0.0125, 0.05),
        (0.005, 0.2),
    ]
    with pytest.raises(DataError, match="images"):
        figures.elsewhere(table.iloc[:0], (0.0122, 0.0134), NAMES)
