"""Runs of the workflow that were lost: noticed at the next start, tidied up, gone on from.

A run of Snakemake that is ended by ``kill -9``, a hang-up or a power cut leaves its locks, jobs
that go on alone, results that nothing is recorded of and temporary files. Each run therefore keeps
a session: a register below ``.snakemake/sessions``, locked for as long as its process lives. The
kernel gives the lock up, so neither a reused process number nor a clock that was set back can
deceive. Locks of other hosts are not trusted: their runs live until they are silent for `SILENCE`.
"""

import fcntl
import json
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

import psutil

from lgi.catalogue import ROOT
from lgi.errors import LgiError
from lgi.runs import HOST, temporary_writer

FOLDER = Path(".snakemake/sessions")
MARK = "LGI_SESSION"  # the environment of each job names the session that started it

HEARTBEAT = 60.0
SILENCE = 600.0
"""Seconds between two signs of life, and without one until a run on another host counts as lost."""

OLD = 86_400.0
"""Seconds for which a temporary file of another host is left alone."""

PATIENCE = 60.0
"""Seconds that lost jobs have to end after they were asked to, locally a sixth of it."""


class SessionError(LgiError):
    """A run cannot register, or another one works on its files."""


@dataclass(frozen=True)
class Session:
    """What a register says of a run of the workflow."""

    path: Path
    host: str
    pid: int
    began: float  # by the clock of the file system, which also dates the results
    slurm: bool  # whether its jobs are SLURM's
    beside: tuple["Session", ...] = ()  # others that lived when it began

    @property
    def name(self) -> str:
        """What `MARK` is set to in the environment of its jobs, and what SLURM names them by."""
        return self.path.stem

    def __str__(self):
        began = datetime.fromtimestamp(self.began).strftime("%Y-%m-%d %H:%M")
        return f"process {self.pid} on {self.host}, started {began}"


def keep(workflow) -> None:
    """Let real runs of a workflow keep a session, and record what is finished.

    Parameters
    ----------
    workflow
        Snakemake's `workflow` object, while its Snakefile is read. What reads only, such as a dry
        run, keeps no session and changes nothing.
    """
    from snakemake.exceptions import LockException, WorkflowError
    from snakemake.jobs import Job
    from snakemake.logging import logger
    from snakemake.persistence.file import FilePersistence

    execute = workflow.execute

    def in_session(executor_plugin, executor_settings, **given):
        def execute_told():
            if said := unrecorded(persistence):
                logger.warning(said)
            return execute(executor_plugin, executor_settings, **given)

        kind, persistence = executor_plugin.common_settings, FilePersistence()
        if kind.dryrun_exec or kind.touch_exec:
            return execute_told()
        slurm = executor_plugin.name == "slurm"
        try:
            with session(persistence, logger.warning, slurm) as own:
                if slurm:
                    prefix = "_".join(filter(None, [executor_settings.jobname_prefix, own.name]))
                    executor_settings = replace(executor_settings, jobname_prefix=prefix)
                try:
                    return execute_told()
                except LockException:
                    if own.beside:
                        raise SessionError(conflict(own.beside)) from None
                    raise
        except SessionError as error:
            raise WorkflowError(str(error)) from None

    if workflow.is_main_process:
        workflow.execute = in_session
    _correct_records(FilePersistence, Job, in_job=not workflow.is_main_process)


def _correct_records(persistence: type, job: type, in_job: bool) -> None:
    """Let Snakemake record what jobs finished and nothing else.

    It records a failed job like a finished one: a former table that it puts back would be believed
    to be what is asked for now. Here such a job's results stay incomplete.

    And it leaves recording to the main process. If that is lost while a cluster goes on, results
    have no record, and changes of their settings would never be noticed. Here a process that runs
    a job for another one records it, as Snakemake does where nobody waits for the job.
    """
    finish, postprocess = persistence.finished, job.postprocess
    failed = set()

    async def finished(self, job):
        if job in failed:
            return
        settings = self.dag.workflow.remote_execution_settings
        former = settings.immediate_submit
        settings.immediate_submit = in_job or former
        try:
            await finish(self, job)
        finally:
            settings.immediate_submit = former

    async def after_job(self, *arguments, error=False, **given):
        if error:
            failed.add(self)
        try:
            await postprocess(self, *arguments, error=error, **given)
        finally:
            failed.discard(self)

    persistence.finished, job.postprocess = finished, after_job


