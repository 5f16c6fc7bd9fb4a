"""What the chains of a model left, and what can be made of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lgi.llc.estimate import Traces, summary
from lgi.llc.library import inference
from lgi.llc.settings import EstimateSettings

if TYPE_CHECKING:
    from xarray import DataTree


@dataclass(frozen=True)
class Draws:
    """The draws of the chains of one model."""

    traces: Traces
    setting: EstimateSettings
    samples: int  # n of nβ

    def columns(self) -> dict[str, float | str]:
        """Return the columns of `lgi.llc.estimate.estimate`, each one number or text."""
        return {name: values.item() for name, values in summary(self.traces, self.setting).items()}

    def datatree(self) -> "DataTree":
        """Return the chains as ArviZ 1.x has them; see `lgi.llc.library.inference.datatree`."""
        return inference.datatree(self)
