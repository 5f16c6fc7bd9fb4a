"""Ways to damage a file."""

import re

import pytest

from lgi.errors import RunFileError


def flipped(content, place, mask):
    """Return a content with the bits of a mask changed in one byte."""
    return content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]


def flips(content):
    """Yield a content with one bit changed, for every bit of it."""
    for place in range(len(content)):
        for bit in range(8):
            yield flipped(content, place, 1 << bit)


def pieces(content):
    """Yield every beginning of a content, every end, and what is no whole file otherwise."""
    yield from (content[:length] for length in range(len(content)))
    yield from (content[start:] for start in range(1, len(content)))
    yield from (content + content, content + b"\0", b"\0" + content, bytes(len(content)))


def refused(path, reads, contents):
    """Assert that each of some contents of a file is an error that names it and what to do."""
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(RunFileError, match=rf"^{re.escape(str(path))}: .*; make it again: "):
            reads(path)
