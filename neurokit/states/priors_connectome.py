"""What is known of the wiring, aligned by label with the neurons of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError

Array = NDArray[np.float64]
SIGNS = (-1, 0, 1)
"""Kinds of edges along ``sign``: inhibitory, none, excitatory."""

# Probabilities that a user gives sum to 1 within this.
_SUM = 1e-6


def edge_groups(connectome: Any, neurons: Sequence[str]) -> NDArray[np.int64]:
    """Return kinds of edges by the synapses that a connectome has there.

    Parameters
    ----------
    connectome : recording, Dataset or DataArray
        With weight(synapse_type, pre, post) or (pre, post); a synapse is a weight above 0.
    neurons : sequence of str
        Those of the fit, post and pre.

    Returns
    -------
    (post, pre) ndarray of int64
        From 0 without gaps: edges without a synapse, with one, with each combination of types of
        synapse, and those of neurons that the connectome does not hold.

    Raises
    ------
    SchemaError
        If there is no weight.
    LabelError
        If fewer than two of the neurons are in the connectome.
    """
    weight = _weight(connectome)
    held = {str(name) for name in weight["pre"].values} & {str(n) for n in weight["post"].values}
    known = np.array([str(name) in held for name in neurons])
    if known.sum() < 2:
        shown = ", ".join(map(str, list(neurons)[:3]))
        raise LabelError(
            f"holds {int(known.sum())} of the {len(known)} neurons ({shown}...)",
            where="prior_connectome",
            mend="Give neurons the names that they have in the connectome.",
        )
    inside = [str(name) for name in np.asarray(neurons)[known]]
    chosen = _in_order(_in_order(weight, "pre", inside), "post", inside)
    aligned = chosen.transpose("synapse_type", "post", "pre")
    present = np.nan_to_num(aligned.values) > 0
    code = np.tensordot(2 ** np.arange(len(present)), present, axes=(0, 0))
    group = np.full((known.size, known.size), -1, dtype=np.int64)
    group[np.ix_(known, known)] = code
    return np.unique(group, return_inverse=True)[1].reshape(group.shape)


def _weight(connectome: Any) -> xr.DataArray:
    x = connectome
    if isinstance(x, xr.DataTree):
        x = x["connectome"].to_dataset() if "connectome" in x.children else xr.Dataset()
    if isinstance(x, xr.Dataset):
        x = x.get("weight")
    if not isinstance(x, xr.DataArray) or not {"pre", "post"} <= set(x.coords):
        raise SchemaError(
            "has no weight with named pre and post",
            where="prior_connectome",
            mend="Give a recording with /connectome, or its weight.",
        )
    return x if "synapse_type" in x.dims else x.expand_dims("synapse_type")


def edge_probabilities(connectivity: Any, neurons: Sequence[str] | None, n: int) -> Array:
    """Return given probabilities of kinds of edges, checked and in the order of the neurons.

    Parameters
    ----------
    connectivity : (post, pre, 3) array or DataArray
        Inhibitory, none, excitatory; a DataArray (post, pre, sign) is aligned by label.
    neurons : sequence of str, optional
        Those of the fit.
    n : int
        Their number.

    Returns
    -------
    (post, pre, 3) ndarray
        Rows sum to 1.

    Raises
    ------
    OptionError
        If it is no probability of three kinds for each edge.
    LabelError
        If neurons lack.
    """
    values = aligned(connectivity, neurons, ("post", "pre", "sign"))
    if values.shape != (n, n, 3):
        raise OptionError(
            f"has shape {values.shape}",
            where="prior_connectivity",
            mend=f"Give (post, pre, sign), {(n, n, 3)}: inhibitory, none, excitatory.",
        )
    if not ((values >= 0).all() and np.abs(values.sum(axis=2) - 1).max() < _SUM):
        raise OptionError(
            "holds rows that are no probabilities",
            where="prior_connectivity",
            mend="Give three numbers from 0 per edge that sum to 1.",
        )
    return np.asarray(values / values.sum(axis=2, keepdims=True))


def aligned(given: Any, neurons: Sequence[str] | None, dims: tuple[str, ...]) -> Array:
    """Return an array's values; a DataArray's in the order of the neurons and of `dims`.

    Parameters
    ----------
    given : array or DataArray
        With dims ``post`` and ``pre`` if it has names.
    neurons : sequence of str, optional
        Those of the fit.
    dims : tuple of str
        The order wanted.

    Returns
    -------
    ndarray
        float64.

    Raises
    ------
    LabelError
        If neurons or dims lack.
    """
    if not isinstance(given, xr.DataArray):
        return np.asarray(given, dtype=np.float64)
    if set(given.dims) != set(dims):
        raise LabelError(
            f"has dims {given.dims}", where="prior_connectivity", mend=f"Name them {dims}."
        )
    chosen = given
    for dim in ("post", "pre"):
        if neurons is None or dim not in given.coords:
            continue
        lacking = sorted(set(map(str, neurons)) - set(map(str, given[dim].values)))
        if lacking:
            raise LabelError(
                f"lacks {len(lacking)} neurons along {dim}: {', '.join(lacking[:5])}",
                where="prior_connectivity",
                mend="Give every neuron of the fit.",
            )
        chosen = _in_order(chosen, dim, neurons)
    if "sign" in dims and "sign" in given.coords:
        if set(given["sign"].values.tolist()) != set(SIGNS):
            raise LabelError(
                f"has signs {given['sign'].values.tolist()}",
                where="prior_connectivity",
                mend=f"Label them {list(SIGNS)}: inhibitory, none, excitatory.",
            )
        chosen = chosen.sel(sign=list(SIGNS))
    return np.asarray(chosen.transpose(*dims).values, dtype=np.float64)


def _in_order(values: xr.DataArray, dim: str, neurons: Sequence[str]) -> xr.DataArray:
    """Neurons of a dim in the order given; names are compared as text, as those of a fit are."""
    place = {str(name): i for i, name in enumerate(values[dim].values)}
    if len(place) != values.sizes[dim]:
        raise LabelError(
            f"names neurons along {dim} twice",
            where="prior_connectivity or prior_connectome",
            mend="Give every neuron one name.",
        )
    return values.isel({dim: [place[str(name)] for name in neurons]})
