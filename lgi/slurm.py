"""What a run on a SLURM cluster needs before its first job."""

import subprocess

from lgi.errors import ClusterError


def check_accounting() -> None:
    """Refuse a cluster whose `sacct` does not answer: a run that asks it waits for ever.

    Raises
    ------
    ClusterError
        If `sacct` fails.
    """
    done = subprocess.run(["sacct", "--noheader"], capture_output=True, text=True)
    if done.returncode:
        raise ClusterError(
            f"sacct does not tell what becomes of jobs here ({done.stderr.strip()}): "
            "pass --slurm-status-command squeue, or say it in the profile of your site"
        )
