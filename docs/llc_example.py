"""The local learning coefficient of your own model, without the workflow.

Run it: `python docs/llc_example.py`. A regression with a hidden layer of two units has learnt a
target that one unit can make, so its minimum is degenerate: λ is well below half the number of
parameters, 6.5.
"""

import torch

from lgi.llc.library import estimate_function, estimate_module
from lgi.llc.settings import EstimateSettings

SETTING = EstimateSettings(
    sampler={
        "kind": "hmc",
        "step_size": 1e-3,  # a first guess: each chain adapts it during burn-in
        "target_acceptance": 0.65,
        "leapfrog_steps": 2,
    },
    chains=4,
    draws=1_500,
    burn_in=200,
    localisation=3.0,
    inverse_temperature="1/log n",
    thresholds={
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
)


def main() -> dict:
    """Estimate a module's coefficient and a function's; return both estimates."""
    torch.manual_seed(0)
    x = torch.randn(500, 4, dtype=torch.float64)
    module = torch.nn.Sequential(
        torch.nn.Linear(4, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1)
    ).double()
    with torch.no_grad():
        module[2].weight[0] = torch.tensor([3.0, 0.0])  # the second unit is not used
        y = module(x)
    mean_squared_error = torch.nn.functional.mse_loss
    ours = estimate_module(module, mean_squared_error, (x, y), SETTING)

    def quadratic(w):
        return (w**2).sum() / 2  # λ = 10 / 2, of which localisation takes 4 % here

    minimum = torch.zeros(10, dtype=torch.float64)
    theirs = estimate_function(quadratic, minimum, (), SETTING, samples=500)
    return {"module": ours, "quadratic": theirs}


if __name__ == "__main__":
    for name, estimate in main().items():
        print(f"{name}: λ = {estimate['llc']:.2f} ± {estimate['llc_se']:.2f}, ", end="")
        print(f"R-hat {estimate['rhat']:.3f}, ESS {estimate['ess']:.0f}: {estimate['status']}")
        print(estimate["reason"])
