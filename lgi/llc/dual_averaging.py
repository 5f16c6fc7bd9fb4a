"""Constants of the adaptation of HMC's leapfrog step δ during burn-in, for both engines.

Dual averaging (Hoffman and Gelman 2014, "The No-U-Turn Sampler", algorithm 5): after draw t with
acceptance probability α, H ← H + (target - α - H) / (t + t₀), ln δ = μ - (√t/γ) H, and the step
that is kept after burn-in is the mean of ln δ with weights t^-κ.
"""

import math

START = math.log(2.0)  # μ is the first ln δ plus this: the search begins with larger steps
SHRINKAGE = 0.05  # γ
DELAY = 10  # t₀


def forgetting(count: int) -> float:
    """Return t^-κ of κ = ¾: by square roots, whose bits do not depend on a library."""
    root = math.sqrt(count)
    return 1.0 / (root * math.sqrt(root))
