"""Several recordings as one array: exact joins, NaN where a neuron was not recorded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, SchemaError, TimeError, check_option
from neurokit.schema.history import add_history
from neurokit.schema.names import SPACE_DIMS
from neurokit.schema.select import signal_of


def stack(
    recordings: Mapping[str, xr.DataTree],
    on: str = "neuron",
    *,
    keep_unidentified: bool = False,
) -> xr.DataArray:
    """Return one array with a new dim ``recording``, matched by the labels of `on`.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        By recording id; all on the same time axis.
    on : {"neuron", "channel"}
        The labels that are matched.
    keep_unidentified : bool, default False
        A label whose ``identified`` is False names nothing outside its own recording. Of
        several recordings such neurons are left out, or with True kept under
        ``<recording>/<label>``. A single recording keeps all its labels.

    Returns
    -------
    DataArray
        (recording, time, `on`), NaN where not recorded; coordinates ``observed``
        (recording, `on`), ``subject`` and ``session`` (recording).

    Raises
    ------
    TimeError
        If time axes differ; the message names ``nk.signal.resample``.
    LabelError
        If no label is left.
    SchemaError
        If there is no recording, or a signal is not (time, space).

    Examples
    --------
    >>> from neurokit.simulate import worms
    >>> worms_ = worms(n_animals=2, random_state=0)
    >>> stack(worms_.recordings).dims
    ('recording', 'time', 'neuron')
    """
    check_option("on", on, SPACE_DIMS)
    if not recordings:
        raise SchemaError("no recording is given", where="recordings", mend="Give at least one.")
    signals = {key: _labelled(key, rec, on) for key, rec in recordings.items()}
    if len(signals) > 1:
        signals = {k: _identified(k, x, on, keep_unidentified) for k, x in signals.items()}
    _check_same_time(signals)
    signals = _with_common_runs(signals)
    names = list(dict.fromkeys(str(n) for x in signals.values() for n in x[on].values))
    if not names:
        raise LabelError(
            "no label is identified in any recording",
            where="recordings",
            mend="Stack with keep_unidentified=True, or analyse the recordings one by one.",
        )
    return _stacked(recordings, signals, on, names)


def _labelled(key: str, rec: xr.DataTree, on: str) -> xr.DataArray:
    signal = signal_of(rec)
    if on not in signal.dims or "trial" in signal.dims:
        raise SchemaError(
            f"signal has dims {tuple(signal.dims)}", where=key, mend=f"It must be (time, {on})."
        )
    group = rec["activity"].to_dataset()
    # What is masked was not observed, whatever value lies beneath.
    return signal.where(group["observed"]) if "observed" in group else signal


def _with_common_runs(signals: Mapping[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """Let a cut in one recording cut all: nothing may cross it in the stack."""
    cuts = [np.diff(x["run"].values) != 0 for x in signals.values() if "run" in x.coords]
    if not cuts:
        return dict(signals)
    run = np.concatenate([[0], np.cumsum(np.any(cuts, axis=0))]).astype(np.int64)
    return {key: x.assign_coords(run=("time", run)) for key, x in signals.items()}


def _identified(key: str, x: xr.DataArray, on: str, keep: bool) -> xr.DataArray:
    if "recorded" in x.coords:
        # Places of neurons that this animal's recording lacks would become rows of NaN.
        x = x.isel({on: np.asarray(x["recorded"].values, dtype=bool)})
    if "identified" not in x.coords:
        return x
    known = np.asarray(x["identified"].values, dtype=bool)
    if not keep:
        return x.isel({on: known})
    names = [str(n) if k else f"{key}/{n}" for n, k in zip(x[on].values, known, strict=True)]
    return x.assign_coords({on: np.asarray(names, dtype=np.str_)})


def _check_same_time(signals: Mapping[str, xr.DataArray]) -> None:
    first_key, first = next(iter(signals.items()))
    for key, x in signals.items():
        if not np.array_equal(x["time"].values, first["time"].values):
            raise TimeError(
                f"time axis of {key!r} ({_span(x)}) differs from that of "
                f"{first_key!r} ({_span(first)})",
                where="recordings",
                mend="Bring all to one rate with nk.signal.resample(rec, rate) and cut them to "
                "one length.",
            )


def _span(x: xr.DataArray) -> str:
    time = x["time"].values
    rate = x["time"].attrs.get("sampling_rate")
    said = "irregular" if rate is None else f"{rate:g} Hz"
    return f"{time.size} samples, {said}, {time[0]:g} to {time[-1]:g} s" if time.size else "empty"


def _stacked(
    recordings: Mapping[str, xr.DataTree],
    signals: Mapping[str, xr.DataArray],
    on: str,
    names: list[str],
) -> xr.DataArray:
    labels = np.asarray(names, dtype=np.str_)
    parts, observed = [], []
    for x in signals.values():
        bare = x.drop_vars([c for c in x.coords if c not in ("time", on, "run")])
        parts.append(bare.reindex({on: labels}))
        observed.append(np.isin(labels, x[on].values))
    out = xr.concat(
        parts,
        dim="recording",
        join="exact",
        combine_attrs="drop_conflicts",
        coords="minimal",
        compat="override",
    )
    out = out.assign_coords(
        {
            "time": next(iter(signals.values()))["time"],
            "recording": np.asarray(list(recordings), dtype=np.str_),
            on: labels,
            "observed": (("recording", on), np.stack(observed)),
            **{
                key: (
                    "recording",
                    np.asarray([str(r.attrs.get(key, "")) for r in recordings.values()]),
                )
                for key in ("subject", "session")
            },
            **_shared_columns(signals, on, names),
        }
    )
    out.attrs.pop("history", None)
    return add_history(out, "stack", {"recordings": list(recordings), "on": on})


def _shared_columns(
    signals: Mapping[str, xr.DataArray], on: str, names: list[str]
) -> dict[str, tuple[str, np.ndarray[tuple[int], np.dtype[np.str_]]]]:
    """Return the text columns per label on which all recordings that have the label agree."""
    columns: dict[str, tuple[str, np.ndarray[tuple[int], np.dtype[np.str_]]]] = {}
    for column in ("neuron_class", "neuron_type", "channel_type", "unit"):
        if not all(column in x.coords for x in signals.values()):
            continue
        values: dict[str, set[str]] = {name: set() for name in names}
        for x in signals.values():
            for name, value in zip(x[on].values, x[column].values, strict=True):
                values[str(name)].add(str(value))
        agreed = [v.pop() if len(v) == 1 else "" for v in values.values()]
        columns[column] = (on, np.asarray(agreed, dtype=np.str_))
    return columns
