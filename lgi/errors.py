"""Errors that a user can act on: each message names the key or file, the value, what is allowed."""


class LgiError(Exception):
    """Base of every error that lgi raises on purpose."""


class ConfigError(LgiError):
    """A value of the configuration is not allowed."""


class RunFileError(LgiError):
    """A run file or table is missing, truncated, foreign or incomplete."""


class ImageError(LgiError):
    """An image cannot be read or is not usable as a target."""


class DataError(LgiError):
    """Data handed to an analysis or a figure cannot be analysed or drawn."""


class ClusterError(LgiError):
    """A cluster cannot run the workflow as it is asked to."""
