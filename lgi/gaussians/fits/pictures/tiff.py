"""TIFF by tifffile: which samples a page has, and what they mean."""

import math
import re
import struct
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from lgi.gaussians.fits.pictures.samples import RefusedError, Samples, allow_size, note, turn

if TYPE_CHECKING:
    from tifffile import TiffPage

BEGINS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How a TIFF begins: of either byte order, small or big."""


NEEDED = {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320}
NEEDED |= {322, 323, 324, 325, 332, 338, 339, 347, 530}
"""Tags that say how a picture lies in its file and what its samples mean."""


def tiff_size(path: str, file: BinaryIO) -> tuple[int, int]:
    """Return width and height of the first page of an opened file, turned, from its header.

    Raises
    ------
    RefusedError
        If the page is of no kind that is read, or ends before its picture does.
    """
    import tifffile

    with tifffile.TiffFile(file) as opened:
        page = _page(path, opened)
        _space(page)
        turned = _orientation(page) > 4
    width, height = page.imagewidth, page.imagelength
    return (height, width) if turned else (width, height)


def read_tiff(path: str, content: bytes) -> Samples:
    """Return the samples of the first page; RefusedError if it is of no kind that is read."""
    import tifffile

    with tifffile.TiffFile(BytesIO(content)) as opened:
        page = _page(path, opened)
        space, count = _space(page)
        if space == "ycbcr":
            return Samples(_of_ycbcr(content), "rgb", profile=_tag(page, 34675, None))
        pixels = page.asarray()
        if page.axes[:1] == "S":
            pixels = np.moveaxis(pixels, 0, -1)
        pixels = pixels.reshape(page.imagelength, page.imagewidth, -1)
    alpha, whole = _alpha(page, count), np.issubdtype(pixels.dtype, np.unsignedinteger)
    samples = Samples(
        pixels[..., :count],
        space,
        None if alpha is None else pixels[..., alpha : alpha + 1],
        2**page.bitspersample - 1 if whole else None,
        alpha is not None and page.extrasamples[alpha - count] == 1,
        page.photometric == 0 and 262 in page.tags,
        _tag(page, 34675, None),
        _orientation(page),
    )
    if space == "palette":
        return _resolved(samples, np.asarray(page.colormap))
    return samples


def _page(path: str, opened: Any) -> "TiffPage":
    """Return the first page, and say so if there are more; masks and reduced copies are none."""
    page = opened.pages[0]
    _need_tags(page, opened)
    if page.is_reduced or 50706 in page.tags:
        raise RefusedError("a raw photograph (DNG or the like), whose first page is a thumbnail")
    if page.imagedepth != 1:
        raise RefusedError(f"a volume of {page.imagedepth} slices")
    if not (isinstance(page.imagewidth, int) and isinstance(page.imagelength, int)):
        raise RefusedError("not an image, it is a TIFF of more than one width or height")
    allow_size(page.imagewidth, page.imagelength)
    ends = [a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=False)]
    parts = 0 if page.compression == 6 or page.is_contiguous else math.prod(page.chunked)
    if max(ends, default=0) > opened.filehandle.size or len(page.dataoffsets) < parts:
        raise RefusedError("not an image, it is a TIFF that ends before its picture does")
    pages = [one for one in opened.pages if not (_tag(one, 254, 0) & 0b101)]
    note(path, len(pages), "pages")
    return page


def _need_tags(page: "TiffPage", opened: Any) -> None:
    """Refuse a page of which tifffile leaves out a tag of the picture, as one beyond the end."""
    tiff, file = opened.tiff, opened.filehandle
    file.seek(page.offset)
    (count,) = struct.unpack(tiff.tagnoformat, file.read(tiff.tagnosize))
    entries = [file.read(tiff.tagsize)[:2] for _ in range(count)]
    codes = {code for entry in entries for code in struct.unpack(f"{tiff.byteorder}H", entry)}
    if lost := sorted(code for code in codes & NEEDED if code not in page.tags):
        raise RefusedError(f"not an image, it is a TIFF whose tag {lost[0]} cannot be read")


def _orientation(page: "TiffPage") -> int:
    """Return the orientation of a page by its tag, or else by its XMP."""
    if 274 in page.tags:
        return turn(page.tags[274].value)
    xmp = _tag(page, 700, b"")
    found = re.search(rb'tiff:Orientation(?:="|>)([1-8])', xmp if isinstance(xmp, bytes) else b"")
    return int(found[1]) if found else 1


def _tag(page: Any, code: int, otherwise: Any) -> Any:
    return page.tags[code].value if code in page.tags else otherwise


def _space(page: "TiffPage") -> tuple[str, int]:
    """Return the colour space of a page and its number of samples."""
    if 262 in page.tags:
        name = getattr(page.photometric, "name", str(page.photometric))
    else:
        name = "MINISBLACK" if page.samplesperpixel < 3 else "RGB"  # as libtiff guesses
    spaces = {
        "MINISBLACK": ("gray", 1),
        "MINISWHITE": ("gray", 1),
        "PALETTE": ("palette", 1),
        "RGB": ("rgb", 3),
        "YCBCR": ("rgb" if page.compression in (7, 34892) else "ycbcr", 3),
        "SEPARATED": ("cmyk", 4),
    }
    if name not in spaces:
        raise RefusedError(f"a TIFF in the colour space {name}")
    space, count = spaces[name]
    colours = page.samplesperpixel - len(page.extrasamples)
    if name == "SEPARATED" and (_tag(page, 332, 1) != 1 or colours < 4):
        raise RefusedError(f"a TIFF in {colours} inks that are not CMYK")
    if page.samplesperpixel < count:
        raise RefusedError(f"a TIFF in {name} of {page.samplesperpixel} samples instead of {count}")
    if not isinstance(page.bitspersample, int):
        raise RefusedError(f"a TIFF with samples of {page.bitspersample} bits")
    if page.sampleformat in (5, 6):
        raise RefusedError("a TIFF of complex numbers")
    if space == "ycbcr" and page.compression == 1 and tuple(page.subsampling or (1, 1)) != (1, 1):
        raise RefusedError("a TIFF in YCbCr with coarser colours and without compression")
    return space, count


def _alpha(page: "TiffPage", count: int) -> int | None:
    """Return which sample is alpha, the first that says so; others behind the colours are not."""
    kinds = [int(kind) for kind in page.extrasamples]
    return next((count + place for place, kind in enumerate(kinds) if kind in (1, 2)), None)


def _of_ycbcr(content: bytes) -> np.ndarray:
    """Return a TIFF in YCbCr by libtiff's conversion, which Pillow turns as its tags say."""
    from PIL import Image

    return np.asarray(Image.open(BytesIO(content), formats=["TIFF"]).convert("RGB"))


def _resolved(samples: Samples, palette: np.ndarray) -> Samples:
    """Return the colours of a palette [3, colours] of 16 bits; some writers fill only 8."""
    scale = 257 if palette.max() < 256 else 1
    colour = (palette.astype(np.uint16) * np.uint16(scale)).T[samples.colour[..., 0].astype(int)]
    alpha = samples.alpha
    if alpha is not None:
        alpha = np.round(alpha * (65535 / samples.white)).astype(np.uint16)
    return replace(samples, colour=colour, space="rgb", alpha=alpha, white=None)
