"""From a labelled statistic and its null draws to the Dataset that a test returns."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.stats._axes import family_axes
from neurokit.stats._tails import Tally, family_wise, one_statistic

FloatArray = NDArray[np.float64]

ALTERNATIVES = ("two-sided", "greater", "less")


def judge(
    observed: xr.DataArray,
    draws: Iterator[FloatArray],
    alternative: str,
    family: bool | str | Sequence[Hashable] | None,
    *,
    keep_null: bool,
    scale: FloatArray | float = 0.0,
) -> xr.Dataset:
    """Return statistic, p-values and null draws as one Dataset; `scale` as of `Tally`."""
    axes = family_axes(family, observed.dims)
    tally = Tally(np.asarray(observed.values, dtype=np.float64), axes, keep_null, scale)
    for batch in draws:
        tally.add(batch)
    result = xr.Dataset({"statistic": observed.copy(data=tally.observed)})
    result["p"] = (observed.dims, one_statistic(tally, alternative))
    if axes:
        result["p_fwe"] = (observed.dims, family_wise(tally, alternative))
    if keep_null:
        result["null"] = (("draw", *observed.dims), tally.null())
    result.attrs = {"n_draws": tally.n, "alternative": alternative}
    return result


def check_count(n: int, where: str) -> None:
    """Raise unless `n` is a positive integer."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise OptionError(f"got {n!r}", where=where, mend="Give a positive integer.")
