"""Pictures from files, as a person sees them in a viewer: red, green and blue in sRGB."""

import hashlib
import logging
import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from lgi.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image
    from tifffile import TiffPage

FORMATS = (
    *("PNG", "JPEG", "GIF", "WEBP", "AVIF", "JPEG2000", "BMP", "DIB", "PPM", "TGA", "PSD"),
    *("ICO", "CUR", "ICNS", "DDS", "QOI", "PCX", "SGI", "SUN", "XBM", "XPM"),
)
"""What is left to Pillow, by its names; none that runs another program, as EPS does."""

ALLOWED = (
    "allowed are PNG, JPEG, TIFF, GIF, WebP, AVIF, JPEG 2000, BMP, PNM, TGA and the like, "
    "in grey, RGB or CMYK"
)

LARGEST = 2**28
"""Most pixels of a picture: decoded, those of 268 megapixels fill 3 GiB."""

LOOKED_INTO = 2**20
"""A picture of at most so many pixels is decoded when it is checked."""

UNNOTICED = 2
"""Levels of 255 that sRGB may move by for a profile to be one of sRGB."""

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PNM = re.compile(rb"P([2356])" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3 + rb"\s")
PNG = b"\x89PNG\r\n\x1a\n"

OTHER = (
    (0, b"\x93NUMPY", "an array of NumPy"),
    (0, b"PK\3\4", "an archive (zip, or arrays of NumPy)"),
    (0, b"\x1f\x8b", "a compressed file (gzip)"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"SIMPLE  =", "a FITS file"),
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (0, b"v/1\1", "an OpenEXR picture"),
    (0, b"#?RADIANCE", "a Radiance HDR picture"),
    (0, b"#?RGBE", "a Radiance HDR picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL ", "a JPEG XL picture"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"),
    (0, b"\0\0\1\xba", "a video (MPEG)"),
    (0, b"\0\0\1\xb3", "a video (MPEG)"),
    *((8, brand, "a HEIF picture (HEIC)") for brand in (b"heic", b"heix", b"mif1", b"hevc")),
    (4, b"ftyp", "a video (MP4 or QuickTime)"),
)
"""How files begin that hold no picture that can be read: offset, bytes, what it is."""

_LOG = logging.getLogger(__name__)


def read_picture(
    path: str,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    span: tuple[float, float] | None = None,
    sha256: str | None = None,
) -> np.ndarray:
    """Return a picture as a viewer shows it.

    Turned as its orientation tag says, colours brought to sRGB by its profile, what is transparent
    laid over the background. Of several frames or pages the first is read, and a line logged.

    Parameters
    ----------
    path
        Any file; what it is, is told by its content.
    background
        Red, green and blue in [0, 1] behind what is transparent.
    span
        The samples that are black and white; None: 0 and the largest number of the file's bits, for
        floats 0 and 1. With it, what lies outside is black or white.
    sha256
        Digest that the file must have; None: any.

    Returns
    -------
    ndarray
        float32 [height, width, 3] in [0, 1].

    Raises
    ------
    ImageError
        If it cannot be read so, or is another file than the digest says; one sentence, with the
        path first.
    """
    _regular(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); {ALLOWED}") from None
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, found):
        raise ImageError(
            f"{path}: another picture than the run was planned with; its SHA-256 is {found}, "
            f"allowed is {sha256}"
        )
    with _refusing(path, content[:4096]):
        return _seen(path, _decoded(path, content), background, span)


def picture_size(path: str) -> tuple[int, int]:
    """Return width and height of a picture as a viewer shows it, from its header.

    Raises
    ------
    ImageError
        If the file holds no picture, or its header names something that cannot be read. Whether the
        file is whole is told of PNG, JPEG and TIFF alone.
    """
    _regular(path)
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
            file.seek(0)
            with _refusing(path, head):
                if head.startswith(TIFF):
                    return _tiff_size(path, file)
                return _pillow_size(path, file)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); {ALLOWED}") from None


@cache
def digest(path: str) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal; a file is read once a process."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _RefusedError(Exception):
    """What a file is that cannot be read, and what is allowed."""

    def __init__(self, what: str, allowed: str = ALLOWED):
        super().__init__(f"{what}; {allowed}")


