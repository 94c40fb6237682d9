"""Numbers that users give, checked: text, booleans and NaN are no numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurokit.errors import OptionError


def real_number(name: str, value: Any, low: float = -np.inf, high: float = np.inf) -> float:
    """Return a real number within bounds.

    Parameters
    ----------
    name : str
        The argument's name.
    value : object
        What was given.
    low, high : float
        Bounds, which are allowed.

    Returns
    -------
    float
        The number.

    Raises
    ------
    OptionError
        If it is none or out of bounds.

    Examples
    --------
    >>> real_number("alpha", 1, 0.0, 1.0)
    1.0
    """
    known = isinstance(value, (int, float, np.integer, np.floating))
    fits = known and not isinstance(value, bool) and low <= value <= high
    if not fits:
        end = f"at most {high:g}" if np.isfinite(high) else "any larger one"
        raise OptionError(f"is {value!r}", where=name, mend=f"Give a number, {low:g} or {end}.")
    return float(value)


def whole_number(name: str, value: Any, low: int) -> int:
    """Return a whole number from a bound on.

    Parameters
    ----------
    name : str
        The argument's name.
    value : object
        What was given.
    low : int
        The least that is allowed.

    Returns
    -------
    int
        The number.

    Raises
    ------
    OptionError
        If it is none or too small.

    Examples
    --------
    >>> whole_number("n_splits", 5, 2)
    5
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < low:
        raise OptionError(f"is {value!r}", where=name, mend=f"Give a whole number from {low}.")
    return int(value)
