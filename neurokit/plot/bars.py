"""One measure of quality per neuron or channel, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurokit.errors import OptionError, suggest
from neurokit.plot.style import (
    BLUE,
    VERMILLION,
    axes_or_new,
    labelled,
    name_ticks,
    no_data,
    prefixed,
    tidy,
)
from neurokit.schema import require_one_unit, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def quality(table: xr.Dataset, measure: str, *, ax: Axes | None = None) -> Axes:
    """Draw one measure per neuron or channel; those marked bad or flat are vermillion.

    Parameters
    ----------
    table : Dataset
        Measures along ``neuron`` or ``channel``, as the recipe ``summary`` computes them;
        coordinates ``bad`` and variable ``flat`` are used where they are.
    measure : str
        Name of the variable.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One bar each; the axis label carries the measure's ``long_name`` and unit.

    Raises
    ------
    OptionError
        If the table has no such measure.
    UnitsError
        If channels differ in the unit of this measure.

    Examples
    --------
    >>> import xarray as xr
    >>> table = xr.Dataset({"snr": ("neuron", [2.0, 5.0])}, {"neuron": ["AVAL", "AVAR"]})
    >>> len(quality(table, "snr").patches)
    2
    """
    if measure not in table.data_vars:
        held = sorted(str(name) for name in table.data_vars)
        near = suggest(measure, held)
        raise OptionError(f"no measure {measure!r}{near}", where="measure", mend=f"Use {held}.")
    of = table[measure]
    dim = space_dim(of)
    values = np.asarray(of.values, dtype=np.float64)
    # Shares and ratios have their own unit; only measures in the signal's unit mix units.
    units = str(of.attrs["units"]) if "units" in of.attrs else require_one_unit(of)
    factor, text = prefixed(float(np.nanmedian(np.abs(values))) if _any(values) else 0.0, units)
    ax = axes_or_new(ax, (9.0, 2.2))
    name = str(of.attrs.get("long_name", measure))
    # A measure may say in its name what it is: a share, a count, a ratio.
    label = name if units == "1" and name.endswith(")") else labelled(name, text)
    ax.set_xlabel(dim)
    ax.set_ylabel(label.replace(" (", "\n("), fontsize=8)
    if not _any(values):
        return no_data(tidy(ax), "could not be computed")
    marked = _marked(table, values.size)
    colours = np.where(marked, VERMILLION, BLUE).tolist()
    ax.bar(np.arange(values.size), values * factor, width=0.8, color=colours)
    name_ticks(ax.xaxis, list(table[dim].values), at_most=60)
    ax.tick_params(axis="x", rotation=90, labelsize=7)
    ax.set_xlim(-0.8, values.size - 0.2)
    if not np.nan_to_num(values).any():
        ax.set_ylim(0, 1)
        return no_data(tidy(ax), "0 everywhere")
    if np.nanmin(values) >= 0:
        ax.set_ylim(bottom=0)
    return tidy(ax)


def _any(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    return bool(np.isfinite(values).any())


def _marked(table: xr.Dataset, n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    marked = np.zeros(n, dtype=bool)
    for name in ("bad", "flat"):
        if name in table.variables:
            marked |= np.asarray(table[name].values, dtype=bool)
    return marked
