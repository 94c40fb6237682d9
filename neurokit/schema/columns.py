"""Labels and columns of a recording: unique strings, and dtypes that both stores keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from neurokit.errors import LabelError


def labels(values: Iterable[object], what: str) -> np.ndarray[Any, Any]:
    """Return unique, non-empty labels as a numpy string array.

    Parameters
    ----------
    values : iterable
        The labels.
    what : str
        What they name, for the message.

    Returns
    -------
    (n,) ndarray of str
        In the same order.

    Raises
    ------
    LabelError
        If a label is empty or stands twice.

    Examples
    --------
    >>> labels(["AVAL", "AVAR"], "neurons").tolist()
    ['AVAL', 'AVAR']
    """
    names = strings(values)
    unique, counts = np.unique(names, return_counts=True)
    if (counts > 1).any():
        doubled = ", ".join(unique[counts > 1][:5])
        raise LabelError(
            f"labels stand more than once: {doubled}", where=what, mend="Make them unique."
        )
    if (names == "").any():
        raise LabelError(
            f"label {int(np.flatnonzero(names == '')[0])} is empty", where=what, mend="Name it."
        )
    return names


def strings(values: Iterable[object]) -> np.ndarray[Any, Any]:
    """Return values as a numpy string array; None and NaN become ``""`` (unknown).

    Parameters
    ----------
    values : iterable
        Anything that prints.

    Returns
    -------
    (n,) ndarray of str
        Fixed width, as both stores give it back.

    Examples
    --------
    >>> strings(["a", None, float("nan")]).tolist()
    ['a', '', '']
    """
    plain = ["" if pd.isna(v) else str(v) for v in values]  # type: ignore[call-overload]
    return np.asarray(plain, dtype=np.str_)


def column(values: Any) -> np.ndarray[Any, Any]:
    """Return a per-label or per-event column with a dtype that both stores keep."""
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    # numpy would turn a NaN between strings into the word nan.
    if any(isinstance(item, str) or item is None for item in items):
        return strings(items)
    array = np.asarray(values)
    return strings(items) if array.dtype.kind in "OUST" else array
