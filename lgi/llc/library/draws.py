"""What the chains of a model left, and what can be made of it."""

from dataclasses import dataclass

from lgi.llc.estimate import Traces, summary
from lgi.llc.settings import EstimateSettings


@dataclass(frozen=True)
class Draws:
    """The draws of the chains of one model."""

    traces: Traces
    setting: EstimateSettings
    samples: int  # n of nβ

    def columns(self) -> dict[str, float | str]:
        """Return the columns of `lgi.llc.estimate.estimate`, each one number or text."""
        return {name: values.item() for name, values in summary(self.traces, self.setting).items()}
