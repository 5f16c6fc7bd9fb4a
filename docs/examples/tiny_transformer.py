"""A tiny transformer: restricted coefficients of its parts along training.

Run it: `python docs/examples/tiny_transformer.py`. Sequences of four letters: two that are drawn,
then the same two again, each replaced by any letter in one case of five. One block of attention and
an MLP learn to copy them. The replacements cannot be known, which bounds the loss from below.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from shared import looked_at_twice, mark, setting

from lgi.figures.style import GREY, OKABE_ITO, new_figure, save, styled
from lgi.llc.library.layers import WHOLE, estimate_layers

LETTERS, HALF, WIDTH, SAMPLES, REPLACED, LOCALISATION = 4, 2, 6, 500, 0.2, 20.0
GROUPS = {
    "embedding": ("letters", "places"),
    "attention": ("query", "key", "value", "back"),
    "MLP": ("up", "down"),
    "unembedding": "unembedding",
}
STEPS = (30, 100, 1_000)


class Transformer(torch.nn.Module):
    """Embedding, one head of causal attention, an MLP and an unembedding, without biases."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()

        def weights(rows: int) -> torch.nn.Parameter:
            values = torch.randn(rows, WIDTH, generator=generator, dtype=torch.float64)
            return torch.nn.Parameter(values / WIDTH**0.5)

        places = 2 * HALF - 1
        self.letters, self.places = weights(LETTERS), weights(places)
        self.query, self.key, self.value, self.back = (weights(WIDTH) for _ in range(4))
        self.up, self.down, self.unembedding = weights(WIDTH), weights(WIDTH), weights(LETTERS)
        self.register_buffer("later", torch.full((places, places), -torch.inf).triu(1))

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Return logits of the next letter at each place [n, places, LETTERS]."""
        x = self.letters[sequences] + self.places
        scores = (x @ self.query) @ (x @ self.key).mT / WIDTH**0.5 + self.later
        x = x + scores.softmax(-1) @ (x @ self.value) @ self.back
        x = x + torch.relu(x @ self.up) @ self.down
        return x @ self.unembedding.T


def sequences(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the network reads, and the second halves."""
    first, other = torch.randint(LETTERS, (2, count, HALF), generator=generator)
    second = torch.where(torch.rand(count, HALF, generator=generator) < REPLACED, other, first)
    return torch.cat([first, second], 1)[:, :-1], second


def loss(logits: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mean over sequences of -ln p(second half | first half)."""
    chances = logits[:, HALF - 1 :].log_softmax(-1)
    return -chances.gather(2, second[:, :, None]).sum((1, 2)).mean()


def entropy() -> float:
    """Return the loss of a model that knows the truth."""
    same = 1 - REPLACED + REPLACED / LETTERS
    return -HALF * (same * np.log(same) + (1 - same) * np.log((1 - same) / (LETTERS - 1)))


def main(steps: tuple[int, ...] = STEPS, draws: int = 240, seed: int = 0) -> pd.DataFrame:
    """Return a row for each part and step: losses and restricted estimate."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    data, others = sequences(SAMPLES, generator), sequences(5_000, generator)
    module = Transformer(generator)
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-2)
    chosen = setting(SAMPLES, LOCALISATION, draws, (2, 3, 4))
    tables = []
    for step in range(max(steps) + 1):
        optimiser.zero_grad()
        now = loss(module(data[0]), data[1])
        if step in steps:
            table = looked_at_twice(
                lambda s: estimate_layers(module, loss, data, s, groups=GROUPS), chosen
            )
            with torch.no_grad():
                test_loss = loss(module(others[0]), others[1]).item()
            tables.append(table.assign(step=step, train_loss=now.item(), test_loss=test_loss))
        now.backward()
        optimiser.step()
    return pd.concat(tables, ignore_index=True)


@styled
def figure(found: pd.DataFrame) -> Figure:
    """Draw losses and restricted estimates along training."""
    drawn = new_figure(5.2, 2.3)
    left, right = drawn.subplots(1, 2)
    along = found[found["name"] == WHOLE]
    for colour, kind in zip(OKABE_ITO, ("train", "test"), strict=False):
        left.plot(along["step"], along[f"{kind}_loss"], "o-", ms=3, color=colour, label=kind)
    left.axhline(entropy(), color=GREY, ls=":", lw=0.8, label="the truth's")
    left.set(ylabel="-ln p of a sequence")
    left.legend()
    for colour, (name, rows) in zip(OKABE_ITO, found.groupby("name", sort=False), strict=False):
        right.plot(rows["step"], rows["llc"], color=colour, lw=0.6)
        mark(right, rows, "step", colour, name)
    right.set(ylabel="λ̂, the others at w*")
    for axes in (left, right):
        axes.set(xscale="log", xlabel="step")
    drawn.legend(
        *right.get_legend_handles_labels(),
        loc="outside right center",
        title="hollow:\nno coefficient",
    )
    return drawn


if __name__ == "__main__":
    table = main()
    print(f"entropy {entropy():.4f}")
    columns = ["step", "train_loss", "test_loss", "name", "parameters"]
    columns += ["llc", "llc_tighter", "llc_se", "status", "reason"]
    print(table[columns].to_string(index=False, float_format="{:.3g}".format))
    save(Path(__file__).with_suffix(".png"), figure(table))
