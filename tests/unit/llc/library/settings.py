"""Settings and models of the library's tests."""

import torch

from lgi.llc.settings import EstimateSettings

SAMPLERS = {
    "sgld": {"kind": "sgld", "step_size": 2e-3},
    "rmsprop_sgld": {"kind": "rmsprop_sgld", "step_size": 2e-4, "decay": 0.99, "stability": 0.1},
    "hmc": {"kind": "hmc", "step_size": 5e-3, "leapfrog_steps": 2, "target_acceptance": 0.65},
}


def setting(sampler="hmc", **changes):
    options = {
        "sampler": SAMPLERS[sampler] if isinstance(sampler, str) else sampler,
        "chains": 4,
        "draws": 40,
        "burn_in": 10,
        "localisation": 1.0,
        "inverse_temperature": "1/log n",
        "thresholds": {
            "share_below": 0.1,
            "gradient_norm": 0.01,
            "acceptance": 0.2,
            "rhat": 1.05,
            "ess": 100,
        },
    }
    return EstimateSettings(**(options | changes))


def regression(samples=400, size=3, seed=1, noise=0.1):
    """Return inputs, targets and the exact least-squares module of a linear regression."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(samples, size, generator=random, dtype=torch.float64)
    truth = torch.arange(1, size + 1, dtype=torch.float64)[:, None]
    y = x @ truth + noise * torch.randn(samples, 1, generator=random, dtype=torch.float64)
    module = torch.nn.Linear(size, 1, bias=False).double()
    with torch.no_grad():
        module.weight.copy_(torch.linalg.lstsq(x, y).solution.T)
    return x, y, module


def classes(samples=60, inputs=5, dtype=torch.float64):
    """Return inputs and their classes, of three."""
    random = torch.Generator().manual_seed(2)
    x = torch.randn(samples, inputs, generator=random, dtype=torch.float64)
    return x.to(dtype), torch.randint(0, 3, (samples,), generator=random)
