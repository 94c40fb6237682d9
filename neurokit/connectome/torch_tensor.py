"""A tensor on the device of PyTorch: passes over the data run there, the small updates here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from neurokit.connectome.dimension_tree import AnyFloat, Array, row_grams
from neurokit.connectome.tensor import ObservedTensor
from neurokit.errors import DependencyError, OptionError


@dataclass(frozen=True)
class TorchTensor(ObservedTensor):
    """A partly observed tensor whose data and mask lie on a device of PyTorch.

    Parameters
    ----------
    values, mask, order, scale, squared_norm, row_norms, total, tied
        As of `ObservedTensor`, on the host.
    held : torch.Tensor
        The values on the device.
    seen : torch.Tensor
        The mask on the device.
    """

    held: Any = None
    seen: Any = None

    def contract(self, factor: Array, axis: int) -> Any:
        """Sum over one mode on the device; the partial product stays there."""
        return _contract(self.held, factor, axis)

    def gather(self, partial: Any, summed: int, factors: Sequence[Array], target: int) -> Array:
        """Contract the rest on the device in float64 and bring the result back."""
        kept = [mode for mode in range(len(self.shape)) if mode != summed]
        return _collapse(partial, kept, factors, target) / self.scale

    def on_host(self, partial: Any) -> AnyFloat:
        """A partial product as an array on the host."""
        return np.asarray(partial.cpu().numpy())

    def grams(self, factors: Sequence[Array], mode: int) -> Array:
        """Gram matrices of the other modes' columns over each row's observed entries."""
        if self.mask.size == 1:
            return row_grams(self.mask, factors, mode)
        return row_grams(self.mask, factors, mode, products=self._mask_products)

    def _mask_products(self, columns: Sequence[Array], summed: int, target: int) -> Array:
        kept = [mode for mode in range(self.mask.ndim) if mode != summed]
        return _collapse(_contract(self.seen, columns[summed], summed), kept, columns, target)


def _on(held: Any, factor: Array) -> Any:
    import torch

    return torch.as_tensor(np.ascontiguousarray(factor), device=held.device)


def _contract(held: Any, factor: Array, axis: int) -> Any:
    matrix = _on(held, factor).to(held.dtype)
    if axis == held.ndim - 1:
        return held @ matrix
    if axis == 0:
        flat = held.reshape(held.shape[0], -1)
        return (flat.T @ matrix).reshape(*held.shape[1:], -1)
    return held.movedim(axis, -1) @ matrix


def _collapse(partial: Any, kept: Sequence[int], factors: Sequence[Array], target: int) -> Array:
    result, modes = partial.double(), list(kept)
    while len(modes) > 1:
        axis = next(k for k in reversed(range(len(modes))) if modes[k] != target)
        shape = [1] * result.ndim
        shape[axis], shape[-1] = factors[modes[axis]].shape
        result = (result * _on(partial, factors[modes[axis]]).reshape(shape)).sum(axis)
        del modes[axis]
    return np.asarray(result.cpu().numpy())


def on_device(tensor: ObservedTensor, device: str | None = None) -> TorchTensor:
    """Copy a tensor to a device.

    Parameters
    ----------
    tensor : ObservedTensor
        In memory.
    device : str, optional
        As PyTorch names it; None takes a GPU where there is one.

    Returns
    -------
    TorchTensor
        The same tensor; the host's data are shared.

    Raises
    ------
    DependencyError
        If PyTorch is not installed.
    OptionError
        If there is no such device.
    """
    try:
        import torch
    except ImportError as error:
        raise DependencyError(
            'backend="torch" needs PyTorch',
            where="backend",
            mend="pip install 'neurokit-xarray[torch]'",
        ) from error
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        # The first tensor on it shows whether there is such a device.
        torch.empty(1, device=place)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        raise OptionError(
            f"is {place!r}, which PyTorch cannot use here ({str(error).splitlines()[0]})",
            where="device",
            mend='Use "cpu", or leave it out.',
        ) from error
    held = torch.as_tensor(tensor.values, device=place)
    seen = torch.as_tensor(tensor.mask, device=place)
    host = {f.name: getattr(tensor, f.name) for f in fields(ObservedTensor)}
    return TorchTensor(**host, held=held, seen=seen)
