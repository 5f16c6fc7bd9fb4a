"""Which device this machine has, asked of its driver: nothing of numba or CUDA is imported."""

import ctypes
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from lgi.errors import ConfigError

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")
"""Whether kernels run in numba's simulator, on the CPU."""

PACKAGE = "numba-cuda"
DRIVER = "libcuda.so.1"
VISIBLE = "CUDA_VISIBLE_DEVICES"


def choose(asked: str) -> tuple[str, str]:
    """Return the device that is used here, and a line that says which and why.

    Parameters
    ----------
    asked
        ``"cpu"``, ``"cuda"``, or ``"auto"``: a GPU where there is one.

    Raises
    ------
    ConfigError
        If it must be a GPU and there is none, naming what was looked for.
    """
    if asked == "cpu":
        return "cpu", "device: cpu"
    if asked == "cuda":
        need_gpu()
    reason = missing()
    return ("cpu", f"device: cpu ({reason})") if reason else ("cuda", f"device: cuda ({_card()})")


def missing() -> str:
    """Return what this machine lacks to run kernels, empty if nothing."""
    if SIMULATED:
        return ""
    try:
        version(PACKAGE)
    except PackageNotFoundError:
        return f"the package {PACKAGE} is not installed (pip install lgi[cuda])"
    return _asked()[1]


def need_gpu() -> None:
    """Raise if this machine cannot run kernels.

    Raises
    ------
    ConfigError
        Naming what was looked for and not found.
    """
    if reason := missing():
        raise ConfigError(f"device: cuda: {reason}; run it where there is one, or with device: cpu")


@cache
def _asked() -> tuple[str, str]:
    """Return the name of the first GPU, or empty and what is missing."""
    here = platform.node()
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return "", f"{here} has no driver of NVIDIA ({DRIVER} cannot be loaded)"
    count, name = ctypes.c_int(0), ctypes.create_string_buffer(100)
    answer = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if answer or not count.value:
        visible = os.environ.get(VISIBLE)
        hidden = "is not set" if visible is None else f"is {visible!r}"
        says = f"answers with error {answer}" if answer else "knows none"
        return "", f"{here} shows no GPU: its driver ({DRIVER}) {says}, {VISIBLE} {hidden}"
    device = ctypes.c_int(0)
    driver.cuDeviceGet(ctypes.byref(device), 0)
    driver.cuDeviceGetName(name, len(name), device)
    return name.value.decode(errors="replace"), ""


def _card() -> str:
    return "simulator" if SIMULATED else _asked()[0]