@dataclass(frozen=True)
class _Samples:
    """What a file holds, not yet in the unit range."""

    colour: np.ndarray  # [height, width, samples of the space]
    space: str  # gray, rgb or cmyk
    alpha: np.ndarray | None = None  # [height, width, 1]
    white: int | None = None  # the largest integer sample, where not that of its type
    associated: bool = False  # colour is multiplied by alpha
    inverted: bool = False  # 0 is white
    profile: bytes | None = None  # ICC
    orientation: int = 1  # as in EXIF and TIFF


def _regular(path: str) -> None:
    """Raise ImageError unless the path leads to a file that holds something."""
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        raise ImageError(f"{path}: no such image file; {ALLOWED}") from None
    except (OSError, ValueError) as error:  # too long a name, a folder that is closed, a NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{path}: no such image file ({reason}); {ALLOWED}") from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise ImageError(f"{path}: no such image file, it is {kind}; {ALLOWED}")
    if not found.st_size:
        raise ImageError(f"{path}: not an image, the file is empty; {ALLOWED}")


@contextmanager
def _refusing(path: str, head: bytes) -> Iterator[None]:
    """Turn whatever a library raises into an ImageError of one sentence; warnings are dropped."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _RefusedError as refusal:
        raise ImageError(f"{path}: {refusal}") from None
    except MemoryError:
        raise ImageError(f"{path}: too large for the memory; {ALLOWED}") from None
    except Exception as error:  # libraries raise errors of many unrelated classes
        kind = _kind(head)
        damaged = f"damaged, or of a kind that is not read ({' '.join(str(error).split())})"
        raise ImageError(f"{path}: not an image, it is {kind or damaged}; {ALLOWED}") from None


def _kind(head: bytes) -> str | None:
    """Return what a file is that begins so, if it is known to be no picture."""
    for offset, begin, kind in OTHER:
        if head[offset:].startswith(begin) and not (
            kind.startswith("a video (MP4") and _avif(head)
        ):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in text:
        return "a vector graphic (SVG)"
    return "a text" if b"\0" not in head and _is_text(head) else None


def _avif(head: bytes) -> bool:
    return head[8:12] in (b"avif", b"avis")


def _is_text(head: bytes) -> bool:
    try:
        head[:-4].decode()  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return not any(character < 9 for character in head)


def _decoded(path: str, content: bytes) -> _Samples:
    if content.startswith(TIFF):
        return _tiff(path, content)
    image = _opened(BytesIO(content))
    if header := PNM.match(content):
        return _pnm(content, header)
    _note(path, _frames(image), "frames")
    if content.startswith(PNG):
        return _png(content, image)
    return _pillow(content, image)


def _allow(width: int, height: int) -> None:
    if width * height > LARGEST:
        raise _RefusedError(
            f"a picture of {width} x {height} pixels", f"allowed are at most {LARGEST:,} pixels"
        )


@cache
def _note(path: str, count: int, what: str) -> None:
    """Say, once a process, that a file holds more than is read."""
    if count > 1:
        _LOG.warning("%s: the first of %d %s is read", path, count, what)


# ------------------------------------------------------------------------------- PNG and Pillow


def _opened(file: BinaryIO) -> "Image.Image":
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # ours is asked below, and names the size
    try:
        image = Image.open(file, formats=FORMATS)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    _allow(*image.size)
    if image.mode in ("LAB", "HSV"):
        raise _RefusedError(f"a picture in the colour space {image.mode}")
    return image


def _frames(image: "Image.Image") -> int:
    """Return the number of frames; the layers of a PSD make up its one picture."""
    return 1 if image.format == "PSD" else getattr(image, "n_frames", 1)


def _orientation(exif: "Image.Exif") -> int:
    found = exif.get(0x0112, 1)
    return found if found in range(1, 9) else 1


def _pillow_size(path: str, file: BinaryIO) -> tuple[int, int]:
    image = _opened(file)
    _note(path, _frames(image), "frames")
    png = image.format == "PNG"
    orientation = _png_orientation(file) if png else _orientation(image.getexif())
    if image.format in ("JPEG", "MPO"):
        _whole_jpeg(file)
    width, height = image.size
    return (height, width) if orientation > 4 else (width, height)


def _png_orientation(file: BinaryIO) -> int:
    """Return the orientation of a PNG, which may stand behind the pixels; refuse one without end.

    Pillow would decode the picture to look there.
    """
    from PIL import Image

    exif = Image.Exif()
    file.seek(len(PNG))
    while len(begin := file.read(8)) == 8 and begin[4:] != b"IEND":
        length = int.from_bytes(begin[:4], "big")
        if begin[4:] == b"eXIf":
            exif.load(b"Exif\0\0" + file.read(length))
            length = 0
        file.seek(length + 4, os.SEEK_CUR)
    if len(begin) < 8:
        raise _RefusedError("not an image, it is a PNG that ends before its picture does")
    return _orientation(exif)


def _whole_jpeg(file: BinaryIO) -> None:
    """Refuse a JPEG whose scan has no end; a thumbnail in its header has one of its own."""
    file.seek(0)
    content = file.read()
    place = 2
    while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] != b"\xda":
        fill = content[place + 1] == 0xFF
        place += 1 if fill else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    if b"\xff\xd9" not in content[place:]:
        raise _RefusedError("not an image, it is a JPEG that ends before its picture does")


def _png(content: bytes, image: "Image.Image") -> _Samples:
    """Read a PNG by libpng: every depth whole, palettes and transparent colours resolved."""
    import imagecodecs

    return replace(
        _of_channels(imagecodecs.png_decode(content)),
        profile=image.info.get("icc_profile"),
        orientation=_png_orientation(BytesIO(content)),
    )


def _pnm(content: bytes, header: re.Match) -> _Samples:
    """Read a PGM or PPM: its largest sample is any number, which Pillow rounds to 8 bits."""
    kind, width, height, white = (int(value) for value in header.groups())
    count = width * height * (3 if kind in (3, 6) else 1)
    if kind < 5:
        samples = np.array(content[header.end() :].split()[:count], dtype=np.uint16)
    else:
        samples = np.frombuffer(content, "u1" if white < 256 else ">u2", count, header.end())
    if samples.max() > white:
        raise _RefusedError(f"a PNM with samples above its largest, {white}")
    return replace(_of_channels(samples.reshape(height, width, -1)), white=white)


def _pillow(content: bytes, image: "Image.Image") -> _Samples:
    profile, orientation = image.info.get("icc_profile"), _orientation(image.getexif())
    if image.mode == "PA" or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.format == "TGA" and image.mode in ("RGBA", "LA") and not content[17] & 15:
        image = image.convert(image.mode.removesuffix("A"))  # its header says: no bits of alpha
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    if image.mode in ("P", "YCbCr", "RGBX"):
        image = image.convert("RGB")
    if image.mode not in ("1", "L", "LA", "RGB", "RGBA", "CMYK", "F") and image.mode[0] != "I":
        raise _RefusedError(f"a picture in the mode {image.mode} of Pillow")
    pixels = np.asarray(image)
    if image.mode == "I":
        pixels = pixels.astype(np.uint16)  # of a PGM, scaled to 16 bits
    cmyk = _Samples(pixels, "cmyk") if image.mode == "CMYK" else None
    return replace(cmyk or _of_channels(pixels), profile=profile, orientation=orientation)


def _of_channels(pixels: np.ndarray) -> _Samples:
    """Return pixels [height, width, 1 to 4] of grey or RGB, with alpha or not."""
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    count = pixels.shape[2]
    if count in (1, 3):
        return _Samples(pixels, "gray" if count == 1 else "rgb")
    return _Samples(pixels[..., :-1], "gray" if count == 2 else "rgb", pixels[..., -1:])


# ------------------------------------------------------------------------------------------ TIFF


def _tiff_size(path: str, file: BinaryIO) -> tuple[int, int]:
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        page = _page(path, tiff)
        _tiff_space(page)
        ends = [a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=False)]
        if max(ends, default=0) > tiff.filehandle.size:
            raise _RefusedError("not an image, it is a TIFF that ends before its picture does")
        turned = _tag(page, 274, 1) in range(5, 9)
    width, height = page.imagewidth, page.imagelength
    return (height, width) if turned else (width, height)


def _page(path: str, tiff: Any) -> "TiffPage":
    """Return the first page, and say so if there are more; masks and reduced copies are none."""
    page = tiff.pages[0]
    if page.is_reduced or 50706 in page.tags:
        raise _RefusedError("a raw photograph (DNG or the like), whose first page is a thumbnail")
    if page.imagedepth != 1:
        raise _RefusedError(f"a volume of {page.imagedepth} slices")
    _allow(page.imagewidth, page.imagelength)
    pages = [one for one in tiff.pages if not (_tag(one, 254, 0) & 0b101)]
    _note(path, len(pages), "pages")
    return page


def _tag(page: Any, code: int, otherwise: Any) -> Any:
    return page.tags[code].value if code in page.tags else otherwise


def _tiff_space(page: "TiffPage") -> tuple[str, int]:
    """Return the colour space of a page and its number of samples."""
    name = getattr(page.photometric, "name", str(page.photometric))
    spaces = {
        "MINISBLACK": ("gray", 1),
        "MINISWHITE": ("gray", 1),
        "PALETTE": ("palette", 1),
        "RGB": ("rgb", 3),
        "YCBCR": ("rgb" if page.compression in (7, 34892) else "ycbcr", 3),
        "SEPARATED": ("cmyk", 4),
    }
    if name not in spaces:
        raise _RefusedError(f"a TIFF in the colour space {name}")
    space, count = spaces[name]
    colours = page.samplesperpixel - len(page.extrasamples)
    if name == "SEPARATED" and (_tag(page, 332, 1) != 1 or colours < 4):
        raise _RefusedError(f"a TIFF in {colours} inks that are not CMYK")
    if page.samplesperpixel < count:
        raise _RefusedError(
            f"a TIFF in {name} of {page.samplesperpixel} samples instead of {count}"
        )
    if page.sampleformat in (5, 6):
        raise _RefusedError("a TIFF of complex numbers")
    if space == "ycbcr" and page.compression == 1 and tuple(page.subsampling or (1, 1)) != (1, 1):
        raise _RefusedError("a TIFF in YCbCr with coarser colours and without compression")
    return space, count


def _tiff(path: str, content: bytes) -> _Samples:
    import tifffile

    with tifffile.TiffFile(BytesIO(content)) as tiff:
        page = _page(path, tiff)
        space, count = _tiff_space(page)
        pixels = _of_ycbcr(content) if space == "ycbcr" else page.asarray()
        if page.axes[:1] == "S" and space != "ycbcr":
            pixels = np.moveaxis(pixels, 0, -1)
        pixels = pixels.reshape(page.imagelength, page.imagewidth, -1)
    alpha, whole = _alpha(page, count), np.issubdtype(pixels.dtype, np.unsignedinteger)
    samples = _Samples(
        pixels[..., :count],
        "rgb" if space == "ycbcr" else space,
        None if alpha is None else pixels[..., alpha : alpha + 1],
        2**page.bitspersample - 1 if whole else None,
        alpha is not None and page.extrasamples[alpha - count] == 1,
        page.photometric.name == "MINISWHITE",
        _tag(page, 34675, None),
        _tag(page, 274, 1),
    )
    if space == "palette":
        return _resolved(samples, np.asarray(page.colormap))
    return samples


def _alpha(page: "TiffPage", count: int) -> int | None:
    """Return which sample is alpha, the first that says so; others behind the colours are not."""
    kinds = [int(kind) for kind in page.extrasamples]
    return next((count + place for place, kind in enumerate(kinds) if kind in (1, 2)), None)


def _of_ycbcr(content: bytes) -> np.ndarray:
    """Return a TIFF in YCbCr by libtiff's conversion."""
    from PIL import Image

    return np.asarray(Image.open(BytesIO(content), formats=["TIFF"]).convert("RGB"))


