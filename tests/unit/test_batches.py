"""How runs are put into batches, and how many a process may make."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgi.batches import VARIABLE, job_seconds, parted
from lgi.errors import ConfigError

LASTING = st.lists(st.floats(0, 100), max_size=30)


@given(LASTING, st.floats(0, 200), st.integers(1, 10), st.integers(1, 100))
def test_a_part_holds_neighbours_within_all_bounds(lasting, seconds, most, longest):
    items = [(number, each, 10) for number, each in enumerate(lasting)]
    parts = parted(items, seconds, most, longest)
    assert [item for part in parts for item in part] == list(range(len(lasting)))
    for part in parts:
        assert 1 <= len(part) <= most
        if len(part) > 1:
            assert sum(lasting[item] for item in part) <= seconds * (1 + 1e-9)
            assert 10 * len(part) <= longest


def test_parts_are_no_more_than_needed():
    items = [(number, 1.0, 1) for number in range(10)]
    assert list(map(len, parted(items, 4.0, 100, 100))) == [4, 4, 2]
    assert list(map(len, parted(items, math.inf, 3, 100))) == [3, 3, 3, 1]
    assert list(map(len, parted(items, math.inf, 100, 5))) == [5, 5]
    assert list(map(len, parted(items, 0, 100, 100))) == [1] * 10
    assert parted([], 1, 1, 1) == []


def test_the_environment_says_how_long_a_process_lasts(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert job_seconds() == 30
    monkeypatch.setenv(VARIABLE, "1e3")
    assert job_seconds() == 1_000


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "", "an hour"])
def test_what_is_no_number_of_seconds_is_refused(monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigError, match=f"{VARIABLE}: must be .* found {text!r}"):
        job_seconds()
