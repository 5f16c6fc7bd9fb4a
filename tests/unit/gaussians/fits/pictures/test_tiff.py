"""TIFF: every meaning of its samples that is read, and the rest refused by name."""

import numpy as np
import pytest
import tifffile
from PIL import Image, TiffImagePlugin

from lgi.errors import ImageError
from lgi.gaussians.fits.pictures.read import picture_size, read_picture


@pytest.fixture
def saved(pictures):
    """Return a function that writes an array by tifffile and returns the path."""

    def save(array, **options):
        tifffile.imwrite(pictures.folder / "a.tif", array, **options)
        return str(pictures.folder / "a.tif")

    return save


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits", "zstd", "lzma"])
def test_rgb_of_16_bits(pictures, holds, saved, compression, order):
    options = {"photometric": "rgb", "compression": compression, "byteorder": order}
    holds(saved(pictures.deep, **options), pictures.deep_unit)
    if compression not in (None, "packbits"):
        holds(saved(pictures.deep, **options, predictor=True), pictures.deep_unit)


@pytest.mark.parametrize("samples", ["rgb", "deep"])
def test_planes_tiles_and_large_offsets(pictures, holds, saved, samples):
    pixels, expected = getattr(pictures, samples), pictures.unit
    expected = pictures.deep_unit if samples == "deep" else expected
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    tile = {"tile": (16, 16)}
    for options in ({}, tile, {"compression": "lzw"}, tile | {"compression": "deflate"}):
        holds(saved(pixels, photometric="rgb", bigtiff=True, **options), expected)
        holds(saved(planes, photometric="rgb", planarconfig="separate", **options), expected)


@pytest.mark.parametrize(
    ("kind", "scale"), [("u1", 255), ("u2", 65535), ("u4", 2**32 - 1), ("f4", 1), ("f8", 1)]
)
def test_greys_of_every_type(pictures, holds, saved, kind, scale):
    grey = (pictures.unit[..., 0] * scale).astype(kind)
    holds(saved(grey, photometric="minisblack"), grey / scale)
    holds(saved(grey, photometric="miniswhite"), 1 - grey / scale)
    both = np.dstack([grey, (pictures.cover[..., 0] * scale).astype(kind)])
    options = {"photometric": "minisblack", "planarconfig": "contig"}
    expected = grey[..., None] / scale * pictures.cover
    holds(saved(both, extrasamples=["unassalpha"], **options), expected)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 12])
def test_greys_and_palettes_of_few_bits(pictures, holds, depth):
    index = (np.add.outer(np.arange(10) * 3, np.arange(14)) * 5 % 2**depth).astype(int)
    data = b"".join(pictures.packed(row, depth) for row in index)
    unit = index / (2**depth - 1)
    holds(pictures.tiff(data, (depth,), 1), unit)
    holds(pictures.tiff(data, (depth,), 0), 1 - unit)
    if depth <= 8:
        palette = np.random.default_rng(2).integers(0, 65536, (3, 2**depth))
        content = pictures.tiff(data, (depth,), 3, t320=tuple(palette.ravel()))
        holds(content, palette.T[index] / 65535)


def test_bits_in_the_other_order(pictures, holds):
    index = np.add.outer(np.arange(10), np.arange(14)) % 2
    data = np.packbits(index.astype(bool), axis=1, bitorder="little").tobytes()
    holds(pictures.tiff(data, (1,), 1, t266=(2,)), index)


def test_a_palette_that_fills_8_of_16_bits_and_one_with_alpha(pictures, holds):
    index = pictures.rgb[..., 0]
    palette = np.random.default_rng(3).integers(0, 256, (3, 256))
    colours, expected = tuple(palette.ravel()), palette.T[index] / 255
    holds(pictures.tiff(index.tobytes(), (8,), 3, t320=colours), expected)
    data = np.dstack([index, pictures.alpha]).tobytes()
    content = pictures.tiff(data, (8, 8), 3, t320=colours, t338=(2,))
    holds(content, expected * pictures.cover)


