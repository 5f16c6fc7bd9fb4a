"""Deep linear networks of known coefficient: estimates that are right, wrong and refused.

Run it: `python docs/examples/deep_linear.py`. Three layers of 4 × 4 weights learn a map of rank 1
to 4 from small weights, so that w* is close to the most singular of the minima, the point that
Aoyagi's formula is about. Then λ̂ at two localisations and two n is held against the formula.
"""

from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from shared import mark, setting

from lgi.figures.style import GREY, OKABE_ITO, new_figure, save, styled
from lgi.llc.known.theory import deep_linear
from lgi.llc.library import estimate_module

WIDTH, LAYERS, SAMPLES, SIGMA = 4, 3, 1_000, 0.1
SCALES = ((1_000, 10.0), (100_000, 100.0))  # n of nβ, and γ


def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean negative log likelihood of outputs with noise N(0, σ²)."""
    return (outputs - targets).square().sum(1).mean() / (2 * SIGMA**2)


def learnt(rank: int, seed: int = 0) -> tuple[torch.nn.Module, tuple[torch.Tensor, torch.Tensor]]:
    """Return a network that has learnt a map of some rank, and its data."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(SAMPLES, WIDTH, generator=generator, dtype=torch.float64)
    y = x * (torch.arange(WIDTH) < rank)
    layers = [torch.nn.Linear(WIDTH, WIDTH, bias=False).double() for _ in range(LAYERS)]
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(0.03 * torch.eye(WIDTH))
    module = torch.nn.Sequential(*layers)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(3_000):
        optimiser.zero_grad()
        (SIGMA**2 * loss(module(x), y)).backward()
        optimiser.step()
    return module, (x, y)


def main(ranks: tuple[int, ...] = (1, 2, 3, 4), draws: int = 600) -> pd.DataFrame:
    """Return a row for each rank and scale: truth, estimate, its stated error and status."""
    torch.set_num_threads(1)
    rows = []
    for rank in ranks:
        module, data = learnt(rank)
        truth = float(deep_linear([WIDTH] * (LAYERS + 1), rank).value)
        for n, localisation in SCALES:
            steps = (4, 8, 12) if n == SAMPLES else (8, 16, 24)
            chosen = setting(n, localisation, draws, steps, shift=0.1)
            row = estimate_module(module, loss, data, chosen, samples=n)
            rows.append({"rank": rank, "n": n, "localisation": localisation, "truth": truth} | row)
    return pd.DataFrame(rows)


@styled
def figure(found: pd.DataFrame) -> Figure:
    """Draw the estimates beside the truth, those that are refused hollow."""
    drawn = new_figure(4.6, 2.4)
    axes = drawn.subplots()
    for k, ((n, localisation), rows) in enumerate(found.groupby(["n", "localisation"])):
        label = f"n = {n:,}, γ = {localisation:g}"
        mark(
            axes,
            rows.assign(at=rows["rank"] + 0.2 * (k - 0.5)),
            "at",
            OKABE_ITO[k],
            label,
            error="llc_error",
        )
    truth = found.drop_duplicates("rank")
    ends = truth["rank"] - 0.3, truth["rank"] + 0.3
    axes.hlines(truth["truth"], *ends, color=GREY, lw=1.2, label="Aoyagi's formula")
    axes.set(xlabel="rank of the true map", ylabel="λ̂", xticks=truth["rank"])
    drawn.legend(loc="outside right center", title="bars: stated error\nhollow: refused")
    return drawn


if __name__ == "__main__":
    table = main()
    columns = ["rank", "n", "localisation", "truth", "llc", "llc_error", "status", "reason"]
    print(table[columns].to_string(index=False, float_format="{:.3g}".format))
    save(Path(__file__).with_suffix(".png"), figure(table))
