"""Writing predicted rates as the Neural Latents Benchmark wants them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError, StoreError
from neurokit.flows.metrics import check_counts_per_bin
from neurokit.flows.nlb_layout import group_name
from neurokit.io.atomic import atomic_file
from neurokit.io.hdf5_writing import hdf5_target

Array = NDArray[np.float64]


def nlb_submission(
    path: str | Path,
    rates: Mapping[str, Mapping[str, xr.DataArray]],
    *,
    bin_s: float = 0.02,
    overwrite: bool = False,
) -> list[str]:
    """Write rates of training and evaluation trials to the benchmark's HDF5.

    One group per dataset (``mc_maze`` for bins of 5 ms, ``mc_maze_20`` for 20 ms) holds
    ``train_rates_heldin``, ``train_rates_heldout``, ``eval_rates_heldin``, ``eval_rates_heldout``
    and, of bins whose coordinate ``forward`` is true, the same with ``_forward``; all are
    (trial, time, neuron) in expected counts per bin, neurons in the order of the file.

    Parameters
    ----------
    path : str or Path
        The file, which is written whole or not at all.
    rates : mapping of str to mapping
        Dataset to ``{"train": rates, "eval": rates}``, DataArrays (trial, time, neuron) with the
        coordinate ``held_out`` (neuron) of `nlb_trials` and, for forecasts, ``forward`` (time).
    bin_s : float, default 0.02
        Width of a bin, s: 0.005 or 0.02.
    overwrite : bool, default False
        Replace a file that is there.

    Returns
    -------
    list of str
        What was written, as group/name.

    Raises
    ------
    OptionError
        If a dataset or width is none of the benchmark's, or train or eval is missing.
    SchemaError
        If rates have other dims, no ``held_out``, or values that are negative or NaN.
    StoreError
        If the file is there, or cannot be written.
    UnitsError
        If rates are in Hz.

    References
    ----------
    .. [1] Pei et al. (2021) Neural Latents Benchmark '21. arXiv:2109.04463

    Examples
    --------
    >>> rates = xr.DataArray(
    ...     np.full((2, 3, 2), 0.1),
    ...     dims=("trial", "time", "neuron"),
    ...     coords={"neuron": ["a", "b"], "held_out": ("neuron", [False, True])},
    ... )
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     names = nk.flows.nlb_submission(
    ...         f"{folder}/submission.h5", {"mc_rtt": {"train": rates, "eval": rates}}
    ...     )
    >>> names[:2]
    ['mc_rtt_20/train_rates_heldin', 'mc_rtt_20/train_rates_heldout']
    """
    final = Path(path)
    if not isinstance(rates, Mapping) or not rates:
        raise OptionError(
            "names no dataset",
            where="rates",
            mend='Give {"mc_maze": {"train": rates, "eval": rates}}.',
        )
    arrays: dict[str, Array] = {}
    for dataset, parts in rates.items():
        group = group_name(dataset, bin_s)
        for part in ("train", "eval"):
            if not isinstance(parts, Mapping) or part not in parts:
                raise OptionError(
                    f"{dataset} has no {part!r}", where="rates", mend="Give both train and eval."
                )
            found = _split(parts[part], f"{dataset} {part}")
            arrays |= {f"{group}/{part}_rates_{name}": values for name, values in found.items()}
    if final.exists() and not overwrite:
        raise StoreError("is there already", where=str(final), mend="Give overwrite=True.")
    with (
        atomic_file(final) as temporary,
        hdf5_target(temporary) as target,
        h5py.File(target, "w") as file,
    ):
        for name, values in arrays.items():
            file.create_dataset(name, data=values, compression="gzip")
    return list(arrays)


def _split(rates: Any, where: str) -> dict[str, Array]:
    """By neurons that were held out, and by bins that were forecast."""
    if not isinstance(rates, xr.DataArray) or set(rates.dims) != {"trial", "time", "neuron"}:
        found = rates.dims if isinstance(rates, xr.DataArray) else type(rates).__name__
        raise SchemaError(
            f"got {found}", where=where, mend="Give a DataArray of rates (trial, time, neuron)."
        )
    check_counts_per_bin(rates)
    if "held_out" not in rates.coords or rates["held_out"].dtype != np.bool_:
        raise SchemaError(
            "lack the coordinate held_out (neuron)",
            where=where,
            mend="Assign that of nlb_trials: rates.assign_coords(held_out=trials.held_out).",
        )
    values = rates.transpose("trial", "time", "neuron").values.astype(np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise SchemaError(
            f"hold {int((~np.isfinite(values)).sum())} values that are not finite and"
            f" {int((values < 0).sum())} below 0",
            where=where,
            mend="Rates are expected counts per bin; predict every bin of every trial.",
        )
    hidden = np.asarray(rates["held_out"].values, dtype=bool)
    ahead = np.zeros(values.shape[1], dtype=bool)
    if "forward" in rates.coords:
        ahead = np.asarray(rates["forward"].values, dtype=bool)
    parts = {"heldin": values[:, ~ahead][..., ~hidden], "heldout": values[:, ~ahead][..., hidden]}
    if ahead.any():
        parts["heldin_forward"] = values[:, ahead][..., ~hidden]
        parts["heldout_forward"] = values[:, ahead][..., hidden]
    return parts
