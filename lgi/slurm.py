"""What a run on a SLURM cluster needs, beside its profile."""

import asyncio
import subprocess
from types import ModuleType
from typing import Any

from lgi.errors import ClusterError

PAUSE = 20.0
"""Seconds until a SLURM that did not answer is asked again."""


def check_accounting() -> None:
    """Refuse a cluster whose `sacct` does not answer: a run that asks it waits for ever.

    Raises
    ------
    ClusterError
        If `sacct` fails.
    """
    done = subprocess.run(["sacct", "--noheader"], capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise ClusterError(
            f"sacct does not tell what becomes of jobs here ({done.stderr.strip()}): "
            "pass --slurm-status-command squeue, or say it in the profile of your site"
        )


def outlast_outages(plugin: ModuleType, status_command: str, pause: float = PAUSE) -> None:
    """Let Snakemake ask again for as long as SLURM does not answer.

    snakemake-executor-plugin-slurm 2.8.0 asks five times within a second, then drops the jobs it
    asked about and waits for ever. Where `squeue` is to be asked it turns to `sacct` meanwhile,
    which answers nothing without accounting.

    Parameters
    ----------
    plugin
        The package of the plugin.
    status_command
        ``"sacct"`` or ``"squeue"``.
    pause
        Seconds between questions.
    """
    ask = plugin.query_job_status

    async def ask_until_answered(command: str, logger: Any) -> tuple[dict, float]:
        if status_command == "squeue" and command.startswith("sacct"):
            command = plugin.query_job_status_squeue(command.split()[-1])
        while (answer := await ask(command, logger))[0] is None:
            logger.warning(f"SLURM does not answer `{status_command}`; asked again in {pause:g} s.")
            await asyncio.sleep(pause)
        return answer

    plugin.query_job_status = ask_until_answered
