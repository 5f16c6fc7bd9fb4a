"""Threads that share the work of a fit, none of which changes a bit of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

PIXELS = 2**15
"""Pixels per thread: handing a thread its share takes about as long as an iteration at 64 x 64."""
MOST = 8


def useful_threads(width: int, height: int) -> int:
    """Return how many threads a fit to an image of this size uses at most: 1 to `MOST`."""
    return min(max(width * height // PIXELS, 1), MOST)


class Team:
    """A number of threads, the calling one among them; compiled functions must release the GIL.

    Parameters
    ----------
    size
        How many; at least 1.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size - 1) if size > 1 else None

    def each(self, function: Callable[[int], Result], count: int) -> list[Result]:
        """Return function(0), ..., function(count - 1), which must not depend on each other."""
        others = [self._pool.submit(function, i) for i in range(1, count)]
        first = function(0)
        return [first, *(other.result() for other in others)]

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()
