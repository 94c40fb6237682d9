"""Recordings of different animals and laboratories on one list of neurons and one clock."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from neurokit.celegans.published import published_recording
from neurokit.celegans.simeon import SMOOTHERS
from neurokit.celegans.slots import identified_traces, in_canonical_order, left_out, noticed
from neurokit.errors import (
    NeurokitError,
    NeurokitWarning,
    OptionError,
    SchemaError,
    TimeError,
    check_option,
)
from neurokit.randomness import as_generator
from neurokit.schema.findings import Finding
from neurokit.schema.history import add_history
from neurokit.schema.select import signal_of, with_signal
from neurokit.signal import derivative as slope
from neurokit.signal import resample
from neurokit.signal import scale as scaled
from neurokit.signal import smooth as smoothed

RECIPES = ("neurokit", "simeon2024")
SCALES = ("zscore", "robust", "causal")


def homogenise(
    recordings: Mapping[str, xr.DataTree],
    recipe: str = "neurokit",
    rate: float = 3.0,
    *,
    smooth: float | str | None = None,
    scale: str | None = "zscore",
    derivative: float | None = None,
    burn_in: float = 30.0,
    keep_unidentified: bool = False,
    keep_original: bool = False,
    duration: float | str | None = None,
    random_state: int | np.random.Generator | None = None,
) -> dict[str, xr.DataTree]:
    """Bring worms to the same neurons in the same order, one sampling rate and one scale.

    ``neurokit``, per animal:

    1. x is averaged over 1 / rate seconds around each time k / rate (`nk.signal.resample`,
       ``method="area"``), so that nothing is shifted and no frequency is folded down;
    2. smoothed by a Gaussian of `smooth` seconds, whatever the frame rate was;
    3. scaled, (x - centre) / spread, each neuron by itself;
    4. put into the order of the 302 neurons (`neurons`), NaN where an animal has no certain
       trace of one. No value enters another neuron or animal, and none is made up.

    A label that is not one certain neuron (``AVA?``, or a name that two traces claim) takes no
    neuron's place: it is left out with a finding, or kept behind the 302.

    ``simeon2024`` gives the numbers of the published pipeline [1]_, faults included, on its list
    of 300 neurons; each fault is named in the documentation and in the attribute ``quirks``. It
    is for comparison with published results, not for new ones.

    Only ``/activity`` is changed; events, behaviour and other groups keep their own clocks.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        Recordings by id, with (time, neuron) signals; time may be irregular.
    recipe : {"neurokit", "simeon2024"}
        Which steps.
    rate : float, default 3.0
        Samples per second of the result, Hz. The published pipeline rounds the interval to
        milliseconds (0.333 s).
    smooth : float or str, optional
        ``neurokit``: standard deviation in seconds; None leaves out this step. ``simeon2024``:
        ``"moving"``, ``"gaussian"`` or ``"exponential"``, of fixed widths in samples, or
        ``"none"``, its default.
    scale : {"zscore", "robust", "causal"} or None, default "zscore"
        As in `nk.signal.scale`; None keeps the traces' own units. With ``causal`` the smoothing
        looks back only, too, so that no value knows more of the future than the half interval
        its average spans. ``simeon2024`` takes zscore and causal.
    derivative : float, optional
        Gives ``/auxiliary/derivative``, the slope per second under a Gaussian weight of so many
        seconds (`nk.signal.derivative`, a local line as in Savitzky-Golay filters). It looks to
        both sides. The published pipeline always gives one, by differences of neighbours.
    burn_in : float, default 30.0
        Seconds at the start that ``causal`` leaves NaN.
    keep_unidentified : bool, default False
        Append traces that are not one certain neuron, under their own labels.
    keep_original : bool, default False
        Give ``/auxiliary/original``: the traces as recorded, on their own clock, in the new order.
    duration : float or {"shortest"}, optional
        Keep so many seconds from the start of each recording, or as many as the shortest has, so
        that `nk.stack` finds one time axis.
    random_state : None, int or numpy.random.Generator
        For the slots that ``simeon2024`` draws for traces without a name.

    Returns
    -------
    dict of str to DataTree
        Under the same ids. ``/activity`` has the coordinates ``recorded`` (the animal has this
        neuron) and ``label`` (as it stood in the file), the classes and types of the table, and
        the mask ``observed``.

    Raises
    ------
    OptionError
        If an option is unknown or does not belong to the recipe.
    SchemaError
        If a recording has no traces of neurons over time; the message names it.
    TimeError
        If a clock does not increase, or a recording is shorter than `duration`.

    References
    ----------
    .. [1] Simeon et al. 2024, arXiv:2411.12091

    Examples
    --------
    >>> import neurokit as nk
    >>> group = nk.schema.activity(np.random.default_rng(0).normal(size=(40, 2)),
    ...                            names=["VB01", "AVA?"], rate=2.0)
    >>> worm = nk.schema.recording({"activity": group}, modality="calcium")
    >>> out = homogenise({"worm": worm}, rate=1.0)["worm"].activity
    >>> dict(out.sizes), out.neuron.values[out.recorded.values].tolist()
    ({'time': 20, 'neuron': 302}, ['VB1'])
    """
    check_option("recipe", recipe, RECIPES)
    rng = as_generator(random_state)
    if isinstance(recordings, xr.DataTree) or not isinstance(recordings, Mapping):
        kind = type(recordings).__name__
        mend = "Give a mapping of recordings by id: {'worm1': rec}."
        raise OptionError(f"found a {kind}", where="recordings", mend=mend)
    options: dict[str, Any] = {
        "rate": rate,
        "smooth": smooth,
        "scale": scale,
        "derivative": derivative,
        "burn_in": burn_in,
        "keep_unidentified": keep_unidentified,
        "keep_original": keep_original,
    }
    _check(recipe, options)
    if recipe == "simeon2024":
        out = _published(recordings, options, rng)
    else:
        out = {key: _repaired(key, rec, options) for key, rec in recordings.items()}
    parameters = {"recipe": recipe, **options, "duration": duration}
    return {
        key: add_history(rec, "celegans.homogenise", parameters, random_state)
        for key, rec in _cut(out, duration).items()
    }


def _check(recipe: str, options: Mapping[str, Any]) -> None:
    """Raise unless every option belongs to the recipe."""
    rate, smooth, scale = (options[name] for name in ("rate", "smooth", "scale"))
    if isinstance(rate, bool) or not (np.isfinite(rate) and rate > 0):
        raise TimeError(f"found {rate!r} Hz", where="rate", mend="Give a positive number in Hz.")
    if recipe == "neurokit":
        if scale is not None:
            check_option("scale", scale, SCALES)
        if isinstance(smooth, str):
            mend = 'Give seconds; smoothers by name belong to recipe="simeon2024".'
            raise OptionError(f"found {smooth!r}", where="smooth", mend=mend)
        return
    check_option("scale", scale, ("zscore", "causal"))
    if smooth is not None:
        check_option("smooth", smooth, SMOOTHERS)
    for name in ("derivative", "keep_unidentified"):
        if options[name]:
            mend = 'The published pipeline has no such choice; use recipe="neurokit".'
            raise OptionError(f"found {options[name]!r}", where=name, mend=mend)


def _repaired(key: str, rec: xr.DataTree, options: Mapping[str, Any]) -> xr.DataTree:
    """Return one animal by the recipe ``neurokit``."""
    group = _traces(key, rec)
    try:
        signal = resample(group["signal"], options["rate"], method="area")
        if options["smooth"] is not None:
            signal = smoothed(signal, options["smooth"], causal=options["scale"] == "causal")
        if options["scale"] is not None:
            signal = scaled(signal, options["scale"], burn_in=options["burn_in"])
        slopes = None if options["derivative"] is None else slope(signal, options["derivative"])
    except NeurokitError as error:
        # The steps know the axis, not the animal.
        raise type(error)(error.found, where=f"{key}: {error.where}", mend=error.mend) from error
    named = rec.copy(deep=False)
    named["activity"] = xr.DataTree(group)
    out = with_signal(named, signal)
    keep = bool(options["keep_unidentified"])
    findings = [*left_out(group, keep), *_without_scale(group["signal"], signal)]
    out["activity"] = xr.DataTree(_ordered(out["activity"].to_dataset(), keep))
    if slopes is not None:
        out["auxiliary/derivative"] = xr.DataTree(_ordered(_alone(slopes, group), keep))
    if options["keep_original"]:
        out["auxiliary/original"] = xr.DataTree(_ordered(group, keep))
    return noticed(out, findings)


def _traces(key: str, rec: xr.DataTree) -> xr.Dataset:
    """Return ``/activity`` of neurons over time, named, NaN where nothing was observed."""
    try:
        signal = signal_of(rec)
    except SchemaError as error:
        raise SchemaError(error.found, where=key, mend=error.mend) from error
    if signal.dims != ("time", "neuron"):
        mend = "Give traces of neurons over time, (time, neuron)."
        raise SchemaError(f"signal has dims {signal.dims}", where=key, mend=mend)
    group = rec["activity"].to_dataset()
    if "observed" in group:
        group = group.assign(signal=group["signal"].where(group["observed"]))
        group = group.drop_vars("observed")
    return identified_traces(group)


def _ordered(group: xr.Dataset, keep_unidentified: bool) -> xr.Dataset:
    """Return traces in canonical order, with the mask of what was observed."""
    out = in_canonical_order(group, keep_unidentified)
    return out.assign(observed=out["signal"].notnull())


def _alone(signal: xr.DataArray, like: xr.Dataset) -> xr.Dataset:
    """Return a group of its own for a signal on the clock of `like`."""
    bare = signal.rename("signal")
    bare.attrs = {name: value for name, value in signal.attrs.items() if name != "history"}
    rate = signal["time"].attrs["sampling_rate"]
    return bare.to_dataset().assign_attrs({**like.attrs, "sampling_rate": rate})


def _without_scale(before: xr.DataArray, after: xr.DataArray) -> list[Finding]:
    """Return a finding on traces that had values and lost them, because they are constant."""
    if before.chunks is not None:
        return []
    gone = after.isnull().all("time").values & before.notnull().any("time").values
    if not gone.any():
        return []
    names = ", ".join(str(name) for name in before["neuron"].values[gone])
    found = f"{int(gone.sum())} traces have no spread to be scaled by and are NaN: {names}"
    mend = "They may be dead pixels or filled gaps; scale=None keeps them."
    return [Finding("NK819", "SUGGESTION", "/activity signal", found, mend)]


def _published(
    recordings: Mapping[str, xr.DataTree], options: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, xr.DataTree]:
    """Return the animals that the published pipeline keeps, and warn of those it does not."""
    out, dropped = {}, []
    for key, rec in recordings.items():
        made = published_recording(rec, _traces(key, rec), options, rng)
        if isinstance(made, str):
            dropped.append(f"{key} ({made})")
        else:
            out[key] = made
    if dropped:
        message = f"as in the published pipeline, left out: {', '.join(dropped)}"
        warnings.warn(message, NeurokitWarning, stacklevel=3)
    return out


def _cut(
    recordings: dict[str, xr.DataTree], duration: float | str | None
) -> dict[str, xr.DataTree]:
    """Return the recordings with the same number of samples from their starts."""
    if duration is None or not recordings:
        return recordings
    groups = {key: rec["activity"].to_dataset() for key, rec in recordings.items()}
    if isinstance(duration, str):
        check_option("duration", duration, ("shortest",))
        n = min(group.sizes["time"] for group in groups.values())
    else:
        rate = float(next(iter(groups.values())).attrs["sampling_rate"])
        n = int(np.floor(float(duration) * rate + 1e-6))
    return {key: _shortened(key, rec, n) for key, rec in recordings.items()}


def _shortened(key: str, rec: xr.DataTree, n: int) -> xr.DataTree:
    length = rec["activity"].sizes["time"]
    if not 0 < n <= length:
        mend = 'Give a shorter duration=, or "shortest".'
        raise TimeError(f"has {length} samples, {n} are asked for", where=key, mend=mend)
    out = rec.copy(deep=False)
    for path in ("activity", "auxiliary/derivative"):
        if f"/{path}" in rec.groups:
            out[path] = xr.DataTree(rec[path].to_dataset().isel(time=slice(n)))
    return out
