"""devinterp's estimates of models handed over by `benchmarks.devinterp`, as JSON on the output.

Runs in an environment of its own, which has devinterp and no lgi:
``.venv-devinterp/bin/python -I benchmarks/devinterp_side.py models.npz``.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version

import devinterp.slt.sampler as slt
import devinterp.utils
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH = 128  # of the estimates on mini-batches


class Tied(nn.Module):
    """x̂ = ReLU(WᵀW x + b) with W stored once."""

    def __init__(self, W: torch.Tensor, b: torch.Tensor):
        super().__init__()
        self.W = nn.Parameter(W.clone())
        self.b = nn.Parameter(b.clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x̂ [samples, features]."""
        return torch.relu(x @ self.W.T @ self.W + self.b)


class Untied(nn.Module):
    """The same function with W stored twice, as the weights of two linear layers."""

    def __init__(self, W: torch.Tensor, b: torch.Tensor):
        super().__init__()
        hidden, features = W.shape
        self.embed = nn.Linear(features, hidden, bias=False)
        self.unembed = nn.Linear(hidden, features)
        with torch.no_grad():
            self.embed.weight.copy_(W)
            self.unembed.weight.copy_(W.T)
            self.unembed.bias.copy_(b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x̂ [samples, features]."""
        return torch.relu(self.unembed(self.embed(x)))


def main(path: str) -> None:
    """Estimate every model of the file in each way and print the results."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # devinterp warns at each call of fewer burn-in steps than draws, of batches that repeat and of
    # seeds: all three are meant here.
    warnings.simplefilter("ignore")
    with np.load(path) as file:
        setting = json.loads(str(file["record"]))
        models = [
            {name: torch.tensor(file[name][i]) for name in ("seed", "W", "b", "samples")}
            for i in range(len(file["seed"]))
        ]
    estimate(Tied, models[0], setting)  # the first call is slower
    results = [
        {
            "once": estimate(Tied, model, setting),
            "twice": estimate(Untied, model, setting),
            "batches": estimate(Tied, model, setting, batch_size=BATCH),
            "batches_default": estimate(Tied, model, setting, batch_size=BATCH, default=True),
        }
        for model in models
    ]
    defaults = [
        {"samples": n, "batch_size": size, "n_beta": default_n_beta(models[0]["samples"][:n], size)}
        for n, size in ((1_000, 1_000), (1_000, 1_024), (1_000, BATCH), (100, 1_024))
    ]
    versions = {name: version(name) for name in ("devinterp", "torch", "numpy")}
    json.dump({"models": results, "defaults": defaults, "versions": versions}, sys.stdout)


def estimate(
    module: type[nn.Module],
    model: dict[str, torch.Tensor],
    setting: dict,
    batch_size: int | None = None,
    default: bool = False,
) -> dict:
    """Estimate the LLC of one model.

    Parameters
    ----------
    module
        How the weights are stored.
    model
        ``seed``, ``W`` [hidden, features], ``b`` [features], ``samples`` [n, features].
    setting
        ``step_size``, ``localisation``, ``n_beta``, ``chains``, ``draws``, ``burn_in``.
    batch_size
        Of shuffled mini-batches; all samples where it is None.
    default
        Leave nβ to devinterp.

    Returns
    -------
    dict
        ``llc``; ``llc_se``, the spread of the chains over the root of their number; ``n_beta``;
        ``parameters``, how many are free; ``loss`` L(w*) and ``gradient_norm`` |∇L(w*)|, on all
        samples; ``seconds``, CPU time.
    """
    x = model["samples"]
    loader = batches(x, batch_size or len(x), shuffle=batch_size is not None)
    w = module(model["W"], model["b"])
    sgld = {"lr": setting["step_size"], "localization": setting["localisation"]}
    if not default:
        sgld["temperature"] = setting["n_beta"]  # devinterp's name of nβ
    loss = nn.functional.mse_loss(w(x), x)
    gradient = torch.autograd.grad(loss, list(w.parameters()))
    begin = time.process_time()
    result = slt.estimate_learning_coeff_with_summary(
        w,
        loader,
        evaluate=devinterp.utils.evaluate_mse,
        optimizer_kwargs=sgld,
        num_chains=setting["chains"],
        num_draws=setting["draws"] - setting["burn_in"],
        num_burnin_steps=setting["burn_in"],
        seed=int(model["seed"]) * setting["chains"],  # chain c takes seed + c
        verbose=False,
    )
    seconds = time.process_time() - begin
    return {
        "llc": result["llc/mean"],
        "llc_se": result["llc/std"] / setting["chains"] ** 0.5,
        "n_beta": float(sgld["temperature"]),
        "parameters": sum(p.numel() for p in w.parameters()),
        "loss": loss.item(),
        "gradient_norm": torch.cat([part.flatten() for part in gradient]).norm().item(),
        "seconds": seconds,
    }


def default_n_beta(samples: torch.Tensor, batch_size: int) -> float:
    """Return the nβ that devinterp takes where none is given."""
    return float(devinterp.utils.optimal_temperature(batches(samples, batch_size, shuffle=True)))


def batches(samples: torch.Tensor, size: int, shuffle: bool) -> DataLoader:
    """Return a loader of (x, target), which are the same here."""
    return DataLoader(TensorDataset(samples, samples), batch_size=size, shuffle=shuffle)


if __name__ == "__main__":
    main(sys.argv[1])
