"""A run that is killed, wherever it is, leaves nothing half done, and the next one completes.

Two thirds of the kills take the whole process group with all children, one third the parent
alone. What the next run finds is checked while it lives, and its values bit for bit.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any

import numpy as np
import pytest
from recovery_harness import (
    SEED,
    Reader,
    check_completed,
    end_after,
    forms,
    hidden,
    kill_everything,
    kill_parent,
    unbroken,
    wait_until_all_are_gone,
    write_batch,
)

KILLS = (kill_everything, kill_everything, kill_parent)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and reads /proc")


@pytest.mark.parametrize(
    ("store", "part", "n_kills"), forms({"nc": 3, "zarr": 3}, 12, parts=9), indirect=["store"]
)
def test_a_run_killed_at_random_moments_is_completed_by_the_next(
    bench: Any, store: str, part: int, n_kills: int
) -> None:
    write_batch(bench)
    expected, whole_s = unbroken(bench)
    moments = np.random.default_rng([SEED, part])
    killed = 0
    while killed < n_kills:
        shutil.rmtree(bench.out)
        with Reader(bench.out) as reader:
            fraction_s = float(moments.uniform(0.0, whole_s))
            code = end_after(bench, fraction_s, KILLS[killed % len(KILLS)])
            # The next run starts at once, while children of the killed one may still live.
            check_completed(bench, expected)
        assert reader.faults == []
        assert reader.n_looks > 10
        wait_until_all_are_gone(bench)
        assert hidden(bench) == []
        killed += code is not None
