"""How long a fit lasts, roughly, and how many share a job."""

import pytest

from lgi.errors import ConfigError
from lgi.gaussians.fits.duration import VARIABLE, fit_seconds, job_seconds, runs_at_most


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


def test_as_many_share_a_job_as_last_so_long():
    assert [runs_at_most(30, each) for each in (0.1, 0.3, 1, 3, 3.75)] == [256, 64, 16, 8, 8]
    assert [runs_at_most(30, each) for each in (3.8, 10, 100)] == [1, 1, 1]
    assert runs_at_most(0, 0.1) == 1


def test_the_environment_says_how_long_a_job_lasts(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert job_seconds() == 30
    monkeypatch.setenv(VARIABLE, "1e3")
    assert job_seconds() == 1_000


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "", "an hour"])
def test_what_is_no_number_of_seconds_is_refused(monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigError, match=f"{VARIABLE}: must be .* found {text!r}"):
        job_seconds()
