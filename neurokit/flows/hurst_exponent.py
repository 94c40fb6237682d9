"""The Hurst exponent of a path that fractional noise drives."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls

from neurokit.errors import OptionError, SchemaError, check_option

Array = NDArray[np.float64]

# Daubechies' 4-tap high-pass filter: two vanishing moments, so that drift does not pass.
_ROOT = np.sqrt(3.0)
FILTER = np.array([1.0 - _ROOT, -3.0 + _ROOT, 3.0 + _ROOT, -1.0 - _ROOT]) / (4.0 * np.sqrt(2.0))
# Largest dilation of the filter where noise has to be told from the path.
_MOST_DILATION = 32


def hurst(x: Any, bin_s: float | None = None, *, noise: str = "none") -> float:
    """H from quadratic variation: V(m) = mean (sum_k a_k x[t + m k])^2 is proportional to m^2H.

    a is Daubechies' 4-tap filter, which takes out levels and slopes, so that the slow pull of a
    fractional Ornstein-Uhlenbeck process hardly matters. Without noise, H = log2(V(2) / V(1)) / 2.
    With white observation noise V(m) = c m^2H + s, s the noise's part: H, c and s are fitted to
    dilations up to 32 bins, each by its precision; the slow pull then begins to show.

    Parameters
    ----------
    x : (time,) or (time, series) array or DataArray
        Equally spaced values, without NaN. With several series, variations are added.
    bin_s : float, optional
        Width of a bin, s. H does not depend on it; it is checked where given.
    noise : {"none", "white"}
        Whether values are read with white noise.

    Returns
    -------
    float
        Between 0 and 1; .5 is Brownian, above it increments persist.

    Raises
    ------
    SchemaError
        If values are missing, constant, or fewer than 16 (256 with noise).
    OptionError
        If an option is not allowed.

    References
    ----------
    .. [1] Istas and Lang (1997) doi:10.1016/S0246-0203(97)80099-4
    .. [2] Coeurjolly (2001) doi:10.1023/A:1017507306245

    Examples
    --------
    >>> walk = np.random.default_rng(0).normal(size=20_000).cumsum()
    >>> round(hurst(walk), 1)
    0.5
    """
    check_option("noise", noise, ("none", "white"))
    if bin_s is not None and not (np.isfinite(bin_s) and bin_s > 0):
        raise OptionError(f"is {bin_s!r}", where="bin_s", mend="Give seconds above 0.")
    values = _checked(x, 16 if noise == "none" else 256)
    if noise == "none":
        ratio = variation(values, 2) / variation(values, 1)
        return float(np.clip(0.5 * np.log2(ratio), 0.0, 1.0))
    return _under_noise(values)


def _checked(x: Any, fewest: int) -> Array:
    if isinstance(x, xr.DataArray) and "time" in x.dims:
        x = x.transpose("time", ...).values
    values = np.asarray(x, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) < fewest:
        raise SchemaError(
            f"has shape {values.shape}", where="x", mend=f"Give (time,), {fewest} bins at least."
        )
    if not np.isfinite(values).all():
        raise SchemaError("holds NaN or infinities", where="x", mend="Give a stretch without gaps.")
    if variation(values, 1) <= 1e-24 * float((values**2).sum() + 1e-300):
        raise SchemaError("never changes", where="x", mend="Leave constant series out.")
    return values


def variation(values: Array, dilation: int) -> float:
    """Mean square of the filter's output at a dilation.

    Parameters
    ----------
    values : (time, series) ndarray
        Finite.
    dilation : int
        Bins between taps.

    Returns
    -------
    float
        Added over series.
    """
    n = len(values) - 3 * dilation
    out = sum(a * values[k * dilation : k * dilation + n] for k, a in enumerate(FILTER))
    return float((np.asarray(out) ** 2).mean(axis=0).sum())


def _under_noise(values: Array) -> float:
    most = min(_MOST_DILATION, len(values) // 16)
    dilations = np.unique(np.geomspace(1, most, 12).astype(int))
    found = np.array([variation(values, int(m)) for m in dilations])
    # The variance of each is about its square times dilation over length.
    weight = 1.0 / (found * np.sqrt(dilations))

    def misfit(h: float) -> float:
        design = np.stack([dilations ** (2.0 * h), np.ones(len(dilations))], axis=1)
        return float(nnls(design * weight[:, None], found * weight)[1])

    grid = np.linspace(0.02, 0.98, 49)
    best = grid[int(np.argmin([misfit(h) for h in grid]))]
    low, high = max(best - 0.03, 0.01), min(best + 0.03, 0.99)
    return float(minimize_scalar(misfit, bounds=(low, high), method="bounded").x)