def _resolved(samples: _Samples, palette: np.ndarray) -> _Samples:
    """Return the colours of a palette [3, colours] of 16 bits; some writers fill only 8."""
    scale = 257 if palette.max() < 256 else 1
    colour = (palette.astype(np.uint16) * np.uint16(scale)).T[samples.colour[..., 0]]
    alpha = samples.alpha
    if alpha is not None:
        alpha = np.round(alpha * (65535 / samples.white)).astype(np.uint16)
    return replace(samples, colour=colour, space="rgb", alpha=alpha, white=None)


# ----------------------------------------------------------------------------- what a viewer does


def _seen(
    path: str,
    samples: _Samples,
    background: tuple[float, float, float],
    span: tuple[float, float] | None,
) -> np.ndarray:
    colour, alpha = _unit(samples.colour, samples.white, span), samples.alpha
    if alpha is not None:
        whole = np.issubdtype(alpha.dtype, np.integer)
        alpha = _unit(alpha, samples.white, None if whole else span)
    if samples.inverted:
        colour = 1 - colour
    if alpha is not None and samples.associated:
        colour = np.clip(np.divide(colour, alpha, where=alpha > 0, out=np.zeros_like(colour)), 0, 1)
    if samples.profile and (by_profile := _by_profile(path, colour, samples)) is not None:
        colour = by_profile
    elif samples.space == "cmyk":
        colour = (1 - colour[..., :3]) * (1 - colour[..., 3:])
    if alpha is not None:
        colour = alpha * colour + (1 - alpha) * np.asarray(background, dtype=np.float32)
    colour = np.broadcast_to(colour, (*colour.shape[:2], 3))
    return np.ascontiguousarray(_turned(colour, samples.orientation))


