"""Similarity of labelled RDMs."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, check_option
from neurokit.estimator import single_thread
from neurokit.rsa import partial
from neurokit.rsa.arguments import real_array
from neurokit.rsa.compare_core import MEASURES, compare_rows
from neurokit.rsa.rdm_labels import Rows, align, read_rdms
from neurokit.schema.history import add_history

Array = NDArray[np.float64]

# Names that rsatoolbox and scipy use.
ALIASES = {
    "corr": "pearson",
    "kendall": "tau-b",
    "cosine_cov": "whitened_cosine",
    "corr_cov": "whitened_pearson",
}

COMPARISONS = (*MEASURES, *partial.METHODS)


def compare(
    a: xr.DataArray | ArrayLike,
    b: xr.DataArray | ArrayLike,
    method: str = "cosine",
    *,
    sigma_k: xr.DataArray | ArrayLike | None = None,
) -> xr.DataArray:
    """Similarity of every RDM of `a` with every RDM of `b`.

    cosine: a'b / |a||b|. pearson, spearman: of values, of mid-ranks. rho-a:
    12 sum of centred ranks / (P^3 - P), the mean of Spearman over all orders of ties; tau-a:
    (concordant - discordant) / (P (P-1)/2): both fair to models that predict ties. tau-b.
    whitened_cosine, whitened_pearson: a' V^-1 b / sqrt(a'V^-1 a b'V^-1 b), V the covariance of
    the entries (with sigma_k None the whitened cosine is linear CKA). bures: of the centred Gram
    matrices; bures_metric: its squared distance. partial, semipartial (also ``_spearman``),
    regression, nnls: what each RDM of `b` adds to the others of `b`.

    Parameters
    ----------
    a, b : DataArray or array_like, (..., pair)
        RDMs of the same conditions, in any order if they have labels. Pairs that are NaN in
        either of two RDMs are left out of their comparison.
    method : str, default "cosine"
        See above; rsatoolbox's names (corr, kendall, cosine_cov, corr_cov) are understood too.
    sigma_k : DataArray or array_like, optional
        Covariance (condition, condition_2) or variances (condition) of the estimates of
        conditions, for the whitened measures.

    Returns
    -------
    DataArray
        (dims of `a`..., dims of `b`...) without ``pair``; a dim that both have is called
        ``<dim>_2`` the second time.

    Raises
    ------
    LabelError
        If the conditions differ; the message lists them.
    OptionError
        If the method is unknown or sigma_k does not fit.

    References
    ----------
    Schuett et al. (2023), doi:10.7554/eLife.82566.
    Diedrichsen et al. (2021), doi:10.51628/001c.27664.

    Examples
    --------
    >>> float(compare([1.0, 2.0, 3.0], [2.0, 4.0, 7.0], "rho-a"))
    1.0
    """
    method = ALIASES.get(str(method), method)
    check_option("method", method, COMPARISONS)
    left, right = read_rdms(a, "a"), read_rdms(b, "b")
    values = align(right, left, "b")
    noise = read_sigma_k(sigma_k, left, method)
    with single_thread():
        found = similarities_of(left.values, values, method, noise)
    out = crossed(found, left.lead, right.lead)
    source = a if isinstance(a, xr.DataArray) else None
    if source is not None and "history" in source.attrs:
        out.attrs["history"] = source.attrs["history"]
    return add_history(out.assign_attrs(method=method), "rsa.compare", {"method": method})


def similarities_of(a: Array, b: Array, method: str, sigma_k: Array | None = None) -> Array:
    """Any comparison of plain RDMs.

    Parameters
    ----------
    a, b : (n_a, n_pairs), (n_b, n_pairs) ndarray of float64
        RDMs; NaN where a pair is missing.
    method : str
        One of `COMPARISONS`.
    sigma_k : (n,) or (n, n) ndarray of float64, optional
        Of the whitened measures.

    Returns
    -------
    (n_a, n_b) ndarray of float64
        Similarities, or what each of `b` adds to the others of `b`.
    """
    if method in MEASURES:
        return compare_rows(a, b, method, sigma_k)
    return _contributions(a, b, method)


def read_sigma_k(sigma_k: xr.DataArray | ArrayLike | None, rows: Rows, method: str) -> Array | None:
    """Covariance of condition estimates in the order of the RDM's conditions.

    Parameters
    ----------
    sigma_k : DataArray or array_like, optional
        (n, n) or (n,).
    rows : Rows
        RDMs that it belongs to.
    method : str
        Must be a whitened one.

    Returns
    -------
    (n, n) or (n,) ndarray of float64, optional
        Checked.

    Raises
    ------
    OptionError
        If it does not fit or is not positive definite.
    LabelError
        If it lacks a condition or has it twice.
    """
    if sigma_k is None:
        return None
    if not method.startswith("whitened"):
        raise OptionError(
            f"{method} is not whitened", where="sigma_k", mend="Use whitened_cosine or leave it."
        )
    if isinstance(sigma_k, xr.DataArray):
        sigma_k = _in_order(sigma_k, rows) if rows.named else sigma_k
    values = real_array("sigma_k", sigma_k)
    n = rows.n_conditions
    if values.shape not in ((n,), (n, n)):
        raise OptionError(
            f"has shape {values.shape} for {n} conditions", where="sigma_k", mend="Match them."
        )
    matrix = np.diag(values) if values.ndim == 1 else values
    if not np.isfinite(matrix).all():
        raise OptionError("a value is no number", where="sigma_k", mend="Leave nothing out.")
    if not np.allclose(matrix, matrix.T) or np.linalg.eigvalsh(matrix)[0] <= 0:
        raise OptionError(
            "is not symmetric and positive definite", where="sigma_k", mend="Shrink it."
        )
    return values


def _in_order(sigma_k: xr.DataArray, rows: Rows) -> xr.DataArray:
    for dim in [d for d in sigma_k.dims if d in sigma_k.coords]:
        known = sigma_k[dim].values.tolist()
        wanted = rows.labels.tolist()
        wrong = [str(label) for label in wanted if known.count(label) != 1]
        if wrong:
            raise LabelError(
                f"{dim} does not have {', '.join(wrong[:5])} exactly once",
                where="sigma_k",
                mend="Give it the labels of the RDMs.",
            )
        sigma_k = sigma_k.isel({dim: [known.index(label) for label in wanted]})
    return sigma_k


def _contributions(targets: Array, predictors: Array, method: str) -> Array:
    out = np.full((len(targets), len(predictors)), np.nan)
    known = np.isfinite(predictors).all(axis=0)
    for k, row in enumerate(targets):
        valid = known & np.isfinite(row)
        if valid.sum() > len(predictors):
            out[k] = partial.contributions(row[None, valid], predictors[:, valid], method)[0]
    return out


def crossed(found: Array, left: xr.DataArray, right: xr.DataArray) -> xr.DataArray:
    """Label a table of every item of one side with every item of the other.

    Parameters
    ----------
    found : (n_left, n_right) ndarray of float64
        The table.
    left, right : DataArray
        Over the dims of the items; their values mean nothing.

    Returns
    -------
    DataArray
        (dims of `left`..., dims of `right`...), ``<dim>_2`` for a dim that both have.
    """
    names: dict[Hashable, str] = {d: f"{d}_2" for d in right.dims if d in left.dims}
    names |= {n: f"{n}_2" for n in right.coords if n in left.coords or n in names}
    second = right.rename(names)
    coords: dict[Any, Any] = {n: c.variable for n, c in left.coords.items()}
    coords |= {n: c.variable for n, c in second.coords.items()}
    return xr.DataArray(
        found.reshape((*left.shape, *right.shape)),
        coords,
        [*left.dims, *second.dims],
        name="similarity",
    )
