"""What stands in for samples that were not observed while a linear operator runs over a series.

Inside the record a straight line between the neighbours, outside it the odd mirror image: both
leave a ramp a ramp. Whoever calls puts the NaN back.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def fill_gaps(rows: Array, time: Array) -> Array:
    """Rows (series, time) without NaN: lines across gaps, 2 x(t0) - x(2 t0 - t) beyond the ends.

    A row that was never observed becomes zeros.
    """
    filled = rows.copy()
    for row in filled:
        missing = np.isnan(row)
        if missing.any():
            row[missing] = _stand_in(time[missing], time[~missing], row[~missing])
    return filled


def _stand_in(wanted: Array, time: Array, values: Array) -> Array:
    if values.size == 0:
        return np.zeros_like(wanted)
    first, last = time[0], time[-1]
    inside = np.interp(wanted, time, values)
    before = 2 * values[0] - np.interp(2 * first - wanted, time, values)
    after = 2 * values[-1] - np.interp(2 * last - wanted, time, values)
    return np.asarray(np.where(wanted < first, before, np.where(wanted > last, after, inside)))


def extend(rows: Array, n_before: int, n_after: int) -> Array:
    """Rows lengthened by their odd mirror image, as often as it takes."""
    if rows.shape[-1] == 1:
        return np.pad(rows, ((0, 0), (n_before, n_after)), mode="edge")
    return np.pad(rows, ((0, 0), (n_before, n_after)), mode="reflect", reflect_type="odd")


def extend_time(time: Array, n_before: int, n_after: int) -> Array:
    """Time lengthened by the mirror image of its steps; at most one length on either side."""
    before = 2 * time[0] - time[n_before:0:-1]
    after = 2 * time[-1] - time[-2 : -2 - n_after : -1] if n_after else time[:0]
    return np.concatenate([before, time, after])
