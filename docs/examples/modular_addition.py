"""Modular addition: what the learning coefficient does while a network begins to generalise.

Run it: `python docs/examples/modular_addition.py`. A network of one hidden layer, x → W₂ (W₁ x)²,
learns a + b mod 13 from 70 % of all pairs with weight decay (Gromov 2023, "Grokking modular
arithmetic"), as a classifier (cross-entropy) and as a regression on one-hot outputs with Gaussian
noise. It knows the pairs that it was shown long before the others.
"""

from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from shared import looked_at_twice, mark, setting
from torch.nn import functional

from lgi.figures.style import GREY, OKABE_ITO, new_figure, save, styled
from lgi.llc.library import estimate_module

P, HIDDEN, SHARE, SIGMA, LOCALISATION = 13, 32, 0.7, 0.1, 30.0
# Of the optimiser, by likelihood: learning rate and deviation of the first weights.
TRAINING = {"cross-entropy": (1e-2, 1.0), "Gaussian": (1e-3, 0.5)}
STEPS = (100, 300, 600, 1_000, 3_000)


class Network(torch.nn.Module):
    """W₂ (W₁ x)² of two one-hot numbers x."""

    def __init__(self, scale: float, generator: torch.Generator) -> None:
        super().__init__()

        def weights(rows: int, columns: int) -> torch.nn.Parameter:
            values = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
            return torch.nn.Parameter(scale * values / columns**0.5)

        self.into, self.out = weights(HIDDEN, 2 * P), weights(P, HIDDEN)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a value for each sum [n, P]."""
        return (x @ self.into.T).square() @ self.out.T


def loss_of(likelihood: str):
    """Return the mean negative log likelihood of outputs and sums."""
    if likelihood == "cross-entropy":
        return functional.cross_entropy

    def gaussian(outputs: torch.Tensor, sums: torch.Tensor) -> torch.Tensor:
        wanted = functional.one_hot(sums, P)
        return (outputs - wanted).square().sum(1).mean() / (2 * SIGMA**2)

    return gaussian


def pairs(generator: torch.Generator) -> tuple[tuple[torch.Tensor, ...], tuple[torch.Tensor, ...]]:
    """Return inputs and sums of the pairs that are shown, and of the others."""
    first, second = torch.cartesian_prod(torch.arange(P), torch.arange(P)).T
    x = torch.cat([functional.one_hot(first, P), functional.one_hot(second, P)], 1).double()
    order = torch.randperm(P * P, generator=generator)
    shown, others = order.tensor_split([int(SHARE * P * P)])
    sums = (first + second) % P
    return (x[shown], sums[shown]), (x[others], sums[others])


def training(likelihood: str, seed: int, steps: tuple[int, ...]):
    """Yield step, network, data and what is known of both along training."""
    rate, scale = TRAINING[likelihood]
    generator = torch.Generator().manual_seed(seed)
    shown, others = pairs(generator)
    network, loss = Network(scale, generator), loss_of(likelihood)
    factor = (
        2 * SIGMA**2 / P if likelihood == "Gaussian" else 1.0
    )  # a mean squared error is trained
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=rate, weight_decay=1.0, betas=(0.9, 0.98)
    )
    for step in range(max(steps) + 1):
        if step in steps:
            known = {"likelihood": likelihood, "seed": seed, "step": step}
            for name, (x, sums) in (("train", shown), ("test", others)):
                with torch.no_grad():
                    outputs = network(x)
                known[f"{name}_loss"] = loss(outputs, sums).item()
                known[f"{name}_accuracy"] = (outputs.argmax(1) == sums).double().mean().item()
            yield known, network, shown
        optimiser.zero_grad()
        (factor * loss(network(shown[0]), shown[1])).backward()
        optimiser.step()


def main(
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4), steps: tuple[int, ...] = STEPS, draws: int = 300
) -> pd.DataFrame:
    """Return a row for each likelihood, seed and step: losses, accuracies and estimate."""
    torch.set_num_threads(1)
    tables = []
    for likelihood in TRAINING:
        loss = loss_of(likelihood)
        for seed in seeds:
            for known, network, shown in training(likelihood, seed, steps):
                table = looked_at_twice(
                    lambda s, w=network, d=shown, f=loss: pd.DataFrame(
                        [estimate_module(w, f, d, s)]
                    ),
                    setting(len(shown[1]), LOCALISATION, draws, (3, 4, 5)),
                )
                tables.append(table.assign(**known))
    return pd.concat(tables, ignore_index=True)


@styled
def figure(found: pd.DataFrame) -> Figure:
    """Draw losses, accuracies and estimates along training, a colour a seed."""
    drawn = new_figure(5.2, 4.2)
    grid = drawn.subplots(3, 2, sharex=True)
    for column, (likelihood, rows) in zip(grid.T, found.groupby("likelihood"), strict=True):
        column[0].set_title(likelihood if likelihood != "Gaussian" else f"Gaussian, σ = {SIGMA:g}")
        for colour, (seed, run) in zip(OKABE_ITO, rows.groupby("seed"), strict=False):
            for kind, dash in (("train", ":"), ("test", "-")):
                column[0].plot(run["step"], run[f"{kind}_loss"], dash, color=colour, lw=0.8)
                column[1].plot(run["step"], run[f"{kind}_accuracy"], dash, color=colour, lw=0.8)
            mark(column[2], run, "step", colour, f"seed {seed}")
        column[0].set_yscale("log")
        column[2].set_xlabel("step")
        if rows["llc"].min() > 0:
            column[2].set_yscale("log")
        for axes in column:
            axes.set_xscale("log")
    for axes, name in zip(grid[:, 0], ("loss", "accuracy", "λ̂"), strict=True):
        axes.set_ylabel(name)
    handles, labels = grid[2, 0].get_legend_handles_labels()
    for dash, name in ((":", "pairs shown"), ("-", "others")):
        handles += grid[0, 0].plot([], [], dash, color=GREY, lw=0.8)
        labels.append(name)
    drawn.legend(handles, labels, loc="outside right center", title="hollow:\nno coefficient")
    return drawn


if __name__ == "__main__":
    table = main()
    losses = ["train_loss", "test_loss", "train_accuracy", "test_accuracy"]
    estimate = ["llc", "llc_tighter", "llc_se", "status", "reason"]
    columns = ["likelihood", "seed", "step", *losses, *estimate]
    print(table[columns].to_string(index=False, float_format="{:.3g}".format))
    save(Path(__file__).with_suffix(".png"), figure(table))
