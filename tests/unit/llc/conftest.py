"""What the tests of the LLC share."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread():
    """Operations are small: threads of PyTorch would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
