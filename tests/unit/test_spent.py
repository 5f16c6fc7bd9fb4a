"""Each part of a job is charged for its own CPU time alone."""

import json
import time

import pytest

from lgi import spent


@pytest.fixture
def clock(monkeypatch):
    """CPU time that passes when it is told to."""
    now = [1.0]
    monkeypatch.setattr(spent, "cpu_seconds", lambda: now[0])
    monkeypatch.setattr(spent, "_counted", 0.0)
    spent._spent.clear()

    def work(seconds):
        now[0] += seconds

    yield work
    spent._spent.clear()


def test_a_block_is_charged_without_those_inside(clock, monkeypatch, tmp_path):
    monkeypatch.setenv(spent.VARIABLE, str(tmp_path / "told.jsonl"))
    with spent.on(spent.TABLES):
        clock(2)
        with spent.on(spent.START):
            clock(3)
        clock(4)
    spent.tell("tabulate")
    with pytest.raises(ZeroDivisionError), spent.on(spent.DRAWING):
        clock(5 / 0)
    with spent.on(spent.DRAWING):
        clock(5)
    spent.tell("draw")
    told = [
        json.loads(line)
        for line in (tmp_path / "told.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert told[0] == {"rule": "tabulate", spent.START: 4.0, spent.TABLES: 6.0}
    assert told[1] == {"rule": "draw", spent.START: 0.0, spent.DRAWING: 5.0}


def test_a_run_sums_up_its_jobs(clock, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(spent.VARIABLE, "")
    spent.begin("run")
    for _ in range(2):
        clock(3)
        spent.tell("fit")
    parts = spent.end(10.0)
    assert list(parts) == list(spent.PARTS)
    assert (parts[spent.START], parts[spent.SNAKEMAKE]) == (7.0, 3.0)
    assert sum(parts.values()) == 10
    assert json.loads(spent.LAST.read_text(encoding="utf-8"))["rules"] == {
        "fit": {spent.START: 7.0}
    }
    assert [path.name for path in spent.FOLDER.iterdir()] == ["last.json"]
    assert spent.sentence(parts).startswith("CPU time of this run: 10 s: engines 0.0%, start 70.0%")


def test_nothing_is_said_of_a_run_without_jobs(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(spent.VARIABLE, raising=False)
    assert spent.sentence(spent.end(3.0)) == ""
    assert not spent.FOLDER.exists()


def test_cpu_time_is_that_of_work():
    before, until = spent.cpu_seconds(), time.process_time() + 0.02
    while time.process_time() < until:
        pass
    assert spent.cpu_seconds() - before >= 0.02
