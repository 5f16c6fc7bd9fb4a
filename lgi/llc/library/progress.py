"""How far the chains are: for a callback, as a bar on a terminal, as lines in a log."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LINES = 10
"""In a log there are so many lines, if any are asked for."""


@dataclass(frozen=True)
class Progress:
    """What is known after a kept draw of all chains."""

    draw: int  # of each chain, burn-in included
    draws: int  # that there will be
    llc: float  # λ̂ by the draws so far; NaN in burn-in
    acceptance: float  # mean acceptance probability so far; NaN in burn-in

    def __str__(self) -> str:
        if math.isnan(self.llc):
            return "burn-in"
        return f"λ̂ {self.llc:.4g}  acceptance {self.acceptance:.2f}"


@contextmanager
def shown(progress: bool | None) -> Iterator[Callable[[Progress], None]]:
    """Give what shows progress: a bar on a terminal, else lines if they are asked for.

    Parameters
    ----------
    progress
        Whether it is shown; None: on a terminal.
    """
    on_terminal = sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    if progress is False or (progress is None and not on_terminal):
        yield lambda told: None
    elif on_terminal:
        with _bar() as show:
            yield show
    else:
        yield _line


def _line(told: Progress) -> None:
    step = max(told.draws // LINES, 1)
    if told.draw % step == 0 or told.draw == told.draws:
        print(f"draw {told.draw} of {told.draws}: {told}", file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich import progress as parts
    from rich.console import Console

    columns = (
        parts.TextColumn("LLC"),
        parts.BarColumn(),
        parts.MofNCompleteColumn(),
        parts.TimeRemainingColumn(),
        parts.TextColumn("{task.description}"),
    )
    with parts.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("burn-in", total=None)

        def show(told: Progress) -> None:
            bar.update(task, total=told.draws, completed=told.draw, description=str(told))

        yield show
