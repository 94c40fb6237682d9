"""Figures of a chain: its graph of transitions, how long states last, how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import SchemaError
from neurokit.plot.style import BLUE, COLOURS, GREY, VERMILLION, axes_or_new, no_data, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Circle

Array = NDArray[np.float64]

# Radius of the ring of states, and of the circle of a state that is always there.
_RING, _LARGEST = 1.0, 0.42
# Arrows of less than this share of the strongest are left out.
_FAINT = 0.02
_WIDEST = 4.5


def plot_transitions(
    transition: xr.DataArray, occupancy: xr.DataArray | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw states as a graph: areas are shares of time, arrows transitions to other states.

    Parameters
    ----------
    transition : DataArray
        (state, state_next) probabilities per bin, or rates per second.
    occupancy : DataArray, optional
        (state) share of time; default all alike.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Widths of arrows are relative to the strongest; weaker than 2 % of it are left out.

    Raises
    ------
    SchemaError
        If dims are others.

    Examples
    --------
    >>> coords = {"state": [0, 1], "state_next": [0, 1]}
    >>> chain = xr.DataArray([[0.9, 0.1], [0.2, 0.8]], coords, ["state", "state_next"])
    >>> len(plot_transitions(chain).patches) >= 2
    True
    """
    if set(transition.dims) != {"state", "state_next"}:
        raise SchemaError(
            f"has dims {transition.dims}", where="transition", mend="Give (state, state_next)."
        )
    values = np.asarray(transition.transpose("state", "state_next").values, dtype=np.float64)
    n = len(values)
    share = np.full(n, 1.0 / n) if occupancy is None else np.nan_to_num(occupancy.values)
    labels = transition["state"].values if "state" in transition.coords else np.arange(n)
    ax, known = axes_or_new(ax, (4.2, 4.0)), occupancy is not None
    # The first state on top, the others clockwise.
    angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    place = _RING * np.stack([np.cos(angle), np.sin(angle)], axis=1) * (n > 1)
    radius = np.maximum(_LARGEST * np.sqrt(share), 0.07)
    _arrows(ax, values, place, radius)
    for k in range(n):
        colour = COLOURS[k % len(COLOURS)]
        ax.add_patch(_circle(place[k], float(radius[k]), colour))
        _name(ax, place[k], float(radius[k]), str(labels[k]), share[k] if known else None)
    reach, beyond = _RING + _LARGEST + 0.35, _LARGEST + 0.35
    ax.set(xlim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    # Of three states nothing stands where the fourth would.
    ax.set_ylim(place[:, 1].min() - beyond, place[:, 1].max() + beyond)
    strongest = _strongest(values, str(transition.attrs.get("units", "")))
    said = [strongest] * bool(strongest) + ["areas: shares of time"] * known
    ax.set_xlabel("; ".join(said), fontsize=8)
    ax.spines[:].set_visible(False)
    return ax


def _circle(place: Array, radius: float, colour: str) -> Circle:
    from matplotlib.patches import Circle as Patch

    return Patch((float(place[0]), float(place[1])), radius, color=colour, zorder=3)


def _name(ax: Axes, place: Array, radius: float, label: str, share: float | None) -> None:
    """Write a state's name beyond its circle, away from the middle of the ring."""
    length = float(np.linalg.norm(place))
    way = place / length if length > 0 else np.array([0.0, 1.0])
    at = place + way * (radius + 0.1)
    side = "center" if abs(way[0]) < 0.3 else "left" if way[0] > 0 else "right"
    text = label if share is None else f"{label}: {100 * share:.0f} %"
    ax.text(float(at[0]), float(at[1]), text, ha=side, va="center", fontsize=8)


def _arrows(ax: Axes, values: Array, place: Array, radius: Array) -> None:
    from matplotlib.patches import FancyArrowPatch

    off = np.where(np.eye(len(values), dtype=bool), 0.0, values)
    strongest = off.max(initial=0.0)
    if not strongest > 0:
        return
    for i, j in np.argwhere(off > _FAINT * strongest):
        way = place[j] - place[i]
        way = way / np.linalg.norm(way)
        size = off[i, j] / strongest
        ax.add_patch(
            FancyArrowPatch(
                tuple(place[i] + way * radius[i]),
                tuple(place[j] - way * radius[j]),
                connectionstyle="arc3,rad=0.18",
                arrowstyle="-|>",
                mutation_scale=7 + 7 * size,
                lw=0.4 + _WIDEST * size,
                color=GREY,
                alpha=0.35 + 0.6 * size,
                shrinkA=0,
                shrinkB=0,
                zorder=2,
            )
        )


def _strongest(values: Array, units: str) -> str:
    off = values[~np.eye(len(values), dtype=bool)]
    if not off.size:
        return ""
    what = "per second" if units in ("s-1", "1/s", "Hz") else "per bin"
    return f"widest arrow: {off.max():.3g} {what}"


def plot_dwell(dwell: xr.Dataset, *, n_bins: int = 25, ax: Axes | None = None) -> Axes:
    """Draw how often states last at least so long, with the chain's own expectation.

    Parameters
    ----------
    dwell : Dataset
        Of ``GLMHMM.dwell`` or `dwell_table`.
    n_bins : int, default 25
        Points of the expectation.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Steps are complete visits; dashed, the geometric distribution of the same chain.

    Raises
    ------
    SchemaError
        If it is no table of dwell times.

    Examples
    --------
    >>> import neurokit as nk
    >>> path = np.repeat([0, 1, 0, 1], [9, 4, 12, 6])
    >>> nk.states.plot_dwell(nk.states.dwell_table(path, 2, bin_s=0.1)).get_xlabel()
    'duration (s)'
    """
    if not {"duration", "visit_state", "complete"} <= set(dwell.data_vars):
        raise SchemaError("has no visits", where="dwell", mend="Give one of dwell_table.")
    ax = axes_or_new(ax, (5.0, 3.4))
    unit = str(dwell.attrs.get("units", "bin"))
    ax.set(xlabel=f"duration ({unit})", ylabel="share of visits that last as long")
    complete = dwell["complete"].values
    if not complete.any():
        return no_data(ax, "no visit begins and ends within a trial")
    longest = float(dwell["duration"].values[complete].max())
    for k in dwell["state"].values.tolist():
        own = np.sort(dwell["duration"].values[complete & (dwell["visit_state"].values == k)])
        colour = COLOURS[k % len(COLOURS)]
        # All visits last longer than nothing.
        share = 1.0 - np.arange(own.size) / max(own.size, 1)
        step = np.insert(own, 0, 0.0), np.insert(share, 0, 1.0)
        shown = slice(None) if own.size else slice(0)
        label = f"state {k} ({own.size} visits)"
        ax.step(step[0][shown], step[1][shown], where="pre", color=colour, label=label)
        mean = float(dwell["expected"].sel(state=k)) if "expected" in dwell else np.nan
        if np.isfinite(mean) and mean > 0:
            time = np.linspace(0, longest, n_bins)
            ax.plot(time, np.exp(-time / mean), ls="--", lw=0.8, color=colour)
    if "expected" in dwell and np.isfinite(dwell["expected"].values).any():
        ax.plot([], [], ls="--", lw=0.8, color=GREY, label="expected by the chain")
    ax.set(yscale="log", xlim=(0, longest))
    ax.set_ylim(bottom=0.5 / max(int(complete.sum()), 1), top=1.1)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=7)
    return tidy(ax)


