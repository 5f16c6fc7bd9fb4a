"""Engines: which function does the work of a task on which device."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any


@dataclass(frozen=True)
class Engine:
    """What does a task on one device.

    A task has a registry, a dictionary of its engines by device. Engines stand in it as text: only
    the one that runs is imported, and a result depends on the source of that one alone
    (`lgi.provenance.source_fingerprint`).
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


def load(name: str) -> Callable[..., Any]:
    """Import and return the function called ``"package.module:function"``."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)
