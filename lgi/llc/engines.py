"""The engines that run the chains of an estimate."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from lgi.devices import SIMULATED
from lgi.engines import Engine, chosen, registry

SAMPLERS = registry(
    Engine("numba", "cpu", "lgi.llc.samplers_cpu:run"),
    Engine("numba", "cuda", "lgi.llc.samplers_cuda:run"),
)

AT_ONCE = 16
"""Estimates that a card works on at once."""

Item, Result = TypeVar("Item"), TypeVar("Result")


def side_by_side(estimate: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what a function makes of each item, in their order.

    A card does several at once, each from a thread of its own: a few chains fill little of it, and
    take as long as many. A CPU does one after the other.

    Parameters
    ----------
    estimate
        Function that runs chains.
    items
        What it takes.
    """
    if chosen(SAMPLERS).device == "cpu" or SIMULATED:  # its threads are those of one kernel
        return [estimate(item) for item in items]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # A thread begins without the device in use, which is a variable of the context.
        begun = [pool.submit(copy_context().run, estimate, item) for item in items]
        return [each.result() for each in begun]
