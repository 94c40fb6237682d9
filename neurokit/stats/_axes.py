"""What a test has to know of the axis it shifts or flips along: runs, and samples per unit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError
from neurokit.schema import runs, sampling_rate

Values = NDArray[Any]


@dataclass(frozen=True)
class SampleAxis:
    """The axis of samples."""

    n: int
    runs: list[slice]
    rate: float | None

    def to_samples(self, length: float, where: str) -> int:
        """Return a length in whole samples, rounded up."""
        if not (np.isreal(length) and np.isfinite(length) and length >= 0):
            raise OptionError(f"got {length!r}", where=where, mend="Give 0 or a positive number.")
        # Slack, because 0.3 s at 10 Hz is 3 samples and not 4.
        return int(np.ceil(length * (self.rate or 1.0) - 1e-6))

    def to_units(self, samples: Values | float) -> Any:
        """Return samples as seconds if there is a rate."""
        return samples / self.rate if self.rate else samples

    @property
    def unit(self) -> str:
        """``"s"`` or ``"samples"``."""
        return "s" if self.rate else "samples"


def sample_axis(x: xr.DataArray) -> SampleAxis:
    """Describe the first dim of `x`."""
    dim = x.dims[0]
    n = x.sizes[dim]
    if dim != "time":
        return SampleAxis(n, [slice(0, n)], None)
    return SampleAxis(n, runs(x), sampling_rate(x) if "time" in x.coords else None)


def labelled(x: Any, dim: str, where: str) -> xr.DataArray:
    """Return `x` as a DataArray with `dim` first."""
    if isinstance(x, xr.DataArray):
        if dim not in x.dims:
            raise LabelError(
                f"dims are {tuple(x.dims)}, no {dim!r}", where=where, mend="Give dim=..."
            )
        out = x.transpose(dim, ...)
    else:
        values = np.asarray(x)
        if values.ndim == 0:
            raise OptionError("got a single number", where=where, mend="Give (samples, ...).")
        out = xr.DataArray(values, dims=[dim, *(f"output_{i}" for i in range(values.ndim - 1))])
    if out.sizes[dim] < 2:
        raise OptionError(f"{out.sizes[dim]} samples", where=where, mend="Give at least 2.")
    return out


def family_axes(
    family: bool | str | Sequence[Hashable] | None, dims: tuple[Hashable, ...]
) -> tuple[int, ...]:
    """Return the axes of a family."""
    if family is None or family is False:
        return ()
    names = dims if family is True else (family,) if isinstance(family, str) else tuple(family)
    for name in names:
        if name not in dims:
            raise LabelError(
                f"{name!r} is no dim of the statistic, which has {tuple(dims)}",
                where="family",
                mend="Name dims of the statistic, or give True for all.",
            )
    return tuple(dims.index(name) for name in names)
