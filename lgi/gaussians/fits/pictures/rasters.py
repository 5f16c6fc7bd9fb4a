"""Pictures that are no TIFF: PNG by libpng, PGM and PPM by hand, all else by Pillow."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from lgi.gaussians.fits.pictures.samples import (
    RefusedError,
    Samples,
    allow_size,
    note,
    of_channels,
    turn,
)

if TYPE_CHECKING:
    from PIL import Image

FORMATS = (
    *("PNG", "JPEG", "GIF", "WEBP", "AVIF", "JPEG2000", "BMP", "DIB", "PPM", "TGA", "PSD"),
    *("ICO", "CUR", "ICNS", "DDS", "QOI", "PCX", "SGI", "SUN", "XBM", "XPM"),
)
"""What is left to Pillow, by its names; none that runs another program, as EPS does."""

PNM = re.compile(rb"P([2356])" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3 + rb"\s")
PNG = b"\x89PNG\r\n\x1a\n"

JPEG_PIXELS = 512
"""Pixels of a JPEG at most per byte: each block of 8 x 8 takes a bit or more."""

CODESTREAM = b"\xff\x4f\xff\x51"
"""How the codestream of a JPEG 2000 begins."""


def raster_size(path: str, file: BinaryIO) -> tuple[int, int]:
    """Return width and height of the first frame of an opened file, turned, from its header.

    Raises
    ------
    RefusedError
        If it is of no kind that is read, or a PNG or JPEG that ends before its picture does.
    """
    image = _opened(file)
    note(path, _frames(image), "frames")
    png = image.format == "PNG"
    orientation = _png_orientation(file) if png else _orientation(image.getexif)
    if image.format in ("JPEG", "MPO"):
        _whole_jpeg(file, image)
    width, height = image.size
    return (height, width) if orientation > 4 else (width, height)


def read_raster(path: str, content: bytes) -> Samples:
    """Return the samples of the first frame; RefusedError if it is of no kind that is read."""
    image = _opened(BytesIO(content))
    if header := PNM.match(content):
        return _pnm(content, header)
    note(path, _frames(image), "frames")
    if content.startswith(PNG):
        return _png(content, image)
    if image.format in ("JPEG", "MPO"):
        _whole_jpeg(BytesIO(content), image)
    if image.format == "JPEG2000" and (depth := _depth(content)) > 8:
        return _jpeg2000(content, image, depth)
    return _pillow(content, image)


def _opened(file: BinaryIO) -> "Image.Image":
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # ours is asked below, and names the size
    try:
        image = Image.open(file, formats=FORMATS)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    allow_size(*image.size)
    if image.mode in ("LAB", "HSV"):
        raise RefusedError(f"a picture in the colour space {image.mode}")
    return image


def _frames(image: "Image.Image") -> int:
    """Return the number of frames; the layers of a PSD make up its one picture."""
    return 1 if image.format == "PSD" else getattr(image, "n_frames", 1)


def _orientation(exif: "Callable[[], Image.Exif]") -> int:
    try:
        found = exif().get(0x0112)
    except Exception:  # what is damaged there turns nothing, as in viewers
        found = None
    return turn(found)


def _png_orientation(file: BinaryIO) -> int:
    """Return the orientation of a PNG, which may stand behind the pixels; refuse one without end.

    Pillow would decode the picture to look there.
    """
    from PIL import Image

    told = PNG
    file.seek(len(PNG))
    while len(begin := file.read(8)) == 8 and begin[4:] != b"IEND":
        length = int.from_bytes(begin[:4], "big") + 4
        if begin[4:] in (b"IHDR", b"eXIf", b"iTXt", b"zTXt", b"tEXt"):
            told += begin + file.read(length)
        else:
            file.seek(length, os.SEEK_CUR)
    if len(begin) < 8:
        raise RefusedError("not an image, it is a PNG that ends before its picture does")

    def loaded() -> "Image.Exif":
        image = Image.open(BytesIO(told + bytes(4) + b"IDAT"), formats=["PNG"])
        return Image.Image.getexif(image)

    return _orientation(loaded)


def _whole_jpeg(file: BinaryIO, image: "Image.Image") -> None:
    """Refuse a JPEG whose scan has no end; a thumbnail in its header has one of its own."""
    file.seek(0)
    content = file.read()
    place = 2
    while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] != b"\xda":
        fill = content[place + 1] == 0xFF
        place += 1 if fill else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    width, height = image.size
    if b"\xff\xd9" not in content[place:] or width * height > JPEG_PIXELS * len(content):
        raise RefusedError("not an image, it is a JPEG that ends before its picture does")


def _png(content: bytes, image: "Image.Image") -> Samples:
    """Read a PNG by libpng: every depth whole, palettes and transparent colours resolved."""
    import imagecodecs

    return replace(
        of_channels(imagecodecs.png_decode(content)),
        profile=image.info.get("icc_profile"),
        orientation=_png_orientation(BytesIO(content)),
    )


def _depth(content: bytes) -> int:
    """Return the bits of the first component of a JPEG 2000."""
    return 1 + (content[content.index(CODESTREAM) + 42] & 127)


def _jpeg2000(content: bytes, image: "Image.Image", depth: int) -> Samples:
    """Read a JPEG 2000 of more than 8 bits, which Pillow cuts to 8 so that white wraps to black."""
    import imagecodecs

    pixels = imagecodecs.jpeg2k_decode(content)
    cmyk = Samples(pixels, "cmyk") if image.mode == "CMYK" else None
    profile, white = image.info.get("icc_profile"), 2**depth - 1
    return replace(cmyk or of_channels(pixels), profile=profile, white=white)


def _pnm(content: bytes, header: re.Match) -> Samples:
    """Read a PGM or PPM: its largest sample is any number, which Pillow rounds to 8 bits."""
    kind, width, height, white = (int(value) for value in header.groups())
    count = width * height * (3 if kind in (3, 6) else 1)
    if kind < 5:
        numbers = re.sub(rb"#[^\n]*", b"", content[header.end() :]).split()[:count]
        samples = np.array(numbers, dtype=np.uint16)
    else:
        samples = np.frombuffer(content, "u1" if white < 256 else ">u2", count, header.end())
    if samples.max() > white:
        raise RefusedError(f"a PNM with samples above its largest, {white}")
    return replace(of_channels(samples.reshape(height, width, -1)), white=white)


def _pillow(content: bytes, image: "Image.Image") -> Samples:
    form = image.format  # which a converted one has no more
    profile, orientation = image.info.get("icc_profile"), _orientation(image.getexif)
    if form == "GIF" and "transparency" not in image.info:
        image = _on_canvas(image)
    image.load()  # a palette may bring alpha
    if image.has_transparency_data and image.mode not in ("LA", "La", "RGBA", "RGBa"):
        image = image.convert("RGBA")
    if form == "TGA" and image.mode in ("RGBA", "LA") and not content[17] & 15:
        image = image.convert(image.mode.removesuffix("A"))  # its header says: no bits of alpha
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    if image.mode in ("P", "YCbCr", "RGBX"):
        image = image.convert("RGB")
    if image.mode not in ("1", "L", "LA", "RGB", "RGBA", "CMYK", "F") and image.mode[0] != "I":
        raise RefusedError(f"a picture in the mode {image.mode} of Pillow")
    pixels = np.asarray(image)
    if image.mode == "I":
        pixels = pixels.astype(np.uint16)  # of a PGM, scaled to 16 bits
    cmyk = Samples(pixels, "cmyk") if image.mode == "CMYK" else None
    return replace(
        cmyk or of_channels(pixels),
        inverted=form == "PSD" and image.mode == "1",  # Pillow takes their ink for light
        profile=profile,
        orientation=orientation,
    )


def _on_canvas(image: "Image.Image") -> "Image.Image":
    """Return a GIF that shows through around a first frame smaller than its canvas.

    Pillow fills it up with the first colour of the palette.
    """
    from PIL import Image

    frame = image.tile[0][1]
    if frame == (0, 0, *image.size):
        return image
    canvas = Image.new("RGBA", image.size)
    canvas.paste(image.convert("RGBA").crop(frame), frame)
    return canvas
