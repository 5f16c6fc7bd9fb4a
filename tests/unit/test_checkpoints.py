"""Saved states: when they are written, which are taken up, and what becomes of the others."""

import os
import signal
import time

import numpy as np
import pytest

from lgi.checkpoints import SECONDS, VARIABLE, Checkpoint, unfinished
from lgi.errors import ConfigError
from lgi.runs import read_run, write_run

RUN = {"n": 5, "seed": 1, "recipe": {"scale": (0.1, 0.3)}}
STATE = {"w": np.arange(6.0), "steps": np.array([3, 4])}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "n5_seed1.npz"


def begun(path, **changes) -> Checkpoint:
    checkpoint = Checkpoint(path, seconds=0)
    checkpoint.begin({**RUN, **changes})
    return checkpoint


def names(path) -> set[str]:
    return set(os.listdir(path.parent))


def test_a_state_is_read_back_as_it_was_saved(path, capsys):
    begun(path).save(STATE, iteration=7, rate=0.1 + 0.2)
    saved = begun(path).load()
    assert saved.record["progress"] == {"iteration": 7, "rate": 0.1 + 0.2}
    for name, values in STATE.items():
        np.testing.assert_array_equal(saved[name], values)
        assert saved[name].dtype == values.dtype
        assert saved[name].flags.writeable
    assert "goes on from" in (said := capsys.readouterr().out)
    assert "iteration 7" in said


def test_a_run_that_begins_has_no_state(path):
    assert begun(path).load() is None
    assert names(path) == set()


def test_a_state_is_due_after_a_while(path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    checkpoint = Checkpoint(path, SECONDS)
    now += 500  # in the queue of its job
    checkpoint.begin(RUN)
    assert not checkpoint.due()
    now += SECONDS - 1
    assert not checkpoint.due()
    now += 1
    assert checkpoint.due()
    checkpoint.save(STATE)
    assert not checkpoint.due()


def test_states_that_take_long_to_save_are_rarer(path, monkeypatch):
    times = iter([0.0, 0.0, 60.0, 64.0, 264.0 - 1, 264.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    checkpoint = Checkpoint(path, SECONDS)
    checkpoint.begin(RUN)
    checkpoint.save(STATE)  # 4 s
    assert not checkpoint.due()
    assert checkpoint.due()


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"seed": 2}, "seed"), ({"recipe": {"scale": (0.1, 0.4)}, "more": 1}, "recipe, more")],
)
def test_a_state_of_another_run_is_set_aside(path, capsys, changes, named):
    begun(path).save(STATE, iteration=7)
    content = path.with_name(".n5_seed1.npz.checkpoint").read_bytes()
    assert begun(path, **changes).load() is None
    assert f"of another run, which differs in {named}; set aside" in capsys.readouterr().out
    assert names(path) == {".n5_seed1.npz.checkpoint.aside"}
    assert path.with_name(".n5_seed1.npz.checkpoint.aside").read_bytes() == content


