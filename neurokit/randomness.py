"""Seeds that users give: checked once, turned into numpy's Generator."""

from __future__ import annotations

import numpy as np

from neurokit.errors import OptionError


def as_generator(random_state: object, name: str = "random_state") -> np.random.Generator:
    """Return the generator that a user's seed stands for.

    Parameters
    ----------
    random_state : None, int or numpy.random.Generator
        None draws a fresh seed from the system. A whole number of at least 0 gives the same
        draws each time. A generator is used as it is, so its state moves on.
    name : str, default "random_state"
        The argument's name as the user writes it.

    Returns
    -------
    numpy.random.Generator
        `random_state` itself where it is a generator, else a new one.

    Raises
    ------
    OptionError
        If `random_state` is anything else: a negative number, a float, a truth value, a string,
        a list, or numpy's old RandomState.

    See Also
    --------
    numpy.random.default_rng : What makes the generator of a number.

    Examples
    --------
    >>> int(as_generator(0).integers(100))
    85
    >>> as_generator(-1)
    Traceback (most recent call last):
    ...
    neurokit.errors.OptionError: random_state: is -1. Give None, a whole number of at least 0, \
or numpy.random.default_rng(seed).
    """
    if random_state is None or isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state)
    whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool)
    if not whole or random_state < 0:  # type: ignore[operator]
        raise OptionError(f"is {_said(random_state)}", where=name, mend=_mend(random_state))
    return np.random.default_rng(random_state)  # type: ignore[arg-type]


def _said(found: object) -> str:
    """A number or short string as it is, else the type: a RandomState prints nothing of use."""
    if isinstance(found, str | int | float | np.generic) and len(repr(found)) <= 60:
        return repr(found)
    return f"a {type(found).__module__}.{type(found).__name__}".replace("builtins.", "")


def _mend(found: object) -> str:
    if isinstance(found, np.random.RandomState) or found is np.random:
        return "Give numpy.random.default_rng(seed): numpy's old random state is not used here."
    if isinstance(found, np.random.SeedSequence | np.random.BitGenerator):
        return "Give numpy.random.default_rng of it."
    return "Give None, a whole number of at least 0, or numpy.random.default_rng(seed)."
