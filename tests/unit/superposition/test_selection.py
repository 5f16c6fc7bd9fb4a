import pytest
from pydantic import ValidationError

from lgi.superposition.selection import Model, RunFile, Runs, Selection, State, States, nearest

RUNS = Runs(
    init=["random", "kgon4"],
    samples=[100, 1000],
    sparsity=[0.42624657926256726, 0.8111243971624382],
    seeds=[5, 6],
)


def test_runs_are_every_start_with_every_number_of_samples_and_sparsity():
    runs = RUNS.runs()
    assert len(runs) == len(set(runs)) == 8
    assert runs[0] == RunFile("random", 100, "0.4262")
    assert len(RUNS.models()) == 16
    assert RUNS.exact["0.8111"] == 0.8111243971624382


def test_one_value_is_a_list_of_one():
    alone = Runs(init="random", samples=100, sparsity=0.5, seeds=0)
    assert alone.models() == [Model("random", 100, "0.5000", 0)]


def test_what_is_left_out_follows_from_the_runs():
    models = Selection().models(RUNS, drawn=1000)
    assert {(m.samples, m.seed) for m in models} == {(1000, 5)}
    assert {(m.init, m.sparsity) for m in models} == {
        (init, sparsity) for init in RUNS.init for sparsity in RUNS.exact
    }
    (state,) = States(init="kgon4", sparsity=0.4262).states(RUNS, 1000, [0, 10, 200])
    assert state == State("kgon4", 1000, "0.4262", 5, 200)


def test_a_number_stands_for_the_nearest_that_is_run_and_a_start_for_itself():
    some = States(init=["kgon4", "kgon6"], samples=70, sparsity=[0.4, 0.45], seeds=0, epoch=[9, 11])
    assert some.states(RUNS, 1000, [0, 10, 200]) == [State("kgon4", 100, "0.4262", 5, 10)]
    assert Selection(init="kgon6").models(RUNS, 1000) == []


def test_what_is_not_run_is_named_with_what_is():
    some = Selection(init=["kgon6"], samples=[100, 7], sparsity=[0.5], seeds=[6, 9])
    assert dict(some.beside(RUNS)) == {
        "init.0": "unknown initialisation among superposition.runs.init; found 'kgon6', "
        "there are random, kgon4",
        "samples.1": "unknown number of samples among superposition.runs.samples; found 7, "
        "there are 100, 1000",
        "sparsity.0": "unknown sparsity among superposition.runs.sparsity; found '0.5000', "
        "there are 0.4262, 0.8111",
        "seeds.1": "unknown seed among superposition.runs.seeds; found 9, there are 5, 6",
    }
    assert not list(Selection(sparsity=[0.8111]).beside(RUNS))


def test_sparsities_must_differ_where_they_name_files():
    with pytest.raises(ValidationError, match=r"first four decimals.*0\.1234"):
        Selection(sparsity=[0.12341, 0.12342])


def test_of_two_that_are_equally_near_the_lower_is_taken():
    assert nearest([5, 0], [0, 10]) == [0]