@pytest.mark.parametrize("share", [0, 1, 30, 70, 99])
def test_a_truncated_state_is_set_aside(path, capsys, share):
    begun(path).save(STATE, iteration=7)
    state = path.with_name(".n5_seed1.npz.checkpoint")
    state.write_bytes(state.read_bytes()[: state.stat().st_size * share // 100])
    assert begun(path).load() is None
    said = capsys.readouterr().out
    assert str(state) in said
    assert "set aside as .n5_seed1.npz.checkpoint.aside, the run begins anew" in said
    assert names(path) == {".n5_seed1.npz.checkpoint.aside"}


def test_no_flipped_byte_is_taken_for_a_value(path):
    begun(path).save(STATE, iteration=7)
    state = path.with_name(".n5_seed1.npz.checkpoint")
    content = state.read_bytes()
    for place in range(len(content)):
        state.write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        saved = begun(path).load()
        if saved:
            assert saved.record["progress"] == {"iteration": 7}
            for name, values in STATE.items():
                assert saved[name].tobytes() == values.tobytes()


def test_a_run_file_in_place_of_a_state_is_set_aside(path):
    write_run(path.with_name(".n5_seed1.npz.checkpoint"), STATE, RUN)
    assert begun(path).load() is None


def test_runs_take_their_places_together(tmp_path):
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    with unfinished(paths) as runs:
        for number, run in enumerate(runs):
            assert run.begin({"seed": number}) is None
            run.save(STATE)
            run.write({"w": np.arange(number)}, {"seed": number, "state": "finished"})
            assert not paths[0].exists()
    assert names(paths[0]) == {"a.npz", "b.npz"}
    assert read_run(paths[1]).record == {"seed": 1, "state": "finished"}


def test_a_run_that_fails_takes_no_other_with_it(tmp_path):
    paths = [tmp_path / f"{name}.npz" for name in "ab"]

    def fail():
        with unfinished(paths) as (first, second):
            first.begin({"seed": 0})
            first.write(STATE, {"seed": 0})
            second.begin({"seed": 1})
            second.save(STATE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(paths[0]) == {"a.npz", ".b.npz.checkpoint"}


def test_what_a_job_had_finished_is_not_made_again(tmp_path, capsys):
    paths = [tmp_path / f"{name}.npz" for name in "abc"]

    def fail():
        with unfinished(paths) as runs:
            for number, run in enumerate(runs[:2]):
                run.begin({"seed": number})
                run.write(STATE, {"seed": number, "state": "finished"})
            raise SystemExit

    with pytest.raises(SystemExit):
        fail()
    assert not any(path.exists() for path in paths)
    with unfinished(paths[:2]) as (first, second):
        found = first.begin({"seed": 0})
        assert found.record == {"seed": 0, "state": "finished"}
        first.write(found.arrays, found.record)
        assert second.begin({"seed": 7}) is None  # the settings have changed
        second.write(STATE, {"seed": 7})
    write_run(tmp_path / "straight" / "a.npz", STATE, {"seed": 0, "state": "finished"})
    assert paths[0].read_bytes() == (tmp_path / "straight" / "a.npz").read_bytes()
    assert read_run(paths[1]).record == {"seed": 7}
    assert ".b.npz.finished: of another run, which differs in seed" in capsys.readouterr().out


def test_a_finished_run_is_as_new_as_its_job(path):
    with unfinished([path]) as [run]:
        run.begin(RUN)
        run.write(STATE, RUN)
        os.utime(path.with_name(".n5_seed1.npz.finished"), (1e9, 1e9))
    assert path.stat().st_mtime > 1.5e9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_the_state_and_ends_the_process(path, capsys, number):
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    def job():
        with unfinished([path]) as [run]:
            run.begin(RUN)
            assert not run.due()
            os.kill(os.getpid(), number)
            assert run.due()
            run.save(STATE, iteration=7)

    with pytest.raises(SystemExit) as end:
        job()
    assert end.value.code == 128 + number
    assert f"{signal.Signals(number).name}: saved" in capsys.readouterr().out
    assert begun(path).load().record["progress"] == {"iteration": 7}
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers


def test_the_second_signal_acts_as_ever(path):

    def job():
        with unfinished([path]):
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        job()
    assert names(path) == set()


def test_a_signal_that_is_ignored_stays_ignored(path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with unfinished([path]) as [run]:
            os.kill(os.getpid(), signal.SIGINT)
            run.begin(RUN)
            assert not run.due()
            run.write(STATE, RUN)
    finally:
        signal.signal(signal.SIGINT, before)
    assert path.exists()


def test_the_interval_is_that_of_the_environment(path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "0")
    with unfinished([path]) as [run]:
        run.begin(RUN)
        assert run.due()
        run.write(STATE, RUN)


@pytest.mark.parametrize("text", ["often", "", "-1", "nan"])
def test_a_bad_interval_is_named(path, monkeypatch, text):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigError, match=f"{VARIABLE}: '{text}' is no number of seconds"):
        unfinished([path]).__enter__()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_on_a_terminal_ctrl_c_is_answered_at_once(monkeypatch, tmp_path):
    ours, theirs = os.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        with unfinished([tmp_path / "run.npz"]):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)  # the handler runs between two lines of Python
        said = os.read(ours, 1000).decode()
    os.close(ours)
    assert said.strip() == "stops at the next pause; Ctrl-C again: at once"
