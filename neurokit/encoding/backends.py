"""Where the heavy products run: numpy, or torch on a GPU. Array layer.

A backend is an object, chosen per call; there is no global switch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import DependencyError, check_option

Array = NDArray[np.float64]
Real = NDArray[np.float64 | np.float32]
Flags = NDArray[np.bool_]

# Below this share of the largest eigenvalue a penalty is too small for float32 products: scores
# were off by up to 74 where cond(X) was 1e6.
UNSAFE_FLOAT32 = 1e2 * float(np.finfo(np.float32).eps)


class Backend:
    """Eigendecompositions and products with BLAS on the processor; numpy in and out."""

    def eigh(self, gram: Array) -> tuple[Array, Array]:
        """Decompose a symmetric matrix.

        Parameters
        ----------
        gram : (p, p) ndarray
            Symmetric.

        Returns
        -------
        values : (p,) ndarray
            Increasing.
        vectors : (p, p) ndarray
            In columns.
        """
        values, vectors = np.linalg.eigh(gram)
        return values, vectors

    def squares(self, root: Array, z: Array, filters: Array, single: Flags) -> Array:
        """Return sum_i (root diag(filters[a]) z)_it^2.

        Parameters
        ----------
        root : (n, q) ndarray
            Rows.
        z : (q, t) ndarray
            Columns.
        filters : (n_alphas, q) ndarray
            Weights between them.
        single : (n_alphas,) ndarray of bool
            For which filters float32 will do.

        Returns
        -------
        (n_alphas, t) ndarray
            float64.
        """
        out = np.empty((len(filters), z.shape[1]))
        for chosen, dtype in _by_precision(single):
            left: Real = root.astype(dtype, copy=False)
            right: Real = z.astype(dtype, copy=False)
            scaled: Real = np.empty_like(right)
            product: Real = np.empty((len(left), z.shape[1]), dtype)
            for a in chosen:
                np.multiply(right, filters[a].astype(dtype)[:, None], out=scaled)
                np.matmul(left, scaled, out=product)
                out[a] = np.einsum("ij,ij->j", product, product)
        return out

    def forms(self, metric: Array, z: Array, filters: Array, single: Flags) -> Array:
        """Return z_t' F metric F z_t with F = diag(filters[a]).

        Parameters
        ----------
        metric : (q, q) ndarray
            Symmetric.
        z : (q, t) ndarray
            Columns.
        filters : (n_alphas, q) ndarray
            Weights.
        single : (n_alphas,) ndarray of bool
            For which filters float32 will do.

        Returns
        -------
        (n_alphas, t) ndarray
            float64.
        """
        out = np.empty((len(filters), z.shape[1]))
        for chosen, dtype in _by_precision(single):
            middle: Real = metric.astype(dtype, copy=False)
            right: Real = z.astype(dtype, copy=False)
            scaled, product = np.empty_like(right), np.empty_like(right)
            for a in chosen:
                np.multiply(right, filters[a].astype(dtype)[:, None], out=scaled)
                np.matmul(middle, scaled, out=product)
                out[a] = np.einsum("ij,ij->j", product, scaled)
        return out


class TorchBackend(Backend):
    """The same with torch.

    Parameters
    ----------
    device : str
        For example ``"cuda"`` or ``"cpu"``.
    """

    def __init__(self, device: str) -> None:
        self.device = device

    def _send(self, array: Any, dtype: type) -> Any:
        import torch

        return torch.as_tensor(np.ascontiguousarray(array, dtype=dtype), device=self.device)

    def eigh(self, gram: Array) -> tuple[Array, Array]:
        """Decompose a symmetric matrix; see `Backend`."""
        import torch

        values, vectors = torch.linalg.eigh(self._send(gram, np.float64))
        return values.cpu().numpy(), vectors.cpu().numpy()

    def squares(self, root: Array, z: Array, filters: Array, single: Flags) -> Array:
        """Return sums of squares; see `Backend`."""
        out = np.empty((len(filters), z.shape[1]))
        for chosen, dtype in _by_precision(single):
            left, right = self._send(root, dtype), self._send(z, dtype)
            for a in chosen:
                product = left @ (right * self._send(filters[a], dtype)[:, None])
                out[a] = (product * product).sum(0).cpu().numpy()
        return out

    def forms(self, metric: Array, z: Array, filters: Array, single: Flags) -> Array:
        """Return quadratic forms; see `Backend`."""
        out = np.empty((len(filters), z.shape[1]))
        for chosen, dtype in _by_precision(single):
            middle, right = self._send(metric, dtype), self._send(z, dtype)
            for a in chosen:
                scaled = right * self._send(filters[a], dtype)[:, None]
                out[a] = ((middle @ scaled) * scaled).sum(0).cpu().numpy()
        return out


def _by_precision(single: Flags) -> Iterator[tuple[NDArray[np.int64], type]]:
    for wanted, dtype in ((False, np.float64), (True, np.float32)):
        chosen = np.flatnonzero(single == wanted)
        if chosen.size:
            yield chosen, dtype


def as_backend(name: str) -> Backend:
    """Return a backend by its name.

    Parameters
    ----------
    name : {"numpy", "torch"}
        ``"torch"`` takes a GPU where there is one.

    Returns
    -------
    Backend
        Of that name.

    Raises
    ------
    OptionError
        If there is none of that name.
    DependencyError
        If torch is not installed.
    """
    if check_option("backend", name, ["numpy", "torch"]) == "numpy":
        return Backend()
    try:
        import torch
    except ImportError as error:
        raise DependencyError(
            "torch is not installed", where="backend", mend="pip install 'neurokit-xarray[torch]'"
        ) from error
    return TorchBackend("cuda" if torch.cuda.is_available() else "cpu")
