"""Which runs a list and a selection name."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from lgi.gaussians.selection import FitName, RunList, Selection, together


def listed(name, **values):
    base = {"image": "ramp", "recipe": "published", "n": [4, 5], "seeds": [42, 1]}
    return RunList(name=name, **base | values)


FINE = listed("fine")
LISTS = [
    FINE,
    listed("wide", recipe=["wide", "smooth"], seeds=42),
    listed("seeds", n=5, seeds=[1, 2, 3]),
]


def problems(selection):
    config = SimpleNamespace(gaussians=SimpleNamespace(runs=LISTS))
    return list(selection.problems(config))


def test_a_list_holds_every_combination_in_its_order():
    assert [fit[2:] for fit in FINE.fits()] == [(4, 42), (4, 1), (5, 42), (5, 1)]
    assert len(LISTS[1].fits()) == 4


def test_a_single_value_needs_no_brackets_and_none_stands_twice():
    assert LISTS[2].n == [5]
    with pytest.raises(ValidationError, match="must not repeat 5"):
        listed("twice", n=[5, 5])


def test_a_selection_takes_what_it_states_of_every_list_or_of_some():
    assert len(Selection(recipe="published").fits(LISTS)) == 6  # (5, 1) is in two lists
    assert Selection(runs="fine").fits(LISTS) == sorted(FINE.fits())
    assert Selection(runs=["fine", "seeds"], n=5, seeds=[1, 2]).fits(LISTS) == [
        FitName("ramp", "published", 5, 1),
        FitName("ramp", "published", 5, 2),
    ]


def test_a_selection_that_states_all_need_not_be_listed():
    free = Selection(image="cat", recipe="wide", n=[9, 8], seeds=7)
    assert free.stands_alone
    assert [fit.n for fit in free.fits(LISTS)] == [8, 9]
    assert not problems(free)
    assert not Selection(runs="fine", image="ramp", recipe="wide", n=9, seeds=7).fits(LISTS)


def test_a_selection_says_something():
    with pytest.raises(ValidationError, match="must state runs, image, recipe, n or seeds"):
        Selection()


def test_what_no_list_has_is_a_problem():
    assert not problems(Selection(runs="fine", n=5))
    assert problems(Selection(image="cat", recipe="published")) == [
        ("", "no runs of image cat with recipe published are listed in gaussians.runs")
    ]
    assert problems(Selection(runs="fine", n=[5, 6], seeds=[42, 3])) == [
        ("n", "no listed run has 6; there are 4, 5"),
        ("seeds", "no listed run has 3; there are 1, 42"),
    ]


def test_seeds_of_one_image_recipe_and_n_belong_together():
    assert together(FINE.fits()) == {
        ("ramp", "published", 4): [42, 1],
        ("ramp", "published", 5): [42, 1],
    }
