"""The real things: a disk to fill, to make read-only or larger, and a folder of another user."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """A file system of its own at a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def fill(self, free: int = 0) -> None:
        """Take all room but `free` bytes."""
        left = os.statvfs(self.folder)
        room = left.f_bavail * left.f_frsize - free
        (self.folder / "ballast").write_bytes(bytes(max(room, 0)))

    def clear(self) -> None:
        """Give the room back."""
        (self.folder / "ballast").unlink()

    def remount(self, options: str) -> None:
        """Change how it is mounted, for example ``ro`` or ``size=10m``."""
        subprocess.run(["mount", "-o", f"remount,{options}", self.folder], check=True)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Disk]:
    """Mount a small disk for the block; skip the test where nobody may."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        refused = done.stderr.strip() if done.returncode else ""
    except FileNotFoundError:
        refused = "there is no mount"
    if refused:
        # Never skipped where all must be seen.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"a disk of its own cannot be mounted here: {refused}"
        )
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def python_as_a_stranger(folder: Path) -> list[str]:
    """Give a folder to another user; return the command of a Python that may not write there.

    Of root is taken what lets it write everywhere.
    """
    folder.chmod(0o555)
    if os.getuid() != 0:
        return [sys.executable]
    os.chown(folder, 12345, -1)
    if not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv to change that")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", sys.executable]
