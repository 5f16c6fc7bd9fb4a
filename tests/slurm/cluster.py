"""A SLURM of one machine for the tests: installed, configured, started, stopped and removed."""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from lgi.errors import LgiError
from tests import debian

OURS = "# Written by the tests of lgi, which remove it again."
"""The first line of our configuration: what starts otherwise is a site's, and left alone."""
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
ETC = Path("/etc/slurm")  # a job of the plugin finds the configuration nowhere else
HOME = Path("/var/lib/lgi-slurm")
"""State, spool, logs and process ids."""
DAEMONS = ("slurmd", "slurmctld", "munged")
"""In the order in which they stop."""

CONFIGURATION = f"""{OURS}
ClusterName=lgi
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={HOME}/munge.socket
StateSaveLocation={HOME}/state
SlurmdSpoolDir={HOME}/spool
SlurmctldPidFile={HOME}/slurmctld.pid
SlurmdPidFile={HOME}/slurmd.pid
SlurmctldLogFile={HOME}/slurmctld.log
SlurmdLogFile={HOME}/slurmd.log
SlurmdParameters=config_overrides
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1
ReturnToService=2
MinJobAge=86400
KillWait=5
MailProg=/bin/true
GresTypes=gpu
NodeName=localhost NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=localhost Default=YES MaxTime=60 State=UP
PartitionName=gpu Nodes=localhost MaxTime=60 State=UP
"""
# A node without the files of its GPUs is invalid, and nothing here opens them.
GPUS = f"{OURS}\nNodeName=localhost Name=gpu File=/dev/null\n"


class NoSlurmError(LgiError):
    """Here no SLURM can be started, or a site's stands in the way."""


@contextmanager
def running():
    """Give a running SLURM; there is none before and none after."""
    _refuse_a_configured_one()
    if os.geteuid() != 0:
        raise NoSlurmError("starting a SLURM takes root")
    _install()
    with open("/run/lgi-slurm.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run of the tests has the only one
        _remove()  # what a killed run left
        try:
            _write()
            cluster = Cluster()
            cluster.start()
            yield cluster
        finally:
            _remove()


class Cluster:
    """The daemons, each of which can be stopped and started by itself."""

    def start(self, *names: str) -> None:
        """Start some daemons, or all, and wait until a job would start."""
        for name in names or DAEMONS[::-1]:
            subprocess.run(_COMMANDS[name], check=True)
        until(self.ready)

    def stop(self, *names: str) -> None:
        """Stop some daemons and wait for their end."""
        _stop(names)

    def ready(self) -> bool:
        """Tell whether the node takes jobs."""
        return run("sinfo", "--noheader", "--format=%T").splitlines()[:1] in (["idle"], ["mixed"])

    def jobs(self) -> dict[str, dict[str, str]]:
        """Return what was asked and what became of each job, by its id."""
        lines = run("scontrol", "--oneliner", "show", "jobs").splitlines()
        jobs = [dict(pair.partition("=")[::2] for pair in line.split()) for line in lines]
        return {job["JobId"]: job for job in jobs if "JobId" in job}


_COMMANDS = {
    "munged": [
        "munged",
        f"--socket={HOME}/munge.socket",
        f"--key-file={HOME}/munge.key",
        f"--pid-file={HOME}/munged.pid",
        f"--seed-file={HOME}/munged.seed",
        f"--log-file={HOME}/munged.log",
    ],
    "slurmctld": ["slurmctld"],
    "slurmd": ["slurmd", "-N", "localhost"],
}


def run(*command: str) -> str:
    """Return what a command prints, the empty text if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    return done.stdout if done.returncode == 0 else ""


def _refuse_a_configured_one():
    if "SLURM_CONF" in os.environ:
        raise NoSlurmError(
            f"SLURM_CONF is set: a SLURM is configured in {os.environ['SLURM_CONF']}"
        )
    for file in Path("/etc").glob("slurm*/slurm.conf"):
        if not file.read_text(encoding="utf-8").startswith(OURS):
            raise NoSlurmError(f"a SLURM is configured in {file}")


def _install():
    if not all(shutil.which(name) for name in (*DAEMONS, "sbatch")):
        try:
            debian.install(*PACKAGES)
        except debian.NoPackagesError as error:
            raise NoSlurmError(str(error)) from None


def _write():
    for folder in (ETC, HOME, HOME / "state", HOME / "spool"):
        folder.mkdir(mode=0o755, exist_ok=True)
    key = HOME / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    (ETC / "gres.conf").write_text(GPUS, encoding="utf-8")
    (ETC / "slurm.conf").write_text(CONFIGURATION, encoding="utf-8")


def _remove():
    if (HOME / "slurmctld.pid").exists():
        run("scancel", "--user=root")
        with suppress(TimeoutError):  # their processes outlast the daemons
            until(lambda: not run("squeue", "--noheader"), seconds=20)
    _stop(DAEMONS)
    for name in ("slurm.conf", "gres.conf"):
        if (ETC / name).exists() and (ETC / name).read_text(encoding="utf-8").startswith(OURS):
            (ETC / name).unlink()
    shutil.rmtree(HOME, ignore_errors=True)


def _stop(names):
    for name in names:
        pid = process(name)
        if pid is None:
            continue
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        try:
            until(lambda name=name: process(name) is None, seconds=20)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def process(name: str) -> int | None:
    """Return the process of a daemon of ours; its file may be older than the machine's start."""
    try:
        pid = int((HOME / f"{name}.pid").read_text(encoding="utf-8"))
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return pid if Path(arguments[0].decode()).name == name and state != "Z" else None


def until(condition, seconds=60):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} did not come true in {seconds} s")
        time.sleep(0.2)
