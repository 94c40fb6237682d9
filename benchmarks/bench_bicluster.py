"""Bi-clustering: milliseconds a sweep, how they grow with time, and memory of a long chain.

    python benchmarks/bench_bicluster.py [SWEEPS] [--keep]

One thread. Prints processor milliseconds a sweep (median of SWEEPS, default 40, after as many that
warm up) beside the bounds that are asked for, the ratio of 5000 to 500 bins, and the peak memory of
a chain whose records hold 10 000 sweeps.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from recorded import Results, keep_asked
from threadpoolctl import threadpool_limits

from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.observations import FAMILIES
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.records import Plan, empty_record, keep
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import released, start_state
from neurokit.simulate import biclustered

# Neurons, bins, clusters, states, family, milliseconds at most.
CASES = (
    (30, 500, 3, 6, "poisson", 50.0),
    (30, 500, 3, 6, "negative_binomial", 80.0),
    (63, 720, 3, 6, "poisson", 250.0),
    (63, 720, 3, 6, "negative_binomial", 450.0),
)
LONG = 10_000
ASKED = "what was asked for"
SWEEP = "bi-clustering, one sweep"


def problem(n_neurons: int, n_bins: int, n_clusters: int, n_states: int, family: str):
    """Data, settings and a state that may have all its states."""
    values = biclustered(n_neurons, n_bins, n_clusters, random_state=0).recordings["session1"]
    y = np.ascontiguousarray(values.activity.signal.values.T, dtype=np.float64)
    data = Data(y, np.ones(y.shape, bool), np.array([0, n_bins]), FAMILIES[family])
    settings = Settings(2, n_states, finite_mixtures(n_neurons))
    rng = np.random.default_rng(0)
    state = released(start_state(data, settings, n_clusters, rng), settings, rng)
    return data, settings, state, rng


def milliseconds(n_sweeps: int, *size) -> float:
    """Median processor time of a sweep."""
    data, settings, state, rng = problem(*size)
    spent = []
    for number in range(2 * n_sweeps):
        begin = time.process_time()
        state, _ = sweep(state, data, settings, number + 1, rng)
        spent.append(time.process_time() - begin)
    return 1000.0 * float(np.median(spent[n_sweeps:]))


def memory() -> float:
    """Peak megabytes of a process whose records hold LONG sweeps; 50 are made."""
    data, settings, state, rng = problem(30, 500, 3, 6, "poisson")
    plan = Plan(LONG, 3, np.empty((0, 2), dtype=np.int64), np.empty(0))
    record = empty_record(data, plan, settings.n_latents)
    for array in (record.neurons, record.labels, record.scalars):
        array[:] = 1  # Pages that nobody wrote are in no memory.
    for number in range(LONG - 50, LONG):
        state, taken = sweep(state, data, settings, number + 1, rng)
        keep(record, state, data, plan, number, taken)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Print the table."""
    keep = keep_asked()
    kept = Results("bicluster", "Bi-clustering, sweeps of the sampler", ["threadpoolctl"], "0")
    n_sweeps = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with threadpool_limits(1):
        for *size, most in CASES:
            found = milliseconds(n_sweeps, *size)
            print(f"N={size[0]} T={size[1]} {size[4]}: {found:.0f} ms a sweep (at most {most:.0f})")
            sizes = f"{size[0]} neurons, {size[1]} bins, {size[4].replace('_', ' ')}"
            kept.add(f"{SWEEP}, {sizes}", ASKED, found, most, unit="processor ms")
        short = milliseconds(n_sweeps, 30, 500, 3, 6, "poisson")
        long = milliseconds(max(n_sweeps // 4, 5), 30, 5000, 3, 6, "poisson")
        print(f"T 500 to 5000: {short:.0f} to {long:.0f} ms, {long / short:.1f} times (at most 12)")
        kept.add(f"{SWEEP}, 5000 bins against 500", ASKED, long / short, 12, unit="times")
        peak = memory()
        print(f"{LONG} sweeps: {peak:.0f} MB at the peak (at most 600)")
        kept.add(f"bi-clustering, {LONG} sweeps, 30 neurons, 500 bins", ASKED, peak, 600, unit="MB")
    if keep:
        kept.keep()


if __name__ == "__main__":
    main()
