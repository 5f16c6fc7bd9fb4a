"""Snapshots to animations: frames drawn by blitting, encoded once as GIF and MP4.

Only the artists that move are drawn anew for a frame; everything else is drawn once. One ffmpeg
process (the one that imageio-ffmpeg brings) reads the frames and writes both files.
"""

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from lgi.errors import LgiError
from lgi.figures import style
from lgi.figures.style import need
from lgi.runs import atomic_path

FRAMES_PER_SECOND = 10
HOLD_SECONDS = 2  # the last frame stays this long before the animation starts over

TINT = 14  # a colour of the GIF's palette whose channels differ by less is made grey

_MEAN = "(r(X,Y)+g(X,Y)+b(X,Y))/3"
_RANGE = "max(max(r(X,Y),g(X,Y)),b(X,Y))-min(min(r(X,Y),g(X,Y)),b(X,Y))"
_GREYS = ":".join(f"{c}='if(lt({_RANGE},{TINT}),{_MEAN},{c}(X,Y))'" for c in "rgb")

# The GIF's palette is shared by all frames, and only what changes is written; not dithering keeps
# flat areas flat. Averages of greys and faint colours would tint the greys: they are made grey. The
# video's last frame is repeated, the GIF's gets a longer delay.
GRAPH = (
    "split=3[video][colours][still];"
    f"[video]tpad=stop_mode=clone:stop_duration={HOLD_SECONDS}[mp4];"
    f"[colours]palettegen,geq={_GREYS}:a='alpha(X,Y)'[palette];"
    "[still][palette]paletteuse=dither=none[gif]"
)


def frames(
    figure: Figure,
    moving: Sequence[Artist],
    count: int,
    update: Callable[[int], None],
) -> np.ndarray:
    """Draw the frames of an animation.

    Parameters
    ----------
    figure
        Figure with an Agg canvas, all artists in place.
    moving
        The artists that `update` changes, back to front.
    count
        Number of frames.
    update
        Puts the moving artists into the state of frame k.

    Returns
    -------
    np.ndarray
        Pixels [count, height, width, 4], uint8 RGBA.

    Raises
    ------
    DataError
        If `count` is 0.
    """
    need(count, "frames")
    canvas = figure.canvas
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)
    width, height = canvas.get_width_height()
    pixels = np.empty((count, height, width, 4), np.uint8)
    for k in range(count):
        update(k)
        canvas.restore_region(still)
        for artist in moving:
            figure.draw_artist(artist)
        pixels[k] = canvas.buffer_rgba()
    return pixels


def saying(words: str) -> np.ndarray:
    """Return the one frame of an animation that says why it shows nothing."""
    figure = style.saying(words)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[None]


def write(path: str | Path, pixels: np.ndarray) -> None:
    """Write an animation as GIF and, beside it, as MP4; the same frames give the same bytes.

    Parameters
    ----------
    path
        Path of the GIF; the MP4 has the same name with the suffix ``.mp4``.
    pixels
        Frames [count, height, width, 4], uint8 RGBA; height and width even, as H.264 wants them.

    Raises
    ------
    LgiError
        If ffmpeg fails; the message is its own.
    """
    _, height, width, _ = pixels.shape
    data = memoryview(np.ascontiguousarray(pixels)).cast("B")
    path = Path(path)
    with atomic_path(path.with_suffix(".mp4")) as mp4, atomic_path(path) as gif:
        # One thread and no names of versions: the bytes depend on nothing but the frames.
        command = [
            *(get_ffmpeg_exe(), "-v", "error", "-y"),
            *("-filter_threads", "1", "-filter_complex_threads", "1"),
            *("-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}"),
            *("-r", str(FRAMES_PER_SECOND), "-i", "-", "-filter_complex", GRAPH),
            *("-map", "[mp4]", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20"),
            *("-pix_fmt", "yuv420p", "-threads", "1", "-fflags", "+bitexact"),
            *("-flags:v", "+bitexact", "-movflags", "+faststart", str(mp4)),
            *("-map", "[gif]", "-threads", "1", "-final_delay", str(100 * HOLD_SECONDS), str(gif)),
        ]
        done = subprocess.run(command, input=data, capture_output=True)
        if done.returncode:
            # Each reason once, without the stages of ffmpeg that give it.
            said = re.sub(r"^(\[[^]]*\] )+", "", done.stderr.decode(), flags=re.MULTILINE)
            reasons = "; ".join(dict.fromkeys(said.strip().splitlines()))
            raise LgiError(f"{path}: ffmpeg failed: {reasons}")