def test_alpha_multiplied_in_or_not_and_channels_that_are_none(pictures, holds):
    p = pictures
    multiplied = np.round(p.deep * p.cover).astype("<u2")
    deep = np.dstack([multiplied, p.deep_alpha.astype("<u2")]).tobytes()
    holds(p.tiff(deep, (16,) * 4, 2, t338=(1,)), p.deep_unit * p.cover, 1e-5)
    covered = p.deep_unit * p.cover + 1 - p.cover
    holds(p.tiff(deep, (16,) * 4, 2, t338=(1,)), covered, 3e-5, background=(1, 1, 1))
    plain = p.rgba.tobytes()
    holds(p.tiff(plain, (8,) * 4, 2, t338=(2,)), p.unit * p.cover)
    holds(p.tiff(plain, (8,) * 4, 2, t338=(0,)), p.unit)
    holds(p.tiff(plain, (8,) * 4, 2), p.unit)
    behind = np.dstack([p.rgb, 255 - p.alpha, p.alpha]).tobytes()
    holds(p.tiff(behind, (8,) * 5, 2, t338=(0, 2)), p.unit * p.cover)
    holds(p.tiff(p.rgb.tobytes(), (8,) * 3, 1, t338=(0, 0)), p.unit[..., :1])


def test_inks(pictures, holds, saved):
    p, options = pictures, {"photometric": "separated"}
    holds(saved(p.cmyk, **options), p.inked)
    holds(saved(p.cmyk.astype(np.uint16) * 257, **options), p.inked)
    planes = np.ascontiguousarray(np.moveaxis(p.cmyk, -1, 0))
    holds(saved(planes, planarconfig="separate", **options), p.inked)
    covered = np.dstack([p.cmyk, p.alpha])
    holds(saved(covered, extrasamples=["unassalpha"], **options), p.inked * p.cover)


