"""Which runs a list and a selection name, and how they share jobs."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from lgi.gaussians.selection import TAKEN, FitName, RunList, Selection, batches, together
from lgi.studies import STUDIES


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


def some_at_most(size):
    return lambda image, recipe, n: size


def test_every_run_is_in_one_batch_named_by_its_list():
    found = batches(LISTS, some_at_most(100))
    runs = [FitName(*fit, seed) for batch in found for fit in batch.fits for seed in batch.seeds]
    assert len(runs) == len(set(runs))
    # The one seed of list wide shares its job with no other.
    assert set(runs) == {fit for entry in LISTS[::2] for fit in entry.fits()}
    # N = 5 of the published recipe has seeds of two lists, one of them in both.
    assert {batch.name: batch.seeds for batch in found} == {
        "fit_fine": (1, 42),
        "fit_seeds": (2, 3),
    }


def test_another_list_adds_jobs_and_changes_none():
    more = listed("more", n=[5, 6], seeds=[7, 8, 42])
    assert batches([*LISTS, more], some_at_most(2)) == [
        *batches(LISTS, some_at_most(2)),
        ("fit_more", (7, 8), [("ramp", "published", 5), ("ramp", "published", 6)]),
    ]


def test_many_seeds_are_several_jobs_and_a_long_fit_has_one_of_its_own():
    many = [listed("many", n=[3, 4, 5, 6], seeds=list(range(10)))]

    def size(image, recipe, n):
        return 1 if n == 6 else 4

    found = batches(many, size)
    assert [(batch.name, batch.seeds) for batch in found] == [
        ("fit_many", (0, 1, 2, 3)),
        ("fit_many_2", (4, 5, 6, 7)),
        ("fit_many_3", (8, 9)),
    ]
    assert all([n for _, _, n in batch.fits] == [3, 4, 5] for batch in found)
    assert batches(many, some_at_most(1)) == []


def test_seed_lists_that_look_alike_have_batches_of_their_own():
    """The same length and ends once gave two rules one name."""
    alike = [listed(f"list{n}", n=n, seeds=[1, m, 9]) for n, m in ((2, 3), (3, 4), (4, 3))]
    assert [(batch.name, batch.seeds) for batch in batches(alike, some_at_most(9))] == [
        ("fit_list2", (1, 3, 9)),
        ("fit_list3", (1, 4, 9)),
        ("fit_list4", (1, 3, 9)),
    ]


def test_a_list_with_several_batches_numbers_them_past_other_lists():
    """List fine has several, and a list called fine_2 is there already."""
    lists = [
        listed("fine", n=[4, 5, 6, 7], seeds=list(range(6))),
        listed("fine_2", n=7, seeds=[8, 9]),
    ]
    names = [batch.name for batch in batches(lists, some_at_most(2))]
    assert names == ["fit_fine", "fit_fine_3", "fit_fine_4", "fit_fine_2"]


def test_no_batch_is_called_as_a_rule():
    """Lists called figure and animation stopped the plan: their rules were there already."""
    rules = {result.rule for study in STUDIES for result in study.results}
    homes = {rule.removeprefix("fit_") for rule in rules if rule.startswith("fit_")}
    assert homes == TAKEN
    names = {batch.name for home in homes for batch in batches([listed(home)], some_at_most(9))}
    assert len(names) == len(homes)
    assert not names & rules


def test_more_seeds_than_fits_are_batches_of_one_fit():
    lists = [listed("fine", n=[4, 5], seeds=list(range(6)))]
    found = batches(lists, some_at_most(2))
    assert [len(batch.fits) for batch in found] == [1] * 6
    assert len({batch.name for batch in found}) == 6
