"""Trials of a recording as the Neural Latents Benchmark cuts them, in bins of the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.signal import decimate

from neurokit.errors import LabelError, OptionError, SchemaError, TimeError, suggest
from neurokit.flows.nlb_layout import benchmark_dataset
from neurokit.schema.time import time_coordinate
from neurokit.signal import bin_spikes

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Behaviour comes on a grid of 1 ms; a sample further than this from it is on another clock.
GRID_S, _OFF_GRID = 1e-3, 1e-6
# An edge that rounding moved by less than this share of a bin is on the grid.
_EDGE = 1e-6
_TAPS = 500


@dataclass(frozen=True)
class _Cut:
    """Which bins each trial takes.

    Parameters
    ----------
    onset : (n_trials,) ndarray
        Time 0 of each trial, s on the spikes' clock.
    window : (float, float)
        First and last edge, s from there.
    width : float
        Of a bin, s.
    """

    onset: Array
    window: tuple[float, float]
    width: float

    @property
    def n_bins(self) -> int:
        """Per trial."""
        return round((self.window[1] - self.window[0]) / self.width)

    def bins(self, lag: float = 0.0) -> Index:
        """Return places (trial, bin) on the session's grid: those that begin within the window."""
        first = np.ceil((self.onset + self.window[0] + lag) / self.width - _EDGE).astype(np.int64)
        return first[:, None] + np.arange(self.n_bins)


