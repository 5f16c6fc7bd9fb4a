"""Base of all typed settings: immutable, strict about keys, no hidden defaults."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A section of the configuration: unknown keys are errors, values cannot change later.

    Numbers written as text are accepted, since YAML reads ``1e-3`` as text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