@contextmanager
def session(persistence, say: Callable[[str], None], slurm: bool = False) -> Iterator[Session]:
    """Keep a session; at its start take up those that were lost.

    If no other run lives, what lost ones left is tidied up: their jobs are ended, their locks
    removed, results that nothing is recorded of are marked to be made again, and temporary files
    are removed. If another one lives, or may live, nothing is touched.

    Parameters
    ----------
    persistence
        Snakemake's `FilePersistence` of the working directory.
    say
        Takes each sentence that the user should read.
    slurm
        Whether SLURM runs its jobs.

    Yields
    ------
    Session
        The one that is kept until the block ends.

    Raises
    ------
    SessionError
        If `FOLDER` cannot be written.
    """
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with _one_start_at_a_time():
            own, register = _register(slurm)
            own = replace(own, beside=_take_up(own, persistence, say))
    except OSError as error:
        raise SessionError(f"{FOLDER.absolute()}: a run cannot register here ({error})") from error
    os.environ[MARK] = own.name
    ended = threading.Event()
    threading.Thread(target=_live, args=(own.path, ended), daemon=True).start()
    try:
        yield own
    finally:
        ended.set()
        own.path.unlink(missing_ok=True)
        register.close()
        os.environ.pop(MARK, None)


@contextmanager
def _one_start_at_a_time() -> Iterator[None]:
    with open(FOLDER / "starting", "a", encoding="utf-8") as file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _register(slurm: bool) -> tuple[Session, IO]:
    """Return a new session and its open, locked register."""
    path = FOLDER / f"{uuid.uuid4().hex[:12]}.json"
    register = open(path, "w", encoding="utf-8")  # noqa: SIM115
    with suppress(OSError):
        fcntl.flock(register, fcntl.LOCK_EX | fcntl.LOCK_NB)
    began = os.fstat(register.fileno()).st_mtime
    said = {"host": HOST, "pid": os.getpid(), "began": began, "slurm": slurm}
    json.dump(said, register)
    register.flush()
    os.fsync(register.fileno())  # the power may be what is lost
    return Session(path, **said), register


def _live(path: Path, ended: threading.Event) -> None:
    """Touch a register until its session ends."""
    while not ended.wait(HEARTBEAT):
        with suppress(OSError):
            os.utime(path)


def _take_up(own: Session, persistence, say: Callable[[str], None]) -> tuple[Session, ...]:
    """Return the runs that live; if there are none, tidy up after those that were lost."""
    now = own.path.stat().st_mtime
    others = {}
    for path in FOLDER.glob("*.json"):
        with suppress(FileNotFoundError):  # ended meanwhile
            if path != own.path:
                others[_read(path)] = _lives(path, now)
    if living := tuple(other for other, lives in others.items() if lives):
        return living
    if others:
        did = [cancel_slurm_jobs(others, say), _stop_processes(others)]
        persistence.cleanup_locks()
        did.append(_mark_unrecorded(persistence, min(other.began for other in others)))
        say(
            f"A run was lost: {'; '.join(map(str, others))}. This one goes on where it stopped"
            f"{''.join(f'; {what}' for what in did if what)}."
        )
        for other in others:
            other.path.unlink(missing_ok=True)
    if count := remove_temporary_files(now):
        say(f"Temporary files of lost writers, removed: {count}.")
    return ()