def plot_selection(selection: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the held-out log-likelihood over the number of states.

    Parameters
    ----------
    selection : Dataset
        Of `select_states`: log_likelihood(n_states, fold), nats per bin.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Grey lines are folds, dots their means, the chosen number is ringed.

    Raises
    ------
    SchemaError
        If there is no such curve.

    Examples
    --------
    >>> import neurokit as nk
    >>> counts = np.random.default_rng(0).poisson(0.5, size=(4, 60, 2))
    >>> curve = nk.states.select_states(
    ...     counts, n_states=[1, 2], n_folds=2, n_restarts=1, random_state=0
    ... )
    >>> plot_selection(curve).get_xlabel()
    'number of states'
    """
    if "log_likelihood" not in selection:
        raise SchemaError(
            "has no log_likelihood", where="selection", mend="Give one of select_states."
        )
    curve = selection["log_likelihood"].transpose("n_states", "fold")
    number = curve["n_states"].values
    ax = axes_or_new(ax, (4.6, 3.4))
    ax.plot(number, curve.values, color=GREY, lw=0.6, alpha=0.7)
    mean = curve.mean("fold", skipna=True).values
    ax.plot(number, mean, "o-", color=BLUE, label="mean of folds")
    best = selection.attrs.get("best_n_states")
    if best is not None and best in number.tolist():
        ax.plot([best], mean[number == best], "o", ms=13, mfc="none", mec=VERMILLION)
    ax.set(xlabel="number of states", ylabel="held-out log-likelihood (nats/bin)", xticks=number)
    return tidy(ax)
