"""mne.Info as JSON, and back: what has no place of its own in a recording.

The JSON is what `mne.Info.to_json_dict` gives, without NaN (null stands for it), with sparse
matrices written out, and without `hpi_meas` (megabytes of raw coil signals that no step after
the acquisition reads).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, issparse

from neurokit.interchange.mne_channels import bids_type, fif_unit, frame_name, udunits

# The tree holds these itself, or they follow from others.
_ELSEWHERE = ("ch_names", "nchan", "bads", "sfreq", "highpass", "lowpass", "line_freq")
_LEFT_OUT = ("hpi_meas",)
_SPARSE = "_csc"


def info_to_json(info: Any) -> str:
    """Return an mne.Info as strict JSON.

    Parameters
    ----------
    info : mne.Info
        Of any object of MNE.

    Returns
    -------
    str
        For the attribute ``mne_info``.
    """
    lean = info.copy()
    with lean._unlock():
        for key in _LEFT_OUT:
            lean[key] = []
    plain = lean.to_json_dict()
    for key in (*_ELSEWHERE, *_LEFT_OUT, "meas_date"):
        plain.pop(key, None)
    whole = _with_sparse(plain, lean)
    return json.dumps(_nan_to_none(whole), allow_nan=False, separators=(",", ":"))


def info_from_json(text: str) -> dict[str, Any]:
    """Read what `info_to_json` wrote, still as plain lists and dicts.

    Parameters
    ----------
    text : str
        JSON; ``""`` for a tree that never was in MNE.

    Returns
    -------
    dict
        For `assemble`.
    """
    found: dict[str, Any] = _none_to_nan(json.loads(text)) if text else {}
    return found


def assemble(base: Any, carried: Mapping[str, Any]) -> Any:
    """Return an mne.Info that has `base`'s channels and everything else that was carried.

    Parameters
    ----------
    base : mne.Info
        Made from the tree: names, types, rate, bads, filters.
    carried : mapping
        As `info_from_json` gives it, its ``chs`` already chosen and ordered as in `base`.

    Returns
    -------
    mne.Info
        Consistent; what `carried` lacks is as in `base`.
    """
    plain = base.to_json_dict()
    kept = {key: value for key, value in carried.items() if key not in _ELSEWHERE}
    return _sparse_again(type(base).from_json_dict({**plain, **kept}))


def _with_sparse(plain: Any, original: Any) -> Any:
    """Put matrices where mne's own JSON has only the text of their repr."""
    if issparse(original):
        matrix = csc_array(original)  # type: ignore[call-overload]
        return {
            _SPARSE: True,
            "shape": list(matrix.shape),
            "data": matrix.data.tolist(),
            "row": matrix.indices.tolist(),
            "stop": matrix.indptr.tolist(),
        }
    if isinstance(plain, dict) and isinstance(original, Mapping):
        return {k: _with_sparse(v, original[k]) if k in original else v for k, v in plain.items()}
    if isinstance(plain, list) and isinstance(original, list | tuple):
        return [_with_sparse(p, o) for p, o in zip(plain, original, strict=True)]
    return plain


def _sparse_again(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SPARSE):
            data, row, stop = (np.asarray(value[k]) for k in ("data", "row", "stop"))
            n_rows, n_columns = (int(n) for n in value["shape"])
            return csc_array((data, row, stop), shape=(n_rows, n_columns))
        for key, item in value.items():
            if isinstance(item, dict | list):
                mended = _sparse_again(item)
                if mended is not item:
                    dict.__setitem__(value, key, mended)
    elif isinstance(value, list):
        for item in value:
            _sparse_again(item)
    return value


def _nan_to_none(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_nan_to_none(item) for item in value]
    if isinstance(value, dict):
        return {key: _nan_to_none(item) for key, item in value.items()}
    return value


