"""How well any model could do: noise ceilings from repeats of the same stimuli.

Schoppe et al. 2016, doi:10.3389/fncom.2016.00010; Allen et al. 2022,
doi:10.1038/s41593-021-00962-x.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError, check_option
from neurokit.randomness import as_generator
from neurokit.schema import add_history

Array = NDArray[np.float64]

METHODS = ("explained_variance", "ncsnr", "cc_norm", "split_half")


def noise_ceiling(
    Y: xr.DataArray | Array,
    method: str = "explained_variance",
    *,
    repeat: str = "repeat",
    sample: str | None = None,
    n_average: int | None = None,
    n_splits: int = 100,
    random_state: int | np.random.Generator | None = 0,
) -> xr.Dataset:
    """The best R2 or correlation that a perfect model of the repeatable part can reach.

    - ``explained_variance``: R2 of the truth on single repeats,
      ``EV - (1 - EV) / (n - 1)`` with ``EV = 1 - mean var(y - mean over repeats) / var(y)``.
    - ``ncsnr``: R2 of the truth on averages of k repeats, ``snr^2 / (snr^2 + 1 / k)``, with
      ``snr = sd(signal) / sd(noise)``, noise variance that within stimuli.
    - ``cc_norm``: correlation of the truth with the average over repeats, ``CC_max =
      sqrt(SP / var(mean))``, signal power ``SP = (var(sum_i R_i) - sum_i var(R_i)) / (n (n -
      1))``. Divide a model's correlation by it.
    - ``split_half``: correlation of halves, corrected to all repeats by Spearman-Brown
      ``2 r / (1 + r)``: the reliability of the average; its square root is what the truth's
      correlation reaches.

    Parameters
    ----------
    Y : DataArray or array
        (repeat, sample, ...): responses to the same samples.
    method : {"explained_variance", "ncsnr", "cc_norm", "split_half"}
        Which.
    repeat : str, default "repeat"
        The dim of repeats; of an array the first axis.
    sample : str, optional
        The dim of stimuli or times; default the first other one.
    n_average : int, optional
        Repeats that are averaged before the model is scored, for ``"ncsnr"``; default all.
    n_splits : int, default 100
        Random halves.
    random_state : None, int or numpy.random.Generator
        Source of the halves.

    Returns
    -------
    Dataset
        ``ceiling`` per target (the dims of `Y` that are neither repeat nor sample); for ``"ncsnr"``
        also ``ncsnr``, for ``"cc_norm"`` also ``signal_power``. NaN where
        responses do not vary; 0 where nothing repeats.

    Raises
    ------
    SchemaError
        If there are fewer than 2 repeats, or values are missing.
    LabelError
        If there is no such dim.
    OptionError
        If `method` is unknown, or `n_average` or `n_splits` is no whole number from 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> signal = rng.normal(size=(1, 5000, 1))
    >>> y = signal + rng.normal(size=(10, 5000, 1))  # half of the variance repeats
    >>> noise_ceiling(y).ceiling.round(1).values
    array([0.5])
    """
    check_option("method", method, METHODS)
    rng = as_generator(random_state)
    for name, count in (("n_average", n_average), ("n_splits", n_splits)):
        if count is not None and not (isinstance(count, int | np.integer) and count >= 1):
            raise OptionError(f"is {count!r}", where=name, mend="Give a whole number from 1.")
    ordered = _ordered(Y, repeat, sample)
    values = np.asarray(ordered.values, dtype=np.float64)
    n, m = values.shape[:2]
    flat = values.reshape(n, m, -1)
    if method == "explained_variance":
        found = {"ceiling": explained_variance(flat)}
    elif method == "ncsnr":
        snr = noise_ceiling_snr(flat)
        # As 1 / (1 + ...), where a signal without noise has a ceiling of 1.
        noise = _divide(np.ones_like(snr), snr**2) / (n_average or n)
        found = {"ceiling": np.where(snr == 0, 0.0, 1.0 / (1.0 + noise)), "ncsnr": snr}
    elif method == "cc_norm":
        power, mean_power = signal_power(flat), flat.mean(axis=0).var(axis=0, ddof=1)
        ratio = np.clip(_divide(power, mean_power), 0.0, 1.0)
        found = {"ceiling": np.sqrt(ratio), "signal_power": power}
    else:
        found = {"ceiling": split_half(flat, n_splits, rng)}
    template = ordered.isel({ordered.dims[0]: 0, ordered.dims[1]: 0}, drop=True)
    result = xr.Dataset(
        {k: template.copy(data=v.reshape(template.shape)).rename(k) for k, v in found.items()},
        attrs={"method": method, "n_repeats": n, "n_samples": m},
    )
    if "history" in ordered.attrs:
        result.attrs["history"] = ordered.attrs["history"]
    return add_history(result, "encoding.noise_ceiling", {"method": method}, random_state)


def _ordered(Y: Any, repeat: str, sample: str | None) -> xr.DataArray:
    if not isinstance(Y, xr.DataArray):
        values = np.asarray(Y)
        rest = ["target"] if values.ndim == 3 else [f"target_{i}" for i in range(values.ndim - 2)]
        Y = xr.DataArray(values, dims=[repeat, sample or "sample", *rest][: values.ndim])
    for dim in (repeat, sample):
        if dim is not None and dim not in Y.dims:
            raise LabelError(
                f"Y has dims {tuple(Y.dims)}, no {dim!r}", where="repeat", mend="Name them."
            )
    if sample == repeat:
        raise LabelError(f"is {sample!r}, that of repeats", where="sample", mend="Name another.")
    others = [dim for dim in Y.dims if dim != repeat]
    if not others:
        raise SchemaError("has no dim of samples", where="Y", mend="Give (repeat, sample, ...).")
    ordered: xr.DataArray = Y.transpose(repeat, sample or others[0], ...)
    if min(ordered.shape[:2]) < 2:
        raise SchemaError(
            f"has {ordered.shape[0]} repeats of {ordered.shape[1]} samples",
            where="Y",
            mend="A ceiling needs at least 2 of both.",
        )
    if ordered.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {ordered.dtype}", where="Y", mend="Give real numbers.")
    if not np.isfinite(ordered.values).all():
        raise SchemaError("holds NaN or infinities", where="Y", mend="Drop those samples first.")
    return ordered


def _divide(a: Array, b: Array) -> Array:
    out = np.full(np.shape(b), np.nan)
    return np.asarray(np.divide(a, b, out=out, where=b > 0))


def explained_variance(y: Array) -> Array:
    """Explainable share of the variance of single repeats, without the bias of few repeats.

    Parameters
    ----------
    y : (n_repeats, n_samples, t) ndarray
        Responses.

    Returns
    -------
    (t,) ndarray
        At least 0.
    """
    n = y.shape[0]
    residual = y - y.mean(axis=0)
    ev = 1.0 - _divide(residual.var(axis=1).mean(axis=0), y.var(axis=1).mean(axis=0))
    return np.asarray(np.maximum(ev - (1.0 - ev) / (n - 1), 0.0))


def noise_ceiling_snr(y: Array) -> Array:
    """sd(signal) / sd(noise); noise variance is that within samples, pooled.

    Parameters
    ----------
    y : (n_repeats, n_samples, t) ndarray
        Responses.

    Returns
    -------
    (t,) ndarray
        At least 0.
    """
    n = y.shape[0]
    noise = y.var(axis=0, ddof=1).mean(axis=0)
    # The variance of sample means still holds a share 1 / n of the noise.
    signal = np.maximum(y.mean(axis=0).var(axis=0, ddof=1) - noise / n, 0.0)
    return np.asarray(
        np.sqrt(np.where(noise > 0, _divide(signal, noise), np.where(signal > 0, np.inf, np.nan)))
    )


def signal_power(y: Array) -> Array:
    """(var(sum_i R_i) - sum_i var(R_i)) / (n (n - 1)), over samples.

    Parameters
    ----------
    y : (n_repeats, n_samples, t) ndarray
        Responses.

    Returns
    -------
    (t,) ndarray
        Squared units of y; below 0 by chance where nothing repeats.
    """
    n = y.shape[0]
    whole = y.sum(axis=0).var(axis=0, ddof=1)
    each = y.var(axis=1, ddof=1).sum(axis=0)
    return np.asarray((whole - each) / (n * (n - 1)))


def split_half(y: Array, n_splits: int, rng: np.random.Generator) -> Array:
    """Mean correlation of random halves of the repeats, corrected to all by Spearman-Brown.

    Parameters
    ----------
    y : (n_repeats, n_samples, t) ndarray
        Responses; with an odd number one repeat rests in each split.
    n_splits : int
        Splits.
    rng : numpy.random.Generator
        Source of the splits.

    Returns
    -------
    (t,) ndarray
        At least 0.
    """
    half = y.shape[0] // 2
    total = np.zeros(y.shape[2])
    for _ in range(n_splits):
        order = rng.permutation(y.shape[0])
        first, second = y[order[:half]].mean(axis=0), y[order[half : 2 * half]].mean(axis=0)
        a, b = first - first.mean(axis=0), second - second.mean(axis=0)
        size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
        total += _divide((a * b).sum(axis=0), size)
    r = np.maximum(total / n_splits, 0.0)
    # From half of the repeats to all of them, of which an odd one out is no part.
    factor = y.shape[0] / half
    return np.asarray(factor * r / (1.0 + (factor - 1.0) * r))
