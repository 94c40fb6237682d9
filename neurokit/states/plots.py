"""Figures of a fitted model: when which state, how neurons couple in each, what states share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import COLOURS, axes_or_new, labelled, name_ticks, tidy
from neurokit.states.plots_chain import (
    plot_dwell as plot_dwell,
)
from neurokit.states.plots_chain import (
    plot_selection as plot_selection,
)
from neurokit.states.plots_chain import (
    plot_transitions as plot_transitions,
)
from neurokit.states.plots_weights import (
    plot_input_weights as plot_input_weights,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Weights beyond this percentile of those that are not zero share the last colour, so that one
# edge does not pale the rest, nor many absent edges the few that there are.
_STRONG = 99.0
_MOST_NAMES = 30


def state_colour(state: int) -> str:
    """Return the colour that a state has in all figures."""
    return COLOURS[state % len(COLOURS)]


def plot_posterior(
    posterior: Any,
    *,
    trial: int = 0,
    behavior: xr.DataArray | None = None,
    start: float | None = None,
    stop: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the probability of every state over time as a ribbon, with behaviour on top of it.

    Parameters
    ----------
    posterior : DataArray, or list or mapping of them
        (time, state) or (trial, time, state), of ``predict_proba``; a list is one of trials.
    trial : int, default 0
        Place of the trial drawn, where there are trials.
    behavior : DataArray, optional
        (time,) on any clock with the same zero; drawn as a line with an axis of its own, or as
        dots where it takes two values at most, as choices do.
    start, stop : float, optional
        Seconds; default all.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Widths of the ribbon's colours are probabilities.

    Raises
    ------
    SchemaError
        If dims are others.
    OptionError
        If there is no such trial, or nothing between `start` and `stop`.

    Examples
    --------
    >>> values = np.full((1, 4, 2), 0.5)
    >>> coords = {"time": [0.0, 0.1, 0.2, 0.3], "state": [0, 1]}
    >>> posterior = xr.DataArray(values, coords, ["trial", "time", "state"])
    >>> plot_posterior(posterior).get_xlabel()
    'time (s)'
    """
    shown = _one_trial(posterior, trial)
    clock, unit = _clock(shown)
    chosen = (clock >= (clock[0] if start is None else start)) & (
        clock <= (clock[-1] if stop is None else stop)
    )
    if not chosen.any():
        raise OptionError(
            f"there is nothing from {start} to {stop}",
            where="start",
            mend=f"Choose within {clock[0]:g} to {clock[-1]:g}.",
        )
    ax = axes_or_new(ax, (9.0, 2.2))
    width = float(np.median(np.diff(clock))) if clock.size > 1 else 1.0
    values, clock = shown.values[chosen], clock[chosen]
    # A bin lasts until the next begins, the last one as long as most.
    edges = np.append(clock, clock[-1] + width)
    states = shown["state"].values if "state" in shown.coords else np.arange(values.shape[1])
    ax.stackplot(
        edges,
        np.concatenate([values, values[-1:]]).T,
        colors=[state_colour(int(k)) for k in states],
        labels=[f"state {k}" for k in states],
        step="post",
        lw=0,
        alpha=0.85,
    )
    ax.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), xlabel=unit, ylabel="probability")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=8, frameon=False, fontsize=7)
    if behavior is not None:
        _behaviour(ax, behavior, edges)
    return tidy(ax)


def _one_trial(posterior: Any, trial: int) -> xr.DataArray:
    if isinstance(posterior, Mapping):
        posterior = list(posterior.values())
    if isinstance(posterior, list | tuple):
        posterior = posterior[_place(trial, len(posterior))]
    if not isinstance(posterior, xr.DataArray) or not {"time", "state"} <= set(posterior.dims):
        found = getattr(posterior, "dims", type(posterior).__name__)
        raise SchemaError(f"has dims {found}", where="posterior", mend="Give one of predict_proba.")
    shown = posterior
    if "trial" in shown.dims:
        shown = shown.isel(trial=_place(trial, shown.sizes["trial"]))
    return shown.transpose("time", "state")


