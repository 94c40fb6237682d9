"""Motifs against synapses: do neurons that move together also touch?"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from neurokit.connectome.dynamic import DynamicConnectome
from neurokit.connectome.rewiring import distance_classes, rewired
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.schema.history import add_history
from neurokit.stats.discovery import fdr

Array = NDArray[np.float64]

CORRELATIONS = ("spearman", "pearson")
# Fewer pairs than this give no correlation worth a number.
_FEWEST_PAIRS = 10


def compare_structure(
    motifs: DynamicConnectome | xr.DataArray,
    connectome: xr.DataTree | xr.DataArray,
    *,
    positions: xr.DataArray | xr.DataTree | None = None,
    n_distance_classes: int = 10,
    n_permutations: int = 999,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """R over pairs (i, j) of motif weight and synaptic weight, against rewired connectomes.

    Pairs are undirected: weights of both directions are summed, gap junctions count once. A
    motif and a connectome correlate already because neurons with many synapses are active ones,
    and because neighbours share synapses and signals alike. So the null swaps the ends of edges
    such that each neuron keeps its number of edges and, where positions are given, each weight
    its class of distance:

        p = (1 + #{|r_s - m| >= |r - m|}) / (1 + n),    m = mean of the null r_s

    Parameters
    ----------
    motifs : DynamicConnectome or DataArray
        Fitted, or (component, neuron, partner) with NaN for pairs never recorded together.
    connectome : recording or DataArray
        With ``/connectome``, or its weight(synapse_type, pre, post): chemical, electrical,
        peptidergic, monoaminergic (the extrasynaptic ones)... Matched by label.
    positions : DataArray or recording, optional
        (neuron, space), or a recording whose ``/activity`` has ``position``.
    n_distance_classes : int, default 10
        Quantile classes of distance.
    n_permutations : int, default 999
        Rewired connectomes per kind of synapse.
    random_state : None, int or numpy.random.Generator
        Source of the swaps.

    Returns
    -------
    Dataset
        Per (correlation, component, synapse_type), correlation being spearman or pearson:
        ``r``, ``p``, ``q`` (false discovery rate within a correlation), ``null_mean``,
        ``null_sd``; per synapse_type ``n_pairs``, ``n_edges`` and ``rewired``, the share of edges
        that the null moves: where it is small (nearly all pairs connected), p says little.
        The attrs ``not_in_connectome`` and ``not_in_motifs`` (JSON) list neurons without a
        counterpart; ``null`` says what was kept.

    Raises
    ------
    LabelError
        If no neuron is in both.
    SchemaError
        If something given has other dims.
    OptionError
        If a count is not positive.

    References
    ----------
    .. [1] Maslov and Sneppen (2002). doi:10.1126/science.1065103
    .. [2] Betzel and Bassett (2018). doi:10.1073/pnas.1720186115

    Examples
    --------
    >>> import neurokit as nk
    >>> wiring = nk.simulate.recording("connectome", random_state=0)
    >>> weight = wiring.connectome.weight.sel(synapse_type="chemical", drop=True)
    >>> both = (weight + weight.values.T).rename(pre="neuron", post="partner")
    >>> found = compare_structure(both.expand_dims(component=[0]), wiring, n_permutations=99,
    ...                           random_state=0)
    >>> float(found.r.sel(correlation="pearson", synapse_type="chemical").squeeze().round(3))
    1.0
    """
    counts = {"n_permutations": n_permutations, "n_distance_classes": n_distance_classes}
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
    matrices = _matrices(motifs)
    weight = synapse_weight(connectome)
    names, lost, absent = _shared(matrices, weight)
    matrices = matrices.sel(neuron=names, partner=names)
    weight = weight.sel(pre=names, post=names)
    place = _places(positions, names)
    classes = (
        np.zeros((len(names), len(names)), dtype=np.int64)
        if place is None
        else distance_classes(place, n_distance_classes)
    )
    kinds = [str(kind) for kind in weight["synapse_type"].values]
    streams = as_generator(random_state).spawn(len(kinds))
    values = matrices.values.astype(np.float64)
    with single_thread():
        parts = [
            _compared(values, undirected(weight, kind), classes, n_permutations, rng)
            for kind, rng in zip(kinds, streams, strict=True)
        ]
    out = _labelled(parts, matrices, kinds)
    out.attrs = {
        "null": "degree" if place is None else "degree and distance",
        "n_permutations": n_permutations,
        "n_neurons": len(names),
        "not_in_connectome": json.dumps(lost),
        "not_in_motifs": json.dumps(absent),
    }
    if "history" in matrices.attrs:
        out.attrs["history"] = matrices.attrs["history"]
    return add_history(out, "connectome.compare_structure", counts, random_state)


def _matrices(motifs: DynamicConnectome | xr.DataArray) -> xr.DataArray:
    if isinstance(motifs, DynamicConnectome):
        motifs._check_fitted()
        return motifs.motifs_.assign_attrs(history=motifs.history_)
    if isinstance(motifs, xr.DataArray) and {"neuron", "partner"} <= set(motifs.coords):
        whole = motifs if "component" in motifs.dims else motifs.expand_dims(component=[0])
        if set(whole.dims) == {"component", "neuron", "partner"}:
            return whole.transpose("component", "neuron", "partner")
    raise SchemaError(
        f"got {_shape_of(motifs)}",
        where="motifs",
        mend="Give a fitted DynamicConnectome, or (component, neuron, partner) with names.",
    )


def synapse_weight(connectome: xr.DataTree | xr.DataArray) -> xr.DataArray:
    """Return weight(synapse_type, pre, post) of what a user gave.

    Parameters
    ----------
    connectome : recording or DataArray
        With ``/connectome``, or its weight; without synapse_type it is of kind ``all``.

    Returns
    -------
    DataArray
        (synapse_type, pre, post).

    Raises
    ------
    SchemaError
        If it is neither.
    """
    found = connectome
    if isinstance(connectome, xr.DataTree) and "connectome" in connectome.children:
        found = connectome["connectome"].to_dataset()["weight"]
    if isinstance(found, xr.DataArray) and {"pre", "post"} <= set(found.coords):
        whole = found if "synapse_type" in found.dims else found.expand_dims(synapse_type=["all"])
        if set(whole.dims) == {"synapse_type", "pre", "post"}:
            return whole.transpose("synapse_type", "pre", "post")
    raise SchemaError(
        f"got {_shape_of(connectome)}",
        where="connectome",
        mend="Give a recording with /connectome, or its weight(synapse_type, pre, post).",
    )


def _check_once(x: xr.DataArray, dim: str, where: str) -> None:
    twice = x.indexes[dim][x.indexes[dim].duplicated()] if dim in x.indexes else []
    if len(twice):
        raise LabelError(
            f"{dim} has {twice[0]} more than once", where=where, mend="Keep one row for each."
        )


def _shape_of(x: object) -> str:
    return f"dims {tuple(x.dims)}" if isinstance(x, xr.DataArray) else f"a {type(x).__name__}"


def _shared(matrices: xr.DataArray, weight: xr.DataArray) -> tuple[list[str], list[str], list[str]]:
    """Names in both, those of the motifs alone, those of the connectome alone."""
    for x, dims, where in (
        (matrices, ("neuron", "partner"), "motifs"),
        (weight, ("pre", "post"), "connectome"),
    ):
        if x.dtype.kind not in "fiub":
            raise SchemaError(f"is of type {x.dtype}", where=where, mend="Give real numbers.")
        for dim in dims:
            _check_once(x, dim, where)
    ours = [str(name) for name in matrices["neuron"].values]
    pre, post = ({str(name) for name in weight[side].values} for side in ("pre", "post"))
    theirs = sorted(pre & post)
    names = [name for name in ours if name in set(theirs)]
    if len(names) < 2:
        raise LabelError(
            f"{len(names)} of {len(ours)} neurons of the motifs are in the connectome",
            where="connectome",
            mend="Give motifs of identified neurons: nk.celegans.homogenise names them.",
        )
    lost = [name for name in ours if name not in set(theirs)]
    return names, lost, [name for name in theirs if name not in set(ours)]


def _places(positions: xr.DataArray | xr.DataTree | None, names: list[str]) -> Array | None:
    if positions is None:
        return None
    if isinstance(positions, xr.DataTree):
        group = positions["activity"].to_dataset() if "activity" in positions.children else {}
        if "position" not in group:
            raise SchemaError(
                "has no /activity/position", where="positions", mend="Give (neuron, space)."
            )
        positions = group["position"]
    named = isinstance(positions, xr.DataArray) and "neuron" in positions.coords
    if not named or set(positions.dims) != {"neuron", "space"}:
        raise SchemaError(
            f"got {_shape_of(positions)}",
            where="positions",
            mend="Give (neuron, space) with the neurons' names.",
        )
    _check_once(positions, "neuron", "positions")
    ordered = positions.transpose("neuron", "space").reindex(neuron=names)
    return np.asarray(ordered.values, dtype=np.float64)


def undirected(weight: xr.DataArray, kind: str) -> tuple[Array, NDArray[np.bool_]]:
    """Weights of both directions together, and which pairs were looked at in either.

    Parameters
    ----------
    weight : (synapse_type, pre, post) DataArray
        With the same neurons before and behind.
    kind : str
        Of synapse.

    Returns
    -------
    weight : (n, n) ndarray
        Symmetric; a gap junction counts once whether it stands in one triangle or in both.
    known : (n, n) ndarray of bool
        False where neither direction was observed.
    """
    directed = np.asarray(weight.sel(synapse_type=kind).values, dtype=np.float64)
    seen = np.isfinite(directed)
    filled = np.where(seen, directed, 0.0)
    both = np.maximum(filled, filled.T) if kind == "electrical" else filled + filled.T
    return both, seen | seen.T


@dataclass(frozen=True)
class _Compared:
    """Correlations (correlation, component), their null, and counts."""

    r: Array
    null: Array
    n_pairs: int
    n_edges: int
    moved: float


def _compared(
    matrices: Array,
    pairs: tuple[Array, NDArray[np.bool_]],
    classes: NDArray[np.int64],
    n: int,
    rng: np.random.Generator,
) -> _Compared:
    weight, known = pairs
    allowed = known & np.isfinite(matrices).all(axis=0)
    np.fill_diagonal(allowed, False)
    first, second = np.nonzero(np.triu(allowed, 1))
    weights = weight[first, second]
    edge = weights != 0
    ends = np.stack([first[edge], second[edge]], axis=1)
    motif = matrices[:, first, second]
    shape = (len(CORRELATIONS), len(matrices))
    if len(first) < _FEWEST_PAIRS or not edge.any():
        empty = np.full(shape, np.nan)
        return _Compared(empty, np.full((n, *shape), np.nan), len(first), len(ends), 0.0)
    at = np.zeros(allowed.shape, dtype=np.int64)
    at[first, second] = at[second, first] = np.arange(len(first))
    ranks = (_unit(rankdata(motif, axis=1)), _unit(rankdata(weights)))
    units = [ranks, (_unit(motif), _unit(weights))]
    # Zero weights fill what edges leave, so that a sum over edges is the whole correlation.
    above = [w[edge] - (w[~edge][0] if (~edge).any() else 0.0) for _, w in units]

    def correlations(there: NDArray[np.int64]) -> Array:
        place = at[there[:, 0], there[:, 1]]
        return np.stack([m[:, place] @ w for (m, _), w in zip(units, above, strict=True)])

    null, moved = np.empty((n, *shape)), 0.0
    for draw, stream in enumerate(rng.spawn(n)):
        there = rewired(ends, allowed, classes, stream)
        null[draw] = correlations(there)
        moved += float((np.sort(there, axis=1) != ends).any(axis=1).mean()) / n
    return _Compared(correlations(ends), null, len(first), len(ends), moved)


def _unit(values: Array) -> Array:
    """Rows of mean 0 and norm 1; NaN where a row is constant."""
    centred = values - values.mean(axis=-1, keepdims=True)
    norm = np.linalg.norm(centred, axis=-1, keepdims=True)
    return np.asarray(np.divide(centred, norm, out=np.full_like(centred, np.nan), where=norm > 0))


def _labelled(parts: list[_Compared], matrices: xr.DataArray, kinds: list[str]) -> xr.Dataset:
    r = np.stack([part.r for part in parts], axis=-1)
    null = np.stack([part.null for part in parts], axis=-1)
    centre = null.mean(axis=0)
    far = np.abs(r - centre)
    # Ties count against the data; sums of many products differ in their last digits.
    count = (np.abs(null - centre) >= far - 1e-12).sum(axis=0)
    p = np.where(np.isfinite(r), (1.0 + count) / (1.0 + len(null)), np.nan)
    dims = ("correlation", "component", "synapse_type")
    out = xr.Dataset(
        {
            "r": (dims, r),
            "p": (dims, p),
            "null_mean": (dims, centre),
            "null_sd": (dims, null.std(axis=0, ddof=1) if len(null) > 1 else np.zeros_like(r)),
            "n_pairs": ("synapse_type", [part.n_pairs for part in parts]),
            "n_edges": ("synapse_type", [part.n_edges for part in parts]),
            "rewired": ("synapse_type", [part.moved for part in parts]),
        },
        {
            "correlation": list(CORRELATIONS),
            "component": matrices["component"].values,
            "synapse_type": np.array(kinds, dtype=np.str_),
        },
    )
    out["q"] = fdr(out["p"], dim=["component", "synapse_type"]).drop_attrs()
    return out
