"""Estimates for any PyTorch model: bring a module or a function, its loss and its data.

`lgi.llc.estimate` does the same for many small models at once on compiled engines. This package is
apart from it so that jobs of these engines need not import PyTorch.
"""

from lgi.llc.library.curvature import curvatures
from lgi.llc.library.curve import resolution_curve
from lgi.llc.library.defaults import default_setting, langevin_setting
from lgi.llc.library.draws import Draws
from lgi.llc.library.estimates import (
    estimate_function,
    estimate_module,
    sample_function,
    sample_module,
)
from lgi.llc.library.layers import estimate_layers
from lgi.llc.library.options import Options

__all__ = [
    "Draws",
    "Options",
    "curvatures",
    "default_setting",
    "estimate_function",
    "estimate_layers",
    "estimate_module",
    "langevin_setting",
    "resolution_curve",
    "sample_function",
    "sample_module",
]
