"""A reproducible laboratory for two studies of how small models use their capacity."""

__version__ = "0.8.0"
