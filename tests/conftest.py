"""Settings for all tests."""

import os

from hypothesis import settings

# Set before NumPy and PyTorch load: on small arrays their threads only wait for each other.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

# The first call compiles, so a deadline would measure the compiler; CI must repeat itself exactly,
# and finds nothing new by more examples: `pytest --hypothesis-profile=thorough` looks for it.
settings.register_profile("lgi", deadline=None, derandomize=True, database=None, max_examples=40)
settings.register_profile("thorough", deadline=None, database=None, max_examples=1_000)
settings.load_profile("lgi")
