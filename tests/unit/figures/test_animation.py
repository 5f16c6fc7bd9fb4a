import subprocess

import numpy as np
import pytest
from imageio_ffmpeg import count_frames_and_secs
from PIL import Image

from lgi.errors import DataError, LgiError
from lgi.figures import animation, style

COUNT = 7


def moving_dot(count=COUNT):
    figure = style.new_figure(1.6, 1.2, layout=None)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.plot([0, 1], [1, 0])
    axes.set(xlim=(0, 1), ylim=(0, 1))
    dot = axes.plot([], [], "o", color="red")[0]
    return animation.frames(figure, [dot], count, lambda k: dot.set_data([k / count], [k / count]))


def test_frames_differ_only_where_something_moves():
    frames = moving_dot()
    assert frames.shape == (COUNT, 120, 160, 4)
    assert (frames[..., 3] == 255).all()
    changed = (frames[1:] != frames[:-1]).any(axis=3).mean(axis=(1, 2))
    assert (changed > 0).all()
    assert (changed < 0.02).all()


def test_a_frame_equals_the_whole_figure_drawn_anew():
    figure = style.new_figure(1.6, 1.2, layout=None)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    line = axes.plot([0, 1], [0, 0], zorder=9)[0]  # above the frame, as moving artists are
    axes.set_ylim(0, 3)
    frames = animation.frames(figure, [line], 3, lambda k: line.set_ydata([0, k]))
    line.set_animated(False)
    figure.canvas.draw()
    assert np.array_equal(frames[2], np.asarray(figure.canvas.buffer_rgba()))


def test_no_frames_is_an_error():
    with pytest.raises(DataError, match="nothing to draw: no frames"):
        moving_dot(0)


def test_gif_and_mp4_hold_every_frame(tmp_path):
    frames = moving_dot()
    animation.write(tmp_path / "dot.gif", frames)
    with Image.open(tmp_path / "dot.gif") as gif:
        assert gif.n_frames == COUNT
        assert gif.size == (160, 120)
        times = []
        for k in range(COUNT):
            gif.seek(k)
            times.append(gif.info["duration"])
            drawn = np.asarray(gif.convert("RGB"), dtype=int)
            # 256 colours for all frames: a shade may move by a few steps of 255.
            assert np.abs(drawn - frames[k, ..., :3]).mean() < 1
    assert times[:-1] == [1000 // animation.FRAMES_PER_SECOND] * (COUNT - 1)
    assert times[-1] == 1000 * animation.HOLD_SECONDS
    held = animation.HOLD_SECONDS * animation.FRAMES_PER_SECOND
    count, seconds = count_frames_and_secs(tmp_path / "dot.mp4")
    assert count == COUNT + held
    assert seconds == pytest.approx(count / animation.FRAMES_PER_SECOND, abs=0.02)


def test_the_same_frames_give_the_same_bytes(tmp_path):
    frames = moving_dot()
    for name in ("a", "b"):
        animation.write(tmp_path / name / "dot.gif", frames)
    for name in ("dot.gif", "dot.mp4"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_failing_encoder_is_reported_and_leaves_nothing(tmp_path):
    with pytest.raises(LgiError, match=r"dot\.gif: ffmpeg failed: .*not divisible by 2"):
        animation.write(tmp_path / "dot.gif", moving_dot()[:, 1:])
    assert not list(tmp_path.iterdir())


def test_frames_are_handed_over_in_one_process(tmp_path, monkeypatch):
    calls = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: calls.append(a) or run(*a, **k))
    animation.write(tmp_path / "dot.gif", moving_dot())
    assert len(calls) == 1


def test_greys_of_a_gif_are_grey(tmp_path):
    # Greys beside faint colours, of which a palette has averages.
    rng = np.random.default_rng(0)
    pixels = np.full((2, 64, 128, 4), 255, np.uint8)
    pixels[..., :64, :3] = np.arange(0, 256, 4)[:, None]
    faint = np.arange(0, 248, 4)[rng.integers(0, 62, (64, 64))][..., None]
    pixels[..., 64:, :3] = faint + rng.integers(0, 7, (64, 64, 3))
    animation.write(tmp_path / "a.gif", pixels)
    with Image.open(tmp_path / "a.gif") as gif:
        drawn = np.asarray(gif.convert("RGB"), dtype=int)
    assert np.ptp(drawn[:, :64], axis=2).max() == 0
    # A step of the ramp is 4.
    assert np.abs(drawn[:, :64] - pixels[0, :, :64, :3]).max() <= 4
