"""Re-reference electrodes: to their average, to their shaft's average, or to their neighbour.

Li et al. 2018 compare these references for depth electrodes
(https://doi.org/10.1016/j.neuroimage.2018.08.020).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.schema.findings import Finding, findings_from_json, findings_to_json
from neurokit.schema.select import RecordingOrArray, signal_of, space_dim
from neurokit.signal.along_time import apply_step, float_type, labelled
from neurokit.signal.reference_plans import Plan, contacts_of, plan_of_means, plan_of_pairs

LEFT_OUT = "NK889"
"""Code of the findings about contacts without a partner and pairs far apart."""


def reference(
    x: RecordingOrArray, how: str = "average", *, max_distance: float | None = None
) -> RecordingOrArray:
    """Potentials against another reference: x_i - mean(x), or x_i - x_(i+1).

    ``average``: minus the mean of the good channels of the same type (EEG, SEEG, ECOG and DBS
    each apart). ``shaft``: minus the mean of the good contacts of the same shaft.
    ``bipolar``: differences of neighbours, the contacts n and n + 1 of one shaft, named
    ``"LA1-LA2"``; nothing is subtracted across shafts, missing numbers or bad contacts.

    Shaft and number are the coordinates ``shaft`` and ``contact``, else read off the names
    (`neurokit.schema.parse_contact`). Bad channels enter no mean; they get the reference of the
    others and stay marked (``average``, ``shaft``; MNE leaves them as they are), or are left out
    (``bipolar``). Contacts without a
    partner are left out, and a finding lists them. Channels of other types pass unchanged.
    NaN is not observed: it enters no mean and stays NaN.

    Every mean that is subtracted lowers the rank of the data by one: n good channels of a type
    (of a shaft) have rank n - 1. The n - 1 differences along a shaft are independent.

    Parameters
    ----------
    x : recording or DataArray
        (time, channel), also with trials or conditions. Of a recording, the signal of
        ``/activity`` is referenced. dask arrays stay lazy.
    how : {"average", "bipolar", "shaft"}
        What is subtracted.
    max_distance : float, optional
        ``bipolar``: no pair is further apart, in the unit of ``position`` (m). Numbers of a grid
        run on from row to row, so that 8 and 9 of an 8 x 8 grid lie far apart.

    Returns
    -------
    same type as `x`
        ``attrs["reference"]`` of the signal says `how`. Bipolar channels come first; they have
        the midpoint as ``position``, the two contacts as ``anode`` and ``cathode``, and where a
        coordinate differs between the two, both values with a slash between.

    Raises
    ------
    LabelError
        If no channel is left, or two are the same contact.
    OptionError
        If `how` is unknown, or `max_distance` is given without ``"bipolar"`` or not above 0.
    SchemaError
        If `x` has no channel types, or `max_distance` is given and positions are unknown.
    UnitsError
        If channels that are subtracted differ in unit.

    References
    ----------
    Li et al. 2018, Optimal referencing for stereo-electroencephalographic recordings,
    https://doi.org/10.1016/j.neuroimage.2018.08.020

    Examples
    --------
    >>> from neurokit import schema
    >>> group = schema.activity(
    ...     np.array([[5.0, 3.0, 2.0], [1.0, 1.0, 0.0]]),
    ...     names=["LA1", "LA2", "LA3"],
    ...     space="channel",
    ...     rate=100.0,
    ...     coords={"channel_type": ["SEEG"] * 3},
    ... )
    >>> pairs = reference(group.signal, "bipolar")
    >>> pairs.channel.values.tolist(), pairs.values.tolist()
    (['LA1-LA2', 'LA2-LA3'], [[2.0, 1.0], [0.0, 1.0]])
    """
    check_option("how", how, ("average", "bipolar", "shaft"))
    if max_distance is not None and (how != "bipolar" or not max_distance > 0):
        raise OptionError(
            f"found {max_distance!r} with how = {how!r}",
            where="max_distance",
            mend="Give a positive distance in m, with how='bipolar'.",
        )
    signal = signal_of(x, neural=False)
    _check(signal)
    position = _position(x)
    if how == "bipolar":
        plan = plan_of_pairs(signal, position, max_distance)
    else:
        plan = plan_of_means(signal, contacts_of(signal)["shaft"] if how == "shaft" else None)

    def step(values: xr.DataArray) -> xr.DataArray:
        return _applied(values, plan).assign_attrs(reference=how)

    parameters = {"how": how} | ({} if max_distance is None else {"max_distance": max_distance})
    out = apply_step(x, step, "signal.reference", parameters)
    return _completed(out, position, plan) if isinstance(out, xr.DataTree) else out


def _check(signal: xr.DataArray) -> None:
    if space_dim(signal) != "channel" or "channel_type" not in signal.coords:
        raise SchemaError(
            f"dims are {tuple(signal.dims)}, without the types of channels",
            where="signal.reference",
            mend="Give channels with the coordinate channel_type (EEG, SEEG, ECOG, DBS).",
        )


def _position(x: xr.DataTree | xr.DataArray) -> xr.DataArray | None:
    if isinstance(x, xr.DataArray) or "position" not in x["activity"].data_vars:
        return None
    found = x["activity"].to_dataset()["position"]
    return found if found.dims == ("channel", "space") else None


def _applied(signal: xr.DataArray, plan: Plan) -> xr.DataArray:
    ordered = signal.transpose(..., "channel")
    dtype = float_type(ordered.dtype)
    coords = _coordinates(ordered, plan)
    if ordered.chunks is None:
        data: Any = plan.core(np.asarray(ordered.values, dtype=dtype))
    else:
        whole = ordered.astype(dtype).chunk(channel=-1).data
        chunks = (*whole.chunks[:-1], (plan.first.size + plan.kept.size,))
        meta = np.empty((0,) * whole.ndim, dtype)
        data = whole.map_blocks(plan.core, dtype=dtype, chunks=chunks, meta=meta)
    return _with_units(labelled(data, ordered, coords).transpose(*signal.dims))


def _with_units(signal: xr.DataArray) -> xr.DataArray:
    """Say the unit of all channels where those that are left share one."""
    if "unit" not in signal.coords:
        return signal
    present = np.unique(signal["unit"].values)
    return signal.assign_attrs(units=str(present[0])) if present.size == 1 else signal


def _coordinates(signal: xr.DataArray, plan: Plan) -> dict[Any, Any]:
    coords: dict[Any, Any] = {}
    for name, coordinate in signal.coords.items():
        if coordinate.dims != ("channel",):
            coords[name] = coordinate.variable
            continue
        values = np.asarray(coordinate.values)
        a, b, rest = values[plan.first], values[plan.second], values[plan.kept]
        joined = _pair_names(a, b) if name == "channel" else _joined(str(name), a, b)
        coords[name] = ("channel", _stacked(joined, rest), coordinate.attrs)
    if plan.first.size:
        labels = np.asarray(signal["channel"].values, dtype=np.str_)
        nobody = np.full(plan.kept.size, "", dtype=np.str_)
        for name, index in (("anode", plan.first), ("cathode", plan.second)):
            coords[name] = ("channel", _stacked(labels[index], nobody))
    return coords


def _stacked(pairs: npt.NDArray[Any], rest: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([pairs, rest]) if pairs.size else rest


def _pair_names(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.array([f"{x}-{y}" for x, y in zip(a, b, strict=True)], dtype=np.str_)


def _joined(name: str, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """One value per pair: what both say, else both (text), NaN (numbers) or and (flags)."""
    if a.dtype.kind == "b":
        return np.asarray(a & b)
    if a.dtype.kind in "US":
        said = [str(x) if x == y else f"{x}/{y}" for x, y in zip(a, b, strict=True)]
        return np.array(said, dtype=np.str_)
    if name == "contact":
        return a
    if np.array_equal(a, b):
        return a
    return np.where(a == b, a.astype(np.float64), np.nan)


def _completed(rec: xr.DataTree, position: xr.DataArray | None, plan: Plan) -> xr.DataTree:
    """Put positions back, which do not survive a change of channels, and say what was noticed."""
    group = rec["activity"].to_dataset()
    if position is not None and "position" not in group:
        where = np.asarray(position.values, dtype=np.float64)
        middle = (where[plan.first] + where[plan.second]) / 2
        frame = group.coords.get("coordinate_frame")
        if frame is not None:
            # Points of two frames have no midpoint.
            mixed = np.char.find(frame.values[: plan.first.size].astype(str), "/") >= 0
            middle[mixed] = np.nan
        placed = np.concatenate([middle, where[plan.kept]])
        group["position"] = (("channel", "space"), placed, position.attrs)
        group = group.assign_coords(space=position["space"])
    out = rec.copy(deep=False)
    out["activity"] = xr.DataTree(group)
    if plan.notes:
        known = findings_from_json(str(rec.attrs.get("findings", "[]")))
        new = [Finding(LEFT_OUT, "SUGGESTION", "/activity/channel", *note) for note in plan.notes]
        out.attrs = {**out.attrs, "findings": findings_to_json([*known, *new])}
    return out
