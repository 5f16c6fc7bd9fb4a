"""Programs that tests need and Debian has, installed where they are missing."""

import os
import shutil
import subprocess

from lgi.errors import LgiError


class NoPackagesError(LgiError):
    """The packages are not there and cannot be installed."""


def install(*packages: str) -> None:
    """Install packages of Debian.

    Raises
    ------
    NoPackagesError
        If there is no apt-get, or it fails.
    """
    if not shutil.which("apt-get"):
        raise NoPackagesError(
            f"needs the Debian packages {', '.join(packages)}, and there is no apt-get"
        )
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    for step in (["apt-get", "update"], command):
        done = subprocess.run(
            step,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        if done.returncode:
            raise NoPackagesError(f"{' '.join(step)} failed: {done.stdout.strip()[-500:]}")
