"""Pictures from files, as a person sees them in a viewer: red, green and blue in sRGB."""

import hashlib
import logging
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from lgi.errors import ImageError
from lgi.gaussians.fits.pictures.rasters import raster_size, read_raster
from lgi.gaussians.fits.pictures.samples import ALLOWED, RefusedError, Samples
from lgi.gaussians.fits.pictures.tiff import BEGINS, read_tiff, tiff_size

LOOKED_INTO = 2**20
"""A picture of at most so many pixels is decoded when it is checked."""

UNNOTICED = 2
"""Levels of 255 that sRGB may move by for a profile to be one of sRGB."""

LONG = 500
"""Characters of a path that cannot be found, after which a message breaks off."""

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
    (0, b"PF\n", "a PFM in colour"),
    (0, b"P7\n", "a PAM picture"),
    (0, b"#?RADIANCE", "a Radiance HDR picture"),
    (0, b"#?RGBE", "a Radiance HDR picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL ", "a JPEG XL picture"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"),
    (0, b"\0\0\1\xba", "a video (MPEG)"),
    (0, b"\0\0\1\xb3", "a video (MPEG)"),
    *((8, brand, "a HEIF picture (HEIC)") for brand in (b"heic", b"heix", b"mif1", b"hevc")),
    (4, b"ftypavi", "a damaged AVIF picture"),
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
        read = read_tiff if content.startswith(BEGINS) else read_raster
        return _seen(path, read(path, content), background, span)


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
                return (tiff_size if head.startswith(BEGINS) else raster_size)(path, file)
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); {ALLOWED}") from None


@cache
def digest(path: str) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal; a file is read once a process."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _regular(path: str) -> None:
    """Raise ImageError unless the path leads to a file that holds something."""
    named = path.replace("\0", "\\0")
    named = named if len(named) < LONG else f"{named[:LONG]}..."
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        raise ImageError(f"{named}: no such image file; {ALLOWED}") from None
    except (OSError, ValueError) as error:  # too long a name, a folder that is closed, a NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{named}: no such image file ({reason}); {ALLOWED}") from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise ImageError(f"{path}: no such image file, it is {kind}; {ALLOWED}")
    if not found.st_size:
        raise ImageError(f"{path}: not an image, the file is empty; {ALLOWED}")


@contextmanager
def _refusing(path: str, head: bytes) -> Iterator[None]:
    """Turn whatever a library raises into an ImageError of one sentence, and drop what it warns."""
    from PIL import UnidentifiedImageError

    said = logging.getLogger("tifffile")
    silent, said.disabled = said.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except RefusedError as refusal:
        raise ImageError(f"{path}: {refusal}") from None
    except MemoryError:
        raise ImageError(f"{path}: too large for the memory; {ALLOWED}") from None
    except UnidentifiedImageError:
        kind = _kind(head) or "of a kind that is not read, or damaged"
        raise ImageError(f"{path}: not an image, it is {kind}; {ALLOWED}") from None
    except Exception as error:  # libraries raise errors of many unrelated classes
        reason = " ".join(str(error).split())
        raise ImageError(f"{path}: not an image, or a damaged one ({reason}); {ALLOWED}") from None
    finally:
        said.disabled = silent


def _kind(head: bytes) -> str | None:
    """Return what a file is that begins so, if it is known to be no picture."""
    for offset, begin, kind in OTHER:
        if head[offset:].startswith(begin):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in text:
        return "a vector graphic (SVG)"
    return "a text" if b"\0" not in head and _is_text(head) else None


def _is_text(head: bytes) -> bool:
    try:
        head[:-4].decode()  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return not any(character < 9 for character in head)


def _seen(
    path: str,
    samples: Samples,
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
        raise RefusedError("a picture with samples that are not finite numbers")
    if span is not None:
        low, high = span
        wide = (samples.astype(np.float64) - low) / (high - low)
        return np.clip(wide, 0, 1).astype(np.float32)
    if np.issubdtype(samples.dtype, np.unsignedinteger):
        return samples.astype(np.float32) / np.float32(white or np.iinfo(samples.dtype).max)
    low, high = samples.min(), samples.max()
    if whole or low < 0 or high > 1:
        raise RefusedError(
            f"a picture of {samples.dtype} samples from {low:g} to {high:g}",
            "allowed are unsigned integers, floats in [0, 1], and others with the samples that are "
            "black and white stated beside the path (range: [black, white])",
        )
    return samples.astype(np.float32)


def _by_profile(path: str, colour: np.ndarray, samples: Samples) -> np.ndarray | None:
    """Return colours in sRGB by an ICC profile with perceptual intent; None if it is no use.

    A profile that is sRGB leaves the colours as they are, to the bit.
    """
    import imagecodecs

    srgb, space = imagecodecs.cms_profile("srgb"), samples.space

    # As deep as the file. Of 16 bits a table of 33 steps would be made, wrong by up to 0.04, and of
    # greys one that is as wrong where they are dark.
    kind = np.uint8 if samples.colour.dtype == np.uint8 else np.uint16
    tables = kind == np.uint8 and space != "gray"
    white = np.float32(np.iinfo(kind).max)

    def converted(colours: np.ndarray) -> np.ndarray:
        whole = np.round(colours * white).astype(kind)
        result = imagecodecs.cms_transform(
            np.ascontiguousarray(whole[..., 0] if space == "gray" else whole),
            samples.profile,
            srgb,
            colorspace=space,
            outcolorspace="rgb",
            outdtype=kind,
            intent=imagecodecs.CMS.INTENT.PERCEPTUAL,
            flags=0 if tables else imagecodecs.CMS.FLAGS.NOOPTIMIZE,
        )
        return result.astype(np.float32) / white

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
