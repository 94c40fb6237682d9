"""Smooth bases for filters over lags: few parameters for many lags.

Pure functions on arrays. Raised cosines as in Pillow et al. 2008, doi:10.1038/nature07140.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError, check_option

Array = NDArray[np.float64]


def raised_cosines(n_basis: int, n_lags: int, *, spacing: str = "log") -> Array:
    """b_j(l) = (1 + cos(clip(pi (u(l) - c_j) / d, -pi, pi))) / 2, centres c_j every d apart.

    With ``u(l) = log(1 + l)`` bumps are narrow at short lags, where filters change fast, and wide
    at long ones; with ``u(l) = l`` all are alike. Neighbours overlap so that they sum to 1.

    Parameters
    ----------
    n_basis : int
        Number of bumps.
    n_lags : int
        Number of lags, at least `n_basis`.
    spacing : {"log", "linear"}, default "log"
        How centres are spaced over lags.

    Returns
    -------
    (n_lags, n_basis) ndarray of float64
        Peaks of 1 at the centres; the first at lag index 0, the last at the last index.

    Raises
    ------
    OptionError
        If there are more bumps than lags or `spacing` is unknown.

    Examples
    --------
    >>> raised_cosines(3, 5, spacing="linear")[:, 1].round(3)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    check_option("spacing", spacing, ["log", "linear"])
    if not 1 <= n_basis <= n_lags:
        raise OptionError(
            f"{n_basis} bases for {n_lags} lags",
            where="n_basis",
            mend="Give at least one, at most one per lag.",
        )
    lags = np.arange(n_lags, dtype=np.float64)
    place = np.log1p(lags) if spacing == "log" else lags
    if n_basis == 1:
        return np.asarray((1 + np.cos(np.pi * place / (place[-1] or 1.0)))[:, None] / 2)
    centres = np.linspace(place[0], place[-1], n_basis)
    angle = np.pi * (place[:, None] - centres) / (centres[1] - centres[0])
    return np.asarray((1 + np.cos(np.clip(angle, -np.pi, np.pi))) / 2)
