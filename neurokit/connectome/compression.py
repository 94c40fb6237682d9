"""A tensor behind a small core, shared by all restarts and ranks: x ~ core x_1 U_1 x_2 U_2 ...

Orthonormal bases from a random sketch and one round of refinement: three passes over the data,
each a product with few columns (Tucker decomposition; Halko, Martinsson & Tropp 2011
doi:10.1137/090771806; Zhou, Cichocki & Xie 2012 doi:10.1109/TSP.2012.2196693). Factors stay
non-negative in full size; only products with the data run through the core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurokit.connectome.dimension_tree import AnyFloat, Array, contract
from neurokit.connectome.starts import by_norm
from neurokit.connectome.tensor import ObservedTensor

# Columns of each basis per component: what noise adds to the leading directions needs room.
_COLUMNS_PER_COMPONENT = 3
# Entries below which sweeps over the data cost no more than what compression saves.
_WORTHWHILE = 200_000
# Rows up to which singular vectors come from the whole Gram matrix, and power iterations beyond.
_EXACT_BELOW = 256
_POWER_ITERATIONS = 2


@dataclass(frozen=True)
class CompressedTensor(ObservedTensor):
    """A complete tensor whose products run through a Tucker core.

    Parameters
    ----------
    values : ndarray
        The core, of the scaled data.
    mask, order, scale, squared_norm, row_norms, total, tied
        As of the data; ``scale`` is 1, because the core is scaled already.
    bases : tuple of (size, columns) ndarray
        Orthonormal columns, one array per mode.
    captured : float
        Share of the squared norm that the core holds.
    """

    bases: tuple[Array, ...] = ()
    captured: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the modes of the data."""
        return tuple(len(basis) for basis in self.bases)

    def contract(self, factor: Array, axis: int) -> AnyFloat:
        """Sum the core over one mode of a factor seen through its basis."""
        return contract(self.values, self.bases[axis].T @ factor, axis)

    def gather(
        self, partial: AnyFloat, summed: int, factors: Sequence[Array], target: int
    ) -> Array:
        """Contract the rest in the core, then lift the result to the full mode."""
        seen = [
            factor if mode in (summed, target) else basis.T @ factor
            for mode, (basis, factor) in enumerate(zip(self.bases, factors, strict=True))
        ]
        return self.bases[target] @ super().gather(partial, summed, seen, target)


def can_compress(tensor: ObservedTensor) -> bool:
    """Whether nothing is missing, no modes are tied and there is anything at all.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.

    Returns
    -------
    bool
        Products with missing entries do not run through a core.
    """
    return tensor.complete and not tensor.tied and tensor.squared_norm > 0


def worth_compressing(tensor: ObservedTensor, rank: int) -> bool:
    """Whether a core of this rank can be had and is much smaller than the data.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    rank : int
        Largest number of components.

    Returns
    -------
    bool
        False where sweeps over the data cost little anyway.
    """
    size = float(np.prod(tensor.shape, dtype=float))
    core = np.prod([min(n, _COLUMNS_PER_COMPONENT * rank) for n in tensor.shape], dtype=float)
    return can_compress(tensor) and size >= _WORTHWHILE and bool(core <= size / 8)


def compress(tensor: ObservedTensor, rank: int, rng: np.random.Generator) -> CompressedTensor:
    """Find bases of every mode and the core between them.

    Parameters
    ----------
    tensor : ObservedTensor
        Complete data.
    rank : int
        Largest number of components that will be fitted.
    rng : numpy.random.Generator
        Source of the sketch; it follows the rows' norms, so that a permuted tensor gets the
        permuted bases.

    Returns
    -------
    CompressedTensor
        Of the scaled data.
    """
    first, second = tensor.outer
    sizes = [min(n, _COLUMNS_PER_COMPONENT * rank) for n in tensor.shape]
    draws = [draw - 0.5 for draw in by_norm(tensor, max(sizes), rng)]
    # The last one mixes the columns of a partial product.
    draws.append(rng.random((max(sizes), max(sizes))) - 0.5)
    kept = [mode for mode in range(len(sizes)) if mode != first]
    rest = [mode for mode in range(len(sizes)) if mode != second]
    bases: list[Array] = [np.empty((0, 0)) for _ in sizes]
    partial = tensor.partial(draws[first][:, : sizes[first]], first)
    bases[second] = _basis(partial, kept, second, sizes[second], draws)
    partial = tensor.partial(bases[second], second)
    bases[first] = _basis(partial, rest, first, sizes[first], draws)
    partial = tensor.partial(bases[first], first)
    for mode in kept:
        bases[mode] = _basis(partial, kept, mode, sizes[mode], draws)
    for axis, mode in enumerate(kept):
        partial = np.moveaxis(np.tensordot(partial, bases[mode], (axis, 0)), -1, axis)
    core = np.ascontiguousarray(np.moveaxis(partial, -1, first))
    captured = float(np.vdot(core, core)) / tensor.squared_norm
    held = {name: getattr(tensor, name) for name in ("order", "squared_norm", "row_norms")}
    mask = np.ones((1,) * core.ndim)
    return CompressedTensor(
        core, mask, scale=1.0, total=tensor.total, bases=tuple(bases), captured=captured, **held
    )


def _basis(
    partial: Array, modes: Sequence[int], mode: int, n_columns: int, draws: Sequence[Array]
) -> Array:
    """Leading left singular vectors of the unfolding along one mode, of definite sign."""
    axis = list(modes).index(mode)
    unfolded = np.moveaxis(partial, axis, 0).reshape(partial.shape[axis], -1)
    if len(unfolded) <= n_columns:
        return np.eye(len(unfolded))
    if len(unfolded) <= _EXACT_BELOW:
        _, vectors = np.linalg.eigh(unfolded @ unfolded.T)
        basis = vectors[:, ::-1][:, :n_columns]
    else:
        # A random combination of the columns that follows the rows of all other modes.
        combination = draws[-1][: partial.shape[-1], :n_columns]
        for factor in reversed([draws[m][:, :n_columns] for m in modes if m != mode]):
            combination = (factor[:, None] * combination[None]).reshape(-1, n_columns)
        basis, _ = np.linalg.qr(unfolded @ combination)
        for _ in range(_POWER_ITERATIONS):
            basis, _ = np.linalg.qr(unfolded @ (unfolded.T @ basis))
    # Signs follow the rows too, for what the columns are combined with later.
    return np.ascontiguousarray(basis * np.where(draws[mode][:, 0] @ basis < 0, -1.0, 1.0))
