"""SpikeGLM against a loop of scikit-learn's PoissonRegressor: same penalty, one thread, one run.

    OMP_NUM_THREADS=1 python benchmarks/bench_spike_glm.py [--neurons 10] [--keep]

100 neurons x 20 000 bins x 60 features; the loop is timed on `--neurons` of them and scaled up.
Prints processor seconds, ratios and the largest difference of coefficients. Two designs: white
features, and features smoothed and mixed as those of real stimuli are.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from recorded import Results, keep_asked
from scipy.ndimage import gaussian_filter1d
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits

from neurokit.encoding import SpikeGLM

N_NEURONS, N_BINS, N_FEATURES, ALPHA = 100, 20_000, 60, 1e-3
PEERS: dict[str, dict[str, Any]] = {
    "lbfgs, its default tolerance": {},
    "lbfgs to 1e-9": {"tol": 1e-9, "max_iter": 5000},
    "newton-cholesky to 1e-9": {"solver": "newton-cholesky", "tol": 1e-9},
}


def problem(correlated: bool) -> tuple[np.ndarray, np.ndarray]:
    """Features of unit variance and counts at about 0.1 spikes per bin."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_BINS, N_FEATURES))
    if correlated:
        x = gaussian_filter1d(x, 10, axis=0) @ rng.normal(size=(N_FEATURES, N_FEATURES))
    x /= x.std(axis=0)
    weights = rng.normal(size=(N_FEATURES, N_NEURONS)) * (0.03 if correlated else 0.08)
    return x, rng.poisson(np.exp(x @ weights + np.log(0.1))).astype(float)


def main() -> None:
    """Print a table per design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=10)
    keep = keep_asked()
    n = parser.parse_args().neurons
    size = f"{N_NEURONS} neurons x {N_BINS} bins x {N_FEATURES} features"
    kept = Results("spike_glm", "Spike GLM", ["scikit-learn"], "0")
    for correlated in (False, True):
        x, y = problem(correlated)
        SpikeGLM(alpha=ALPHA).fit(x[:500], y[:500])  # imports
        times = []
        for _ in range(3):
            begin = time.process_time()
            model = SpikeGLM(alpha=ALPHA).fit(x, y)
            times.append(time.process_time() - begin)
        ours = float(np.median(times))
        print(f"{'correlated' if correlated else 'white'} features: SpikeGLM {ours:.2f} s")
        for name, options in PEERS.items():
            begin = time.process_time()
            fits = [PoissonRegressor(alpha=ALPHA, **options).fit(x, y[:, k]) for k in range(n)]
            taken = (time.process_time() - begin) * N_NEURONS / n
            apart = max(
                np.abs(fit.coef_ - model.coef_.values[:, k]).max() for k, fit in enumerate(fits)
            )
            kept.add(
                f"{size}, {'correlated' if correlated else 'white'}",
                f"loop of PoissonRegressor, {name}", ours, taken,
                agreement=f"coefficients {apart:.0e} apart",
            )  # fmt: skip
            print(f"  {name:<30} {taken:7.2f} s, ratio {taken / ours:5.1f}, apart {apart:.1e}")
    if keep:
        kept.keep()


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
