"""Arrays and words in a page: what a script in it reads without a server."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

TYPES = {
    "float32": "Float32Array",
    "float64": "Float64Array",
    "int32": "Int32Array",
    "uint8": "Uint8Array",
    "uint16": "Uint16Array",
}
"""The types of arrays that a page can hold, by those of NumPy, and what they are called there."""


def pack(words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Return words and arrays as one text, the same for the same content.

    Parameters
    ----------
    words
        What JSON can hold, by name.
    arrays
        Arrays of one of the `TYPES`, by name.

    Returns
    -------
    str
        Base64 of gzip of: the length of a JSON text as four bytes, that text, padding to eight
        bytes, and the bytes of the arrays, little-endian, each padded to eight. The JSON holds
        ``words`` and of each array its type, shape and place.

    Raises
    ------
    TypeError
        If an array is of another type.
    """
    described, pieces, place = {}, [], 0
    for name, array in arrays.items():
        if array.dtype.name not in TYPES:
            raise TypeError(
                f"{name}: {array.dtype} has no array in a page; there are {list(TYPES)}"
            )
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        described[name] = {
            "type": TYPES[array.dtype.name],
            "shape": list(array.shape),
            "place": place,
        }
        pieces.append(data + bytes(-len(data) % 8))
        place += len(pieces[-1])
    text = json.dumps({"words": words, "arrays": described}, allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % 8)
    held = len(text).to_bytes(4, "little") + text + b"".join(pieces)
    return base64.b64encode(gzip.compress(held, 9, mtime=0)).decode()


def rounded(values: npt.ArrayLike, bits: int) -> np.ndarray:
    """Return values in float32 with so many bits of the mantissa, for gzip to be shorter.

    Parameters
    ----------
    values : array
        Numbers; those that are not finite stay what they are.
    bits
        From 1 to 22; the error is up to 2 ** -(bits + 1) of a value.
    """
    exact = np.ascontiguousarray(values, np.float32)
    half = np.uint32(1 << (22 - bits))
    with np.errstate(over="ignore"):
        kept = ((exact.view(np.uint32) + half) & ~np.uint32(2 * half - 1)).view(np.float32)
    return np.where(np.isfinite(exact), kept, exact)
