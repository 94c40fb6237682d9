"""Numbers that a user gives a simulator, checked before anything is drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from neurokit.errors import OptionError


def whole_number(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """Return a count, which neither a truth value nor a fraction is.

    Parameters
    ----------
    name : str
        The argument.
    value : int
        What was given.
    least : int, default 1
        Smallest count allowed.
    most : int, optional
        Largest count allowed.

    Returns
    -------
    int
        The count.

    Raises
    ------
    OptionError
        If it is no whole number or out of range.

    Examples
    --------
    >>> whole_number("n_trials", np.int64(3))
    3
    """
    counts = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if counts and value >= least and (most is None or value <= most):
        return int(value)
    upper = "" if most is None else f" to {most}"
    raise OptionError(f"is {value!r}", where=name, mend=f"Give a whole number from {least}{upper}.")


def real_number(
    name: str, value: Any, least: float = 0.0, most: float = math.inf, *, above: bool = False
) -> float:
    """Return a finite number of a range.

    Parameters
    ----------
    name : str
        The argument.
    value : float
        What was given.
    least, most : float
        Bounds, which are allowed themselves.
    above : bool, default False
        Refuse `least` itself.

    Returns
    -------
    float
        The number.

    Raises
    ------
    OptionError
        If it is no number, not finite or out of range.

    Examples
    --------
    >>> real_number("rate", 4, above=True)
    4.0
    """
    numeric = isinstance(value, int | float | np.integer | np.floating)
    numeric = numeric and not isinstance(value, bool) and math.isfinite(value)
    if numeric and least <= value <= most and not (above and value == least):
        return float(value)
    lower = "above" if above else "from"
    upper = "" if math.isinf(most) else f" to {most:g}"
    raise OptionError(
        f"is {value!r}", where=name, mend=f"Give a finite number {lower} {least:g}{upper}."
    )
