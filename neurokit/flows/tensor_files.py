"""A fit in one safetensors file: weights as tensors, all else as JSON in its header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import xarray as xr

from neurokit.errors import StoreError
from neurokit.flows.torch_needed import need_torch
from neurokit.io.atomic import atomic_file

if TYPE_CHECKING:
    from neurokit.flows.neural_reading import NeuralReading

Fit = TypeVar("Fit", bound="NeuralReading")

_KIND = "neurokit fit 1"


def save_fit(fit: NeuralReading, path: Path, *, overwrite: bool) -> Path:
    """Write a fit; a reader sees the old file or the new one.

    Parameters
    ----------
    fit : NeuralReading
        Fitted.
    path : Path
        Of the file.
    overwrite : bool
        Replace what is there.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    StoreError
        If something is there already.
    """
    need_torch("save")
    from safetensors.numpy import save_file

    path = path.expanduser()
    if path.exists() and not overwrite:
        raise StoreError(
            "exists already", where=str(path), mend="Choose another name or pass overwrite=True."
        )
    tree = fit.to_tree()
    tables = {
        name: node.to_dataset(inherit=False).to_dict()
        for name, node in tree.children.items()
        if name != "weights"
    }
    metadata = {str(key): str(value) for key, value in tree.attrs.items()}
    metadata |= {"kind": _KIND, "tables": json.dumps(tables)}
    weights = {
        str(name): value.values.copy(order="C") for name, value in fit.weights_.data_vars.items()
    }
    with atomic_file(path) as temporary:
        save_file(weights, temporary, metadata)
    return path


def load_fit(kind: type[Fit], path: Path) -> Fit:
    """Read what `save_fit` wrote; nothing in the file is run.

    Parameters
    ----------
    kind : type
        Class of the estimator.
    path : Path
        Of the file.

    Returns
    -------
    Estimator
        Fitted.

    Raises
    ------
    StoreError
        If the file is damaged or holds something else.
    """
    need_torch("load")
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path.expanduser(), "numpy") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise StoreError(
            f"cannot be read ({error})", where=str(path), mend="Give a file that save wrote."
        ) from error
    expected = f"{kind.__module__}:{kind.__qualname__}"
    found = metadata.get("estimator", "no estimator")
    if metadata.get("kind") != _KIND or found != expected:
        raise StoreError(
            f"holds {found}, not {expected}", where=str(path), mend="Load it with its own class."
        )
    try:
        return _filled(kind, metadata, weights)
    except (LookupError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"holds no whole fit ({error})", where=str(path), mend="Save the fit again."
        ) from error


def _filled(kind: type[Fit], metadata: dict[str, str], weights: dict[str, Any]) -> Fit:
    from neurokit.estimator import from_group
    from neurokit.flows.neural_reading import weights_dataset

    fit = kind(**json.loads(metadata["parameters"]))
    for name, value in json.loads(metadata["fitted"]).items():
        setattr(fit, f"{name}_", value)
    for name, table in json.loads(metadata["tables"]).items():
        setattr(fit, f"{name}_", from_group(xr.Dataset.from_dict(table), name))
    fit.weights_ = weights_dataset(weights)
    fit.history_ = metadata["history"]
    # Weights that do not fit the parameters are said to be so now, not on first use.
    fit.check_weights()
    return fit
