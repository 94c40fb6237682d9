"""Labelled matrices (dissimilarities, connectomes) and how many partners each cell has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError, check_option
from neurokit.plot.style import (
    COLOURS,
    axes_or_new,
    labelled,
    name_ticks,
    no_data,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from numpy.typing import NDArray


def matrix(
    values: xr.DataArray,
    *,
    scale: str = "linear",
    name: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a labelled matrix: a connectome, an affinity, a representational dissimilarity.

    Parameters
    ----------
    values : DataArray
        Two dims (rows, columns), whose coordinates are the labels; or one dim ``pair`` with
        coordinates ``condition_1`` and ``condition_2``, drawn as a symmetric matrix.
    scale : {"linear", "log"}
        Of the colours; ``"log"`` for heavy-tailed weights, zeros stay white.
    name : str, optional
        What the values are, for the colour bar; default the name of the array.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Rows downwards, columns to the right, with a colour bar.

    Raises
    ------
    SchemaError
        If it has other dims.
    OptionError
        If `scale` is unknown.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> weight = recording("connectome", random_state=0).connectome.weight
    >>> matrix(weight.sel(synapse_type="chemical"), scale="log").get_xlabel()
    'post'
    """
    check_option("scale", scale, ["linear", "log"])
    square = _as_square(values)
    rows, columns = (str(dim) for dim in square.dims)
    data = np.asarray(square.values, dtype=np.float64)
    ax = axes_or_new(ax, (6.5, 5.5))
    ax.set(xlabel=columns.replace("_", " "), ylabel=rows.replace("_", " "))
    if not np.isfinite(data).any():
        return no_data(ax, "nothing was observed")
    data, norm, colours = _colours(data, scale)
    aspect: Literal["equal", "auto"] = (
        "equal" if 0.5 <= data.shape[0] / data.shape[1] <= 2 else "auto"
    )
    image = ax.imshow(data, norm=norm, cmap=colours, aspect=aspect, interpolation="nearest")
    for axis, dim in ((ax.xaxis, columns), (ax.yaxis, rows)):
        name_ticks(axis, list(square[dim].values), at_most=40)
    ax.tick_params(axis="x", rotation=90, labelsize=7)
    ax.tick_params(axis="y", labelsize=7)
    units = str(values.attrs.get("units", "1"))
    what = name or str(values.attrs.get("long_name") or square.name or "value").replace("_", " ")
    # "synapses (count)" says already what it counts.
    bar = what if units == "1" and what.endswith(")") else labelled(what, units)
    ax.figure.colorbar(image, ax=ax, label=bar, pad=0.01)
    return ax


def _as_square(values: xr.DataArray) -> xr.DataArray:
    if values.ndim == 2:
        return values
    if values.ndim != 1 or not {"condition_1", "condition_2"} <= set(values.coords):
        raise SchemaError(
            f"dims are {tuple(values.dims)}",
            where="values",
            mend="Choose a matrix first, as in weight.sel(synapse_type='chemical').",
        )
    first, second = (values[f"condition_{i}"].values for i in (1, 2))
    names = list(dict.fromkeys([*first.tolist(), *second.tolist()]))
    place = {condition: i for i, condition in enumerate(names)}
    rows, columns = [place[c] for c in first.tolist()], [place[c] for c in second.tolist()]
    square = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(square, 0.0)
    square[rows, columns] = square[columns, rows] = values.values
    coords = {"condition": names, "other condition": names}
    return xr.DataArray(square, coords, ("condition", "other condition"), name=values.name)


def _colours(data: NDArray[Any], scale: str) -> tuple[NDArray[Any], Normalize, str]:
    """Return the values drawn, the norm and the colour map."""
    from matplotlib.colors import LogNorm, Normalize

    if scale == "log":
        positive = data[np.isfinite(data) & (data > 0)]
        low, high = (positive.min(), positive.max()) if positive.size else (0.1, 1.0)
        shown = np.where(data > 0, data, np.nan)
        return shown, LogNorm(low, high if high > low else low * 10), "viridis_r"
    low, high = float(np.nanmin(data)), float(np.nanmax(data))
    if low < 0 < high:
        far = max(-low, high)
        return data, Normalize(-far, far), "RdBu_r"
    return data, Normalize(low, high if high > low else low + 1), "viridis"


def degrees(x: xr.DataTree | xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the share of cells that have at least k partners, out and in, per synapse type.

    Parameters
    ----------
    x : recording or Dataset
        A recording with ``/connectome``, or that group. A partner is a weight above zero.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Solid lines count targets (out), dashed ones sources (in).

    Raises
    ------
    SchemaError
        If there is no connectome.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> degrees(recording("connectome", random_state=0)).get_xlabel()
    'partners per cell (count)'
    """
    weight = _weight(x)
    ax = axes_or_new(ax, (6.5, 4.0))
    most = 1
    for i, kind in enumerate(weight["synapse_type"].values):
        present = weight.sel(synapse_type=kind).transpose("pre", "post").values > 0
        for axis, side, dash in ((1, "out", "-"), (0, "in", "--")):
            count = np.sort(present.sum(axis=axis))
            share = 1.0 - np.arange(count.size) / count.size
            ax.step(
                count, share, where="pre", ls=dash, color=COLOURS[i % len(COLOURS)],
                label=f"{kind}, {side}",
            )  # fmt: skip
            most = max(most, int(count[-1]) if count.size else 1)
    ax.set(
        xlabel="partners per cell (count)",
        ylabel="share of cells with at least as many",
        ylim=(0, 1.03),
        xlim=(0, math.ceil(most * 1.03)),
    )
    ax.legend(frameon=False, fontsize=8)
    return tidy(ax)


def _weight(x: xr.DataTree | xr.Dataset) -> xr.DataArray:
    if isinstance(x, xr.DataTree):
        x = x["connectome"].to_dataset() if "connectome" in x.children else xr.Dataset()
    if "weight" not in x:
        raise SchemaError(
            "there is no /connectome", where="recording", mend="Open one, as in cook2019."
        )
    return x["weight"]
