"""What is said of tables."""

from lgi.settings import Settings


class Tables(Settings):
    """The section of the tables' columns."""
