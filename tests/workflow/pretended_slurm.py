#!/usr/bin/env python3
"""The commands of SLURM that Snakemake calls, for tests: jobs are processes of this machine.

Called by the name of a command, through a link beside this file. Each job has a file with its name
and its process in the folder PRETENDED_SLURM, and one with its exit status when it has ended.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ["PRETENDED_SLURM"])


def sbatch(arguments):
    parser = argparse.ArgumentParser()
    for option in ("--job-name", "--output", "--wrap", "-D"):
        parser.add_argument(option)
    job, _ = parser.parse_known_args(arguments)
    number = str(len(list(STATE.glob("*.job"))) + 1)
    command = f"({job.wrap}); echo $? > {STATE}/{number}.ended"
    with open(job.output.replace("%j", number), "w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=job.D,
            env={**os.environ, "SLURM_JOB_ID": number},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (STATE / f"{number}.job").write_text(f"{process.pid} {job.job_name}", encoding="utf-8")
    print(number)


def squeue(arguments):
    for path in STATE.glob("*.job"):
        ended = path.with_suffix(".ended")
        status = ended.read_text(encoding="utf-8").strip() if ended.exists() else ""
        state = {"": "RUNNING", "0": "COMPLETED"}.get(status, "FAILED")
        if "--states=all" in arguments:
            print(f"{path.stem}|{state}")
        elif state == "RUNNING":
            print(f"{path.stem}|{path.read_text(encoding='utf-8').split()[1]}")


def scancel(arguments):
    for number in arguments:
        pid = int((STATE / f"{number}.job").read_text(encoding="utf-8").split()[0])
        os.killpg(pid, signal.SIGKILL)
        (STATE / f"{number}.ended").write_text("cancelled", encoding="utf-8")


def srun(arguments):
    while arguments[0].startswith("-"):
        del arguments[0]
    os.execvp(arguments[0], arguments)


def sinfo(arguments):
    print("pretended*")


def sacct(arguments):
    print("none")


def sacctmgr(arguments):
    print("none")


def scontrol(arguments):
    print("MinJobAge = 300 sec")


if __name__ == "__main__":
    globals()[Path(sys.argv[0]).name](sys.argv[1:])
