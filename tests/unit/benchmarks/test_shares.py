from benchmarks import shares


def test_parts_are_told_as_shares_of_the_whole_the_largest_first():
    text = shares.told({"engines": 60.0, "drawing": 10.0, "start": 30.0})
    assert text.splitlines()[2:5] == [
        "| engines: what trains and estimates | 60.0% |",
        "| start: interpreters and imports | 30.0% |",
        "| drawing | 10.0% |",
    ]
    assert "100 s of CPU time on one core, 40.0% of it not in engines." in text
