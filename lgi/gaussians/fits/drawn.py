"""Which fits are drawn: typed settings apart from those on which the fits depend."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field

from lgi.errors import ConfigError
from lgi.gaussians.selection import FitName, Selection
from lgi.settings import Settings

NAMED_BY = {
    "loss_vs_n": ("image", "recipe"),
    "loss_and_coverage": ("image", "recipe", "seed"),
    "drawn": ("image", "recipe", "n", "seed"),
}
"""What of its fits names a figure."""

Selections = Annotated[list[Selection], Field(min_length=1)]


class FitsSettings(Settings):
    """Which fits are drawn, a figure for each of what names one."""

    loss_vs_n: Selections
    loss_and_coverage: Selections
    drawn: Selections  # with an animation

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the figures that two selections ask for."""
        for kind, keys in NAMED_BY.items():
            found = Counter(
                figure
                for selection in getattr(self, kind)
                for figure in _named(config.gaussians.select(selection), keys)
            )
            for figure in [figure for figure, times in found.items() if times > 1]:
                yield kind, f"must not repeat {_words(dict(zip(keys, figure, strict=True)))}"


def figures(config: Any, kind: str) -> list[dict]:
    """Return the wildcards of the figures that the configuration asks for.

    Parameters
    ----------
    config
        The whole configuration.
    kind
        A key of `NAMED_BY`.
    """
    keys = NAMED_BY[kind]
    fits = config.gaussians.select(*getattr(config.gaussians.fits, kind))
    return [dict(zip(keys, figure, strict=True)) for figure in _named(fits, keys)]


def fits_of(config: Any, kind: str, wildcards: dict[str, str]) -> list[FitName]:
    """Return the fits that a figure shows: those selected for it, else all that are listed.

    Raises
    ------
    ConfigError
        If there are none.
    """
    study = config.gaussians
    wanted = {key: wildcards[key] for key in NAMED_BY[kind]}
    for fits in (study.select(*getattr(study.fits, kind)), study.listed()):
        if shown := [f for f in fits if all(str(getattr(f, k)) == v for k, v in wanted.items())]:
            return shown
    raise ConfigError(f"gaussians.runs lists no runs of {_words(wanted)} to draw")


def _named(fits: Sequence[FitName], keys: Sequence[str]) -> list[tuple]:
    return list(dict.fromkeys(tuple(getattr(fit, key) for key in keys) for fit in fits))


def _words(values: dict[str, Any]) -> str:
    first, *more = (f"{key} {value}" for key, value in values.items())
    return f"{first} with {', '.join(more)}"
