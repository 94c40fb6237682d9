"""Which band each feature is in, from what users give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.labels import Labels
from neurokit.errors import LabelError, SchemaError

IntArray = NDArray[np.int64]


def join_bands(X: Any, Y: Any = None) -> Any:
    """Put bands that are given apart side by side.

    Parameters
    ----------
    X : mapping of str to DataArray or array, or anything else
        (sample, feature) each; anything else is returned as it is.
    Y : object
        Gives plain arrays their sample dim if it is labelled.

    Returns
    -------
    DataArray
        (sample, feature), with the coordinate ``band``.

    Raises
    ------
    SchemaError
        If a band has not two dims.
    LabelError
        If bands differ in their samples.
    """
    if not isinstance(X, Mapping) or isinstance(X, xr.DataTree) or hasattr(X, "toarray"):
        return X
    sample = _sample_dim(X, Y)
    parts, names, labels = [], [], []
    for name, band in X.items():
        part = _as_band(band, name, sample)
        labels += _feature_names(part, str(name))
        parts.append(part.rename({part.dims[1]: "feature"}).drop_vars("feature", errors="ignore"))
        names += [str(name)] * part.shape[1]
    if not parts:
        raise SchemaError("has no band", where="X", mend="Give at least one.")
    try:
        joined = xr.concat(
            [part.drop_vars(_beside(part)) for part in parts], "feature", join="exact"
        )
    except ValueError as error:
        raise LabelError(
            "bands differ in their samples", where="X", mend="Select the same samples in all bands."
        ) from error
    coords = {"feature": labels, "band": ("feature", names)}
    labelled: xr.DataArray = joined.transpose(sample, "feature").assign_coords(coords)
    return labelled


def _beside(part: xr.DataArray) -> list[Any]:
    return [name for name, coord in part.coords.items() if "feature" in coord.dims]


def _sample_dim(X: Mapping[str, Any], Y: Any) -> str:
    """Return the dim that all labelled bands, and targets, have in common."""
    labelled = [band for band in X.values() if isinstance(band, xr.DataArray)]
    labelled += [Y] if isinstance(Y, xr.DataArray) else []
    if not labelled:
        return "sample"
    shared = [dim for dim in labelled[0].dims if all(dim in band.dims for band in labelled)]
    return str((shared or list(labelled[0].dims))[0])


def _as_band(band: Any, name: str, sample: str) -> xr.DataArray:
    if not isinstance(band, xr.DataArray):
        values = np.asarray(band)
        values = values[:, None] if values.ndim == 1 else values
        more = [f"feature_{i}" for i in range(2, values.ndim)]
        band = xr.DataArray(values, dims=[sample, "feature", *more][: values.ndim])
    if sample in band.dims and band.ndim == 1:
        band = band.expand_dims(feature=1, axis=-1)
    if band.ndim != 2 or sample not in band.dims:
        raise SchemaError(
            f"has dims {band.dims}, not ({sample!r}, feature)",
            where=f"X[{name!r}]",
            mend="Give one row per sample and one column per feature.",
        )
    ordered: xr.DataArray = band.transpose(sample, ...)
    return ordered


def _feature_names(part: xr.DataArray, band: str) -> list[str]:
    dim = part.dims[1]
    labels = part[dim].values if dim in part.coords else np.arange(part.shape[1])
    return [f"{band}/{label}" for label in labels]


def bands_of(bands: Any, features: Labels) -> tuple[IntArray, list[str]]:
    """Return the band of each feature.

    Parameters
    ----------
    bands : None, str or sequence
        None is the coordinate ``band``, or one band of all features where there is none; a str
        names a coordinate; a sequence gives one label per feature.
    features : Labels
        Of the features.

    Returns
    -------
    codes : (p,) ndarray of int64
        From 0, in the order of first appearance.
    names : list of str
        One per band.

    Raises
    ------
    LabelError
        If there is no such coordinate, or not one label per feature.
    """
    if bands is None:
        bands = "band" if "band" in features.coords else np.full(features.size, "all")
    if isinstance(bands, str):
        if bands not in features.coords:
            raise LabelError(
                f"features have no coordinate {bands!r}",
                where="bands",
                mend="Give X as a mapping of bands, or one label per feature.",
            )
        bands = features.coords[bands].values
    labels = np.asarray(bands)
    if labels.shape != (features.size,):
        raise LabelError(
            f"shape {labels.shape} for {features.size} features",
            where="bands",
            mend="Give one label per feature.",
        )
    names = list(dict.fromkeys(str(label) for label in labels))
    place = {name: index for index, name in enumerate(names)}
    return np.array([place[str(label)] for label in labels], dtype=np.int64), names