def nlb_trials(
    rec: xr.DataTree,
    dataset: str | None = None,
    *,
    align: str | None = None,
    window: tuple[float, float] | None = None,
    bin_s: float = 0.02,
    split: str | Sequence[str] | None = None,
    behavior: str | None = None,
    lag_s: float | None = None,
    forward_s: float = 0.0,
) -> xr.Dataset:
    """Spikes per bin, and behaviour, of every trial as the Neural Latents Benchmark cuts them.

    Bins are those of the session, [k w, (k + 1) w); a trial takes the round((b - a) / w) bins
    from the first that begins at or after its alignment + a. Behaviour is low-pass filtered (500
    taps), taken at the left edge of bins, `lag_s` later. A bin is NaN for a neuron that was not
    observed in all of it: the benchmark's own tool looks at the first millisecond of the bin, and
    at the first neuron's intervals alone. Trials may overlap. A trial without an alignment is
    left out and counted in ``attrs["n_dropped"]``.

    Parameters
    ----------
    rec : recording
        With ``/spikes`` and, in ``/events``, the table of trials, as `nk.open` gives of NWB.
    dataset : str, optional
        Sets what follows as the benchmark does: mc_maze, mc_maze_large, mc_maze_medium,
        mc_maze_small, mc_rtt, area2_bump, dmfc_rsg.
    align : str, optional
        Column of ``/events`` that is time 0, s.
    window : (float, float), optional
        First and last edge, s from there.
    bin_s : float, default 0.02
        Width of a bin, s, a whole number of ms.
    split : str or sequence of str, optional
        Only trials whose column ``split`` is this: "train", "val", "test".
    behavior : str, optional
        Measure of ``/behavior``, on a grid of 1 ms, gaps allowed; "" for none.
    lag_s : float, optional
        How much later than the spikes the behaviour is taken, s.
    forward_s : float, default 0
        Seconds after the window whose bins are to be forecast, marked by the coordinate
        ``forward``.

    Returns
    -------
    Dataset
        ``spikes`` (trial, time, neuron), ``behavior`` (trial, time, axis). Coordinates:
        ``held_out`` (neuron), ``forward`` (time), the columns of the table (trial).

    Raises
    ------
    LabelError
        If there is no such column, measure or split.
    OptionError
        If dataset, window or width are not possible.
    SchemaError
        If there are no spikes or no table of trials.
    TimeError
        If behaviour lies beside the grid of 1 ms.

    References
    ----------
    .. [1] Pei et al. (2021) Neural Latents Benchmark '21. arXiv:2109.04463

    Examples
    --------
    >>> spikes = nk.schema.spikes({"a": [0.51, 0.9, 2.63], "b": [2.5]})
    >>> events = nk.schema.events([0.0, 2.0], columns={"go": [0.5, 2.5]})
    >>> rec = nk.schema.recording({"spikes": spikes, "events": events}, modality="spikes")
    >>> trials = nk.flows.nlb_trials(rec, align="go", window=(0.0, 0.2), bin_s=0.1)
    >>> trials.spikes.sel(neuron="a").values.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    align, window, behavior, lag = _chosen(dataset, align, window, behavior, lag_s)
    _check_widths(window, bin_s, forward_s)
    table = _trials(rec, align, split)
    onset = np.asarray(table[align].values, dtype=np.float64)
    known = np.isfinite(onset)
    if not known.any():
        raise LabelError(
            f"column {align!r} is NaN in all {known.size} trials",
            where="align",
            mend="Use another.",
        )
    table = table.isel(event=known)
    whole = (window[0], window[1] + forward_s)
    cut = _Cut(onset[known], whole, bin_s)
    n_seen = cut.n_bins - round(forward_s / bin_s)
    out = xr.Dataset({"spikes": _spikes(rec, cut)})
    if behavior:
        out["behavior"] = _behavior(rec, behavior, cut, lag)
    clock = time_coordinate(window[0] + (np.arange(cut.n_bins) + 0.5) * bin_s, 1.0 / bin_s)
    columns = {
        str(name): ("trial", column.values, column.attrs)
        for name, column in table.data_vars.items()
        if column.dims == ("event",)
    }
    labels = table["event"].values if "event" in table.coords else np.flatnonzero(known)
    ahead = ("time", np.arange(cut.n_bins) >= n_seen)
    out = out.assign_coords({**columns, "trial": labels, "time": clock, "forward": ahead})
    return out.assign_attrs(n_dropped=int((~known).sum()), bin_width=float(bin_s))


def _chosen(
    dataset: str | None,
    align: str | None,
    window: tuple[float, float] | None,
    behavior: str | None,
    lag_s: float | None,
) -> tuple[str, tuple[float, float], str | None, float]:
    if dataset is None:
        if align is None or window is None:
            raise OptionError(
                "is None",
                where="align" if align is None else "window",
                mend="Name a dataset of the benchmark, or give align= and window=.",
            )
        return align, window, behavior, lag_s or 0.0
    known = benchmark_dataset(dataset)
    return (
        known.align if align is None else align,
        known.window if window is None else window,
        known.behavior if behavior is None else behavior,
        known.lag_s if lag_s is None else lag_s,
    )


def _check_widths(window: tuple[float, float], bin_s: float, forward_s: float) -> None:
    start, stop = window
    if not (np.isfinite(start) and np.isfinite(stop) and start < stop):
        raise OptionError(f"is {window!r}", where="window", mend="Give (start, stop) in s.")
    steps = bin_s / GRID_S
    if not (np.isfinite(bin_s) and bin_s > 0) or abs(steps - round(steps)) > 1e-6:
        raise OptionError(
            f"is {bin_s!r} s", where="bin_s", mend="Give a whole number of ms, as 0.005 or 0.02."
        )
    for name, length in (("window", stop - start), ("forward_s", forward_s)):
        n = length / bin_s
        if length < 0 or abs(n - round(n)) > 1e-6:
            raise OptionError(
                f"spans {length:g} s, which is {n:g} bins of {bin_s:g} s",
                where=name,
                mend="Give a whole number of bins.",
            )


def _trials(rec: xr.DataTree, align: str, split: str | Sequence[str] | None) -> xr.Dataset:
    lacking = [g for g in ("spikes", "events") if not isinstance(rec, xr.DataTree) or g not in rec]
    if lacking:
        raise SchemaError(
            f"has no /{lacking[0]}", where="rec", mend="Give a recording of spikes with trials."
        )
    table = rec["events"].to_dataset()
    numbers = [str(n) for n, c in table.data_vars.items() if c.dims == ("event",)]
    if align not in numbers or table[align].dtype.kind not in "fiu":
        raise LabelError(
            f"there is no column of times {align!r}{suggest(align, numbers)}",
            where="align",
            mend=f"Columns of /events: {', '.join(numbers)}.",
        )
    return table if split is None else _of_split(table, split)


def _of_split(table: xr.Dataset, split: str | Sequence[str]) -> xr.Dataset:
    wanted = [split] if isinstance(split, str) else list(split)
    if "split" not in table:
        raise LabelError(
            "the table of trials has no column split", where="split", mend="Leave it out."
        )
    there = np.unique(table["split"].values.astype(str)).tolist()
    for name in wanted:
        if name not in there:
            raise LabelError(
                f"no trial is {name!r}", where="split", mend=f"There are {', '.join(there)}."
            )
    return table.isel(event=np.isin(table["split"].values.astype(str), wanted))


def _spikes(rec: xr.DataTree, cut: _Cut) -> xr.DataArray:
    counts = bin_spikes(rec["spikes"].to_dataset(), cut.width, start=0.0)
    assert isinstance(counts, xr.DataArray)
    values = _gathered(counts.values, cut.bins())
    coords = {n: c.variable for n, c in counts.coords.items() if c.dims == ("neuron",)}
    attrs = {"units": "1", "bin_width": cut.width}
    return xr.DataArray(values, coords, ("trial", "time", "neuron"), attrs=attrs)


def _gathered(values: NDArray[Any], places: Index) -> NDArray[Any]:
    """Rows of the session by trial; NaN before its first and after its last."""
    inside = (places >= 0) & (places < len(values))
    found = values[np.where(inside, places, 0)]
    found[~inside] = np.nan
    return found


def _behavior(rec: xr.DataTree, name: str, cut: _Cut, lag: float) -> xr.DataArray:
    group = rec["behavior"].to_dataset() if "behavior" in rec.children else xr.Dataset()
    if name not in group.data_vars and "behavior" in rec.children:
        # Measures on other clocks stand in groups of their own.
        group = next(
            (c.to_dataset() for c in rec["behavior"].children.values() if name in c), group
        )
    if name not in group.data_vars:
        raise LabelError(
            f"there is no {name!r}{suggest(name, map(str, group.data_vars))}",
            where="behavior",
            mend=f"Measures: {', '.join(map(str, group.data_vars)) or 'none'}; '' takes none.",
        )
    measure = group[name].transpose("time", ...)
    offset = float(group.attrs.get("time_offset", 0.0))
    offset -= float(rec["spikes"].attrs.get("time_offset", 0.0))
    values = np.asarray(measure.values, dtype=np.float64).reshape(measure.sizes["time"], -1)
    session = _on_grid(values, measure["time"].values + offset, name)
    sampled = _decimated(session, round(cut.width / GRID_S))
    attrs = {k: v for k, v in measure.attrs.items() if k == "units"}
    attrs["lag"] = lag
    coords = {}
    if measure.ndim == 2 and measure.dims[1] in measure.coords:
        coords["axis"] = measure[measure.dims[1]].values
    return xr.DataArray(
        _gathered(sampled, cut.bins(lag)), coords, ("trial", "time", "axis"), attrs=attrs
    )


def _on_grid(values: Array, times: Array, name: str) -> Array:
    """(ms, axis) from time 0 on; NaN where there is no sample."""
    place = np.rint(times / GRID_S).astype(np.int64)
    off = np.abs(times - place * GRID_S)
    if off.max(initial=0.0) > _OFF_GRID:
        first = int(np.argmax(off > _OFF_GRID))
        raise TimeError(
            f"{name} has a sample at {times[first]:.6f} s, beside the grid of 1 ms",
            where="behavior",
            mend="Resample it to 1000 Hz first (nk.signal.resample), or leave it out.",
        )
    kept = place >= 0
    session = np.full((int(place.max(initial=-1)) + 1, values.shape[1]), np.nan)
    session[place[kept]] = values[kept]
    return session


def _decimated(session: Array, factor: int) -> Array:
    """Every so many-th sample after a low-pass filter; gaps are bridged for it and put back."""
    if factor == 1:
        return session
    lost = np.isnan(session)
    bridged = session.copy()
    at = np.arange(len(session))
    for k in range(session.shape[1]):
        seen = ~lost[:, k]
        if not seen.any():
            return session[::factor]
        bridged[lost[:, k], k] = np.interp(at[lost[:, k]], at[seen], session[seen, k])
    found: Array = decimate(bridged, factor, n=_TAPS, ftype="fir", axis=0)
    found[lost[::factor]] = np.nan
    return found
