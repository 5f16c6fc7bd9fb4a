"""How much work an estimate is: for how many share a process, and what a scheduler is asked for."""

import numpy as np

from lgi.llc.settings import EstimateSettings


def gradients(setting: EstimateSettings) -> float:
    """Return how many gradients the chains of a model take."""
    steps = getattr(setting.sampler, "leapfrog_steps", 1)
    return setting.chains * setting.draws * float(np.mean(steps))