def _unit(samples: np.ndarray, white: int | None, span: tuple[float, float] | None) -> np.ndarray:
    """Return samples as float32 in [0, 1]."""
    if samples.dtype == bool:
        return samples.astype(np.float32)
    whole = np.issubdtype(samples.dtype, np.integer)
    if not whole and not np.isfinite(samples).all():
        raise _RefusedError("a picture with samples that are not finite numbers")
    if span is not None:
        low, high = span
        wide = (samples.astype(np.float64) - low) / (high - low)
        return np.clip(wide, 0, 1).astype(np.float32)
    if np.issubdtype(samples.dtype, np.unsignedinteger):
        return samples.astype(np.float32) / np.float32(white or np.iinfo(samples.dtype).max)
    low, high = samples.min(), samples.max()
    if whole or low < 0 or high > 1:
        raise _RefusedError(
            f"a picture of {samples.dtype} samples from {low:g} to {high:g}",
            "allowed are unsigned integers, floats in [0, 1], and others with the samples that are "
            "black and white stated beside the path (range: [black, white])",
        )
    return samples.astype(np.float32)


def _by_profile(path: str, colour: np.ndarray, samples: _Samples) -> np.ndarray | None:
    """Return colours in sRGB by an ICC profile with perceptual intent; None if it is no use.

    A profile that is sRGB leaves the colours as they are, to the bit.
    """
    import imagecodecs

    srgb, space = imagecodecs.cms_profile("srgb"), samples.space

    def converted(colours: np.ndarray) -> np.ndarray:
        deep = np.ascontiguousarray(np.round(colours * np.float32(65535)).astype(np.uint16))
        if space == "gray":
            deep = deep[..., 0]
        result = imagecodecs.cms_transform(
            deep,
            samples.profile,
            srgb,
            colorspace=space,
            outcolorspace="rgb",
            outdtype=np.uint16,
            intent=imagecodecs.CMS.INTENT.PERCEPTUAL,
        )
        return result.astype(np.float32) / np.float32(65535)

    try:
        if space != "cmyk":
            levels = np.linspace(0, 1, 9, dtype=np.float32)
            channels = 1 if space == "gray" else 3
            cube = np.stack(np.meshgrid(*[levels] * channels, indexing="ij"), -1)
            cube = cube.reshape(1, -1, channels)
            if np.abs(converted(cube) - cube).max() <= UNNOTICED / 255:
                return None
        return converted(colour)
    except imagecodecs.CmsError:  # of another space, or damaged: as in viewers, there is none
        _LOG.warning("%s: its colour profile is of no use; colours are taken for sRGB", path)
        return None


def _turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return pixels as the orientation 1 to 8 of EXIF and TIFF says."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
