import base64
import gzip
import json

import numpy as np
import pytest

from lgi.explorer.packing import TYPES, pack


def _unpacked(text):
    held = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(held[:4], "little")
    described = json.loads(held[4 : 4 + length])
    kinds = {called: name for name, called in TYPES.items()}
    arrays = {
        name: np.frombuffer(
            held,
            np.dtype(kinds[one["type"]]).newbyteorder("<"),
            int(np.prod(one["shape"])),
            4 + length + one["place"],
        ).reshape(one["shape"])
        for name, one in described["arrays"].items()
    }
    return described["words"], arrays


def test_what_is_packed_is_unpacked():
    arrays = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array([1, 2, 255], np.uint8),
        "c": np.array(0.1)[None],
    }
    words, found = _unpacked(pack({"n": [1, 2]}, arrays))
    assert words == {"n": [1, 2]}
    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in arrays.items()
    }


def test_the_same_content_is_the_same_text():
    arrays = {"a": np.ones(3)}
    assert pack({}, arrays) == pack({}, arrays)


def test_a_type_without_an_array_in_a_page_is_refused():
    with pytest.raises(TypeError, match="a: int64 has no array in a page"):
        pack({}, {"a": np.ones(3, np.int64)})
