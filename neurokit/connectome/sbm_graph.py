"""What a user may give as a graph, checked and brought to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.connectome.sbm_node_effects import PairEffects, edge_effects
from neurokit.errors import LabelError, OptionError, SchemaError

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Rounding of symmetric results in float32.
_ASYMMETRY = 1e-6


@dataclass(frozen=True)
class Graph:
    """An undirected weighted graph of the nodes that were observed with anyone.

    Parameters
    ----------
    values : (node, node) ndarray
        Symmetric weights; 0 where there is no edge and where nothing was observed.
    observed : (node, node) ndarray of bool
        Which pairs were observed; never the diagonal.
    kept : (n,) ndarray of bool
        Which of the n nodes given take part.
    template : DataArray
        (n,) zeros with the names and coordinates of the nodes given.
    """

    values: Array
    observed: Bools
    kept: Bools
    template: xr.DataArray

    @property
    def n_nodes(self) -> int:
        """Number of nodes that take part."""
        return len(self.values)

    @property
    def edge(self) -> Bools:
        """Which pairs have an edge."""
        return self.observed & (self.values > 0)

    @cached_property
    def degree_effects(self) -> PairEffects:
        """What degrees of nodes alone lead to expect; fitted once for all families."""
        return edge_effects(self.edge.astype(np.float64), self.observed.astype(np.float64))

    @property
    def is_weighted(self) -> bool:
        """Whether edges differ in weight."""
        weights = self.values[self.edge]
        return bool(weights.size and np.ptp(weights) > 1e-12 * weights.max())

    def labelled(self, labels: NDArray[np.int64], name: str) -> xr.DataArray:
        """Blocks of all nodes given, -1 for those never observed.

        Parameters
        ----------
        labels : (node,) ndarray of int64
            Of the nodes that take part.
        name : str
            Of the result.

        Returns
        -------
        DataArray
            int64.
        """
        full = np.full(self.kept.size, -1, dtype=np.int64)
        full[self.kept] = labels
        return self.template.copy(data=full).rename(name)

    def square(self, values: Array, name: str) -> xr.DataArray:
        """A matrix over all nodes given, NaN for those never observed.

        Parameters
        ----------
        values : (node, node) ndarray
            Of the nodes that take part.
        name : str
            Of the result.

        Returns
        -------
        DataArray
            (node, partner).
        """
        full = np.full((self.kept.size, self.kept.size), np.nan)
        full[np.ix_(self.kept, self.kept)] = values
        dim = str(self.template.dims[0])
        coords = {k: v.variable for k, v in self.template.coords.items()}
        if dim in self.template.coords:
            coords["partner"] = xr.Variable("partner", self.template[dim].values)
        return xr.DataArray(full, coords, [dim, "partner"], name=name)


def as_graph(graph: xr.DataArray | ArrayLike) -> Graph:
    """Check a graph and leave out the nodes that were observed with no one.

    Parameters
    ----------
    graph : (neuron, partner) DataArray or array_like
        Symmetric, non-negative; NaN is not observed, 0 is no edge; the diagonal is not read.

    Returns
    -------
    Graph
        Arrays in float64.

    Raises
    ------
    SchemaError
        If it is not square, negative, infinite or asymmetric, or nothing was observed.
    LabelError
        If rows and columns have different names.
    """
    labelled = _as_labelled(graph)
    values = labelled.values.astype(np.float64)
    np.fill_diagonal(values, np.nan)
    _check_values(values, labelled)
    observed: Bools = ~np.isnan(values)
    kept: Bools = np.asarray(observed.any(axis=1))
    if not kept.any() and kept.size > 1:
        raise SchemaError("no pair was observed", where="graph", mend="Give weights, not NaN.")
    if kept.size == 1:
        kept = np.ones(1, dtype=bool)
    inside = np.ix_(kept, kept)
    clean = np.where(observed, values, 0.0)[inside]
    dim = labelled.dims[0]
    held = {k: v.variable for k, v in labelled.coords.items() if v.dims in ((dim,), ())}
    template = xr.DataArray(np.zeros(kept.size), held, [dim])
    return Graph(0.5 * (clean + clean.T), np.asarray(observed[inside]), kept, template)


def _as_labelled(graph: Any) -> xr.DataArray:
    if isinstance(graph, xr.DataTree | xr.Dataset | Mapping):
        raise SchemaError(
            f"got a {type(graph).__name__}",
            where="graph",
            mend="Give a matrix (neuron, partner): nk.connectome.motif_matrices(factors)[0].",
        )
    if not isinstance(graph, xr.DataArray):
        values = np.asarray(graph)
        dims = (
            ["neuron", "partner"] if values.ndim == 2 else [f"dim_{k}" for k in range(values.ndim)]
        )
        graph = xr.DataArray(values, dims=dims)
    graph = graph.squeeze("component") if graph.sizes.get("component") == 1 else graph
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1] or graph.size == 0:
        several = "component" in graph.dims
        raise SchemaError(
            f"has shape {dict(graph.sizes)}",
            where="graph",
            mend="Pick one: graph.isel(component=0)." if several else "Give a square matrix.",
        )
    if graph.dtype.kind not in "fiub":
        raise SchemaError(f"is of type {graph.dtype}", where="graph", mend="Give real numbers.")
    if graph.dims[0] == "partner":
        graph = graph.transpose()
    return _same_names(graph)


def _same_names(graph: xr.DataArray) -> xr.DataArray:
    rows, columns = map(str, graph.dims)
    if rows in graph.coords and columns in graph.coords:
        differ = np.flatnonzero(graph[rows].values != graph[columns].values)
        if differ.size:
            k = int(differ[0])
            raise LabelError(
                f"row {k} is {graph[rows].values[k]}, column {k} {graph[columns].values[k]}",
                where="graph",
                mend="Give rows and columns in one order: graph.reindex(...).",
            )
    return graph


def _check_values(values: Array, graph: xr.DataArray) -> None:
    def name(k: int) -> str:
        dim = str(graph.dims[0])
        return str(graph[dim].values[k]) if dim in graph.coords else str(k)

    def fault(where: Bools, what: str, mend: str) -> None:
        if where.any():
            i, j = (int(k) for k in np.argwhere(where)[0])
            at = f"({name(i)}, {name(j)}) is {values[i, j]:.6g}"
            raise SchemaError(f"{what}: {at}", where="graph", mend=mend)

    fault(np.isinf(values), "a weight is infinite", "Give finite weights; NaN is not observed.")
    fault(
        values < 0,
        "a weight is negative",
        "Weights are strengths from 0; take abs(graph) or graph.clip(min=0) if that is meant.",
    )
    one_way = np.isnan(values) != np.isnan(values.T)
    gap = np.abs(values - values.T) > _ASYMMETRY * np.nanmax(np.abs(values), initial=0.0)
    fault(
        one_way | gap,
        "is not symmetric",
        "Pairs have no direction; give (graph + graph.T) / 2.",
    )


def check_positive(name: str, value: Any, least: int = 1) -> int:
    """Return a whole number of at least `least`.

    Parameters
    ----------
    name : str
        The argument's name as the user writes it.
    value : object
        The value given.
    least : int, default 1
        The smallest allowed.

    Returns
    -------
    int
        The value.

    Raises
    ------
    OptionError
        If it is anything else.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise OptionError(f"is {value!r}", where=name, mend=f"Give a whole number from {least}.")
