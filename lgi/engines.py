"""Engines: which function does the work of a task on which device."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

from lgi import spent


@dataclass(frozen=True)
class Engine:
    """What does a task on one device.

    A task has a registry, a dictionary of its engines by device. Engines stand in it as text: only
    the one that runs is imported. They make the same bits, and a result depends on the source of
    all of them (`lgi.provenance.source_fingerprint`).
    """

    name: str
    """The package that computes: ``"numba"`` or ``"torch"``."""
    device: str
    """``"cpu"`` or ``"cuda"``."""
    function: str
    """Where it is: ``"package.module:function"``."""

    def load(self) -> Callable[..., Any]:
        """Import the function and return it, bound to the device if it takes one."""
        function = load(self.function)
        if "device" in signature(function).parameters:
            return partial(function, device=self.device)
        return function


def registry(*engines: Engine) -> dict[str, Engine]:
    """Return the engines of a task by device."""
    return {engine.device: engine for engine in engines}


_DEVICE = ContextVar("device", default="cpu")


@contextmanager
def on(device: str) -> Iterator[None]:
    """Let engines of this device do what is done in the block; it decides no bit of a result.

    Parameters
    ----------
    device
        ``"cpu"`` or ``"cuda"``.
    """
    token = _DEVICE.set(device)
    try:
        yield
    finally:
        _DEVICE.reset(token)


def chosen(engines: dict[str, Engine]) -> Engine:
    """Return the engine of the device in use, that of the CPU for a task that has no other."""
    return engines.get(_DEVICE.get(), engines["cpu"])


def load(name: str) -> Callable[..., Any]:
    """Import and return the function called ``"package.module:function"``."""
    module, _, function = name.partition(":")
    with spent.on(spent.START):
        return getattr(import_module(module), function)
