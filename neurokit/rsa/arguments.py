"""Numbers and choices of yes or no that users give, checked: text and None are neither."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        within = f", {low:g} or {end}" if np.isfinite(low) else ""
        raise OptionError(f"is {value!r}", where=name, mend=f"Give a number{within}.")
    return float(value)


def positive_number(name: str, value: Any) -> float:
    """Return a finite number above 0.

    Parameters
    ----------
    name : str
        The argument's name.
    value : object
        What was given.

    Returns
    -------
    float
        The number.

    Raises
    ------
    OptionError
        If it is none, infinite or not above 0.

    Examples
    --------
    >>> positive_number("radius", 3)
    3.0
    """
    known = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not known or not 0 < value < np.inf:
        raise OptionError(f"is {value!r}", where=name, mend="Give a number above 0.")
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


def yes_or_no(name: str, value: Any) -> bool:
    """Return True or False; what would merely count as one is refused, as "no" counts as True.

    Parameters
    ----------
    name : str
        The argument's name.
    value : object
        What was given.

    Returns
    -------
    bool
        The choice.

    Raises
    ------
    OptionError
        If it is neither.

    Examples
    --------
    >>> yes_or_no("unbalanced", False)
    False
    """
    if not isinstance(value, (bool, np.bool_)):
        raise OptionError(f"is {value!r}", where=name, mend="Give True or False.")
    return bool(value)


def real_array(name: str, value: Any) -> NDArray[np.float64]:
    """Return a table of real numbers; NaN and infinity are allowed.

    Parameters
    ----------
    name : str
        The argument's name.
    value : array_like
        What was given.

    Returns
    -------
    ndarray of float64
        The numbers.

    Raises
    ------
    OptionError
        If rows differ in length, or it holds text or complex numbers.

    Examples
    --------
    >>> real_array("sigma_k", [1, 2]).tolist()
    [1.0, 2.0]
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise OptionError("is no table", where=name, mend="Give rows of one length.") from error
    if array.dtype.kind not in "biuf":
        raise OptionError(f"holds {array.dtype}", where=name, mend="Give real numbers.")
    return array.astype(np.float64)
