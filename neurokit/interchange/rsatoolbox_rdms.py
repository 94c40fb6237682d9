"""RDMs to and from rsatoolbox (https://doi.org/10.7554/eLife.82566)."""

from __future__ import annotations

import importlib
import math
from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import DependencyError, SchemaError


def to_rsatoolbox(rdms: xr.DataArray) -> Any:
    """Return RDMs as an ``rsatoolbox.rdm.RDMs``.

    Parameters
    ----------
    rdms : DataArray
        (..., pair) with ``condition_1`` and ``condition_2``, as ``nk.rsa.rdm`` gives them.

    Returns
    -------
    rsatoolbox.rdm.RDMs
        One RDM per entry of the other dims, whose labels are its ``rdm_descriptors``; conditions
        are the pattern descriptor ``condition``.

    Raises
    ------
    DependencyError
        If rsatoolbox is not installed.
    SchemaError
        If it is no array of RDMs.

    Examples
    --------
    >>> import neurokit as nk
    >>> to_rsatoolbox(nk.rsa.rdm(np.eye(4), "euclidean")).n_cond
    4
    """
    try:
        library: Any = importlib.import_module("rsatoolbox.rdm")
    except ImportError as error:
        raise DependencyError(
            "rsatoolbox is not installed", where="to_rsatoolbox", mend="pip install rsatoolbox"
        ) from error
    if not isinstance(rdms, xr.DataArray) or "pair" not in rdms.dims:
        raise SchemaError("has no dim pair", where="rdms", mend="Give what nk.rsa.rdm returns.")
    lead = [dim for dim in rdms.dims if dim != "pair"]
    ordered = rdms.transpose(*lead, "pair")
    labels = _conditions(rdms)
    return library.RDMs(
        np.array(ordered.values, dtype=np.float64).reshape(-1, rdms.sizes["pair"]),
        dissimilarity_measure=str(rdms.attrs.get("method", "")) or None,
        rdm_descriptors=_of_rdms(rdms, lead),
        pattern_descriptors={"condition": labels.tolist()},
    )


def _conditions(rdms: xr.DataArray) -> Any:
    """Labels of the conditions, in the order of the pairs."""
    n_pairs = rdms.sizes["pair"]
    n = (1 + math.isqrt(1 + 8 * n_pairs)) // 2
    if n_pairs < 1 or n * (n - 1) // 2 != n_pairs:
        raise SchemaError(
            f"{n_pairs} values are not the pairs of any number of conditions",
            where="rdms",
            mend="Give what nk.rsa.rdm returns.",
        )
    if "condition_1" not in rdms.coords:
        return np.arange(n)
    one, two = rdms["condition_1"].values, rdms["condition_2"].values
    labels = np.concatenate([one[:1], two[: n - 1]])
    first, second = np.triu_indices(n, 1)
    if not (np.array_equal(labels[first], one) and np.array_equal(labels[second], two)):
        raise SchemaError(
            "its pairs are not all pairs of its conditions, row by row",
            where="rdms",
            mend="Choose conditions with nk.rsa.select_conditions, not pairs.",
        )
    return labels


def _of_rdms(rdms: xr.DataArray, lead: list[Hashable]) -> dict[str, list[Any]]:
    """Every label of RDMs (and the place along a dim without labels), once per RDM."""
    shape = {dim: rdms.sizes[dim] for dim in lead}
    held = {dim: xr.DataArray(np.arange(n), dims=[dim]) for dim, n in shape.items()}
    held |= {n: c for n, c in rdms.coords.items() if "pair" not in c.dims}
    template = xr.DataArray(np.zeros(list(shape.values())), dims=lead)
    spread = {name: values.drop_vars(list(values.coords)) for name, values in held.items()}
    full = {name: xr.broadcast(template, values)[1] for name, values in spread.items()}
    return {
        str(name): values.transpose(*lead).values.reshape(-1).tolist()
        for name, values in full.items()
    }


def from_rsatoolbox(
    rdms: Any, condition: str | None = None, subject: str | None = None
) -> xr.DataArray:
    """Return an ``rsatoolbox.rdm.RDMs`` as labelled RDMs.

    Parameters
    ----------
    rdms : rsatoolbox.rdm.RDMs
        Any.
    condition : str, optional
        Pattern descriptor that labels conditions; default ``condition``, else ``conds``, else
        ``index``.
    subject : str, optional
        RDM descriptor that labels RDMs; default ``subject``, else their number.

    Returns
    -------
    DataArray
        (subject, pair); other descriptors of RDMs are coordinates of subject.

    Raises
    ------
    SchemaError
        If it is no such object or lacks the descriptor.

    Examples
    --------
    >>> import neurokit as nk
    >>> from_rsatoolbox(to_rsatoolbox(nk.rsa.rdm(np.eye(4), "euclidean"))).dims
    ('subject', 'pair')
    """
    patterns = getattr(rdms, "pattern_descriptors", None)
    if patterns is None or not hasattr(rdms, "get_vectors"):
        raise SchemaError(
            f"got a {type(rdms).__name__}", where="from_rsatoolbox", mend="Give an RDMs object."
        )
    labels = _descriptor(patterns, condition, ("condition", "conds", "index"), "condition")
    values = np.array(rdms.get_vectors(), dtype=np.float64)
    first, second = np.triu_indices(len(labels), 1)
    coords: dict[str, Any] = {
        "condition_1": ("pair", labels[first]),
        "condition_2": ("pair", labels[second]),
    }
    own = dict(rdms.rdm_descriptors)
    own.setdefault("index", np.arange(len(values)))
    coords["subject"] = _descriptor(own, subject, ("subject", "index"), "subject")
    for name, held in own.items():
        if name not in ("subject", "index", "pair") and len(np.asarray(held)) == len(values):
            coords[str(name)] = ("subject", np.asarray(held))
    out = xr.DataArray(values, coords, ["subject", "pair"], name="rdm")
    if rdms.dissimilarity_measure:
        out.attrs["method"] = str(rdms.dissimilarity_measure)
    return out


def _descriptor(held: Any, name: str | None, defaults: tuple[str, ...], where: str) -> Any:
    names = [n for n in defaults if n in held] if name is None else [name]
    if not names or names[0] not in held:
        raise SchemaError(
            f"there is no descriptor {name!r}", where=where, mend=f"Use one of {list(held)}."
        )
    return np.asarray(held[names[0]])
