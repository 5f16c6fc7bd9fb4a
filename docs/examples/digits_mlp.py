"""A digits classifier: loss and learning coefficient along training.

Run it: `python docs/examples/digits_mlp.py`; it needs scikit-learn, which brings the digits. A
network of four hidden units, 118 parameters, sees 400 of them as 4 × 4 pixels.
"""

from pathlib import Path

import pandas as pd
import torch
from matplotlib.figure import Figure
from shared import looked_at_twice, mark, setting
from sklearn.datasets import load_digits
from torch.nn import functional

from lgi.figures.style import GREY, OKABE_ITO, new_figure, save, styled
from lgi.llc.library import estimate_module

SAMPLES, HIDDEN, LOCALISATION, RATE = 400, 4, 1.0, 0.03
STEPS = (0, 30, 100, 1_000, 3_000)

Data = tuple[torch.Tensor, torch.Tensor]


def digits() -> tuple[Data, Data]:
    """Return pixels [n, 16] and digits [n]: those to train on, and the others."""
    images, labels = load_digits(return_X_y=True)
    pixels = functional.avg_pool2d(torch.tensor(images).reshape(-1, 1, 8, 8), 2).flatten(1)
    pixels = (pixels - pixels[:SAMPLES].mean(0)) / pixels[:SAMPLES].std(0).clamp(min=1)
    labels = torch.tensor(labels)
    return (pixels[:SAMPLES], labels[:SAMPLES]), (pixels[SAMPLES:], labels[SAMPLES:])


def classifier(seed: int) -> torch.nn.Module:
    """Return a network before training."""
    generator = torch.Generator().manual_seed(seed)
    module = torch.nn.Sequential(
        torch.nn.Linear(16, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 10)
    ).double()
    with torch.no_grad():
        for layer in (module[0], module[2]):
            layer.weight.normal_(0, layer.in_features**-0.5, generator=generator)
            layer.bias.zero_()
    return module


def main(
    seeds: tuple[int, ...] = (0, 1, 2), steps: tuple[int, ...] = STEPS, draws: int = 240
) -> pd.DataFrame:
    """Return a row for each seed and step: losses, accuracy and estimate."""
    torch.set_num_threads(1)
    shown, others = digits()
    loss = functional.cross_entropy
    chosen = setting(SAMPLES, LOCALISATION, draws, (3, 5, 7))
    tables = []
    for seed in seeds:
        module = classifier(seed)
        optimiser = torch.optim.Adam(module.parameters(), lr=RATE)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.001, max(steps) + 1)
        for step in range(max(steps) + 1):
            optimiser.zero_grad()
            now = loss(module(shown[0]), shown[1])
            if step in steps:
                table = looked_at_twice(
                    lambda s, m=module: pd.DataFrame([estimate_module(m, loss, shown, s)]), chosen
                )
                with torch.no_grad():
                    outputs = module(others[0])
                known = {"seed": seed, "step": step, "train_loss": now.item()}
                known["test_loss"] = loss(outputs, others[1]).item()
                known["test_accuracy"] = (outputs.argmax(1) == others[1]).double().mean().item()
                tables.append(table.assign(**known))
            now.backward()
            optimiser.step()
            schedule.step()
    return pd.concat(tables, ignore_index=True)


@styled
def figure(found: pd.DataFrame) -> Figure:
    """Draw losses and estimates along training, a colour a seed."""
    drawn = new_figure(5.2, 2.3)
    left, right = drawn.subplots(1, 2)
    for colour, (seed, rows) in zip(OKABE_ITO, found.groupby("seed"), strict=False):
        for kind, dash in (("train", ":"), ("test", "-")):
            left.plot(rows["step"], rows[f"{kind}_loss"], dash, color=colour, lw=0.8)
        mark(right, rows, "step", colour, f"seed {seed}")
        right.plot(rows["step"], rows["llc_tighter"], "_", color=colour, ms=7)
    left.set(ylabel="cross-entropy", yscale="log")
    right.set(ylabel="λ̂")
    right.axhline(0, color=GREY, lw=0.5)
    for axes in (left, right):
        axes.set_xscale("symlog", linthresh=10)
        axes.set_xlabel("step")
    handles, labels = right.get_legend_handles_labels()
    handles += right.plot([], [], "_", color=GREY, ms=7)
    handles += left.plot([], [], ":", color=GREY, lw=0.8) + left.plot(
        [], [], "-", color=GREY, lw=0.8
    )
    labels += ["γ × 3", "training loss", "test loss"]
    drawn.legend(handles, labels, loc="outside right center", title="hollow:\nno coefficient")
    return drawn


if __name__ == "__main__":
    table = main()
    columns = ["seed", "step", "train_loss", "test_loss", "test_accuracy"]
    columns += ["llc", "llc_tighter", "llc_se", "status", "reason"]
    print(table[columns].to_string(index=False, float_format="{:.3g}".format))
    save(Path(__file__).with_suffix(".png"), figure(table))