def _place(trial: int, n_trials: int) -> int:
    if not -n_trials <= trial < n_trials:
        raise OptionError(f"is {trial}", where="trial", mend=f"There are {n_trials}.")
    return trial


def _clock(values: xr.DataArray) -> tuple[NDArray[np.float64], str]:
    if "time" in values.coords:
        return np.asarray(values["time"].values, dtype=np.float64), "time (s)"
    return np.arange(values.sizes["time"], dtype=np.float64), "time (bin)"


def _behaviour(ax: Axes, behavior: xr.DataArray, clock: NDArray[np.float64]) -> None:
    line = behavior.squeeze(drop=True)
    if line.dims != ("time",):
        raise SchemaError(
            f"has dims {line.dims}", where="behavior", mend="Choose one measure over time."
        )
    other = ax.twinx()
    seconds, _ = _clock(line)
    within = (seconds >= clock[0]) & (seconds <= clock[-1])
    values = np.asarray(line.values[within], dtype=np.float64)
    kinds = np.unique(values[np.isfinite(values)])
    if kinds.size <= 2:
        # A line between two values would cross the ribbon all the time and hide it.
        other.plot(seconds[within], values, ".", color="black", ms=3)
        other.set_yticks(kinds)
    else:
        other.plot(seconds[within], values, color="black", lw=1.2)
    name = str(line.attrs.get("long_name") or line.name or "behaviour").replace("_", " ")
    other.set_ylabel(labelled(name, str(line.attrs.get("units", "1"))))
    other.spines[["top"]].set_visible(False)


