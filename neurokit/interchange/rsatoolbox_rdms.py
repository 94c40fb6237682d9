"""RDMs to and from rsatoolbox (https://doi.org/10.7554/eLife.82566)."""

from __future__ import annotations

import importlib
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
    n = (1 + round(np.sqrt(1 + 8 * rdms.sizes["pair"]))) // 2
    labels = np.arange(n)
    if "condition_1" in rdms.coords:
        one, two = rdms["condition_1"].values, rdms["condition_2"].values
        labels = np.concatenate([one[:1], two[: n - 1]])
    shape = [rdms.sizes[dim] for dim in lead]
    descriptors = {}
    for k, dim in enumerate(lead):
        values = rdms[dim].values if dim in rdms.coords else np.arange(shape[k])
        place = [1] * len(shape)
        place[k] = shape[k]
        descriptors[str(dim)] = np.broadcast_to(values.reshape(place), shape).reshape(-1).tolist()
    return library.RDMs(
        np.array(ordered.values, dtype=np.float64).reshape(-1, rdms.sizes["pair"]),
        dissimilarity_measure=str(rdms.attrs.get("method", "")) or None,
        rdm_descriptors=descriptors,
        pattern_descriptors={"condition": labels.tolist()},
    )


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