def _none_to_nan(value: Any) -> Any:
    if isinstance(value, list):
        if value and all(item is None or isinstance(item, int | float) for item in value):
            return [math.nan if item is None else item for item in value]
        return [_none_to_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _none_to_nan(item) for key, item in value.items()}
    return value


def channel_types(info: Any) -> list[str]:
    """Return the BIDS type of every channel of an mne.Info."""
    kinds = info.get_channel_types()
    return [
        bids_type(kind, kind=int(ch["kind"]), coil=int(ch["coil_type"]), unit=int(ch["unit"]))
        for kind, ch in zip(kinds, info["chs"], strict=True)
    ]


def channel_coords(info: Any, picks: Sequence[int]) -> dict[str, list[Any]]:
    """Return the per-channel coordinates of the contract.

    Parameters
    ----------
    info : mne.Info
        All channels.
    picks : sequence of int
        Which of them.

    Returns
    -------
    dict
        channel_type, unit and bad; ``coordinate_frame`` too where positions are in several.
    """
    types = channel_types(info)
    chosen = [info["chs"][i] for i in picks]
    coords: dict[str, list[Any]] = {
        "channel_type": [types[i] for i in picks],
        "unit": [udunits(int(info["chs"][i]["unit"]), types[i]) for i in picks],
        "bad": [ch["ch_name"] in info["bads"] for ch in chosen],
    }
    frames = [frame_name(ch["coord_frame"]) if _placed(ch) else "" for ch in chosen]
    if len(set(frames) - {""}) > 1:
        coords["coordinate_frame"] = frames
    return coords


def _placed(ch: Mapping[str, Any]) -> bool:
    where = np.asarray(ch["loc"][:3], dtype=np.float64)
    # MNE writes zeros as well as NaN where it knows no position.
    return bool(np.isfinite(where).all() and where.any())


def channel_positions(
    info: Any, picks: Sequence[int]
) -> tuple[NDArray[np.float64], dict[str, str]] | None:
    """Return where channels are, None where nothing is known of any.

    Parameters
    ----------
    info : mne.Info
        All channels.
    picks : sequence of int
        Which of them.

    Returns
    -------
    position : (channel, 3) ndarray
        Metres; NaN where unknown.
    attrs : dict
        ``units`` and ``coordinate_frame``, the latter ``"per channel"`` where MEG sensors are in
        device and electrodes in head coordinates.
    """
    chosen = [info["chs"][i] for i in picks]
    placed = [_placed(ch) for ch in chosen]
    if not any(placed):
        return None
    nowhere = np.full(3, np.nan)
    position = np.array(
        [ch["loc"][:3] if here else nowhere for ch, here in zip(chosen, placed, strict=True)],
        dtype=np.float64,
    )
    frames = {
        frame_name(ch["coord_frame"]) for ch, here in zip(chosen, placed, strict=True) if here
    }
    frame = frames.pop() if len(frames) == 1 else "per channel"
    return position, {"units": "m", "coordinate_frame": frame}


def group_attrs(info: Any) -> dict[str, float | str]:
    """Return the attributes of ``/activity`` that come from an mne.Info: filters and the rest."""
    attrs: dict[str, float | str] = {}
    for name, key in (
        ("highpass", "highpass"),
        ("lowpass", "lowpass"),
        ("line_frequency", "line_freq"),
    ):
        if info.get(key) is not None:
            attrs[name] = float(info[key])
    attrs["mne_info"] = info_to_json(info)
    return attrs


def who_and_when(info: Any) -> tuple[str, str]:
    """Return subject and start_time (ISO 8601) of the root, ``""`` where unknown."""
    subject = info.get("subject_info") or {}
    name = subject.get("his_id") or subject.get("id")
    date = info.get("meas_date")
    return "" if name is None else str(name), "" if date is None else date.isoformat()


def unit_number(unit: str, channel_type: str) -> int:
    """Return the FIF unit for a channel of a tree; MNE holds triggers in volts."""
    return 107 if channel_type == "TRIG" else fif_unit(unit)
