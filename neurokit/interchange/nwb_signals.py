"""Blocks of series of an NWB file as ``/activity`` and groups of ``/auxiliary``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, NeurokitError
from neurokit.interchange.nwb_arrays import take
from neurokit.interchange.nwb_blocks import Block
from neurokit.interchange.nwb_clock import Clock, clock_of
from neurokit.interchange.nwb_computed import Signal, Stacked, in_memory
from neurokit.interchange.nwb_content import Content, Series
from neurokit.interchange.nwb_electrodes import electrode_space
from neurokit.interchange.nwb_space import Space, neuron_space, unit_of
from neurokit.io import lazy_variable
from neurokit.schema import Finding, activity

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.interchange.nwb_build import Statements


@dataclass
class Built:
    """A group, and what there is to say about it."""

    group: xr.Dataset
    modality: str
    findings: list[Finding] = field(default_factory=list)


def clock_of_block(block: Block, source: str, rate: float | None) -> Clock:
    """Return the clock of a block, after a check that its series share it.

    Parameters
    ----------
    block : Block
        The block.
    source : str
        The file, for messages.
    rate : float, optional
        Hz; instead of what the file says.

    Returns
    -------
    Clock
        Of the first series; sweeps each begin at their own time.

    Raises
    ------
    TimeError
        If a series has no clock.
    FileContentError
        If series that should be one array tick differently.
    """
    n = _n_times(block.first)
    clock = clock_of(block.first, n, source, rate)
    if block.kind in ("patch", "stimulus"):
        if clock.seconds is not None and len(block.series) > 1:
            steps = clock.seconds - clock.start
            for other in block.series[1:]:
                theirs = clock_of(other, _n_times(other), source, rate)
                if theirs.seconds is None or not np.allclose(
                    theirs.seconds - theirs.start, steps, rtol=0, atol=1e-9
                ):
                    raise _uneven(block, other, source)
        return clock
    for other in block.series[1:]:
        if _n_times(other) != n or not clock.same_as(clock_of(other, n, source, rate)):
            raise _uneven(block, other, source)
    return clock


def _uneven(block: Block, other: Series, source: str) -> FileContentError:
    return FileContentError(
        f"{other.path} does not have the clock of {block.first.path}, so that they are no array",
        where=source,
        mend=f"Choose one of them, series={block.first.path!r}.",
    )


def _n_times(series: Series) -> int:
    """How many samples a series has; its first dim, unless only the second fits."""
    shape = series.data.shape
    return int(shape[1] if _is_transposed(series) else shape[0])


def _is_transposed(series: Series) -> bool:
    """Whether columns come first: only then do rows of its table or its time stamps fit."""
    shape = series.data.shape
    if len(shape) != 2 or shape[0] == shape[1]:
        return False
    if series.timestamps is not None and series.timestamps.shape[0] in shape:
        return bool(series.timestamps.shape[0] == shape[1])
    if series.rows is not None and len(series.rows) in shape:
        return bool(len(series.rows) == shape[0])
    return False


def build(content: Content, block: Block, clock: Clock, zero: float, said: Statements) -> Built:
    """Return the group of a block.

    Parameters
    ----------
    content : Content
        The file.
    block : Block
        What is built.
    clock : Clock
        Its times.
    zero : float
        Seconds of the recording's t = 0 on the file's clock.
    said : Statements
        What the user says of it.

    Returns
    -------
    Built
        Lazy.

    Raises
    ------
    FileContentError
        If sizes disagree.
    """
    findings = list(clock.findings)
    signals = [_signal(series, content.source, findings) for series in block.series]
    trials = block.kind in ("patch", "stimulus") and len(block.series) > 1
    array = signals[0] if len(signals) == 1 else Stacked(signals, trials)
    n_space = array.shape[-1]
    space = _space(content, block, n_space, said, findings)
    dims = (("trial",) if trials else ()) + ("time", space.dim)
    times = clock.arguments(zero)
    trial = None
    if trials:
        times["time"] = times["time"] - times["time"][:1]
        trial = _trial_columns(block)
    group = activity(
        variable_of(array, dims),
        names=space.names,
        space=space.dim,
        units=space.units if space.dim == "neuron" else None,
        coords=space.coords,
        position=None if space.position is None else np.empty((n_space, 3)),
        trial=trial,
        time_origin="start of each sweep" if trials else said.origin,
        time_offset=0.0 if trials else zero,
        **times,
    )
    if space.position is not None:
        attrs = {"units": space.position_units, "coordinate_frame": space.frame}
        group["position"] = variable_of(space.position, (space.dim, "space"), attrs)
    group.attrs |= _said(block) | space.facts
    return Built(group, space.modality, findings)


def variable_of(array: Any, dims: tuple[str, ...], attrs: dict[str, Any] | None = None) -> Any:
    """Return a lazy variable; what is in memory anyway is computed at once."""
    import xarray as xr

    if in_memory(array):
        values = take(array, (slice(None),) * len(array.shape))
        return xr.Variable(dims, values, attrs)
    return lazy_variable(dims, array, attrs)


def _signal(series: Series, source: str, findings: list[Finding]) -> Signal:
    where = f"{source}: {series.path}"
    transposed = _is_transposed(series)
    if transposed:
        found = f"data are {tuple(series.data.shape)}, columns first"
        mend = "They are read as time first; write the file again as the NWB schema says."
        findings.append(Finding("NK890", "SUGGESTION", where, found, mend))
    shape = series.data.shape
    n_columns = 1 if len(shape) == 1 else shape[0] if transposed else shape[1]
    per_column = series.channel_conversion
    if per_column is not None and per_column.shape != (n_columns,):
        raise FileContentError(
            f"{per_column.size} channel_conversion factors for {n_columns} columns",
            where=where,
            mend="Write the file again; without them the values have no unit.",
        )
    factors = np.array([series.conversion, series.offset])
    if not np.isfinite(factors).all() or series.conversion == 0:
        raise FileContentError(
            f"conversion is {series.conversion:g} and offset {series.offset:g}",
            where=where,
            mend="Correct them in the file; without them the values have no unit.",
        )
    return Signal(series.data, series.conversion, series.offset, per_column, transposed)


def _space(
    content: Content, block: Block, n: int, said: Statements, findings: list[Finding]
) -> Space:
    if block.kind == "electrical" and said.space != "neuron":
        return electrode_space(content, block.first, n, said, findings)
    if block.kind in ("roi", "electrical"):
        return neuron_space(content, block.first, n, findings)
    unit = unit_of(block.first.unit)
    if block.kind == "patch":
        return _patched(block, unit)
    as_channels = said.channel_type is not None or said.space == "channel"
    if block.kind == "neurons" and not as_channels:
        return _loose_neurons(content, block, n, unit, findings)
    kind = "DAC" if block.kind == "stimulus" else "MISC"
    kind = (said.channel_type or kind) if block.kind == "neurons" else kind
    names = _column_names(block, n)
    return Space("channel", names, {"channel_type": [kind] * n, "unit": [unit] * n}, unit)


def _column_names(block: Block, n: int) -> list[str]:
    if len(block.series) == n:
        return [series.name for series in block.series]
    return [block.first.name] if n == 1 else [f"{block.first.name}_{i}" for i in range(n)]


def _patched(block: Block, unit: str) -> Space:
    facts = block.first.facts
    label = str(facts.get("electrode_cell_id") or facts.get("electrode") or block.name)
    region = str(facts.get("electrode_location", ""))
    return Space("neuron", [label], {"region": [region]}, unit, modality="spikes")


def _loose_neurons(
    content: Content, block: Block, n: int, unit: str, findings: list[Finding]
) -> Space:
    names = _column_names(block, n)
    coords: dict[str, Any] = {}
    if len(block.series) > 1:
        coords["description"] = [str(s.facts.get("description", "")) for s in block.series]
        found = f"{n} series of one column each, {names[0]} to {names[-1]}, are taken as neurons"
    else:
        found = f"the {n} columns of {block.first.path} are taken as neurons"
    mend = "The file does not say so; with channel_type='MISC' they are channels."
    where = f"{content.source}: {block.first.path}"
    findings.append(Finding("NK892", "SUGGESTION", where, found, mend))
    return Space("neuron", names, coords, unit, modality="calcium")


def _trial_columns(block: Block) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "series": [s.name for s in block.series],
        "start": np.array([0.0 if s.start is None else s.start for s in block.series]),
    }
    for name in ("sweep_number", "stimulus_description", "gain"):
        values = [s.facts.get(name) for s in block.series]
        if all(v is not None for v in values):
            columns[name] = values
    return columns


def _said(block: Block) -> dict[str, Any]:
    series = block.first
    found: dict[str, Any] = {"nwb_path": series.path, "nwb_type": series.kinds[0]}
    if len(block.series) == 1:
        found |= {
            k: v for k, v in series.facts.items() if k not in ("help", "ancestry") and v != ""
        }
    if series.unit:
        found["nwb_unit"] = series.unit
    return found


def attempt(
    content: Content, block: Block, zero: float, said: Statements, findings: list[Finding]
) -> Built | None:
    """Return the group of a block beside the main one; what fails is a finding, not an error.

    Parameters
    ----------
    content : Content
        The file.
    block : Block
        What is built.
    zero : float
        Seconds of the recording's t = 0 on the file's clock.
    said : Statements
        What the user says.
    findings : list of Finding
        Grows.

    Returns
    -------
    Built or None
        None if it could not be built.
    """
    try:
        return build(content, block, clock_of_block(block, content.source, None), zero, said)
    except NeurokitError as error:
        findings.append(left_out(block.first.path, content.source, error))
        return None


def left_out(path: str, source: str, error: NeurokitError) -> Finding:
    """Return the finding that part of a file is not there, and why."""
    found = f"it is left out: {error.found}"
    return Finding("NK891", "VIOLATION", f"{source}: {path}", found, error.mend)
