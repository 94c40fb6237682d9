"""Where neurons or channels are: their positions projected on a plane of their frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.plot.style import COLOURS, GREY, VERMILLION, axes_or_new, no_data, plain, prefixed
from neurokit.schema import space_dim

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Channels keep their distance, neurons do not.
_MOST_NAMES = {"channel": 70, "neuron": 30}
PLANES = ("xy", "xz", "yz")
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "micrometer": 1e-6}


def positions(
    x: xr.DataTree | xr.Dataset,
    *,
    frame: str | None = None,
    plane: str = "auto",
    colour: str = "auto",
    names: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw positions on one plane of their coordinate frame, in cm, mm or µm.

    Parameters
    ----------
    x : recording or Dataset
        A recording whose ``/activity`` holds ``position``, or that group.
    frame : str, optional
        Which coordinate frame, where channels are in several; default the one of most channels.
    plane : {"auto", "xy", "xz", "yz"}
        ``"auto"``: from above for EEG and MEG, else the plane of the widest spread.
    colour : str, default "auto"
        A coordinate whose values get colours; ``"auto"`` takes the channel or neuron type where
        it differs, else the region.
    names : bool, optional
        Write names; default up to 70 channels or 30 neurons.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Bad channels carry a cross; the title names the frame and the plane.

    Raises
    ------
    SchemaError
        If there are no positions.
    OptionError
        If `frame`, `plane` or `colour` is not there.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> positions(recording("eeg", random_state=0)).get_xlabel()
    'x (cm)'
    """
    group = _group(x)
    dim = space_dim(group)
    place = np.asarray(group["position"].values, dtype=np.float64)
    frames = frames_of(group)
    located = np.flatnonzero(frames != "")
    if frame is None and located.size:
        names_of, counts = np.unique(frames[located], return_counts=True)
        frame = str(names_of[counts.argmax()])
    elif frame is not None:
        check_option("frame", frame, sorted(set(frames[located].tolist())))
    known: NDArray[Any] = np.asarray((frames != "") & (frames == frame))
    plane = _plane(
        group.isel({dim: known}), place[known], check_option("plane", plane, ["auto", *PLANES])
    )
    ax = axes_or_new(ax, (6.0, 5.5))
    ax.set_title(f"frame: {plain(frame or 'unknown')}, {plane} plane", fontsize=9)
    factor, unit = _scale(place[known], str(group["position"].attrs.get("units", "m")))
    ax.set(xlabel=f"{plane[0]} ({unit})", ylabel=f"{plane[1]} ({unit})", aspect="equal")
    if not known.any():
        return no_data(ax, "no position is known")
    flat = place[:, ["xyz".index(axis) for axis in plane]] * factor
    _dots(ax, flat, _categories(group, dim, colour), known)
    _crosses(ax, flat[known & _bad(group, dim)])
    if names or (names is None and known.sum() <= _MOST_NAMES[dim]):
        for (across, up), name in zip(flat[known], group[dim].values[known], strict=True):
            ax.annotate(
                plain(name), (across, up), (0, 4), textcoords="offset points", fontsize=6,
                ha="center", annotation_clip=True,
            )  # fmt: skip
    if not known.all():
        said = f"{int((~known).sum())} of {known.size} have no position in this frame"
        # Below the frame, where no place can lie.
        ax.annotate(
            said, (0.5, 0.0), xycoords="axes fraction", xytext=(0, -36), ha="center", va="top",
            textcoords="offset points", fontsize=7, color=GREY,
        )  # fmt: skip
    return ax


def frames_of(group: xr.Dataset) -> NDArray[Any]:
    """Return the coordinate frame of each position; empty where there is no position."""
    known = np.isfinite(np.asarray(group["position"].values)).all(axis=1)
    if "coordinate_frame" in group.coords:
        frames = np.asarray(group["coordinate_frame"].values).astype(str)
    else:
        frames = np.full(known.size, str(group["position"].attrs.get("coordinate_frame", "")))
    return np.where(known, np.where(frames == "", "unknown", frames), "")


def _group(x: xr.DataTree | xr.Dataset) -> xr.Dataset:
    import xarray as xr

    if isinstance(x, xr.DataTree):
        x = x["activity"].to_dataset() if "activity" in x.children else xr.Dataset()
    if "position" not in x:
        raise SchemaError(
            "there are no positions", where="activity", mend="Add position(channel, space)."
        )
    return x


def _plane(group: xr.Dataset, place: NDArray[Any], plane: str) -> str:
    if plane != "auto":
        return plane
    kinds = group["channel_type"].values.tolist() if "channel_type" in group.coords else []
    if not len(place) or any(kind == "EEG" or kind.startswith("MEG") for kind in kinds):
        return "xy"
    spread = np.ptp(place, axis=0)
    return max(PLANES, key=lambda pair: min(spread["xyz".index(axis)] for axis in pair))


def _scale(place: NDArray[Any], units: str) -> tuple[float, str]:
    """Return the factor to a unit in which positions are small whole numbers."""
    if units not in _METRES:
        return prefixed(0.0, units)
    extent = float(np.ptp(place, axis=0).max()) * _METRES[units] if len(place) else 1.0
    text = "cm" if extent > 0.03 else "mm" if extent > 1e-3 else "µm"
    return _METRES[units] / _METRES[text], text


def _categories(group: xr.Dataset, dim: str, colour: str) -> NDArray[Any]:
    if colour != "auto":
        if colour not in group.coords or group[colour].dims != (dim,):
            held = [str(name) for name in group.coords if group[name].dims == (dim,)]
            raise OptionError(
                f"there is no coordinate {colour!r}", where="colour", mend=f"Use one of {held}."
            )
        return np.asarray(group[colour].values).astype(str)
    for name in ("channel_type", "neuron_type", "region"):
        if name in group.coords:
            values = np.asarray(group[name].values).astype(str)
            if np.unique(values).size > 1:
                return values
    return np.full(group.sizes[dim], "")


def _dots(ax: Axes, flat: NDArray[Any], kinds: NDArray[Any], known: NDArray[Any]) -> None:
    present = list(dict.fromkeys(kinds[known].tolist()))
    # Sensors that share a place, as in a helmet, are drawn within each other.
    apart = len(np.unique(np.round(flat[known], 6), axis=0)) == known.sum()
    for i, kind in enumerate(present):
        mine = known & (kinds == kind)
        # Further rounds of the palette differ by marker, never by colour alone.
        marker = "os^Dv"[i // len(COLOURS) % 5]
        ax.scatter(
            flat[mine, 0],
            flat[mine, 1],
            s=26.0 if apart else 90.0 / (1 + i) ** 1.5,
            marker=marker,
            color=COLOURS[i % len(COLOURS)],
            alpha=0.75,
            lw=0,
            label=plain(kind or "(unknown)") if len(present) > 1 else None,
        )
    if len(present) > 1:
        ax.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _bad(group: xr.Dataset, dim: str) -> NDArray[Any]:
    if "bad" not in group.coords:
        return np.zeros(group.sizes[dim], dtype=bool)
    return np.asarray(group["bad"].values, dtype=bool)


def _crosses(ax: Axes, flat: NDArray[Any]) -> None:
    if len(flat):
        ax.scatter(flat[:, 0], flat[:, 1], s=60, marker="x", color=VERMILLION, lw=1.4, label="bad")
        ax.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
