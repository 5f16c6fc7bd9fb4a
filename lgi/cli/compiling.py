"""Says that code is compiled, once, and for about how long, before it is.

The engines compile at their first call on a machine and keep the code (`lgi.cache`). Jobs of the
workflow do not say so: their logs are read when something failed.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from lgi.cli.terminal import say

SECONDS = {"fit": 20.0, "train": 4.0, "llc": 6.0, "minimum": 9.0, "known answers": 8.0, "own": 1.0}
"""CPU seconds that the code of each work took to compile (Intel Xeon, numba 0.68.1), where nothing
of it was there."""

PACE = 0.0026
"""Seconds of `_pace` there, when nothing else ran: what compiles is Python, and LLVM, which goes
with it."""


@contextmanager
def told(work: str) -> Iterator[None]:
    """Say it at the first function that is compiled in the block; nothing if all is there.

    Parameters
    ----------
    work
        Whose code it is, a key of `SECONDS`.
    """
    from numba.core import event

    from lgi.cache import cache_folder

    class Announcement(event.Listener):
        said = False

        def on_start(self, _: event.Event) -> None:
            if not self.said:
                self.said = True
                about = SECONDS[work] * _pace() / PACE
                kept = cache_folder()[0]
                once = f"once; it is kept in {kept}" if kept else "as code is not kept"
                say(f"compiling for this machine, about {_rounded(about)} s, {once}")

        def on_end(self, _: event.Event) -> None:
            pass

    with event.install_listener("numba:compile", Announcement()):
        yield


def _pace() -> float:
    """Return the seconds of a fixed piece of Python, as they pass while others work too."""
    begin, rounds = time.monotonic(), 5
    for _ in range(rounds):
        words: dict[str, int] = {}
        for number in range(20_000):
            word = str(number % 977)
            words[word] = words.get(word, 0) + 1
    return (time.monotonic() - begin) / rounds


def _rounded(seconds: float) -> int:
    return max(round(seconds), 1) if seconds < 10 else 5 * round(seconds / 5)
