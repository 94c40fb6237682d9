"""How long states last, how much of the time they take, and how often they are entered."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError
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

    Raises
    ------
    OptionError
        If states are no whole numbers, or `lengths` do not sum to their number.

    Examples
    --------
    >>> visits([0, 0, 1, 0])
    (array([0, 1, 0]), array([2, 1, 1]), array([False,  True, False]))
    """
    path = _whole(states)
    offsets = offsets_of(lengths, len(path))
    change = np.flatnonzero(path[1:] != path[:-1]) + 1
    edges = np.unique(np.concatenate([offsets, change]))
    begin, end = edges[:-1], edges[1:]
    complete = ~(np.isin(begin, offsets) | np.isin(end, offsets))
    return path[begin], (end - begin).astype(np.int64), complete


def _whole(states: ArrayLike) -> Index:
    path = np.asarray(states)
    if path.size == 0:
        path = path.astype(np.int64)
    if path.ndim != 1 or path.dtype.kind not in "iubf" or not np.all(np.trunc(path) == path):
        raise OptionError(
            f"has {path.ndim} axes and type {path.dtype}",
            where="states",
            mend="Give one path of whole numbers; trials end to end, with their lengths.",
        )
    return path.astype(np.int64)


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

    Raises
    ------
    OptionError
        If a state is none of 0 to ``n_states - 1`` (padding of ``decode`` is -1: leave it out),
        or a shape or width does not fit.

    Examples
    --------
    >>> dwell_table([0, 0, 1, 1, 1, 0], 2).occupancy.values
    array([0.5, 0.5])
    """
    state, duration, complete = visits(states, lengths)
    strange = np.unique(state[(state < 0) | (state >= n_states)])
    if strange.size:
        raise OptionError(
            f"holds {strange[:5].tolist()}, there are {n_states} states",
            where="states",
            mend="Give states from 0 to n_states - 1; leave out padding (-1).",
        )
    if not (np.isfinite(bin_s) and bin_s > 0):
        raise OptionError(f"is {bin_s!r}", where="bin_s", mend="Give seconds above 0.")
    seconds = duration * bin_s
    occupancy = np.bincount(state, weights=duration, minlength=n_states) / max(duration.sum(), 1)
    of_state = [seconds[(state == k) & complete] for k in range(n_states)]
    expected = np.full(n_states, np.nan)
    if transition is not None:
        moves = np.asarray(transition, dtype=np.float64)
        if moves.shape != (n_states, n_states):
            raise OptionError(
                f"has shape {moves.shape}",
                where="transition",
                mend=f"Give {(n_states, n_states)}.",
            )
        leaving = 1.0 - np.diag(moves)
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
