"""Runs that were lost are told from those that live, and what they left is tidied up."""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

from lgi.runs import HOST
from lgi.sessions import (
    FOLDER,
    MARK,
    OLD,
    SILENCE,
    SessionError,
    cancel_slurm_jobs,
    conflict,
    runs,
    session,
    unrecorded,
)

RESULT = Path("results/a/run.npz")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory of the workflow, with a result and a lock."""
    monkeypatch.chdir(tmp_path)
    RESULT.parent.mkdir(parents=True)
    FOLDER.mkdir(parents=True)
    return tmp_path


@pytest.fixture
def persistence(folder):
    made = FilePersistence()
    made._write_locks("output", [str(RESULT)])
    return made


@pytest.fixture
def gone():
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def register(pid, host=HOST, **given):
    """Write what a run of that process would have left."""
    path = FOLDER / "0123456789ab.json"
    said = {"host": host, "pid": pid, "began": time.time() - 100, "slurm": False}
    path.write_text(json.dumps({**said, **given}), encoding="utf-8")
    return path


def start(persistence):
    """Start a run, end it, and return what it said."""
    said = []
    with session(persistence, said.append):
        pass
    return said


def locked(persistence):
    return list(persistence._read_locks()) != []


def test_a_session_is_registered_while_it_lasts(persistence):
    with session(persistence, pytest.fail) as own:
        kept = json.loads(own.path.read_text(encoding="utf-8"))
        assert (kept["host"], kept["pid"]) == (HOST, os.getpid())
        assert os.environ[MARK] == own.name
    assert list(FOLDER.glob("*.json")) == []
    assert MARK not in os.environ


def test_an_end_by_an_error_is_no_loss(persistence):
    with pytest.raises(ZeroDivisionError), session(persistence, pytest.fail):
        raise ZeroDivisionError
    assert start(persistence) == []


def test_a_lost_run_is_named_and_its_locks_are_removed(persistence, gone):
    register(gone)
    (said,) = start(persistence)
    assert said.startswith(f"A run was lost: process {gone} on {HOST}, started ")
    assert said.endswith(". This one goes on where it stopped.")
    assert not locked(persistence)
    assert start(persistence) == []


def test_the_number_of_a_lost_process_may_be_in_use_again(persistence):
    register(os.getpid())
    (said,) = start(persistence)
    assert "A run was lost" in said


def test_a_register_that_was_cut_off_is_a_lost_one(persistence):
    (FOLDER / "0123456789ab.json").write_text('{"host"', encoding="utf-8")
    (said,) = start(persistence)
    assert "A run was lost" in said
    assert start(persistence) == []


def test_locks_without_a_lost_run_stay(persistence):
    assert start(persistence) == []
    assert locked(persistence)


def test_what_a_living_run_has_is_left_alone(persistence, gone):
    RESULT.write_bytes(b"")
    part = RESULT.with_name(f".run.{HOST}.{gone}.part.npz")
    part.touch()
    with open(register(gone), encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with session(persistence, pytest.fail) as own:
            text = conflict(own.beside)
        assert text.startswith(f"Another run works on the same files: process {gone} on {HOST}, ")
        assert text.endswith("Wait for it, or stop it.")
        assert locked(persistence)
        assert part.exists()
        assert not persistence._filter_incomplete_keys([str(RESULT)])


def test_a_run_on_another_host_lives_as_long_as_it_gives_signs_of_it(persistence, gone):
    path = register(gone, host="elsewhere")
    with session(persistence, pytest.fail) as own:
        text = conflict(own.beside)
    assert f"process {gone} on elsewhere" in text
    assert f"start again on its host, or here {SILENCE / 60:.0f} minutes after its loss" in text
    now = path.stat().st_mtime
    os.utime(path, (now, now - SILENCE - 60))
    (said,) = start(persistence)
    assert f"A run was lost: process {gone} on elsewhere" in said


def test_processes_of_a_lost_run_are_ended(persistence, gone):
    lost = register(gone)
    wait = [sys.executable, "-c", "import time; time.sleep(3600)"]
    theirs = subprocess.Popen(wait, env={**os.environ, MARK: lost.stem})
    other = subprocess.Popen(wait, env={**os.environ, MARK: "another"})
    try:
        (said,) = start(persistence)
        assert "; 1 of its processes ended." in said
        assert not runs(theirs.pid)
        assert other.poll() is None
    finally:
        for process in (theirs, other):
            process.kill()
            process.wait()


def test_results_without_a_record_since_the_loss_are_made_again(persistence, gone):
    """They were finished alone, or the power took their record."""
    endings = {"alone": None, "as recorded": 0, "made anew": -5, "copied before": None}
    paths = {name: RESULT.with_name(f"{name}.npz") for name in endings}
    for name, later in endings.items():
        paths[name].touch()
        if later is not None:
            record = MetadataRecord(endtime=paths[name].stat().st_mtime + later)
            persistence._write_record(str(paths[name]), record)
    os.utime(paths["copied before"], (0, 0))
    register(gone)
    (said,) = start(persistence)
    assert "; 2 unrecorded results to be made again." in said
    marked = persistence._filter_incomplete_keys(map(str, paths.values()))
    assert marked == {str(paths["alone"]), str(paths["made anew"])}


def test_results_that_nothing_is_recorded_of_are_named(persistence):
    """They were copied, or .snakemake was removed; an unfinished one is made again anyway."""
    names = ("recorded", "unfinished", "copied", "foreign", ".hidden")
    paths = [str(RESULT.with_name(f"{name}.npz")) for name in names]
    for path in paths:
        Path(path).touch()
    persistence._write_record(paths[0], MetadataRecord(endtime=0.0))
    persistence._mark_incomplete(paths[1], None)
    said = unrecorded(persistence)
    assert "of 2 files below results/, such as results/a/copied.npz:" in said
    for path in paths[2:]:
        Path(path).unlink()
    assert unrecorded(persistence) == ""


def test_temporary_files_of_lost_writers_are_removed(persistence, gone):
    def written(name, age=0.0):
        path = RESULT.with_name(name)
        path.touch()
        os.utime(path, (0, time.time() - age))
        return path

    kept = [
        written(f".run.{HOST}.{os.getpid()}.part.npz"),
        written(".run.elsewhere.1.part.npz", age=OLD / 2),
        written(".run.npz"),
        written("run.part.npz"),
        written(".notes.2.part.txt.bak", age=2 * OLD),
    ]
    removed = [
        written(f".sparsity0.4262.{HOST}.{gone}.part.npz"),
        written(f".run.{HOST}.{gone}.part"),
        written(".run.elsewhere.1.part.csv", age=2 * OLD),
    ]
    assert start(persistence) == [f"Temporary files of lost writers, removed: {len(removed)}."]
    assert [path.exists() for path in kept] == [True] * len(kept)
    assert [path.exists() for path in removed] == [False] * len(removed)


def command(name, text):
    """Put a command on the PATH."""
    path = Path("bin") / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def lost(persistence, gone, folder, monkeypatch):
    """A lost run that had SLURM jobs."""
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return register(gone, slurm=True)


def test_slurm_jobs_of_a_lost_run_are_cancelled(persistence, lost):
    queue = f"7|lgi_{lost.stem}_x\n8|lgi_{lost.stem}_x\n9|lgi_another_x\n10|mine\n"
    Path("queue").write_text(queue, encoding="utf-8")
    command("squeue", "cat queue")
    command("scancel", 'echo "$@" > cancelled; grep another queue > left; mv left queue')
    (said,) = start(persistence)
    assert "; 2 of its SLURM jobs cancelled." in said
    assert Path("cancelled").read_text(encoding="utf-8") == "7 8\n"


def test_slurm_jobs_that_do_not_end_are_named(persistence, lost, monkeypatch):
    monkeypatch.setattr("lgi.sessions.PATIENCE", 1)
    command("squeue", f"echo '7|lgi_{lost.stem}_x'")
    command("scancel", "true")
    said = start(persistence)
    assert said[0] == "SLURM jobs of a lost run do not end and may overwrite results: 7."


def test_a_slurm_that_does_not_answer_is_said(persistence, lost):
    command("squeue", "echo no controller >&2; exit 1")
    said = start(persistence)
    assert said[0].endswith(f"look with squeue for {lost.stem} (no controller).")
    assert "A run was lost" in said[1]


def test_slurm_is_not_asked_about_runs_without_its_jobs():
    assert cancel_slurm_jobs([], pytest.fail) == ""


def test_a_folder_where_no_run_can_register_is_named(persistence):
    FOLDER.rmdir()
    FOLDER.touch()
    with pytest.raises(SessionError, match=r"sessions: a run cannot register here \("):
        start(persistence)
