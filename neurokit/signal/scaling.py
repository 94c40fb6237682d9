"""Bring every neuron or channel to centre 0 and spread 1."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import OptionError, TimeError, check_option
from neurokit.schema.select import RecordingOrArray
from neurokit.schema.time import runs
from neurokit.signal.along_time import Core, apply_step, labelled, map_rows, piecewise
from neurokit.signal.moments import robust_rows, running_zscore_rows, zscore_rows

Array = npt.NDArray[np.float64]


def scale(x: RecordingOrArray, how: str = "zscore", *, burn_in: float = 30.0) -> RecordingOrArray:
    """(x - centre) / spread of each neuron or channel, over its observed samples; unit ``"1"``.

    ``zscore``: mean and standard deviation (over n) of the whole record, all runs and trials.
    ``robust``: median and 1.4826 times the median absolute deviation, likewise.
    ``causal``: mean and standard deviation of what went before, the present sample included, in
    each run and trial anew; nothing of the future enters.

    A constant series has no spread and becomes NaN, so does (``robust``) one that has the same
    value more than half of the time. NaN stays NaN. Sums are in float64, so that a large mean
    costs no digits. dask arrays stay lazy, cut over neurons.

    Parameters
    ----------
    x : recording or DataArray
        Of a recording, the signal of ``/activity`` is scaled.
    how : {"zscore", "robust", "causal"}
        Which centre and spread.
    burn_in : float, default 30.0
        For ``causal``, seconds at the start of each run that are NaN, while mean and spread
        settle; 0 keeps all but the first sample.

    Returns
    -------
    same type as `x`
        Same dims and float type; ``long_name`` says which score it is.

    Raises
    ------
    OptionError
        If `how` is unknown or `burn_in` negative.
    TimeError
        If no run lasts longer than `burn_in`.

    References
    ----------
    .. [1] Welford (1962). Technometrics 4, 419. doi:10.1080/00401706.1962.10490022

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.array([[1.0], [3.0]]), names=["AVAL"], rate=2.0)
    >>> nk.signal.scale(group.signal).values.ravel()
    array([-1.,  1.], dtype=float32)
    """
    check_option("how", how, ("zscore", "robust", "causal"))
    if not burn_in >= 0:
        raise OptionError(f"found {burn_in!r}", where="burn_in", mend="Give seconds, 0 or more.")
    parameters = {"how": how} | ({"burn_in": float(burn_in)} if how == "causal" else {})

    def step(signal: xr.DataArray) -> xr.DataArray:
        if how == "causal":
            data = map_rows(signal, _causal(signal, burn_in))
        else:
            over = tuple(dim for dim in ("trial", "time") if dim in signal.dims)
            data = map_rows(signal, zscore_rows if how == "zscore" else robust_rows, over=over)
        return labelled(data, signal).assign_attrs(units="1", long_name=_name(signal, how))

    return apply_step(x, step, "signal.scale", parameters, lambda _: "1")


def _name(signal: xr.DataArray, how: str) -> str:
    """Say on figures that these are no longer the values that were recorded."""
    score = "z-score" if how == "zscore" else f"{how} z-score"
    before = str(signal.attrs.get("long_name", ""))
    return f"{before}, {score}" if before and not before.endswith("z-score") else score


def _causal(signal: xr.DataArray, burn_in: float) -> Core:
    if "time" not in signal.coords:
        raise TimeError(
            "there is no time coordinate, and burn_in is in seconds",
            where="signal.scale",
            mend="Give the signal a time coordinate.",
        )
    time = np.asarray(signal["time"].values, dtype=np.float64)
    # Rounding of the stored times must not decide whether a sample is late enough.
    ready = [time[run] - time[run.start] >= burn_in - 1e-9 for run in runs(signal)]
    if not any(part.any() for part in ready):
        longest = max(time[run][-1] - time[run.start] for run in runs(signal))
        raise TimeError(
            f"the longest run lasts {longest:g} s, the burn-in {burn_in:g} s, so nothing is left",
            where="burn_in",
            mend="Give a shorter burn_in=.",
        )
    return piecewise(
        [
            (run, partial(_running, ready=part))
            for run, part in zip(runs(signal), ready, strict=True)
        ]
    )


def _running(rows: Array, *, ready: npt.NDArray[np.bool_]) -> Array:
    scaled: Array = running_zscore_rows(np.ascontiguousarray(rows), ready)
    return scaled