def plot_coupling(
    weights: xr.DataArray, state: int | None = None, *, limit: float | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw a matrix of couplings, targets downwards and sources to the right.

    Parameters
    ----------
    weights : DataArray
        (state, post, pre) or (post, pre): ``weights_``, ``prior_connectivity_`` of a Gaussian.
    state : int, optional
        Label of the state drawn, where there are states.
    limit : float, optional
        Weight of the strongest colours; default the 99th percentile of all that are not zero.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Red excites, blue inhibits.

    Raises
    ------
    OptionError
        If there is no such state, or `limit` is not positive.
    SchemaError
        If dims are others.

    Examples
    --------
    >>> weights = xr.DataArray(
    ...     np.eye(2), {"post": ["a", "b"], "pre": ["a", "b"]}, ["post", "pre"]
    ... )
    >>> len(plot_coupling(weights).images)
    1
    """
    if limit is not None and not (np.isfinite(limit) and limit > 0):
        raise OptionError(f"is {limit!r}", where="limit", mend="Give a weight above 0.")
    strongest = _limit(weights) if limit is None else limit
    return _matrix(_of_state(weights, state), strongest, "coupling weight", ax)


def plot_edges(
    probability: xr.DataArray, state: int | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw probabilities of edges: p(excitatory) - p(inhibitory).

    Parameters
    ----------
    probability : DataArray
        (state, post, pre, sign) or (post, pre, sign): ``edge_probability_`` or, for what all
        states share, ``prior_connectivity_`` of the one-hot prior.
    state : int, optional
        Label of the state drawn, where there are states.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Red is surely excitatory, blue surely inhibitory, white surely absent.

    Raises
    ------
    OptionError
        If there is no such state.
    SchemaError
        If dims are others.

    Examples
    --------
    >>> probability = xr.DataArray(
    ...     np.full((2, 2, 3), 1 / 3),
    ...     {"post": ["a", "b"], "pre": ["a", "b"], "sign": [-1, 0, 1]},
    ...     ["post", "pre", "sign"],
    ... )
    >>> len(plot_edges(probability).images)
    1
    """
    if "sign" not in probability.dims:
        raise SchemaError(
            f"has dims {probability.dims}",
            where="probability",
            mend="Give edge_probability_ or prior_connectivity_ of the one-hot prior.",
        )
    signed = probability.isel(sign=2) - probability.isel(sign=0)
    return _matrix(_of_state(signed, state), 1.0, "p(excitatory) - p(inhibitory)", ax)


def _of_state(values: xr.DataArray, state: int | None) -> xr.DataArray:
    if "state" in values.dims:
        held = values["state"].values.tolist()
        if state not in held:
            raise OptionError(
                f"there is no state {state!r}", where="state", mend=f"Use one of {held}."
            )
        values = values.sel(state=state)
    if set(values.dims) != {"post", "pre"}:
        raise SchemaError(f"has dims {values.dims}", where="weights", mend="Give (post, pre).")
    return values.transpose("post", "pre")


def _limit(weights: xr.DataArray) -> float:
    size = np.abs(weights.values[np.isfinite(weights.values)])
    present = size[size > 0]
    return float(np.percentile(present, _STRONG)) if present.size else 1.0


def _matrix(values: xr.DataArray, limit: float, what: str, ax: Axes | None) -> Axes:
    ax = axes_or_new(ax, (4.6, 4.0))
    image = ax.imshow(
        values.values, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest"
    )
    for axis, dim in ((ax.xaxis, "pre"), (ax.yaxis, "post")):
        labels = values[dim].values if dim in values.coords else np.arange(values.sizes[dim])
        name_ticks(axis, list(labels), at_most=_MOST_NAMES)
    ax.tick_params(labelsize=6, length=2)
    ax.tick_params(axis="x", rotation=90)
    ax.set(xlabel="source", ylabel="target")
    ax.figure.colorbar(image, ax=ax, label=what, pad=0.02, shrink=0.85)
    return ax


def plot_model(model: Any) -> list[Axes]:
    """Draw a fitted model: transitions, couplings of every state, and what states share.

    Parameters
    ----------
    model : GLMHMM
        Fitted.

    Returns
    -------
    list of matplotlib.axes.Axes
        The graph of transitions, weights of the inputs of a single response, one matrix per
        state, and one of the prior if it was learned.

    Examples
    --------
    >>> import neurokit as nk
    >>> counts = np.random.default_rng(0).poisson(0.5, size=(200, 2))
    >>> model = nk.states.GLMHMM(1, history=2).fit(counts)
    >>> len(plot_model(model)) > 1
    True
    """
    import matplotlib.pyplot as plt

    drawn = pictures_of(model)
    n_columns = min(3, len(drawn))
    n_rows = -(-len(drawn) // n_columns)
    figure = plt.figure(figsize=(4.4 * n_columns, 3.8 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, (title, draw) in zip(axes, drawn, strict=False):
        draw(ax)
        ax.set_title(title, fontsize=9, loc="left")
    for ax in axes[len(drawn) :]:
        ax.remove()
    return list(axes[: len(drawn)])


def pictures_of(model: Any) -> list[tuple[str, Any]]:
    """Titles of a fitted model's panels, each with what draws it on given axes.

    Parameters
    ----------
    model : GLMHMM
        Fitted.

    Returns
    -------
    list of (str, callable)
        In the order of the figure.
    """
    occupancy = getattr(model, "occupancy_", None)
    drawn: list[tuple[str, Any]] = [
        ("transitions", lambda ax: plot_transitions(model.transition_, occupancy, ax=ax))
    ]
    inputs = getattr(model, "input_weights_", None)
    if inputs is not None and inputs.ndim == 3 and inputs.shape[1] == 1:
        drawn.append(("input weights", lambda ax: plot_input_weights(inputs, ax=ax)))
    if hasattr(model, "weights_"):
        limit = _limit(model.weights_)
        for k in model.weights_["state"].values.tolist():
            title = f"couplings in state {k}"
            drawn.append(
                (title, lambda ax, k=k: plot_coupling(model.weights_, k, limit=limit, ax=ax))
            )
    shared = getattr(model, "prior_connectivity_", None)
    if shared is not None and "sign" in shared.dims:
        drawn.append(("edges that states share", lambda ax: plot_edges(shared, ax=ax)))
    elif shared is not None:
        drawn.append(("couplings that states share", lambda ax: plot_coupling(shared, ax=ax)))
    return drawn
