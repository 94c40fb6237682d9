"""Figures of input weights: what each regressor does to the response in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import COLOURS, GREY, axes_or_new, name_ticks, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

# Width over which the states' dots of one input are spread, of the distance between inputs.
_SPREAD = 0.5
_MOST_NAMES = 12


def plot_input_weights(
    weights: xr.DataArray,
    errors: xr.DataArray | None = None,
    *,
    neuron: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of all inputs, one colour for each state.

    Parameters
    ----------
    weights : DataArray
        (state, neuron, input) or (state, input): ``input_weights_``.
    errors : DataArray, optional
        Standard errors of the same dims, of ``GLMHMM.standard_errors``.
    neuron : str, optional
        Label of the response drawn, where there are several.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Dots are weights, bars two standard errors to both sides.

    Raises
    ------
    SchemaError
        If dims are others.
    OptionError
        If there are several responses and none of that name is chosen.

    Examples
    --------
    >>> weights = xr.DataArray([[1.0, 0.0], [0.2, 2.0]], dims=("state", "input"))
    >>> plot_input_weights(weights).get_ylabel()
    'input weight (no unit)'
    """
    chosen = _of_neuron(weights, neuron, "weights")
    values = np.asarray(chosen.values, dtype=np.float64)
    bars = None if errors is None else _errors(errors, neuron, chosen)
    ax = axes_or_new(ax, (5.6, 3.4))
    n_states, n_inputs = values.shape
    ax.axhline(0.0, color=GREY, lw=0.8, zorder=0)
    states = chosen["state"].values if "state" in chosen.coords else np.arange(n_states)
    for k in range(n_states):
        shift = _SPREAD * ((k + 0.5) / n_states - 0.5)
        place, colour = np.arange(n_inputs) + shift, COLOURS[k % len(COLOURS)]
        ax.plot(place, values[k], "o", ms=4, color=colour, label=f"state {states[k]}")
        if bars is not None:
            known = np.isfinite(bars[k])
            low, high = values[k] - 2 * bars[k], values[k] + 2 * bars[k]
            ax.vlines(place[known], low[known], high[known], color=colour, lw=1.2)
    labels = chosen["input"].values if "input" in chosen.coords else np.arange(n_inputs)
    name_ticks(ax.xaxis, list(labels), at_most=_MOST_NAMES)
    if max(len(str(label)) for label in labels) * min(n_inputs, _MOST_NAMES) > 50:
        ax.tick_params(axis="x", rotation=90)
    ax.set(xlabel="input", ylabel="input weight (no unit)")
    ax.set_xlim(-0.5, n_inputs - 0.5)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False, fontsize=7)
    return tidy(ax)


def _errors(errors: xr.DataArray, neuron: str | None, like: xr.DataArray) -> Array:
    found = _of_neuron(errors, neuron, "errors")
    if found.shape != like.shape:
        raise SchemaError(
            f"has shape {found.shape}, weights {like.shape}",
            where="errors",
            mend="Give the standard errors of the same model.",
        )
    return np.asarray(found.values, dtype=np.float64)


def _of_neuron(values: xr.DataArray, neuron: str | None, where: str) -> xr.DataArray:
    dims = set(values.dims)
    space = next((dim for dim in ("neuron", "channel") if dim in dims), None)
    if dims - {space} != {"state", "input"} or not values.sizes["input"]:
        raise SchemaError(
            f"has dims {values.dims}",
            where=where,
            mend="Give (state, neuron, input); of categories choose one first.",
        )
    if space is None:
        return values.transpose("state", "input")
    held = values[space].values.astype(np.str_).tolist()
    wanted = held[0] if neuron is None and len(held) == 1 else neuron
    if wanted is None or str(wanted) not in held:
        raise OptionError(
            f"there is no {space} {neuron!r}", where="neuron", mend=f"Use one of {held[:10]}."
        )
    return values.isel({space: held.index(str(wanted))}).transpose("state", "input")
