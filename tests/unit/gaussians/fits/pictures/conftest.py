"""Tiny picture files, written by hand where no library writes their kind."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from lgi.gaussians.fits.pictures.read import picture_size, read_picture

HEIGHT, WIDTH = 10, 14
ROW, COLUMN = np.mgrid[0:HEIGHT, 0:WIDTH]
RGB = np.stack(
    [COLUMN * 18, ROW * 25, np.where((COLUMN < 4) & (ROW < 3), 255, 20)], axis=-1
).astype(np.uint8)
DEEP = np.stack([COLUMN * 4000 + 1, ROW * 5000 + 2, (ROW + COLUMN) * 1500 + 3], axis=-1).astype(
    np.uint16
)
ALPHA = np.where(COLUMN < 7, 255, 100).astype(np.uint8)
CMYK = np.dstack([255 - RGB, ROW * 20]).astype(np.uint8)

_FORMAT = {3: "H", 4: "I"}  # TIFF's SHORT and LONG


class Pictures:
    """The picture of the tests, and what it is to look like."""

    rgb, deep, alpha, cmyk = RGB, DEEP, ALPHA, CMYK
    rgba = np.dstack([RGB, ALPHA])
    deep_alpha = ALPHA.astype(np.uint16) * 257
    image = Image.fromarray(RGB)
    # Without an edge, of which formats for photographs blur the colour
    smooth = Image.fromarray(RGB * np.uint8([1, 1, 0])).resize((84, 60), Image.Resampling.BICUBIC)
    unit = RGB / 255
    deep_unit = DEEP / 65535
    cover = ALPHA[..., None] / 255
    inked = (1 - CMYK[..., :3] / 255) * (1 - CMYK[..., 3:] / 255)

    def __init__(self, folder):
        self.folder = folder

    def write(self, name: str, content: bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def save(self, name: str, image=None, form=None, **options) -> str:
        """Write a file by Pillow, in the format of its suffix or another."""
        path = self.folder / name
        (image or self.image).save(path, form, **options)
        return str(path)

    def png(self, depth, kind, samples, before=b"", after=b"", interlace=False) -> bytes:
        """Return a PNG of samples [height, width, channels] by its depth and colour type."""
        steps = ADAM7 if interlace else ((0, 0, 1, 1),)
        rows = b"".join(
            b"\0" + self.packed(row, depth)
            for x, y, across, down in steps
            for row in samples[y::down, x::across]
        )
        head = struct.pack(
            ">IIBBBBB", samples.shape[1], samples.shape[0], depth, kind, 0, 0, interlace
        )
        return b"".join(
            [
                b"\x89PNG\r\n\x1a\n",
                self.chunk(b"IHDR", head),
                before,
                self.chunk(b"IDAT", zlib.compress(rows)),
                after,
                self.chunk(b"IEND", b""),
            ]
        )

    def chunk(self, kind: bytes, content: bytes) -> bytes:
        """Return a chunk of a PNG."""
        end = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + end

    def packed(self, samples, depth: int) -> bytes:
        """Return samples in so many bits each, the first one high, in whole bytes."""
        bits = np.unpackbits(samples.astype(">u2").reshape(-1, 1).view(np.uint8), axis=1)
        return np.packbits(bits[:, 16 - depth :].ravel()).tobytes()

    def tiff(self, data: bytes, bits, photometric, order="<", **tags) -> bytes:
        """Return a TIFF of one strip; `tags` are further ones, ``t338=(1,)``, of shorts."""
        entries = {
            256: (3, (WIDTH,)),
            257: (3, (HEIGHT,)),
            258: (3, bits),
            259: (3, (1,)),
            262: (3, (photometric,)),
            277: (3, (len(bits),)),
            278: (3, (HEIGHT,)),
            279: (4, (len(data),)),
            **{int(tag[1:]): (3, values) for tag, values in tags.items()},
        }
        entries = {tag: entry for tag, entry in entries.items() if entry[1]}
        start = 14 + 12 * (len(entries) + 1)

        def raw(kind, values):
            return struct.pack(f"{order}{len(values)}{_FORMAT[kind]}", *values)

        beyond = sum(len(raw(*entry)) for entry in entries.values() if len(raw(*entry)) > 4)
        entries[273] = (4, (start + beyond,))
        directory, extra = struct.pack(f"{order}H", len(entries)), b""
        for tag, (kind, values) in sorted(entries.items()):
            value = raw(kind, values)
            if len(value) > 4:
                place, extra = struct.pack(f"{order}I", start + len(extra)), extra + value
            else:
                place = value.ljust(4, b"\0")
            directory += struct.pack(f"{order}HHI", tag, kind, len(values)) + place
        magic = b"II*\0" if order == "<" else b"MM\0*"
        head = magic + struct.pack(f"{order}I", 8)
        return head + directory + b"\0" * 4 + extra + data

    def encoded(self, form: str, image=None, **options) -> bytes:
        """Return a file by Pillow."""
        file = io.BytesIO()
        (image or self.image).save(file, form, **options)
        return file.getvalue()


ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Passes of an interlaced PNG: column, row, step across, step down."""


@pytest.fixture
def pictures(tmp_path):
    return Pictures(tmp_path)


@pytest.fixture
def holds(pictures):
    """Return a function that checks what is read of a file, and of its header."""

    def check(content, expected, atol=1e-6, **options):
        path = content if isinstance(content, str) else pictures.write("picture", content)
        pixels = read_picture(path, **options)
        assert pixels.dtype == np.float32
        assert picture_size(path) == (pixels.shape[1], pixels.shape[0])
        expected = np.asarray(expected, dtype=float)
        if expected.ndim == 2:
            expected = expected[..., None]
        assert pixels.shape[:2] == expected.shape[:2]
        np.testing.assert_allclose(pixels, np.broadcast_to(expected, pixels.shape), atol=atol)

    return check
