"""A reproducible laboratory for two studies of how small models use their capacity.

`__all__` lists what is public (docs/reference.md). Importing `lgi` loads none of it: a name brings
its module, and with it numba or PyTorch, when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `__getattr__` makes these imports, each when it is asked for
    from lgi.config import read_config
    from lgi.errors import ConfigError, ImageError, LgiError, ModelError, RunFileError
    from lgi.gaussians.fits.run import fit_run as fit
    from lgi.gaussians.fits.settings import FileImage, RecipeSettings
    from lgi.llc.library import (
        Draws,
        Options,
        curvatures,
        default_setting,
        estimate_function,
        estimate_layers,
        estimate_module,
        langevin_setting,
        resolution_curve,
        sample_function,
        sample_module,
    )
    from lgi.llc.samplers import HMC, SGLD, RMSpropSGLD
    from lgi.llc.settings import EstimateSettings, Thresholds
    from lgi.runs import Run, read_run, read_table, write_run
    from lgi.superposition.training.run import train_run as train
    from lgi.superposition.training.settings import TrainingSettings

__version__ = "0.9.0"

__all__ = [
    "HMC",
    "SGLD",
    "ConfigError",
    "Draws",
    "EstimateSettings",
    "FileImage",
    "ImageError",
    "LgiError",
    "ModelError",
    "Options",
    "RMSpropSGLD",
    "RecipeSettings",
    "Run",
    "RunFileError",
    "Thresholds",
    "TrainingSettings",
    "curvatures",
    "default_setting",
    "estimate_function",
    "estimate_layers",
    "estimate_module",
    "fit",
    "langevin_setting",
    "read_config",
    "read_run",
    "read_table",
    "resolution_curve",
    "sample_function",
    "sample_module",
    "train",
    "write_run",
]


if not TYPE_CHECKING:  # a checker would find every name there

    def __getattr__(name: str) -> Any:
        """Load a public name (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, there = _places()[name]
        value = globals()[name] = getattr(import_module(module), there)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _places() -> dict[str, tuple[str, str]]:
    """Return the module of each public name, and its name there, as stated for type checkers."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lgi.")
        for alias in node.names
    }
