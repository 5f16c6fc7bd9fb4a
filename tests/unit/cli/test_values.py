"""Values are read as the configuration would have them, or refused with what is allowed."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from lgi.cli.fit import _called
from lgi.cli.values import LARGEST_SEED, numbers, positive, share, whole
from tests.mutants import TEXTS


@given(st.lists(st.integers(0, LARGEST_SEED), min_size=1, unique=True))
def test_a_list_of_numbers_comes_back(some):
    assert numbers(",".join(map(str, some)), "--seeds", LARGEST_SEED) == some


def test_ranges():
    assert numbers("0-2,7, 4-4", "--seeds") == [0, 1, 2, 7, 4]


@pytest.mark.parametrize(
    "text", ["3-1", "1,1", "1-3,2", "-1", "1,", "0-99999999", "1e3", *TEXTS[:10]]
)
def test_no_list_of_numbers(text):
    with pytest.raises(typer.BadParameter):
        numbers(text, "--seeds")


@given(st.integers())
def test_a_whole_number_comes_back_or_is_out_of_range(number):
    read = whole(1, 1000)
    if 1 <= number <= 1000:
        assert read(str(number)) == number
    else:
        with pytest.raises(typer.BadParameter, match="allowed are whole numbers from 1 to 1,000"):
            read(str(number))


@pytest.mark.parametrize("text", ["1.5", "nan", "٣", "1_0", "0x1", "9" * 5000, *TEXTS[:10]])
def test_no_whole_number(text):
    with pytest.raises(typer.BadParameter):
        whole(0)(text)


@pytest.mark.parametrize("text", ["1", "2", "-0.1", "nan", "inf", "x", ""])
def test_no_sparsity(text):
    with pytest.raises(typer.BadParameter, match="allowed are numbers from 0 to below 1"):
        share()(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "x", ""])
def test_no_step(text):
    with pytest.raises(typer.BadParameter, match="allowed are numbers above 0"):
        positive()(text)


@given(st.text(max_size=300))
def test_any_file_gives_a_name_that_the_configuration_takes(stem):
    from pydantic import TypeAdapter

    from lgi.settings import Name

    TypeAdapter(Name).validate_python(_called(stem))


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("cat", "cat"),
        ("Große Katze 3", "groe_katze_3"),
        ("2024-01", "picture_2024_01"),
        ("猫", "picture"),
    ],
)
def test_names_of_pictures(stem, name):
    assert _called(stem) == name