def _read(path: Path) -> Session:
    """Return the session of a register; one that was cut off as it was written had no jobs yet."""
    try:
        return Session(path, **json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return Session(path, HOST, 0, path.stat().st_mtime, slurm=False)


def _lives(path: Path, now: float) -> bool:
    other = _read(path)
    with open(path, encoding="utf-8") as register:
        try:
            fcntl.flock(register, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks
            free = not runs(other.pid)
        else:
            free = True
        silent = now - os.fstat(register.fileno()).st_mtime > SILENCE
    return not (silent or (free and other.host == HOST))


def conflict(others: Iterable[Session]) -> str:
    """Return what to tell the user whose run wants files that living runs work on."""
    text = f"Another run works on the same files: {'; '.join(map(str, others))}. "
    if all(other.host == HOST for other in others):
        return text + "Wait for it, or stop it."
    return (
        text + "Wait for it, or stop it; if it was lost, which cannot be seen from here, start"
        f" again on its host, or here {SILENCE / 60:.0f} minutes after its loss."
    )


def _stop_processes(lost: Iterable[Session]) -> str:
    """End jobs of lost runs that go on alone on this host, and say how many."""
    names = {session.name for session in lost}
    first = found = _processes(names)
    for stop in (psutil.Process.terminate, psutil.Process.kill):
        for process in found:
            with suppress(psutil.Error):
                stop(process)
        deadline = time.monotonic() + PATIENCE / 6
        while (found := _processes(names)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return f"{len(first)} of its processes ended" if first else ""


def _processes(names: Iterable[str]) -> list[psutil.Process]:
    """Return the processes that were started in one of the sessions."""
    return [process for process in psutil.process_iter() if _session_of(process) in names]


def _session_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):  # ended meanwhile, or another user's
        return None


def runs(pid: int) -> bool:
    """Whether a process of this host runs; one that ended and waits for its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def cancel_slurm_jobs(lost: Iterable[Session], say: Callable[[str], None]) -> str:
    """Cancel what lost runs have in the queue of SLURM, and wait until it is gone.

    Returns
    -------
    str
        What was done, empty if nothing. What failed is said, not raised.
    """
    names = {session.name for session in lost if session.slurm}
    if not names:
        return ""
    try:
        jobs = left = _queued(names)
        if jobs:
            _call("scancel", *jobs)
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            time.sleep(0.5)
            left = _queued(names)
    except (OSError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or str(error)).strip()
        say(
            "SLURM could not be asked to cancel jobs of a lost run; those that still run may"
            f" overwrite results: look with squeue for {' '.join(sorted(names))} ({told})."
        )
        return ""
    if left:
        say(f"SLURM jobs of a lost run do not end and may overwrite results: {' '.join(left)}.")
    return f"{len(jobs)} of its SLURM jobs cancelled" if jobs else ""


def _queued(names: Iterable[str]) -> list[str]:
    """Return the numbers of the sessions' jobs that wait or run."""
    lines = _call("squeue", "--me", "--noheader", "--format=%A|%j").splitlines()
    jobs = [line.strip().split("|", 1) for line in lines]
    return sorted({number for number, job in jobs if any(name in job for name in names)})


def _call(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=PATIENCE, encoding="utf-8"
    ).stdout


def _mark_unrecorded(persistence, since: float) -> str:
    """Mark results that nothing is recorded of as incomplete, and say how many.

    They were finished after the main process was lost, or their record was lost with the power.
    Snakemake would believe them, whatever was asked since. Older ones are left: results that were
    copied into a folder have no records either.
    """
    count = 0
    for entry in _files(ROOT):
        written = entry.stat(follow_symlinks=False).st_mtime
        if written < since or entry.name.startswith("."):
            continue
        record = persistence._read_record(entry.path)
        if record is None or record.endtime != written:
            persistence._mark_incomplete(entry.path, None)
            count += 1
    return f"{count} unrecorded results to be made again" if count else ""


def unrecorded(persistence) -> str:
    """Return a sentence on results that Snakemake knows nothing of, empty if there are none.

    They were copied from elsewhere, or `.snakemake` is gone. Snakemake takes them for what is asked
    for: no change of the configuration or the code since they were made is noticed.
    """
    paths = {
        entry.path
        for entry in _files(ROOT)
        if not entry.name.startswith(".") and persistence._read_record(entry.path) is None
    }
    # What is incomplete is made again, or being made.
    paths -= persistence._filter_incomplete_keys(paths)
    if not paths:
        return ""
    return (
        f"Nothing is recorded in .snakemake of {len(paths)} files below {ROOT}, such as"
        f" {min(paths)}: they are taken for what the configuration and the code now ask for, and"
        " may be of others. If that is not sure, delete them or give --forceall."
    )


def remove_temporary_files(now: float) -> int:
    """Remove what writers left that were lost; return how many files.

    Parameters
    ----------
    now
        Time by the clock of the file system.
    """
    count = 0
    for entry in _files(ROOT):
        if (writer := temporary_writer(entry.name)) is None:
            continue
        host, pid = writer
        with suppress(OSError):  # its writer has just finished, or the folder is read-only
            gone = host == HOST and not runs(pid)
            if gone or now - entry.stat(follow_symlinks=False).st_mtime > OLD:
                os.unlink(entry)
                count += 1
    return count


def _files(folder: str | Path) -> Iterator[os.DirEntry]:
    with suppress(OSError), os.scandir(folder) as entries:  # a folder may be closed to the user
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry
