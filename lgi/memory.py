"""How much memory the largest jobs of a configuration take, before any of them runs.

Rough from below: what a job holds at once, of the arrays that grow with the settings. That is
enough to tell a slip of some zeros from what a machine can hold.
"""

from typing import NamedTuple

LIMIT = 2**40
"""Bytes, 1 TiB: as much as a large node has. Fixed, and not what the machine has that plans, since
another one may train, and a configuration is right or wrong wherever it is read."""

DOUBLE, SINGLE = 8, 4
"""Bytes of a number."""


class Need(NamedTuple):
    """What a job holds at once."""

    place: str  # of the settings that decide it, below the section that says so
    what: str  # the arrays, with the numbers that make them large
    bytes: int

    @property
    def problem(self) -> str | None:
        """Why the job cannot run, if it cannot."""
        if self.bytes <= LIMIT:
            return None
        return f"{self.what} take {size(self.bytes)} of memory; allowed is {size(LIMIT)} for a job"


def size(count: int) -> str:
    """Return bytes in words, as large units as there are of at least one."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    place = min(max(count.bit_length() - 1, 0) // 10, len(units) - 1)
    value = count >> (10 * place)
    return f"{value:,} {units[place]}" if value < 10**9 else f"more than 10^9 {units[place]}"
