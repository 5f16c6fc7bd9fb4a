"""How long a fit lasts, roughly."""

import pytest

from lgi.gaussians.fits.duration import fit_seconds


@pytest.mark.parametrize(
    ("milliseconds", "n", "side"),
    [
        (0.14, 100, 64),
        (0.76, 1_000, 64),
        (5.91, 10_000, 64),
        (2.39, 1_000, 256),
        (20.1, 10_000, 512),
    ],
)
def test_a_fit_lasts_about_as_long_as_was_measured(milliseconds, n, side):
    """docs/gaussians_sizes_speed.md, Gaussians of half a cell."""
    assert 0.4 < 1_000 * fit_seconds(1_000, n, (side, side)) / 1_000 / milliseconds < 2.5
