"""Speed of nk.rsa against rsatoolbox and networkx: ratios of CPU seconds in one run.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python benchmarks/bench_rsa.py

With ``--keep`` the page of comparisons takes the figures up. The peer's bootstrap is timed on a few
draws and scaled, because its cost per draw is constant and takes minutes.
"""

from __future__ import annotations

import contextlib
import io
import resource
import time
import warnings

import numpy as np
import xarray as xr
from recorded import Results, keep_asked

warnings.simplefilter("ignore")  # before rsatoolbox is imported, which warns

import networkx as nx  # noqa: E402
import rsatoolbox  # noqa: E402
from rsatoolbox.inference.noise_ceiling import boot_noise_ceiling  # noqa: E402

import neurokit as nk  # noqa: E402
from neurokit.rsa.bootstrap import bootstrap, count  # noqa: E402
from neurokit.rsa.geodesic_core import geodesics  # noqa: E402
from neurokit.rsa.pair_index import square  # noqa: E402

KEPT = Results("rsa", "Representational geometry", ["rsatoolbox", "networkx"], "0")
THEIRS = {"cosine": "cosine", "rho-a": "rho-a", "tau-a": "tau-a", "whitened_cosine": "cosine_cov"}


def cpu(function, repeats=1):
    """CPU seconds per call, the least of three runs."""
    least = np.inf
    for _ in range(3):
        start = time.process_time()
        for _ in range(repeats):
            function()
        least = min(least, (time.process_time() - start) / repeats)
    return least


def report(name, ours, theirs, bar, peer="rsatoolbox", agreement=""):
    KEPT.add(name, peer, ours, theirs, agreement=agreement)
    print(
        f"{name:<40} {ours:9.4f} s {theirs:10.3f} s {theirs / ours:8.1f} x (bar {bar})", flush=True
    )


def rdms(n, n_subjects, n_models, rng):
    truth = rng.random(n * (n - 1) // 2)
    subjects = truth + 0.6 * rng.random((n_subjects, truth.size))
    return truth + 0.5 * rng.random((n_models, truth.size)), subjects


def their_draws(models, subjects, method, people, conditions):
    data = rsatoolbox.rdm.RDMs(subjects)
    fixed = [rsatoolbox.rdm.RDMs(m[None]) for m in models]
    for s, c in zip(people, conditions, strict=True):
        sample = data.subsample("index", s).subsample_pattern("index", c)
        for model in fixed:
            rsatoolbox.rdm.compare(model.subsample_pattern("index", c), sample, THEIRS[method])
        boot_noise_ceiling(sample, method=THEIRS[method], rdm_descriptor="index")


def bench_bootstrap(n, n_subjects, n_models, n_peer, bars):
    rng = np.random.default_rng(0)
    models, subjects = rdms(n, n_subjects, n_models, rng)
    people = rng.integers(0, n_subjects, (1000, n_subjects))
    conditions = rng.integers(0, n, (1000, n))
    counts = count(conditions, n), [count(people, n_subjects)]
    for method, bar in bars.items():
        bootstrap(models, subjects, method, counts[0][:2], [counts[1][0][:2]])
        start = time.process_time()
        bootstrap(models, subjects, method, *counts)
        ours = time.process_time() - start
        start = time.process_time()
        their_draws(models, subjects, method, people[:n_peer], conditions[:n_peer])
        theirs = (time.process_time() - start) * 1000 / n_peer
        scaled = f"theirs from {n_peer} of 1000 draws"
        size = f"n={n}, {n_subjects} subjects, {n_models} models"
        report(f"bootstrap 1000, {size}, {method}", ours, theirs, bar, agreement=scaled)


def bench_rdms():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 200, 1000))
    labelled = xr.DataArray(x, dims=["subject", "condition", "channel"])
    data = [rsatoolbox.data.Dataset(s) for s in x]
    for method, bar in (("correlation", 5), ("euclidean", "-")):
        ours = cpu(lambda m=method: nk.rsa.rdm(labelled, m))
        theirs = cpu(lambda m=method: rsatoolbox.rdm.calc_rdm(data, m))
        report(f"rdm 20 x 200 x 1000, {method}", ours, theirs, bar)


def bench_compare():
    rng = np.random.default_rng(0)
    models, subjects = rdms(200, 20, 10, rng)
    ours = cpu(lambda: nk.rsa.compare(models, subjects, "tau-a"))
    pair = rsatoolbox.rdm.RDMs(models), rsatoolbox.rdm.RDMs(subjects)
    theirs = cpu(lambda: rsatoolbox.rdm.compare(*pair, "tau-a"))
    report("compare 10 x 20, n=200, tau-a", ours, theirs, 3)


def bench_geodesic():
    rng = np.random.default_rng(0)
    rows = rng.random((20, 62 * 61 // 2))
    weights = nk.rsa.geotopological(rows, 0.0, 0.4).values

    def peer():
        for w in square(weights):
            graph = nx.from_numpy_array(np.where(w < 1, w, 0))
            nx.floyd_warshall_numpy(graph)

    report("geodesic 20 x n=62", cpu(lambda: geodesics(weights, weights < 1)), cpu(peer), 10,
           peer="networkx")  # fmt: skip


def bench_searchlight():
    from rsatoolbox.util.searchlight import get_searchlight_RDMs, get_volume_searchlight

    mask = np.zeros((20, 20, 20), bool)
    mask[3:-3, 3:-3, 3:-3] = True
    for n in (20, 60):
        x = np.random.default_rng(0).standard_normal((n, *mask.shape))
        labelled = xr.DataArray(x, dims=["condition", "x", "y", "z"])

        def ours(x=labelled):
            near = nk.rsa.volume_neighbourhoods(mask, 2.9)
            nk.rsa.searchlight(x, near, "correlation")

        def theirs(x=x, n=n):
            with contextlib.redirect_stdout(io.StringIO()):
                places = get_volume_searchlight(mask, 3, 1.0, truncate_at_boundary=True)
                get_searchlight_RDMs(x.reshape(n, -1), *places, np.arange(n), verbose=False)

        report(f"searchlight 2744 voxels, n={n}", cpu(ours), cpu(theirs), 8)


if __name__ == "__main__":
    KEEP = keep_asked()
    bench_searchlight()
    bench_rdms()
    bench_compare()
    bench_geodesic()
    bench_bootstrap(62, 24, 8, 4, {"cosine": 50, "rho-a": 100, "tau-a": 30, "whitened_cosine": 200})
    bench_bootstrap(200, 20, 10, 1, {"cosine": 30, "rho-a": 30, "tau-a": 30})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak {peak:.2f} GB, both sides and the libraries included (bar 2)")
    if KEEP:
        KEPT.keep()
