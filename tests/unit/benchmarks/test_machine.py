from benchmarks import machine
from benchmarks.machine import Beside


def test_ratios_are_of_times_in_turn_and_their_median_counts():
    timed = Beside(ours=[1, 2, 1], theirs=[10, 10, 30], our_result=0, their_result=0)
    row = timed.rates(100, 50)
    assert row["rate"] == 100
    assert row["baseline_rate"] == 5
    assert row["ratio"] == 20  # of 20, 10 and 60
    assert row["ratios"] == (10, 60)


def test_two_ways_are_timed_in_turn():
    calls = []
    timed = machine.beside(lambda: calls.append("a"), lambda: calls.append("b") or 7, repeats=2)
    assert calls == ["a", "b", "a", "b"]
    assert len(timed.ours) == len(timed.theirs) == 2
    assert timed.their_result == 7
