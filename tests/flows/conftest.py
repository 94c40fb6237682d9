"""Makes the oracles of this folder importable, and keeps its small matrices on one thread."""

import sys
from pathlib import Path

import pytest

from neurokit.estimator import single_thread

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _one_thread():
    # Threads that wait for each other's turn on a busy machine cost ten times what they compute.
    with single_thread():
        yield
