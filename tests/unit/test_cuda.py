"""Kernels as they are launched: what makes a GPU's code of them fuses nothing."""

import re
import threading
import time
from types import SimpleNamespace

import numba
import numpy as np
import pytest

import lgi.cuda
from tests.cuda_compiler import CAPABILITY, need_compiler


@pytest.fixture
def any_card(monkeypatch):
    need_compiler()
    from numba.cuda import codegen, dispatcher

    device = SimpleNamespace(compute_capability=CAPABILITY)
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
    architecture = (*CAPABILITY, "a")
    monkeypatch.setattr(codegen.CUDACodeLibrary, "_ensure_cc", lambda self, cc: cc or architecture)
    return dispatcher


def _products_and_sums(x, y):
    x[0] = x[0] * x[1] + x[2]
    y[0] = y[0] * y[1] + y[2]


def test_what_is_launched_is_what_the_compiler_printed(any_card):
    """numba's default has code linked that the linker fuses, whatever the compiler was told."""
    made = lgi.cuda.kernel(_products_and_sums)
    kinds = tuple(numba.typeof(np.zeros(3, kind)) for kind in (np.float32, np.float64))
    library = any_card._Kernel(made.py_func, kinds, **made.targetoptions)._codelibrary
    assert not library._lto  # else the card gets none of the text that follows
    text = library.get_asm_str()
    assert len(re.findall(r"\b(?:mul|add)\.rn\.f(?:32|64)", text)) == 4
    assert not re.search(r"\bfma\.", text)


def test_threads_that_come_at_once_settle_once(monkeypatch):
    need_compiler()
    begun = []

    def settle():
        begun.append(threading.get_ident())
        time.sleep(0.05)

    monkeypatch.setattr(lgi.cuda, "_settle", lgi.cuda.cache(settle))
    threads = [
        threading.Thread(target=lgi.cuda.kernel, args=(_products_and_sums,)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1
