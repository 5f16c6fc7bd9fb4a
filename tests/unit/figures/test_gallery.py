import numpy as np
from PIL import Image

from lgi.figures.gallery import WIDTH, copy


def test_a_picture_is_narrowed(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 2 * WIDTH, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    copy(tmp_path / "wide.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        assert small.size == (WIDTH, 150)


def test_a_map_of_colours_keeps_them_and_a_plot_does_not(tmp_path):
    colours = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    plot = np.full((256, 256, 3), 255, np.uint8)
    plot[100:110] = (0, 114, 178)
    for name, pixels in {"map": colours, "plot": plot}.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        copy(tmp_path / f"{name}.png", tmp_path / "small.png")
        with Image.open(tmp_path / "small.png") as small:
            assert small.mode == {"map": "RGB", "plot": "P"}[name]
            np.testing.assert_array_equal(np.asarray(small.convert("RGB")), pixels)


def test_a_text_shows_the_copies_beside_it(tmp_path):
    text = "see ![a turn](../figures/turn.png), [more](../animations/film.gif) (a/b)"
    (tmp_path / "text.md").write_text(text, encoding="utf-8")
    copy(tmp_path / "text.md", tmp_path / "copy.md")
    expected = "see ![a turn](turn.png), [more](film.gif) (a/b)"
    assert (tmp_path / "copy.md").read_text(encoding="utf-8") == expected


def test_an_animation_stays_as_it_is(tmp_path):
    (tmp_path / "film.gif").write_bytes(b"GIF89a")
    copy(tmp_path / "film.gif", tmp_path / "copy.gif")
    assert (tmp_path / "copy.gif").read_bytes() == b"GIF89a"
