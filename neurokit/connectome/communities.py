"""Communities of a weighted graph: block models or Leiden, one call."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.sbm_graph import Array, as_graph
from neurokit.errors import DependencyError, OptionError, check_option
from neurokit.randomness import as_generator

Labels = NDArray[np.int64]


def communities(
    graph: xr.DataArray | NDArray[Any],
    method: Literal["sbm", "leiden"] = "sbm",
    *,
    weighted: bool = True,
    resolution: float = 1.0,
    random_state: int | np.random.Generator | None = None,
    **options: Any,
) -> xr.DataArray:
    """Groups of nodes with more or stronger edges among themselves than chance.

    ``sbm``: the partition of least description length of the community family of `WeightedSBM`,
    which may be a single group. ``leiden``: max over partitions of the modularity

        sum over pairs in one group of w_ij - resolution s_i s_j / sum_k s_k,    s_i = sum_j w_ij

    which finds groups in pure noise too. For nodes that play the same role (hubs, inputs,
    peripheries) rather than communities, fit `WeightedSBM` and read ``labels_``.

    Parameters
    ----------
    graph : (neuron, partner) DataArray or ndarray
        Symmetric, non-negative; NaN is not observed, 0 is no edge; the diagonal is not read.
    method : {'sbm', 'leiden'}, default 'sbm'
        'leiden' needs the extra ``graph``; pairs not observed count as no edge there.
    weighted : bool, default True
        False looks only at which edges there are.
    resolution : float, default 1.0
        Of Leiden: higher gives smaller groups.
    random_state : None, int or numpy.random.Generator
        Source of draws.
    **options : Any
        Further parameters of `WeightedSBM`.

    Returns
    -------
    DataArray
        (neuron) int64, groups from 0 by first appearance; -1 for nodes never observed.

    Raises
    ------
    DependencyError
        If Leiden is asked for and igraph or leidenalg is not installed.
    OptionError
        If an option is unknown or does not belong to the method.
    SchemaError
        If the graph is not square, negative, infinite or asymmetric.

    References
    ----------
    Traag, Waltman & van Eck (2019), doi:10.1038/s41598-019-41695-z.

    Examples
    --------
    >>> import numpy as np
    >>> group = np.repeat([0, 1], 15)
    >>> graph = np.where(group[:, None] == group, 3.0, 1.0)
    >>> graph = graph * np.random.default_rng(0).lognormal(0, 0.3, graph.shape)
    >>> found = communities((graph + graph.T) / 2, random_state=0)
    >>> bool((found == group).all())
    True
    """
    check_option("method", method, ["sbm", "leiden"])
    if not isinstance(weighted, bool | np.bool_):
        raise OptionError(f"is {weighted!r}", where="weighted", mend="Give True or False.")
    if method == "sbm":
        return _by_block_model(graph, weighted, resolution, random_state, options)
    if options:
        raise OptionError(
            f"{sorted(options)} belong to WeightedSBM", where="options", mend='Use method="sbm".'
        )
    numeric = isinstance(resolution, int | float | np.integer | np.floating)
    if not (numeric and not isinstance(resolution, bool) and 0 < resolution < np.inf):
        raise OptionError(f"is {resolution!r}", where="resolution", mend="Give a number above 0.")
    checked = as_graph(graph)
    weights = checked.values if weighted else checked.edge.astype(np.float64)
    seed = int(as_generator(random_state).integers(2**31))
    return checked.labelled(
        leiden_partition(weights, resolution=float(resolution), seed=seed), "community"
    )


def _by_block_model(
    graph: Any,
    weighted: bool,
    resolution: float,
    random_state: int | np.random.Generator | None,
    options: dict[str, Any],
) -> xr.DataArray:
    from neurokit.connectome.sbm_model import WeightedSBM

    if resolution != 1.0:
        raise OptionError(
            f"is {resolution!r}", where="resolution", mend='Only method="leiden" has one.'
        )
    known = WeightedSBM().get_params()
    for name in options:
        check_option("options", name, sorted(known))
    chosen = {
        "family": "communities",
        "weights": "all" if weighted else "none",
        "n_samples": 0,
        **options,
    }
    model = WeightedSBM(random_state=random_state, **chosen)
    return model.fit(graph).labels_.rename("community")


def leiden_partition(weights: Array, *, resolution: float, seed: int) -> Labels:
    """Partition of greatest modularity that Leiden finds.

    Parameters
    ----------
    weights : (node, node) ndarray
        Symmetric, non-negative.
    resolution : float
        Of modularity.
    seed : int
        Of Leiden's draws.

    Returns
    -------
    (node,) ndarray of int64
        Groups by first appearance.

    Raises
    ------
    DependencyError
        If igraph or leidenalg is not installed.
    """
    try:
        import igraph
        import leidenalg
    except ImportError as error:
        raise DependencyError(
            f"needs {error.name}, which is not installed",
            where='method="leiden"',
            mend="Install it with pip install 'neurokit-xarray[graph]', or use method=\"sbm\".",
        ) from error
    from neurokit.connectome.sbm_search import first_appearance

    first, second = np.nonzero(np.triu(weights, 1))
    graph = igraph.Graph(len(weights), np.stack([first, second], axis=1).tolist())
    found = leidenalg.find_partition(
        graph,
        leidenalg.RBConfigurationVertexPartition,
        weights=weights[first, second].tolist(),
        resolution_parameter=resolution,
        seed=seed,
    )
    return first_appearance(np.asarray(found.membership))
