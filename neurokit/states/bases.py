"""Temporal basis functions of history filters: what lag k of the past counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, check_option

Array = NDArray[np.float64]

_KEYS = {
    "exponential": {"n_lags", "decay"},
    "raised_cosine": {"n_lags", "n_basis", "stretch"},
    "lags": {"n_lags"},
    "learned": {"n_lags", "n_basis"},
}


def exponential(n_lags: int, decay: ArrayLike = 1.0) -> Array:
    """phi_b[k] proportional to exp(-k / decay_b), k = 1 ... n_lags, of sum 1.

    Parameters
    ----------
    n_lags : int
        Bins of the past.
    decay : array_like
        Bins in which a function falls to 1 / e; one function each.

    Returns
    -------
    (n_basis, n_lags) ndarray
        First column: the bin before.

    Examples
    --------
    >>> exponential(5).round(4)
    array([[0.6364, 0.2341, 0.0861, 0.0317, 0.0117]])
    """
    lags = np.arange(1, n_lags + 1)
    # From zero on, so that a decay of a small fraction of a bin does not underflow throughout.
    past = (lags - 1)[None, :] / np.atleast_1d(np.asarray(decay, dtype=np.float64))[:, None]
    values = np.exp(-past)
    out: Array = values / values.sum(axis=1, keepdims=True)
    return out


def raised_cosine(n_lags: int, n_basis: int = 4, stretch: float = 1.0) -> Array:
    """Raised cosines, evenly spaced in log(k + stretch), of sum 1.

    phi_b[k] = (1 + cos(clip(pi (log(k + stretch) - c_b) / (2 w)))) / 2 with spacing w of the
    centres c_b: narrow soon after a spike, wide later.

    Parameters
    ----------
    n_lags : int
        Bins of the past.
    n_basis : int
        Number of functions.
    stretch : float
        The larger, the more even is the spacing in linear time.

    Returns
    -------
    (n_basis, n_lags) ndarray
        First column: the bin before.

    Raises
    ------
    OptionError
        If a function is so narrow that it falls between two lags.

    References
    ----------
    Pillow et al. (2008), doi:10.1038/nature07140.

    Examples
    --------
    >>> raised_cosine(20, 4).shape
    (4, 20)
    """
    warped = np.log(np.arange(1, n_lags + 1) + stretch)
    centres = np.linspace(warped[0], warped[-1], n_basis)
    width = (warped[-1] - warped[0]) / max(n_basis - 1, 1) or 1.0
    angle = np.clip((warped[None] - centres[:, None]) * np.pi / (2.0 * width), -np.pi, np.pi)
    values = 0.5 * (1.0 + np.cos(angle))
    total = values.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise OptionError(
            f"has {n_basis} functions, some between the {n_lags} lags",
            where="history",
            mend="Use a smaller n_basis.",
        )
    out: Array = values / total
    return out


def learned_start(n_lags: int, n_basis: int = 1) -> Array:
    """Kernels to begin learning with: all lags alike, or raised cosines on an even ground.

    Parameters
    ----------
    n_lags : int
        Bins of the past.
    n_basis : int
        Number of kernels.

    Returns
    -------
    (n_basis, n_lags) ndarray
        Positive throughout, because a lag of exactly zero could not be learned; rows sum to 1.
    """
    even = np.full((n_basis, n_lags), 1.0 / n_lags)
    return even if n_basis == 1 else 0.8 * raised_cosine(n_lags, n_basis) + 0.2 * even


def learns_lags(history: object) -> bool:
    """Whether a user's `history` asks for learned kernels.

    Parameters
    ----------
    history : object
        As in `history_basis`.

    Returns
    -------
    bool
        True for a mapping of kind "learned".
    """
    return isinstance(history, Mapping) and history.get("kind") == "learned"


def history_basis(history: int | str | Mapping[str, Any] | ArrayLike | None) -> Array:
    """The basis that a user's `history` stands for.

    Parameters
    ----------
    history : None, int, mapping or (n_basis, n_lags) array_like
        None for none; a number L for exp(-k), k = 1 ... L, of sum 1; a mapping with ``kind``
        "exponential" (``n_lags``, ``decay``), "raised_cosine" (``n_lags``, ``n_basis``,
        ``stretch``), "lags" (``n_lags``, a weight of its own for each lag) or "learned"
        (``n_lags``, ``n_basis``: where learning begins).

    Returns
    -------
    (n_basis, n_lags) ndarray
        No rows for None.

    Raises
    ------
    OptionError
        If it is none of these.

    Examples
    --------
    >>> history_basis({"kind": "lags", "n_lags": 2})
    array([[1., 0.],
           [0., 1.]])
    """
    if history is None:
        return np.zeros((0, 0))
    if isinstance(history, Mapping):
        return _from_mapping(history)
    if isinstance(history, bool | str) or (np.ndim(history) == 0 and not _whole(history)):
        raise OptionError(
            f"is {history!r}", where="history", mend="Give a number of bins, a mapping or None."
        )
    if np.ndim(history) == 0:
        return exponential(int(history))  # type: ignore[arg-type]
    basis = np.atleast_2d(np.asarray(history, dtype=np.float64))
    if basis.ndim != 2 or not np.isfinite(basis).all() or not basis.size:
        raise OptionError(
            f"has shape {basis.shape} or holds NaN or infinities",
            where="history",
            mend="Give (n_basis, n_lags), finite.",
        )
    return basis


def _whole(value: Any) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and bool(value >= 1)


def _from_mapping(history: Mapping[str, Any]) -> Array:
    kind = check_option("history['kind']", history.get("kind", "exponential"), _KEYS)
    options = {key: value for key, value in history.items() if key != "kind"}
    for key in options:
        check_option("history", key, sorted(_KEYS[kind]))
    if not _whole(options.get("n_lags")):
        raise OptionError(
            f"n_lags is {options.get('n_lags')!r}",
            where="history",
            mend="Give a whole number of bins from 1.",
        )
    decay = options.get("decay", 1.0)
    positive: Sequence[Any] = [decay, options.get("n_basis", 1), options.get("stretch", 1.0)]
    if any(not np.all(np.asarray(value) > 0) for value in positive):
        raise OptionError("has a value that is not positive", where="history", mend="Use > 0.")
    if not _whole(options.get("n_basis", 1)) or np.isinf(options.get("stretch", 1.0)):
        raise OptionError(
            "n_basis is not whole or stretch not finite", where="history", mend="Use finite values."
        )
    if kind == "lags":
        return np.eye(int(options["n_lags"]))
    if kind == "learned":
        return learned_start(**options)
    return exponential(**options) if kind == "exponential" else raised_cosine(**options)
