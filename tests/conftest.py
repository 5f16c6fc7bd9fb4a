"""Settings for all tests."""

from hypothesis import settings

# The first call compiles, so a deadline would measure the compiler; CI must repeat itself exactly.
settings.register_profile("lgi", deadline=None, derandomize=True, database=None)
settings.load_profile("lgi")
