"""A small site to write pages of."""

import io

import numpy as np
import pandas as pd
from PIL import Image

from lgi.findings import Finding, findings_table
from lgi.site.media import File
from lgi.site.settings import Site

SETTINGS = Site(findings=4, pictures=3, rows=3, megabytes=15)
FIGURE, FILM = "results/figures/cat.png", "results/animations/cats/tom.gif"
TABLE = "results/tables/cats.csv"
EVIL = "<script>alert(1)</script>"

ANALYSIS = f"""# Cats: why

First words, {EVIL} and <b>bold</b>.

## Sizes

![a cat](../figures/cat.png)

![a film](../animations/cats/tom.gif)

![not there](../figures/dog.png)

| name | weight | share |
|---|---|---|
| tom | **1,200** | 9.5 % |
| mog | 30 [10, 50] | 12 % |
| kit | – | 1e-3 |

<details>
<summary>More & more</summary>

### Details

See [sizes](#sizes), [the table](../tables/cats.csv), [word](#term-cat "A small animal."),
[nothing](../x.md), [evil](javascript:alert(1)) and [web](https://example.org/a?b=1&c=2).

</details>

- <a id="term-cat"></a>**cat**: a small animal.
"""


def site(**changes):
    """Return what every page is told."""

    def told(path, what, **labels):
        labels = {"what": what} | labels
        return {
            "path": path,
            "rule": what.replace(" ", "_"),
            "study": "Cats",
            "labels": labels,
            "caption": f"Shows {what}.",
        }

    shown = [
        told(FIGURE, "a cat", size="<big>"),
        told(FILM, "a film"),
        told(TABLE, "all cats"),
        told("results/report/cats.md", "text"),
    ]
    return {
        "analyses": {"cats": "Cats & dogs"},
        "explorer": True,
        "columns": False,
        "shown": shown,
        "sources": {"cats": ["lgi.prose:number"]},
        "assets": "0",
    } | changes


def finding(place=1, **changes):
    """Return a finding."""
    return Finding(
        **{
            "id": f"f{place}",
            "headline": f"Cats weigh {place} {EVIL}",
            "text": "They do. So it is.",
            "measure": "weight in kg",
            "value": 1.5,
            "low": 1.0,
            "high": 2.0,
            "n": 3,
            "unit": "cats",
            "figure": "figures/cat.png",
            "alt": 'a "cat"',
            "table": "tables/cats.csv",
        }
        | changes
    )


def findings(*ones):
    """Return the table of some findings as a job reads it."""
    table = findings_table(ones)
    table.attrs["path"] = "results/tables/cats_findings.csv"
    return table


def table(rows=5):
    """Return the table of cats as a job reads it."""
    frame = pd.DataFrame(
        {"name": [EVIL] * rows, "weight": np.arange(rows) / 3, "age": [np.nan, *range(rows - 1)]}
    )
    frame.attrs["path"] = TABLE
    return frame


def picture(width=40, height=20, seed=None):
    """Return the bytes of a PNG, of noise where a seed is given."""
    pixels = np.full((height, width, 3), 200, np.uint8)
    if seed is not None:
        pixels = np.random.default_rng(seed).integers(0, 255, pixels.shape, np.uint8)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG")
    return held.getvalue()


def files():
    """Return the pictures and videos that the single file is given."""
    film = FILM.replace(".gif", ".mp4")
    return [File(FIGURE, picture()), File(film, b"not a film")]


def text():
    """Return the analysis as a job reads it."""
    return File("results/report/cats.md", ANALYSIS.encode())
