"""Figures of a fitted bi-clustering: what is together, when which state, trajectories, traces."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.bicluster.groups import groups_of
from neurokit.bicluster.plot_strips import (
    draw_strip,
    neuron_order,
    ribbon_beneath,
    trial_starts,
)
from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import (
    COLOURS,
    GREY,
    axes_or_new,
    name_ticks,
    no_data,
    plain,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NAMES = 40


def plot_co_neuron(model: Any, *, by: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how often two neurons are in one cluster, neurons ordered by cluster.

    Parameters
    ----------
    model : BiCluster
        Fitted.
    by : str, optional
        Coordinate of the neurons drawn beside them; default ``region`` where there is one.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Left of it a strip of clusters and, with groups, one of these with a legend.

    Raises
    ------
    OptionError
        If neurons have no such coordinate.

    Examples
    --------
    >>> import neurokit as nk
    >>> spikes = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> fit = nk.bicluster.BiCluster(1, n_clusters=2, n_sweeps=6, random_state=0).fit(spikes)
    >>> plot_co_neuron(fit).get_xlabel()
    'neuron, by cluster'
    """
    labels = model.neuron_labels_
    by = _groups(labels, by)
    ax = axes_or_new(ax, (5.8, 4.8))
    order = neuron_order(labels, by)
    shown = model.co_neuron_.values[np.ix_(order, order)]
    image = ax.imshow(shown, vmin=0.0, vmax=1.0, cmap="Greys", interpolation="nearest")
    clusters = labels.values[order]
    _lines_between(ax, clusters)
    draw_strip(ax, clusters, 0, "cluster")
    names = labels[labels.dims[0]].values[order]
    if by is not None:
        draw_strip(ax, groups_of(labels, by)[order], 1, by)
    # Strips stand where the names of rows would.
    ax.set_yticks([])
    name_ticks(ax.xaxis, list(names), at_most=_MOST_NAMES)
    ax.tick_params(axis="x", rotation=90, labelsize=6, length=2)
    ax.set_xlabel(f"{labels.dims[0]}, by cluster")
    ax.figure.colorbar(image, ax=ax, label="probability of one cluster", pad=0.02, shrink=0.85)
    return ax


def plot_co_state(model: Any, *, ax: Axes | None = None) -> Axes:
    """Draw how often two bins are in one state, in order of time.

    Parameters
    ----------
    model : BiCluster
        Fitted.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Beneath it the ribbon of the states chosen.

    Examples
    --------
    >>> import neurokit as nk
    >>> spikes = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> fit = nk.bicluster.BiCluster(1, n_clusters=2, n_sweeps=6, random_state=0).fit(spikes)
    >>> len(plot_co_state(fit).images)
    1
    """
    ax = axes_or_new(ax, (5.4, 5.0))
    if not hasattr(model, "co_state_"):
        return no_data(ax, "more bins than a matrix is kept for")
    n_bins = model.co_state_.sizes["bin"]
    image = ax.imshow(
        model.co_state_.values,
        vmin=0.0,
        vmax=1.0,
        cmap="Greys",
        interpolation="nearest",
        extent=(0, n_bins, n_bins, 0),
    )
    for start in trial_starts(model.rates_)[1:]:
        ax.axvline(start, color=COLOURS[1], lw=0.6)
        ax.axhline(start, color=COLOURS[1], lw=0.6)
    ax.set(ylabel="bin")
    ribbon_beneath(ax, model.rates_)
    ax.figure.colorbar(image, ax=ax, label="probability of one state", pad=0.02, shrink=0.85)
    return ax


