"""Compiled code starts without SciPy's linear algebra, and can use BLAS all the same."""

import subprocess
import sys

COMPILE = """
import sys
import lgi.jit
import numba
import numpy as np

def compiled(function, *arguments):
    return numba.njit(function)(*arguments)
"""


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", COMPILE + code], check=True)


def test_a_compiled_call_imports_scipys_linear_algebra_only_where_it_needs_blas():
    run(
        "compiled(lambda x: x.sum(), np.ones(3)); assert 'scipy.linalg' not in sys.modules\n"
        "assert compiled(lambda a, b: np.dot(a, b), np.ones((2, 3)), np.ones(3)).sum() == 6"
    )


def test_a_scipy_that_is_loaded_stays_loaded():
    loaded = "import sys, scipy.linalg.cython_blas as blas\nimport lgi.jit\n"
    check = "assert sys.modules['scipy.linalg.cython_blas'] is blas"
    subprocess.run([sys.executable, "-c", loaded + check], check=True)
