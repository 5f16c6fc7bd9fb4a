"""One estimate by lgi.llc.library or by devinterp, in a process of its own; JSON on the output.

``PYTHON -I benchmarks/library_side.py SIDE MODEL THREADS FOLDER ROOT``. What devinterp's
environment runs of it imports no lgi. Run by `benchmarks.library`, which writes the data into the
folder.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

STEP_SIZE, LOCALISATION, CHAINS = 1e-6, 100.0, 4

MODELS = {
    "mlp": lambda: nn.Sequential(nn.Linear(784, 60), nn.ReLU(), nn.Linear(60, 10)),
    "cnn": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 13 * 13, 10),
    ),
    "digits": lambda: nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)),
}
WORK = {  # samples, mini-batch, draws of a chain, burn-in
    "mlp": (60_000, 256, 100, 50),
    "cnn": (20_000, 64, 40, 20),
    "digits": (1_797, 64, 500, 250),
}


def main(side: str, model: str, threads: str, folder: str, root: str) -> None:
    """Print what an estimate took."""
    if side == "lgi":
        sys.path.insert(0, root)
    torch.set_num_threads(int(threads))
    x, y = (torch.from_numpy(np.load(Path(folder) / f"{model}_{name}.npy")) for name in "xy")
    module = MODELS[model]()
    module.load_state_dict(torch.load(Path(folder) / f"{model}.pt"))
    module.eval()
    before, start = _peak(), time.perf_counter()
    estimate = {"lgi": _lgi, "devinterp": _devinterp}[side](*WORK[model])
    imported, cpu = time.perf_counter(), time.process_time()
    llc = estimate(module, x, y)
    done = {
        "llc": llc,
        "seconds": time.perf_counter() - imported,
        "cpu": time.process_time() - cpu,
        "with_import": time.perf_counter() - start,
        "peak": _peak(),
        "before": before,
    }
    print(json.dumps(done))


def _lgi(samples, batch, draws, burn_in):
    from lgi.llc.library import estimate_module
    from lgi.llc.settings import EstimateSettings

    setting = EstimateSettings(
        sampler={"kind": "sgld", "step_size": STEP_SIZE},
        chains=CHAINS,
        draws=draws,
        burn_in=burn_in,
        localisation=LOCALISATION,
        inverse_temperature="1/log n",
        thresholds={
            "share_below": 0.1,
            "gradient_norm": 0.01,
            "acceptance": 0.2,
            "rhat": 1.05,
            "ess": 100,
        },
    )

    def estimate(module, x, y):
        loss = nn.functional.cross_entropy
        return estimate_module(module, loss, (x, y), setting, batch_size=batch)["llc"]

    return estimate


def _devinterp(samples, batch, draws, burn_in):
    warnings.simplefilter("ignore")
    import devinterp.slt.sampler as slt
    from torch.utils.data import DataLoader, TensorDataset

    def estimate(module, x, y):
        found = slt.estimate_learning_coeff_with_summary(
            module,
            DataLoader(TensorDataset(x, y), batch_size=batch, shuffle=True),
            evaluate=lambda model, data: nn.functional.cross_entropy(model(data[0]), data[1]),
            optimizer_kwargs={
                "lr": STEP_SIZE,
                "localization": LOCALISATION,
                "temperature": samples / np.log(samples),
            },
            num_chains=CHAINS,
            num_draws=draws - burn_in,
            num_burnin_steps=burn_in,
            seed=0,
            verbose=False,
        )
        return float(found["llc/mean"])

    return estimate


def _peak() -> float:
    """Return the most memory that this process has held, in MiB: Linux alone says so.

    That of `resource.getrusage` begins with what the process held that started this one.
    """
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    main(*sys.argv[1:])
