"""The CPU engines on all cores of a machine: a process for each, which takes one run at a time."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


class Timed(NamedTuple):
    """What some runs made, and what they cost."""

    made: list
    wall: float  # seconds, processes started and code compiled before
    cpu: float  # seconds, of all processes


class Cores:
    """Processes of one thread each, started anew, since a GPU's context cannot be inherited.

    Parameters
    ----------
    number
        Of processes; 1 does the work in this process.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool = None

    def __enter__(self) -> "Cores":
        if self.number > 1:
            os.environ.update(dict.fromkeys(THREADS, "1"))  # which processes inherit
            self._pool = ProcessPoolExecutor(self.number, get_context("spawn"))
        return self

    def __exit__(self, *error) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=not any(error), cancel_futures=True)

    def start(self, work: Callable, items: Sequence) -> list:
        """Begin `work` on each item and return what to ask for the results, a function for each."""
        if self._pool is None:
            return [lambda item=item: _one(work, item)[0] for item in items]
        futures = [self._pool.submit(_one, work, item) for item in items]
        return [lambda future=future: future.result()[0] for future in futures]

    def warm(self, work: Callable, item: Any) -> None:
        """Let one process compile what the work needs, and then every process load it."""
        for times in (1, self.number):
            self._each(work, [item] * times)

    def timed(self, work: Callable, items: Sequence, costs: Sequence[float]) -> Timed:
        """Do `work` on each item, the costliest first, and time it.

        Parameters
        ----------
        work
            Function of a module, of one argument.
        items
            What it is done on.
        costs
            About how much each costs, in any unit.
        """
        order = sorted(range(len(items)), key=lambda i: -costs[i])
        begin = time.perf_counter()
        done = self._each(work, [items[i] for i in order])
        wall = time.perf_counter() - begin
        made = [None] * len(items)
        for i, (result, _) in zip(order, done, strict=True):
            made[i] = result
        return Timed(made, wall, sum(cpu for _, cpu in done))

    def _each(self, work: Callable, items: Sequence) -> list:
        if self._pool is None:
            return [_one(work, item) for item in items]
        return list(self._pool.map(_one, [work] * len(items), items))


def _one(work: Callable, item: Any) -> tuple[Any, float]:
    """Return what the work makes of an item on the CPU, and the CPU seconds that it took."""
    from lgi.engines import on

    begin = time.process_time()
    with on("cpu"):
        made = work(item)
    return made, time.process_time() - begin
