"""What a viewer does with any picture, and how a file that holds none is refused."""

import hashlib
import io
import itertools
import os
import struct
import warnings

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from lgi.errors import ImageError
from lgi.gaussians.fits.pictures import samples
from lgi.gaussians.fits.pictures.read import digest, picture_size, read_picture

WIDE = bytes(
    imagecodecs.cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.329, 1.0),
        primaries=(0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1),  # Adobe RGB
        gamma=2.2,
    )
)
LINEAR = bytes(imagecodecs.cms_profile("gray", gamma=1.0))
TO_XYZ = np.array(
    [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
)
FROM_XYZ = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)
"""Of Adobe RGB and of sRGB, from their specifications."""


def encoded(light):
    """Return sRGB of linear light (IEC 61966-2-1)."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def test_background_lies_behind_what_is_transparent(pictures, holds):
    path = pictures.save("a.png", Image.fromarray(pictures.rgba))
    for colour in ((0, 0, 0), (1, 1, 1), (0.2, 0.5, 0.9)):
        covered = pictures.unit * pictures.cover + (1 - pictures.cover) * np.array(colour)
        holds(path, covered, background=colour)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_profile_brings_colours_to_srgb(pictures, holds, form):
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    content = pictures.encoded(form, icc_profile=WIDE, **options.get(form, {}))
    stored = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) / 255
    expected = encoded(stored**2.2 @ TO_XYZ.T @ FROM_XYZ.T)
    holds(content, expected, 1.5 / 255)


def test_a_profile_of_16_bits_and_one_of_greys(pictures, holds):
    profile = pictures.chunk(b"iCCP", b"wide\0\0" + imagecodecs.zlib_encode(WIDE))
    expected = encoded(pictures.deep_unit**2.2 @ TO_XYZ.T @ FROM_XYZ.T)
    holds(pictures.png(16, 2, pictures.deep, profile), expected, 1e-3)
    grey = pictures.rgb[..., :1]
    profile = pictures.chunk(b"iCCP", b"linear\0\0" + imagecodecs.zlib_encode(LINEAR))
    holds(pictures.png(8, 0, grey, profile), encoded(grey / 255), 1 / 255)


def profile_of_inks() -> bytes:
    """Return a profile of CMYK: a table (lut8) of two steps of each ink, to L*a*b*."""
    table = b""
    for c, m, y, k in itertools.product((0, 1), repeat=4):
        lightness = 255 * (1 - k) * (1 - 0.3 * c - 0.5 * m - 0.1 * y)
        a, b = (128 + (1 - k) * (first - 5 * y) for first in (70 * m - 40 * c, 85 * y - 40 * c))
        table += bytes(round(value) for value in (lightness, a, b))
    unit = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    curves = (bytes(range(256)) * 4, bytes(range(256)) * 3)
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = {
        b"A2B0": b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unit + curves[0] + table + curves[1],
        b"wtpt": b"XYZ " + bytes(4) + white,
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none",
    }
    place = 132 + 12 * len(tags)
    index, data = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        index += name + struct.pack(">II", place + len(data), len(tag))
        data += tag + bytes(-len(tag) % 4)
    size = struct.pack(">I", place + len(data))
    head = size + b"test\2\x40\0\0prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28) + white
    return head.ljust(128, b"\0") + index + data


@pytest.mark.parametrize("form", ["TIFF", "JPEG"])
def test_inks_with_a_profile_are_what_little_cms_makes_of_them(pictures, holds, form):
    profile = profile_of_inks()
    inks = np.random.default_rng(5).integers(0, 256, (16, 16, 4), dtype=np.uint8)
    inks[0, :2] = [[0, 0, 0, 0], [0, 0, 0, 255]]
    options = {"quality": 100} if form == "JPEG" else {}
    image = Image.fromarray(inks, mode="CMYK")
    content = pictures.encoded(form, image, icc_profile=profile, **options)
    opened = Image.open(io.BytesIO(content))
    srgb = ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(opened, io.BytesIO(profile), srgb, outputMode="RGB")
    holds(content, np.asarray(shown) / 255, 1.5 / 255)  # two builds of it round apart by a level
    if form == "TIFF":
        assert np.asarray(shown)[0, :2].tolist() == [[255] * 3, [0] * 3]


def test_a_profile_of_srgb_changes_no_bit(pictures):
    for profile in (
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        bytes(imagecodecs.cms_profile("srgb")),
    ):
        path = pictures.save("a.png", icc_profile=profile)
        expected = pictures.rgb.astype(np.float32) / np.float32(255)
        np.testing.assert_array_equal(read_picture(path), expected)


def test_a_profile_of_no_use_is_left_out_with_a_word(pictures, holds, caplog):
    junk = pictures.save("junk.png", icc_profile=b"no profile" * 20)
    holds(junk, pictures.unit)
    grey = pictures.save("grey.png", pictures.image.convert("L"), icc_profile=WIDE)
    holds(grey, np.asarray(pictures.image.convert("L")) / 255)
    for path in (junk, grey):
        assert f"{path}: its colour profile is of no use" in caplog.text


def test_a_name_says_nothing(pictures, holds):
    names = [
        "noextension",
        "UPPER.PNG",
        "with space ünïcode 猫 (1).png",
        "{n} $HOME *.tif",
        "a.jpg",
    ]
    for name in names:
        holds(pictures.save(name, form="PNG"), pictures.unit)
    os.symlink(pictures.folder / "a.jpg", pictures.folder / "link.png")
    holds(str(pictures.folder / "link.png"), pictures.unit)


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("a.npy", b"\x93NUMPY\1\0v\0{'descr'", "an array of NumPy"),
        ("a.npz", b"PK\3\4" + bytes(40), "an archive"),
        ("a.svg", b"<?xml version='1.0'?>\n<!-- cat -->\n<svg/>", r"a vector graphic \(SVG\)"),
        ("a.mp4", b"\0\0\0\x20ftypisom" + bytes(40), "a video"),
        ("a.mov", b"\0\0\0\x14ftypqt  " + bytes(40), "a video"),
        ("a.avi", b"RIFF\0\0\0\0AVI LIST" + bytes(40), "a video"),
        ("a.webm", b"\x1a\x45\xdf\xa3" + bytes(40), "a video"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "a HEIF picture"),
        ("a.jxl", b"\xff\x0a" + bytes(40), "a JPEG XL picture"),
        ("a.exr", b"v/1\1" + bytes(40), "an OpenEXR picture"),
        ("a.pfm", b"PF\n9 9\n-1.0\n" + bytes(972), "a PFM in colour"),
        ("a.pam", b"P7\nWIDTH 9\nHEIGHT 9\nENDHDR\n" + bytes(243), "a PAM picture"),
        ("a.hdr", b"#?RADIANCE\n" + bytes(40), "a Radiance HDR picture"),
        ("a.pdf", b"%PDF-1.4\n\x80\x80" + bytes(40), "a PDF document"),
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        ("a.jpg", b"<!DOCTYPE html><html>not found</html>", "a text"),
        ("a.png", bytes(500), "of a kind that is not read, or damaged"),
        ("a.ppm", b"P6\n14 10\n255\nfew", "damaged"),
        ("b.pgm", b"P5\n9 9\n7\n" + bytes([9] * 81), "above its largest"),
        ("c.pgm", b"P5\n99999 99999\n255\n", "99999 x 99999 pixels"),
    ],
)
def test_what_is_no_picture_is_named_in_one_sentence(pictures, name, content, named):
    path = pictures.write(name, content)
    with pytest.raises(ImageError, match=rf"{name}: .*{named}.*allowed") as error:
        read_picture(path)
    assert "\n" not in str(error.value)
    assert "0x" not in str(error.value)  # no address of an object


@pytest.mark.parametrize(
    "form", ["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP", "TGA", "PPM", "AVIF"]
)
def test_a_file_that_was_cut_is_refused(pictures, form):
    noise = np.random.default_rng(4).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    whole = pictures.encoded(form, Image.fromarray(noise))
    for share in (0.1, 0.6, 0.95):
        path = pictures.write("cut", whole[: int(share * len(whole))])
        with pytest.raises(ImageError, match="cut: not an image"):
            read_picture(path)
        if form in ("PNG", "JPEG", "TIFF"):
            with pytest.raises(ImageError, match="cut: not an image"):
                picture_size(path)


def test_a_jpeg_whose_header_names_more_than_it_can_hold(pictures):
    content = bytearray(pictures.encoded("JPEG"))
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = b"\x3e\x80\x3e\x80"  # 16000 x 16000
    path = pictures.write("huge.jpg", bytes(content))
    for read in (picture_size, read_picture):
        with pytest.raises(ImageError, match="ends before its picture"):
            read(path)
    flat = Image.new("L", (4000, 4000))
    picture_size(pictures.save("flat.jpg", flat, optimize=True, progressive=True, quality=1))


def test_a_jpeg_with_a_thumbnail_is_not_taken_for_whole(pictures):
    exif = Image.Exif()
    exif[0x010E] = "\xff\xd9"
    whole = pictures.encoded("JPEG", exif=exif.tobytes() + b"\xff\xd8\xff\xd9")
    picture_size(pictures.write("whole.jpg", whole))
    with pytest.raises(ImageError, match="ends before its picture"):
        picture_size(pictures.write("cut.jpg", whole[:-10]))


def test_what_is_no_file_is_an_error_that_names_it(pictures, monkeypatch):
    folder = pictures.folder
    (folder / "empty.png").touch()
    os.symlink("loop", folder / "loop")
    os.symlink("nowhere", folder / "dead")
    os.mkfifo(folder / "pipe")  # opened, it would wait for ever
    for name, fault in {
        "missing.png": "no such image file",
        "empty.png": "the file is empty",
        "loop": "no such image file",
        "dead": "no such image file",
        "pipe": "no regular file",
        "": "a folder",
        "empty.png/x": "no such image file",
        "nul\0.png": "no such image file",
        "long" * 2000: "no such image file",
    }.items():
        for use in (read_picture, picture_size):
            with pytest.raises(ImageError, match=rf"{fault}.*allowed are PNG") as error:
                use(str(folder / name))
            assert str(error.value).startswith(str(folder))
            assert len(str(error.value)) < 1000

    def closed(*_):
        raise PermissionError(13, "Permission denied")

    path = pictures.save("closed.png")
    monkeypatch.setattr("pathlib.Path.read_bytes", closed)
    monkeypatch.setattr("builtins.open", closed)
    for use in (read_picture, picture_size):
        with pytest.raises(ImageError, match=r"closed\.png: cannot be read \(Permission denied\)"):
            use(path)


def test_a_file_is_the_one_that_its_digest_says(pictures):
    path = pictures.save("a.png")
    content = (pictures.folder / "a.png").read_bytes()
    assert digest(path) == hashlib.sha256(content).hexdigest()
    read_picture(path, sha256=digest(path))
    with pytest.raises(ImageError, match=rf"another picture .*allowed is {'0' * 64}"):
        read_picture(path, sha256="0" * 64)


def test_a_large_picture_is_read_without_a_warning_or_by_its_header(pictures, monkeypatch):
    """Pillow warns above its own limit, which stays as it was."""
    path = pictures.save("a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_picture(path).shape == (10, 14, 3)
        assert picture_size(path) == (14, 10)
    assert Image.MAX_IMAGE_PIXELS == 50
    monkeypatch.setattr(samples, "LARGEST", 100)
    for use in (read_picture, picture_size):
        with pytest.raises(ImageError, match=r"14 x 10 pixels; allowed are at most 100 pixels"):
            use(path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP"])
def test_the_size_is_told_without_decoding(pictures, monkeypatch, form):
    path = pictures.write("a", pictures.encoded(form))

    def decode(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    monkeypatch.setattr("imagecodecs.png_decode", decode)
    monkeypatch.setattr("tifffile.TiffPage.asarray", decode)
    assert picture_size(path) == (14, 10)