def plot_raster(
    model: Any, X: xr.DataArray | None = None, *, by: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw counts or rates of all neurons ordered by cluster, with the ribbon of states.

    Parameters
    ----------
    model : BiCluster
        Fitted.
    X : DataArray, ndarray, DataTree or list, optional
        What it was fitted to, (time, neuron) or (trial, time, neuron); without, the expected
        rates are drawn.
    by : str, optional
        Coordinate of the neurons drawn beside them; default ``region`` where there is one.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Every neuron is z-scored over its bins; trials follow each other, thin lines between.

    Raises
    ------
    SchemaError
        If `X` has other bins or neurons than the fit.
    OptionError
        If neurons have no such coordinate.

    Examples
    --------
    >>> import neurokit as nk
    >>> spikes = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> fit = nk.bicluster.BiCluster(1, n_clusters=2, n_sweeps=6, random_state=0).fit(spikes)
    >>> len(plot_raster(fit, spikes.activity.signal).images)
    1
    """
    labels = model.neuron_labels_
    by = _groups(labels, by)
    values = _values(model, X)
    ax = axes_or_new(ax, (9.0, 4.2))
    order = neuron_order(labels, by)
    n_neurons, n_bins = values.shape
    image = ax.imshow(
        _standardised(values)[order],
        aspect="auto",
        cmap="RdBu_r",
        vmin=-3.0,
        vmax=3.0,
        interpolation="nearest",
        extent=(0, n_bins, n_neurons - 0.5, -0.5),
    )
    clusters = labels.values[order]
    _lines_between(ax, clusters, rows_only=True)
    for start in trial_starts(model.rates_)[1:]:
        ax.axvline(start, color="black", lw=0.6)
    draw_strip(ax, clusters, 0, "cluster")
    if by is not None:
        draw_strip(ax, groups_of(labels, by)[order], 1, by)
    ax.set_yticks([])
    ribbon_beneath(ax, model.rates_)
    what = "expected rate" if X is None else "value"
    ax.figure.colorbar(image, ax=ax, label=f"{what}, z-scored (no unit)", pad=0.01, shrink=0.85)
    return ax


def plot_latents(model: Any, cluster: int = 0, *, ax: Axes | None = None) -> Axes:
    """Draw the trajectory of one cluster: posterior means of mu and x with bands of two sd.

    Parameters
    ----------
    model : BiCluster
        Fitted.
    cluster : int, default 0
        Place in ``latents_``.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Latents one above the other, with the ribbon of states beneath.

    Raises
    ------
    OptionError
        If there is no such cluster.

    Examples
    --------
    >>> import neurokit as nk
    >>> spikes = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> fit = nk.bicluster.BiCluster(1, n_clusters=2, n_sweeps=6, random_state=0).fit(spikes)
    >>> len(plot_latents(fit, cluster=1).collections)  # bands of mu and of one latent
    2
    """
    latents = model.latents_
    if not 0 <= cluster < latents.sizes["cluster"]:
        raise OptionError(
            f"is {cluster}", where="cluster", mend=f"There are {latents.sizes['cluster']}."
        )
    ax = axes_or_new(ax, (9.0, 3.4))
    mean = latents["mean"].isel(cluster=cluster).values
    spread = latents["sd"].isel(cluster=cluster).values
    step = 1.2 * float(np.max(np.ptp(np.concatenate([mean - spread, mean + spread]), axis=0)))
    step = step if step > 0 else 1.0
    # A curve that ends with its trial does not lead over to the next.
    edges = np.append(trial_starts(latents), len(mean))
    for k in range(mean.shape[1]):
        colour, offset = COLOURS[k % len(COLOURS)], -k * step
        ax.axhline(offset, color=GREY, lw=0.5)
        for low, high in pairwise(edges):
            at = np.arange(low, high) + 0.5
            curve, band = mean[low:high, k] + offset, 2.0 * spread[low:high, k]
            ax.fill_between(at, curve - band, curve + band, color=colour, alpha=0.25, lw=0)
            ax.plot(at, curve, color=colour, lw=1.2)
    names = ["mean (mu)"] + [f"x{k}" for k in range(1, mean.shape[1])]
    ax.set_yticks(-step * np.arange(len(names)), names)
    ax.set(ylabel=f"latents of cluster {cluster} (log rate)", xlim=(0, len(mean)))
    ribbon_beneath(ax, latents)
    return tidy(ax)


def plot_trace(model: Any, quantity: str = "n_clusters", *, ax: Axes | None = None) -> Axes:
    """Draw one number over the sweeps of every chain.

    Parameters
    ----------
    model : BiCluster
        Fitted.
    quantity : str, default "n_clusters"
        A variable of ``trace_``; ``bound`` of a variational fit.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Sweeps that were thrown away are shaded; the title says R-hat and effective size.

    Raises
    ------
    OptionError
        If it is not traced.

    Examples
    --------
    >>> import neurokit as nk
    >>> spikes = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> fit = nk.bicluster.BiCluster(1, n_clusters=2, n_sweeps=6, random_state=0).fit(spikes)
    >>> plot_trace(fit, "log_likelihood").get_xlabel()
    'sweep'
    """
    known = [str(name) for name in model.trace_.data_vars]
    if quantity not in known:
        raise OptionError(f"is {quantity!r}", where="quantity", mend=f"Use one of {known}.")
    ax = axes_or_new(ax, (5.4, 2.8))
    values = model.trace_[quantity].values
    for k, chain in enumerate(values):
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(np.arange(1, chain.size + 1), chain, color=colour, lw=1.0, label=f"chain {k}")
    if hasattr(model, "draws_"):
        n_kept = model.draws_.sizes["draw"]
        ax.axvspan(0, values.shape[1] - n_kept, color=GREY, alpha=0.15, lw=0)
        found = model.convergence_.sel(quantity=quantity)
        said = f"R-hat {float(found.r_hat):.3f}, effective size {float(found.effective_size):.0f}"
        ax.set_title(said, fontsize=8, loc="left")
    ax.set(xlabel="sweep", ylabel=_UNITS.get(quantity, quantity.replace("_", " ")))
    ax.set_xlim(0, values.shape[1])
    if len(values) > 1:
        ax.legend(frameon=False, fontsize=7, ncols=min(len(values), 4))
    return tidy(ax)


_UNITS = {
    "n_clusters": "clusters of neurons",
    "n_states": "states in use",
    "log_likelihood": "log-likelihood (nat/entry)",
    "neuron_entropy": "entropy of clusters (nat)",
    "state_entropy": "entropy of states (nat)",
    "latent_norm": "root mean square of eta",
    "mean_extra": "mean log size or variance",
    "bound": "lower bound (nat)",
}


def plot_contingency(model: Any, by: str = "region", *, ax: Axes | None = None) -> Axes:
    """Draw how many neurons of every region are in every cluster.

    Parameters
    ----------
    model : BiCluster
        Fitted.
    by : str, default "region"
        Coordinate of the neurons.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Colours are shares of a region's neurons, numbers their counts; the title says the
        adjusted Rand index of clusters and regions.

    Raises
    ------
    OptionError
        If neurons have no such coordinate.

    Examples
    --------
    >>> import neurokit as nk
    >>> spikes = nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> counts = spikes.activity.signal.assign_coords(region=("neuron", ["CA1", "LP"] * 4))
    >>> fit = nk.bicluster.BiCluster(1, n_clusters=2, n_sweeps=6, random_state=0).fit(counts)
    >>> plot_contingency(fit).get_ylabel()
    'region'
    """
    table = model.contingency(by)
    counts = table.values
    ax = axes_or_new(ax, (1.6 + 0.7 * counts.shape[1], 1.4 + 0.5 * counts.shape[0]))
    shares = counts / counts.sum(axis=1, keepdims=True)
    image = ax.imshow(shares, vmin=0.0, vmax=1.0, cmap="Blues", aspect="auto")
    for row, column in np.ndindex(*counts.shape):
        dark = shares[row, column] > 0.5
        ax.text(
            column, row, str(counts[row, column]), ha="center", va="center",
            color="white" if dark else "black",
        )  # fmt: skip
    ax.set_yticks(range(len(counts)), [plain(name) for name in table[by].values])
    ax.set_xticks(range(counts.shape[1]))
    ax.set(xlabel="cluster", ylabel=by.replace("_", " "))
    ax.set_title(f"adjusted Rand index {table.attrs['adjusted_rand']:.2f}", fontsize=8, loc="left")
    ax.figure.colorbar(image, ax=ax, label=f"share of the {by.replace('_', ' ')}")
    return ax


def plot_model(model: Any) -> list[Axes]:
    """Draw what a fit says: both co-clustering matrices, the raster, trajectories, a trace.

    Parameters
    ----------
    model : BiCluster
        Fitted.

    Returns
    -------
    list of matplotlib.axes.Axes
        Each in a figure of its own.
    """
    drawn = [plot_co_neuron(model), plot_co_state(model), plot_raster(model)]
    drawn += [plot_latents(model, k) for k in range(model.latents_.sizes["cluster"])]
    drawn.append(plot_trace(model, "bound" if "bound" in model.trace_ else "log_likelihood"))
    if "region" in model.neuron_labels_.coords:
        drawn.append(plot_contingency(model))
    return drawn


def _groups(labels: xr.DataArray, by: str | None) -> str | None:
    """The coordinate asked for; without, regions where they are known."""
    if by is not None:
        groups_of(labels, by)
        return by
    return "region" if "region" in labels.coords else None


def _lines_between(ax: Axes, clusters: NDArray[np.int64], *, rows_only: bool = False) -> None:
    for place in np.flatnonzero(np.diff(clusters)) + 0.5:
        ax.axhline(place, color=COLOURS[1], lw=0.8)
        if not rows_only:
            ax.axvline(place, color=COLOURS[1], lw=0.8)


def _values(model: Any, X: Any) -> NDArray[np.float64]:
    rates = model.rates_["mean"]
    if X is None:
        return np.asarray(rates.values, dtype=np.float64)
    from neurokit.signal.trials import as_trials

    given = as_trials(X)
    if given.values.T.shape != rates.shape:
        raise SchemaError(
            f"has {given.values.shape[1]} neurons and {len(given.values)} bins, the fit "
            f"{rates.shape[0]} and {rates.shape[1]}",
            where="X",
            mend="Give what the model was fitted to.",
        )
    return np.asarray(given.values.T, dtype=np.float64)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Z-scores per row; 0 where a row never varies, NaN where nothing was observed."""
    seen = np.isfinite(values)
    n_seen = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    mean = np.where(seen, values, 0.0).sum(axis=1, keepdims=True) / n_seen
    gap = np.where(seen, values - mean, 0.0)
    spread = np.sqrt((gap**2).sum(axis=1, keepdims=True) / n_seen)
    return np.where(seen, gap / np.where(spread > 0, spread, 1.0), np.nan)
