import base64
import gzip
import json

import numpy as np
import pytest

from lgi.explorer.packing import TYPES, pack, rounded


def unpacked(text):
    """Return the words and arrays of a packed text, as the page reads them."""
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


def test_what_is_packed_isunpacked():
    arrays = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array([1, 2, 255], np.uint8),
        "c": np.array(0.1)[None],
    }
    words, found = unpacked(pack({"n": [1, 2]}, arrays))
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


@pytest.mark.parametrize("bits", [1, 8, 13, 22])
def test_rounding_keeps_so_many_bits(bits):
    random = np.random.default_rng(0)
    values = (random.normal(size=2000) * 10 ** random.uniform(-30, 30, 2000)).astype(np.float32)
    found = rounded(values, bits)
    assert found.dtype == np.float32
    assert np.all(np.abs(found.astype(float) - values) <= 2.0 ** -(bits + 1) * np.abs(values))
    assert not (found.view(np.uint32) & ((1 << (23 - bits)) - 1)).any()
    np.testing.assert_array_equal(rounded(found, bits), found)


def test_rounding_leaves_what_is_no_number():
    values = np.array([np.nan, np.inf, -np.inf, 0, -0.0], np.float32)
    np.testing.assert_array_equal(rounded(values, 4), values)
