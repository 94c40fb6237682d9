"""Bi-clustering of real counts: 63 units of three regions, 720 bins (Allen Neuropixels).

    python benchmarks/bench_bicluster_allen.py FOLDER OUT [SWEEPS] [OBSERVATION]

FOLDER holds ``biclustering_allen719161530_*.csv``. Four chains of SWEEPS (default 600) each, of
negative binomial counts unless OBSERVATION is poisson, stored in OUT so that a run that was stopped
goes on; the same entries scored by fits with one state, with one cluster, and by every unit's mean.
Prints R-hat of numbers without labels, held-out scores, clusters by region, states by epoch of the
stimulus, and draws the figures into OUT.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import xarray as xr
from scipy.stats import poisson

from neurokit.bicluster import (
    BiCluster,
    plot_co_neuron,
    plot_co_state,
    plot_contingency,
    plot_latents,
    plot_raster,
    plot_trace,
)
from neurokit.errors import NeurokitWarning
from neurokit.stats import adjusted_rand

REGIONS = {1: "CA1", 2: "LP", 3: "VISp"}
BIN_S = 0.5
DEFAULT = "negative_binomial"


def counts(folder: Path) -> tuple[xr.DataArray, np.ndarray]:
    """(time, neuron) with regions, and the epoch of the stimulus of every bin."""
    stem = "biclustering_allen719161530"
    y = np.loadtxt(folder / f"{stem}_Y.csv", delimiter=",")
    codes = np.loadtxt(folder / f"{stem}_Lab_neuron.csv").astype(int)
    epoch = np.loadtxt(folder / f"{stem}_Lab_states.csv").astype(int)
    names = [REGIONS[code] for code in codes]
    array = xr.DataArray(
        y.T,
        dims=("time", "neuron"),
        coords={
            "time": BIN_S * np.arange(y.shape[1]),
            "neuron": [f"unit{k:02d}" for k in range(len(y))],
            "region": ("neuron", names),
        },
        name="counts",
    )
    return array, epoch


def fitted(y: xr.DataArray, out: Path, name: str, n_chains: int, **options):
    """A fit that goes on from what is stored."""
    model = BiCluster(
        2, n_chains=n_chains, held_out=0.1, random_state=0, checkpoint=out / f"{name}.npz",
        checkpoint_every=20, progress=False, **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        return model.fit(y)


def flat_score(y: np.ndarray) -> float:
    """Hidden entries by every unit's mean of the others, over tenths of the entries."""
    parts = np.random.default_rng(0).permutation(y.size).reshape(y.shape) % 10
    total = 0.0
    for part in range(10):
        rate = np.maximum(np.nanmean(np.where(parts == part, np.nan, y), axis=0), 1e-3)
        total += poisson.logpmf(y, rate)[parts == part].sum()
    return total / y.size


def describe(fit: BiCluster, epoch: np.ndarray) -> None:
    """Print what the chains say."""
    print(fit.convergence_.to_dataframe().round(3).to_string())
    print("acceptance", fit.acceptance_.mean("chain").to_series().round(2).to_dict())
    together = [
        np.mean([row[:, None] == row for row in chain[::5]], axis=0)
        for chain in fit.draws_.neuron_cluster.values
    ]
    spread = np.sqrt(((together - np.mean(together, axis=0)) ** 2).mean())
    print(f"co-clustering of chains differs by {spread:.3f} (RMS); converged: {fit.converged_}")
    print("clusters per chain", fit.trace_.n_clusters[:, -1].values.astype(int).tolist())
    print(fit.contingency("region").to_pandas().to_string())
    print(f"ARI of clusters and regions {fit.contingency('region').attrs['adjusted_rand']:.3f}")
    print(fit.p_same("region").to_pandas().round(3).to_string())
    states = fit.state_labels_.values
    print(f"ARI of states and epochs {adjusted_rand(epoch, states):.3f}")
    table = [[int(((states == s) & (epoch == e)).sum()) for s in np.unique(states)] for e in (0, 1)]
    print("bins of epoch (spontaneous, movie) by state", table)


def draw(fit: BiCluster, y: xr.DataArray, out: Path) -> None:
    """Draw the figures."""
    axes = {
        "co_neuron": plot_co_neuron(fit, by="region"),
        "co_state": plot_co_state(fit),
        "raster": plot_raster(fit, y, by="region"),
        "contingency": plot_contingency(fit, "region"),
        "trace": plot_trace(fit, "log_likelihood"),
    }
    for k in range(fit.latents_.sizes["cluster"]):
        axes[f"latents_{k}"] = plot_latents(fit, k)
    for name, ax in axes.items():
        ax.figure.savefig(out / f"{name}.png", dpi=110, bbox_inches="tight")


def main() -> None:
    """Print the table and draw."""
    mpl.use("Agg")
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    n_sweeps = int(sys.argv[3]) if len(sys.argv) > 3 else 600
    run = {"n_sweeps": n_sweeps, "observation": sys.argv[4] if len(sys.argv) > 4 else DEFAULT}
    out.mkdir(parents=True, exist_ok=True)
    y, epoch = counts(folder)
    print(f"{y.sizes['neuron']} units, {y.sizes['time']} bins; every unit's mean "
          f"{flat_score(y.values):.4f} nats per entry")  # fmt: skip
    for name, options in (
        ("one_state", {"max_states": 1}),
        # Coupled clusters are neither founded nor dropped, and one of them is an uncoupled one.
        ("one_cluster", {"n_clusters": 1, "coupling": "full"}),
    ):
        one = fitted(y, out, name, 1, **run, **options)
        print(f"{name}: {one.held_out_log_likelihood_:.4f} nats per entry", flush=True)
    fit = fitted(y, out, "whole", 4, **run)
    print(f"whole: {fit.held_out_log_likelihood_:.4f} nats per entry")
    describe(fit, epoch)
    draw(fit, y, out)


if __name__ == "__main__":
    main()
