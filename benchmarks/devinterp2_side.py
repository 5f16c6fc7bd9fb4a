"""The estimates of devinterp 2.0.1 of models handed over by `benchmarks.devinterp`, as JSON.

Runs in an environment of its own, which has devinterp and no lgi:
``.venv-devinterp2/bin/python -I benchmarks/devinterp2_side.py models.npz``.

From 2.0 on devinterp samples language models: a data set is sequences of tokens, a loss has a value
for each token to be predicted. Here a sequence is the number of a sample and a token that is
predicted from it, and the loss of that token is the squared error of the sample: so the sampler and
the estimate are used as they are. What needs a transformer cannot be used at all (restrictions of
weights to heads, susceptibilities, its observables).
"""

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import tqdm.auto
from datasets import Dataset
from devinterp.slt.sampling import sample
from torch import nn


class Tied(nn.Module):
    """x̂ = ReLU(WᵀW x + b) with W stored once, and the samples that numbers stand for."""

    def __init__(self, W: torch.Tensor, b: torch.Tensor, samples: torch.Tensor):
        super().__init__()
        self.W = nn.Parameter(W.clone())
        self.b = nn.Parameter(b.clone())
        self.register_buffer("samples", samples)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Return the squared error of samples, a mean over features: [numbers]."""
        x = self.samples[numbers]
        return torch.mean((torch.relu(x @ self.W.T @ self.W + self.b) - x) ** 2, dim=1)


def main(path: str) -> None:
    """Estimate every model of the file and print the results."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    tqdm.auto.tqdm.disable = True
    with np.load(path) as file:
        setting = json.loads(str(file["record"]))
        models = [
            {name: torch.tensor(file[name][i]) for name in ("seed", "W", "b", "samples")}
            for i in range(len(file["seed"]))
        ]
    estimate(models[0], setting)
    results = [{"once": estimate(model, setting)} for model in models]
    versions = {name: version(name) for name in ("devinterp", "torch", "numpy")}
    json.dump({"models": results, "versions": versions}, sys.stdout)


def estimate(model: dict[str, torch.Tensor], setting: dict) -> dict:
    """Estimate the LLC of one model on all samples at once.

    Parameters
    ----------
    model
        ``seed``, ``W`` [hidden, features], ``b`` [features], ``samples`` [n, features].
    setting
        ``step_size``, ``localisation``, ``n_beta``, ``chains``, ``draws``, ``burn_in``.

    Returns
    -------
    dict
        ``llc``, of the draws after burn-in (devinterp's own `compute_llc` takes those of burn-in
        too); ``llc_se``, the spread of the chains over the root of their number; ``loss`` L(w*);
        ``seconds``, CPU time.
    """
    samples = model["samples"]
    numbers = [[i, 0] for i in range(len(samples))]
    data = Dataset.from_dict({"input_ids": numbers}).with_format("torch")
    module = Tied(model["W"], model["b"], samples)
    with TemporaryDirectory() as folder:
        begin = time.process_time()
        found = sample(
            module,
            data,
            {},
            lr=setting["step_size"],
            n_beta=setting["n_beta"],
            localization=setting["localisation"],
            num_chains=setting["chains"],
            num_draws=setting["draws"] - setting["burn_in"],
            num_burnin_steps=setting["burn_in"],
            batch_size=len(samples),
            num_init_loss_batches=1,
            init_seed=int(model["seed"]) * setting["chains"],
            device="cpu",
            output_path=Path(folder, "samples.zarr"),
            loss_fn=lambda module, numbers: module(numbers[:, 0])[:, None],
        )
        kept = found.dataset.sampling_loss_micro[:, setting["burn_in"] :]
        loss = float(found.dataset.init_loss.values.mean())
        chains = setting["n_beta"] * (kept.mean(dim=["step", "batch_sampling", "token_pos"]) - loss)
        chains = chains.values
        seconds = time.process_time() - begin
    return {
        "llc": float(chains.mean()),
        "llc_se": float(chains.std()) / len(chains) ** 0.5,
        "loss": loss,
        "seconds": seconds,
    }


if __name__ == "__main__":
    main(sys.argv[1])