@pytest.mark.parametrize("order", ["<", ">"])
def test_floats_in_colour(pictures, holds, saved, order):
    for kind in (np.float16, np.float32, np.float64):
        pixels = pictures.unit.astype(kind)
        holds(saved(pixels, photometric="rgb", byteorder=order), pixels)
    options = {"compression": "deflate", "predictor": 3}
    pixels = pictures.unit.astype(np.float32)
    holds(saved(pixels, photometric="rgb", **options), pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_obeyed(pictures, holds, orientation):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[274] = orientation
    way = [*Image.Transpose]
    turns = dict(enumerate([None, *(way[i] for i in (0, 3, 1, 5, 4, 6, 2))], 1))
    turn = turns[orientation]
    expected = pictures.image.transpose(turn) if turn is not None else pictures.image
    path = pictures.save("turned.tif", tiffinfo=tags)
    holds(path, np.asarray(expected) / 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_brightness_and_colour_differences_are_turned_once(pictures, holds, orientation):
    tags = {274: orientation}
    content = pictures.encoded("TIFF", pictures.image.convert("YCbCr"), tiffinfo=tags)
    shown = read_picture(pictures.save("rgb.tif", tiffinfo=tags))
    holds(content, shown, 0.02)


def test_an_orientation_that_is_none_turns_nothing(pictures, holds, saved):
    for tag in [(274, "H", 1, code) for code in (0, 9, 65535)] + [(274, "H", 2, (6, 1))]:
        holds(saved(pictures.rgb, photometric="rgb", extratags=[(*tag, True)]), pictures.unit)


def test_an_orientation_in_xmp_counts_where_there_is_no_tag(pictures, holds, saved):
    text = b'<x tiff:Orientation="6"/>'
    xmp = (700, "B", len(text), text, True)
    turned = np.rot90(pictures.unit, -1)
    holds(saved(pictures.rgb, photometric="rgb", extratags=[xmp]), turned)
    tags = [(274, "H", 1, 1, True), xmp]
    holds(saved(pictures.rgb, photometric="rgb", extratags=tags), pictures.unit)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_page_that_lacks_some_of_its_strips(pictures, saved, compression):
    path = saved(pictures.rgb, photometric="rgb", rowsperstrip=5, compression=compression)
    with tifffile.TiffFile(path, mode="r+") as opened:
        opened.pages[0].tags[257].overwrite(20)
    for read in (picture_size, read_picture):
        with pytest.raises(ImageError, match="ends before its picture does"):
            read(path)


def test_a_tag_beyond_the_end_is_told_without_lines_of_a_library(pictures, caplog):
    whole = pictures.encoded("TIFF", compression="tiff_lzw")  # its tags stand at its end
    path = pictures.write("cut.tif", whole[:-3])
    for read in (picture_size, read_picture):
        with pytest.raises(ImageError, match=r"cut.tif: .*tag 258 cannot be read.*allowed"):
            read(path)
    assert not caplog.messages


def test_brightness_and_colour_differences(pictures, holds, saved):
    holds(pictures.encoded("TIFF", pictures.image.convert("YCbCr")), pictures.unit, 0.02)
    packed = pictures.encoded("TIFF", pictures.image.convert("YCbCr"), compression="tiff_lzw")
    holds(packed, pictures.unit, 0.02)
    smooth = pictures.smooth
    expected = np.asarray(smooth) / 255
    packed = {"compression": "jpeg", "compressionargs": {"level": 97}}
    holds(saved(np.asarray(smooth), photometric="rgb", **packed), expected, 0.06)
    holds(pictures.encoded("TIFF", smooth, compression="jpeg", quality=100), expected, 0.06)
    inks = Image.new("CMYK", (32, 32), (200, 30, 90, 40))
    shown = (1 - np.array([200, 30, 90]) / 255) * (1 - 40 / 255)
    content = pictures.encoded("TIFF", inks, compression="jpeg", quality=100)
    holds(content, np.full((32, 32, 3), shown), 0.02)


def test_the_first_of_several_pages_is_read(pictures, holds, caplog):
    others = [Image.new("RGB", (20, 20))] * 2
    path = pictures.save("pages.tif", save_all=True, append_images=others)
    holds(path, pictures.unit)
    assert caplog.messages == [f"{path}: the first of 3 pages is read"]


def test_a_page_that_does_not_say_what_it_means(pictures, holds):
    grey = pictures.rgb[..., 0].tobytes()
    holds(pictures.tiff(grey, (8,), 1, t262=()), pictures.unit[..., 0])
    holds(pictures.tiff(pictures.rgb.tobytes(), (8,) * 3, 2, t262=()), pictures.unit)


@pytest.mark.parametrize(
    ("bits", "photometric", "tags", "named"),
    [
        ((8,) * 3, 8, {}, "colour space CIELAB"),
        ((8,) * 3, 9, {}, "colour space ICCLAB"),
        ((16,), 32803, {}, "colour space CFA"),
        ((16,), 32844, {}, "colour space LOGL"),
        ((8,) * 6, 5, {"t332": (2,)}, "6 inks that are not CMYK"),
        ((8,) * 3, 5, {}, "3 inks that are not CMYK"),
        ((8,) * 3, 6, {"t530": (2, 2)}, "YCbCr with coarser colours"),
        ((5, 6, 5), 2, {}, "bits"),
        ((8,) * 3, 2, {"t254": (1,)}, "raw photograph"),
        ((8,) * 3, 2, {"t256": (14, 14)}, "more than one width"),
    ],
)
def test_what_is_not_read_is_named(pictures, bits, photometric, tags, named):
    path = pictures.write("a.tif", pictures.tiff(bytes(2000), bits, photometric, **tags))
    for use in (read_picture, picture_size):
        with pytest.raises(ImageError, match=rf"a\.tif: .*{named}.*allowed are") as error:
            use(path)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "f4"])
def test_samples_without_a_white_need_a_range(pictures, holds, saved, kind):
    samples = (pictures.unit[..., 0] * 120 - 20).astype(kind)
    path = saved(samples, photometric="minisblack")
    with pytest.raises(ImageError, match=r"from -20 to .*range: \[black, white\]"):
        read_picture(path)
    holds(path, (samples + 20) / 120, span=(-20, 100))
    holds(path, np.clip(samples / 50, 0, 1), span=(0, 50))
    holds(path, 1 - np.clip(samples / 50, 0, 1), span=(50, 0))


def test_numbers_that_are_none_and_complex_ones(saved):
    for value, named in ((np.nan, "not finite"), (np.inf, "not finite"), (1j, "complex numbers")):
        path = saved(np.full((12, 12), value, dtype="c8" if value == 1j else "f4"))
        with pytest.raises(ImageError, match=named):
            read_picture(path)
