"""What the explorer shows."""

from lgi.settings import Settings


class Explorer(Settings):
    """The section of the explorer."""
