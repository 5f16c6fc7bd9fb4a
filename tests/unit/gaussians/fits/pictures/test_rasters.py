"""PNG, PNM and what is left to Pillow, each kind against the picture that was written."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageOps

LOSSY = 0.06


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_a_png_of_16_bits_keeps_them(pictures, holds, interlace):
    p = pictures
    grey, both = p.deep[..., :1], np.dstack([p.deep[..., :1], p.deep_alpha])
    full = np.dstack([p.deep, p.deep_alpha])
    holds(p.png(16, 0, grey, interlace=interlace), grey / 65535)
    holds(p.png(16, 2, p.deep, interlace=interlace), p.deep_unit)
    holds(p.png(16, 4, both, interlace=interlace), grey / 65535 * p.cover)
    holds(p.png(16, 6, full, interlace=interlace), p.deep_unit * p.cover)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_greys_and_palettes_of_every_depth(pictures, holds, depth):
    p, count = pictures, min(2**depth, 200)
    index = (np.add.outer(np.arange(10), np.arange(14)) % count)[..., None]
    holds(p.png(depth, 0, index), index / (2**depth - 1))
    palette = np.random.default_rng(1).integers(0, 256, (count, 3)).astype(np.uint8)
    colours = p.chunk(b"PLTE", palette.tobytes())
    shown = palette[index[..., 0]] / 255
    holds(p.png(depth, 3, index, colours), shown)
    alpha = np.linspace(0, 255, count).astype(np.uint8)
    cover = alpha[index] / 255
    holds(p.png(depth, 3, index, colours + p.chunk(b"tRNS", alpha.tobytes())), shown * cover)
    key = p.chunk(b"tRNS", struct.pack(">H", 1))
    holds(p.png(depth, 0, index, key), index / (2**depth - 1) * (index != 1))


@pytest.mark.parametrize("depth", [8, 16])
def test_one_colour_of_a_png_is_transparent(pictures, holds, depth):
    samples = pictures.rgb.astype(int) if depth == 8 else pictures.deep
    key = pictures.chunk(b"tRNS", struct.pack(">3H", *samples[2, 5]))
    kept = (samples != samples[2, 5]).any(axis=2, keepdims=True)
    holds(pictures.png(depth, 2, samples, key), samples / (2**depth - 1) * kept)


@pytest.mark.parametrize("before", [True, False])
def test_the_orientation_of_a_png_may_stand_behind_its_pixels(pictures, holds, before):
    exif = Image.Exif()
    exif[0x0112] = 6
    block = pictures.chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    content = pictures.png(8, 2, pictures.rgb, **{"before" if before else "after": block})
    holds(content, np.rot90(pictures.unit, -1))


@pytest.mark.parametrize("white", [1, 7, 255, 300, 1023, 65535])
@pytest.mark.parametrize("kind", [2, 3, 5, 6])
def test_pnm_of_any_largest_sample(pictures, holds, kind, white):
    samples = np.round(pictures.unit * white).astype(int)
    samples = samples if kind in (3, 6) else samples[..., :1]
    head = f"P{kind} # Grüße\n14 10\n# of\n{white}\n".encode()
    if kind < 5:
        body = " ".join(map(str, samples.ravel())).encode()
    else:
        body = samples.astype(">u1" if white < 256 else ">u2").tobytes()
    holds(head + body, samples / white)


def test_comments_among_the_samples_of_a_pgm(pictures, holds):
    grey = pictures.rgb[..., 0]
    rows = b"\n".join(b" ".join(b"%d" % value for value in row) + b" # 7" for row in grey)
    holds(b"P2\n14 10\n255\n" + rows, grey / 255)


def test_bitmaps_where_one_is_black(pictures, holds):
    image = pictures.image.convert("1")
    expected = np.asarray(image)
    for form in ("PPM", "XBM", "BMP", "GIF", "PNG"):
        holds(pictures.encoded(form, image), expected)


@pytest.mark.parametrize("form", ["BMP", "PPM", "TGA", "PCX", "SGI", "QOI", "GIF", "DIB", "PNG"])
def test_formats_without_loss(pictures, holds, form):
    image = pictures.image.quantize(32).convert("RGB")  # as many as a GIF has
    holds(pictures.encoded(form, image), np.asarray(image) / 255)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("JPEG", {"quality": 100, "subsampling": 0, "progressive": True}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
        ("JPEG2000", {"irreversible": False}),
    ],
)
def test_formats_of_photographs(pictures, holds, form, options):
    holds(
        pictures.encoded(form, pictures.smooth, **options), np.asarray(pictures.smooth) / 255, LOSSY
    )
    grey = pictures.smooth.convert("L")
    holds(pictures.encoded(form, grey, **options), np.asarray(grey) / 255, LOSSY)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True, "exact": True}),
        ("TGA", {}),
        ("TGA", {"compression": "tga_rle"}),
        ("JPEG2000", {"irreversible": False}),
        ("DDS", {}),
        ("SGI", {}),
        ("ICO", {"sizes": [(14, 10)]}),
    ],
)
def test_alpha_channels_lie_on_black(pictures, holds, form, options):
    content = pictures.encoded(form, Image.fromarray(pictures.rgba), **options)
    holds(content, pictures.unit * pictures.cover)


def test_alpha_of_a_bitmap_with_masks(pictures, holds):
    rows = np.dstack([pictures.rgb[..., ::-1], pictures.alpha])[::-1].tobytes()
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    info = struct.pack("<IiiHHIIiiII", 108, 14, 10, 1, 32, 3, len(rows), 2835, 2835, 0, 0) + masks
    head = b"BM" + struct.pack("<IHHI", 14 + len(info) + len(rows), 0, 0, 14 + len(info))
    holds(head + info + rows, pictures.unit * pictures.cover)


def test_a_fourth_channel_of_a_tga_that_is_no_alpha(pictures, holds):
    content = bytearray(pictures.encoded("TGA", Image.fromarray(pictures.rgba)))
    content[17] &= 0xF0  # bits of alpha
    holds(bytes(content), pictures.unit)


@pytest.mark.parametrize("bits", [0, 8])
def test_a_palette_of_a_tga_with_alpha(pictures, holds, bits):
    colours = np.random.default_rng(6).integers(0, 256, (140, 4), dtype=np.uint8)  # bgra
    head = bytes([0, 1, 1]) + struct.pack("<HHBHHHHBB", 0, 140, 32, 0, 0, 14, 10, 8, 0x20 | bits)
    shown = colours[:, 2::-1] / 255 * (colours[:, 3:] / 255 if bits else 1)
    holds(head + colours.tobytes() + bytes(range(140)), shown.reshape(10, 14, 3))


def test_a_transparent_colour_of_a_gif(pictures, holds):
    image = pictures.image.quantize(16)
    index, shown = np.asarray(image), np.asarray(image.convert("RGB")) / 255
    path = pictures.save("a.gif", image, transparency=3)
    holds(path, shown * (index != 3)[..., None])
    holds(path, np.where((index == 3)[..., None], [1, 0, 0.5], shown), background=(1, 0, 0.5))


@pytest.mark.parametrize("clear", [{}, {"transparency": 3}])
def test_a_gif_shows_through_around_a_smaller_first_frame(pictures, holds, clear):
    image = pictures.image.quantize(16)
    index, shown = np.asarray(image), np.asarray(image.convert("RGB")) / 255
    content = bytearray(pictures.encoded("GIF", image, **clear))
    content[6:10] = struct.pack("<HH", 20, 16)  # the canvas
    place = content.rindex(b"," + struct.pack("<HHHH", 0, 0, 14, 10))
    content[place + 1 : place + 5] = struct.pack("<HH", 4, 3)
    expected = np.tile([1, 0, 0.5], (16, 20, 1))
    covered = (index != 3) if clear else np.full(index.shape, True)
    expected[3:13, 4:18][covered] = shown[covered]
    holds(bytes(content), expected, background=(1, 0, 0.5))


def _jpeg2000(samples, depth, space=16):
    options = {"codecformat": "jp2", "reversible": True, "mct": False}
    content = imagecodecs.jpeg2k_encode(samples, level=0, bitspersample=depth, **options)
    place = content.index(b"colr") + 7
    return content[:place] + struct.pack(">I", space) + content[place + 4 :]


@pytest.mark.parametrize("depth", [9, 12, 16])
def test_a_jpeg_2000_of_more_than_8_bits_keeps_them(pictures, holds, depth):
    rng = np.random.default_rng(5)
    deep = rng.integers(0, 2**depth, (10, 14, 4)).astype(np.uint16)
    deep[0], deep[1] = 2**depth - 1, 0  # white, which Pillow makes black
    unit = deep / (2**depth - 1)
    holds(_jpeg2000(deep[..., :3], depth), unit[..., :3])
    holds(_jpeg2000(deep, depth), unit[..., :3] * unit[..., 3:])
    holds(_jpeg2000(deep[..., :2], depth, 17), unit[..., 0] * unit[..., 1])
    holds(_jpeg2000(deep[..., 0], depth, 17), unit[..., 0])
    holds(_jpeg2000(deep, depth, 12), (1 - unit[..., :3]) * (1 - unit[..., 3:]))


def test_a_jpeg_of_inks(pictures, holds):
    flat = Image.new("CMYK", (32, 32), (200, 30, 90, 40))
    expected = np.multiply(1 - np.array([200, 30, 90]) / 255, 1 - 40 / 255)
    holds(pictures.encoded("JPEG", flat, quality=100), np.full((32, 32, 3), expected), 0.02)


@pytest.mark.parametrize("mode", [3, 4])
def test_a_psd_is_its_layers_together(pictures, holds, mode):
    channels = pictures.rgb if mode == 3 else np.dstack([pictures.rgb, np.full((10, 14), 255)])
    planes = np.moveaxis(channels.astype(np.uint8), -1, 0)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), 10, 14, 8, mode)
    holds(head + bytes(12) + b"\0\0" + planes.tobytes(), pictures.unit)


def test_a_psd_of_one_bit_where_one_is_ink(pictures, holds):
    ink = pictures.rgb[..., 0] < 100
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 1, 10, 14, 1, 0)
    holds(head + bytes(12) + b"\0\0" + np.packbits(ink, axis=1).tobytes(), 1.0 - ink)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF", "MPO"])
def test_of_several_frames_the_first_is_read_and_a_line_says_so(pictures, holds, caplog, form):
    first = Image.new("RGB", (32, 32), (200, 40, 40))
    others = [ImageOps.invert(first), Image.new("RGB", (32, 32))]
    content = pictures.encoded(form, first, save_all=True, append_images=others, quality=100)
    path = pictures.write(f"moving.{form.lower()}", content)
    holds(path, np.broadcast_to(np.array([200, 40, 40]) / 255, (32, 32, 3)), LOSSY)
    assert caplog.messages == [f"{path}: the first of 3 frames is read"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
def test_orientation_is_obeyed(pictures, holds, form, options, orientation):
    large = pictures.smooth
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = pictures.encoded(form, large, exif=exif, **options)
    shown = ImageOps.exif_transpose(Image.open(pictures.write("turned", content)))
    holds(content, np.asarray(shown.convert("RGB")) / 255, 1e-6)
    upright = np.rot90(np.asarray(large) / 255, {1: 0, 3: 2, 6: 3, 8: 1}.get(orientation, 0))
    if orientation in (1, 3, 6, 8):
        holds(content, upright, LOSSY)


def test_the_orientation_of_a_png_may_stand_in_its_texts(pictures, holds):
    turned = np.rot90(pictures.unit, -1)
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0" + b'<x tiff:Orientation="6"/>'
    exif = Image.Exif()
    exif[0x0112] = 6
    written = exif.tobytes()
    profile = f"\nexif\n{len(written):8}\n{written.hex()}\n".encode()
    old = b"Raw profile type exif\0\0" + zlib.compress(profile)
    for kind, text in ((b"iTXt", xmp), (b"zTXt", old)):
        chunk = pictures.chunk(kind, text)
        holds(pictures.png(8, 2, pictures.rgb, chunk), turned)
        holds(pictures.png(8, 2, pictures.rgb, b"", chunk), turned)
    upright = pictures.chunk(b"eXIf", written.removeprefix(b"Exif\0\0").replace(b"\x06", b"\x01"))
    holds(pictures.png(8, 2, pictures.rgb, upright + pictures.chunk(b"iTXt", xmp)), pictures.unit)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_turns_nothing(pictures, holds, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    holds(pictures.encoded("PNG", exif=exif), pictures.unit)
    damaged = pictures.chunk(b"eXIf", b"no directory")
    holds(pictures.png(8, 2, pictures.rgb, damaged), pictures.unit)
