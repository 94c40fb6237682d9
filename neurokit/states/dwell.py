"""How long states last, how much of the time they take, and how often they are entered."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.states.chains import offsets_of

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def visits(
    states: ArrayLike, lengths: ArrayLike | None = None
) -> tuple[Index, Index, NDArray[np.bool_]]:
    """Stretches of bins in one state; none crosses the edge of a trial.

    Parameters
    ----------
    states : (n_bins,) array_like of int
        A path, for instance of `viterbi`.
    lengths : (n_trials,) array_like of int, optional
        Bins of each trial; default one trial.

    Returns
    -------
    state : (n_visits,) ndarray of int
        Which.
    duration : (n_visits,) ndarray of int
        Bins.
    complete : (n_visits,) ndarray of bool
        False where the visit touches an edge of its trial, so that it may have lasted longer.

    Examples
    --------
    >>> visits([0, 0, 1, 0])
    (array([0, 1, 0]), array([2, 1, 1]), array([False,  True, False]))
    """
    path = np.asarray(states, dtype=np.int64)
    offsets = offsets_of(lengths, len(path))
    change = np.flatnonzero(path[1:] != path[:-1]) + 1
    edges = np.unique(np.concatenate([offsets, change]))
    begin, end = edges[:-1], edges[1:]
    complete = ~(np.isin(begin, offsets) | np.isin(end, offsets))
    return path[begin], (end - begin).astype(np.int64), complete


def dwell_table(
    states: ArrayLike,
    n_states: int,
    *,
    transition: ArrayLike | None = None,
    lengths: ArrayLike | None = None,
    bin_s: float = 1.0,
) -> xr.Dataset:
    """Occupancy and dwell times of every state.

    Parameters
    ----------
    states : (n_bins,) array_like of int
        A path.
    n_states : int
        Number of states.
    transition : (n_states, n_states) array_like, optional
        For the dwell times that the model expects, 1 / (1 - p_kk) bins.
    lengths : (n_trials,) array_like of int, optional
        Bins of each trial.
    bin_s : float
        Width of a bin, s; 1 gives bins.

    Returns
    -------
    Dataset
        Over ``state``: ``occupancy`` (share of bins), ``n_visits``, ``n_complete``, ``mean`` and
        ``median`` (of complete visits; NaN where there is none) and ``expected``; over ``visit``:
        ``duration``, ``visit_state``, ``complete``.

    Examples
    --------
    >>> dwell_table([0, 0, 1, 1, 1, 0], 2).occupancy.values
    array([0.5, 0.5])
    """
    state, duration, complete = visits(states, lengths)
    seconds = duration * bin_s
    occupancy = np.bincount(state, weights=duration, minlength=n_states) / max(duration.sum(), 1)
    of_state = [seconds[(state == k) & complete] for k in range(n_states)]
    expected = np.full(n_states, np.nan)
    if transition is not None:
        leaving = 1.0 - np.diag(np.asarray(transition, dtype=np.float64))
        expected = bin_s / np.maximum(leaving, np.finfo(float).eps)
    per_state = {
        "occupancy": occupancy,
        "n_visits": np.bincount(state, minlength=n_states),
        "n_complete": np.array([len(found) for found in of_state]),
        "mean": np.array([found.mean() if len(found) else np.nan for found in of_state]),
        "median": np.array([np.median(found) if len(found) else np.nan for found in of_state]),
        "expected": expected,
    }
    per_visit = {"duration": seconds, "visit_state": state, "complete": complete}
    return xr.Dataset(
        {
            **{name: ("state", values) for name, values in per_state.items()},
            **{name: ("visit", values) for name, values in per_visit.items()},
        },
        coords={"state": np.arange(n_states)},
        attrs={"units": "s" if bin_s != 1.0 else "bin"},
    )
