"""A mapped signal: which variables, which dim is what, labels, units, positions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, TimeError, check_option
from neurokit.io.lazy import FileArray, lazy_variable
from neurokit.schema import activity
from neurokit.schema.names import CHANNEL_TYPES, CHANNEL_UNITS
from neurokit_loaders._neurons import SPECIES, identity_coordinates
from neurokit_loaders.mapping import METRES, RecordingMap, References, SignalMap, called, last_part
from neurokit_loaders.mapping_arrays import Multiplied, Rearranged, Stacked
from neurokit_loaders.mapping_source import Found, Names, per_name
from neurokit_loaders.mapping_time import Clock
from neurokit_loaders.mne_units import in_si


class Traces:
    """A signal as (time, space) or (trial, time, space), unread, with its labels.

    Parameters
    ----------
    names : Names
        The file.
    said : SignalMap
        What the user said.
    group : str
        Path of the group, for messages.
    without : iterable of str
        Variables that a glob does not take.
    """

    def __init__(self, names: Names, said: SignalMap, group: str, without: Iterable[str]) -> None:
        self.names, self.said, self.group = names, said, group
        found = names.all(said.signal, "signal", without)
        for item in found:
            item.require("number")
        self.base, default = _arranged(found, said, names.source.path)
        self.labels = self._labels(default)

    @property
    def n_times(self) -> int:
        """Samples, per trial where there are trials."""
        return self.base.shape[-2]

    @property
    def has_trials(self) -> bool:
        """Whether the signal is cut into trials."""
        return len(self.base.shape) == 3

    def _labels(self, default: list[str]) -> list[str]:
        n, given = self.base.shape[-1], self.said.names
        where = str(self.names.source.path)
        if given is None:
            width = len(str(n - 1))
            return default or [f"{self.said.space}-{i:0{width}d}" for i in range(n)]
        if isinstance(given, tuple):
            labels = list(given)
        else:
            labels = [_plain(value) for value in self.names.one(given, "names").vector()]
        if len(labels) != n:
            raise LabelError(
                f"{len(labels)} names for {n} columns of the signal, stored as "
                f"{' x '.join(map(str, self.base.shape))} in the order of dims",
                where=where,
                mend="Give one name per neuron or channel; check dims=.",
            )
        return labels

    def dataset(self, clock: Clock, plan: RecordingMap) -> xr.Dataset:
        """Return the group."""
        said, labels = self.said, self.labels
        coords = {
            name: values_per_item(self.names, reference, f"coords[{name!r}]", len(labels), labels)
            for name, reference in said.coords.items()
        }
        factors = [float(f) for f in per_name(said.scale, labels, 1.0, "scale")]
        units: str | None = None
        if said.space == "channel":
            coords, factors = self._channels(coords, factors)
        else:
            units = self._neuron_unit()
            if plan.about["species"] == SPECIES and said.names is not None:
                from neurokit.celegans import identify_all

                table = identify_all(labels)
                labels = table["name"].tolist()
                coords = {**identity_coordinates(table), **coords}
        dims = ("trial", "time", said.space) if self.has_trials else ("time", said.space)
        group = activity(
            lazy_variable(dims, Multiplied(self.base, factors)),
            names=labels,
            space=said.space,
            units=units,
            coords=coords,
            run=None if clock.run is None else clock.run.tolist(),
            trial=self._trial(plan),
            **self._position(len(labels)),
            **clock.words(),
        )
        if said.bin_width is not None:
            group["signal"].attrs["bin_width"] = float(said.bin_width)
        return group

    def _neuron_unit(self) -> str:
        if isinstance(self.said.units, str):
            return self.said.units
        if self.said.units:
            raise OptionError(
                "neurons of one group share one unit", where="units", mend="Give one text."
            )
        return "1"

    def _channels(
        self, coords: dict[str, Any], factors: list[float]
    ) -> tuple[dict[str, Any], list[float]]:
        """Return type and SI unit per channel, and factors that lead to that unit."""
        said, labels = self.said, self.labels
        kinds = [
            check_option("channel_type", str(kind).upper(), CHANNEL_TYPES)
            for kind in per_name(said.channel_type, labels, "OTHER", "channel_type")
        ]
        stated = per_name(said.units, labels, None, "units")
        units = []
        for i, (kind, unit) in enumerate(zip(kinds, stated, strict=True)):
            usual = CHANNEL_UNITS[kind]
            if unit is None:
                units.append(usual)
            elif _is_electric(unit):
                si, factor = in_si(unit)
                units.append(si)
                factors[i] *= factor
            else:
                units.append(unit)
        return {"channel_type": kinds, "unit": units, **coords}, factors

    def _trial(self, plan: RecordingMap) -> dict[str, Any] | None:
        if not plan.trial or not self.has_trials:
            return None
        n = self.base.shape[0]
        return {
            name: values_per_item(self.names, reference, f"trial[{name!r}]", n, None)
            for name, reference in plan.trial.items()
        }

    def _position(self, n: int) -> dict[str, Any]:
        said = self.said
        if not said.position:
            return {}
        found = self.names.all(said.position, "position")
        values = np.column_stack([_rows(item.read()) for item in found]).astype(np.float64)
        if values.shape not in ((n, 2), (n, 3)):
            raise LabelError(
                f"positions are {values.shape[0]} x {values.shape[1]} for {n} labels",
                where=str(self.names.source.path),
                mend="Give x and y, or x, y and z, for every neuron or channel.",
            )
        placed = np.full((n, 3), np.nan)
        placed[:, : values.shape[1]] = values * METRES.get(said.position_units, 1.0)
        units = "m" if said.position_units in METRES else "1"
        return {
            "position": placed,
            "position_attrs": {"units": units, "coordinate_frame": said.position_frame},
        }


def values_per_item(
    names: Names, reference: Any, option: str, n: int, labels: list[str] | None
) -> Any:
    """Return one value per neuron, channel or trial.

    Raises
    ------
    LabelError
        If there are more or fewer.
    """
    found = names.one(reference, option)
    values = found.vector()
    if values.size != n:
        of = "trials" if labels is None else f"labels ({labels[0]} ...)"
        raise LabelError(
            f"{found.entry} has {values.size} values for {n} {of}",
            where=str(found.source.path),
            mend=f"Give one value per item for {option}.",
        )
    return [_plain(v) for v in values] if values.dtype.kind in "US" else values


def time_variables(
    names: Names, references: References, n: int, without: Iterable[str]
) -> dict[str, xr.Variable]:
    """Return variables over time by name: numbers unread, text read.

    Raises
    ------
    TimeError
        If one is not as long as the clock.
    """
    variables = {}
    everything = names.all(references, "behavior", without)
    for found, name in zip(everything, short_names(everything), strict=True):
        shape = found.entry.shape
        long = [axis for axis, size in enumerate(shape) if size == n]
        other = [axis for axis, size in enumerate(shape) if size != 1 and axis not in long[:1]]
        if not long or len(other) > 1:
            raise TimeError(
                f"{found.entry} has no dim of {n} samples, or too many others",
                where=str(found.source.path),
                mend="Behaviour lies on the clock of the recording; other clocks are auxiliary.",
            )
        if found.entry.kind in ("text", "cell"):
            variables[name] = xr.Variable(("time",), found.vector())
            continue
        order = [long[0], *other]
        dims = ("time", f"{name}_axis")[: len(order)]
        array: FileArray = Rearranged(found.lazy(), order)
        if array.dtype.kind == "f":
            array = Multiplied(array, [1.0])
        variables[name] = lazy_variable(dims, array)
    return variables


def features(names: Names, references: References, n: int, without: Iterable[str]) -> Any:
    """Return (labels, lazy variable (time, feature)) of a stimulus."""
    found = names.all(references, "stimulus", without)
    said = SignalMap(signal=references)
    base, labels = _arranged(found, said, names.source.path)
    if base.shape[-2] != n and base.shape[-1] == n and len(base.shape) == 2:
        base = Rearranged(base, (1, 0))
    if len(base.shape) != 2 or base.shape[0] != n:
        raise TimeError(
            f"stimulus has {base.shape[0]} samples for {n} of the clock",
            where=str(names.source.path),
            mend="A stimulus on another clock belongs into auxiliary.",
        )
    labels = labels or [f"{last_part(found[0].name)}_{i}" for i in range(base.shape[1])]
    return labels, lazy_variable(("time", "feature"), Multiplied(base, [1.0] * base.shape[1]))


def _arranged(found: list[Found], said: SignalMap, path: Path) -> tuple[FileArray, list[str]]:
    """Return an array in the contract's order of dims, and labels where names of variables are."""
    columns = [item for item in found if item.source.word == "column"]
    first = found[0]
    if columns and len(columns) == len(found) and len({id(f.source) for f in found}) == 1:
        return _of_table(first.source.columns([f.name for f in found]), found, said)
    shapes = {item.entry.shape for item in found}
    if len(found) > 1 and len(shapes) > 1:
        listed = ", ".join(str(item.entry) for item in found[:6])
        raise OptionError(
            f"variables of one signal differ in shape: {listed}",
            where=str(path),
            mend="Put those of another length into auxiliary.",
        )
    turned = [_squeezed(item, said, len(found)) for item in found]
    bases, dims = [array for array, _ in turned], turned[0][1]
    if said.space in dims:
        if len(found) > 1:
            raise OptionError(
                f"{len(found)} variables each have a dim of {said.space}s: {first.entry} ...",
                where=str(path),
                mend="Name one of them as signal, others in auxiliary.",
            )
        return _in_order(bases[0], dims, said.space), []
    arranged = [_in_order(array, dims, said.space) for array in bases]
    return Stacked(arranged), called([item.name for item in found])


def _of_table(base: FileArray, found: list[Found], said: SignalMap) -> tuple[FileArray, list[str]]:
    """Return the columns of a table: one per neuron, unless dims says what rows and columns are."""
    dims = said.dims or ("time", said.space)
    if len(dims) == 1:
        dims = (*dims, said.space)
    if len(dims) != 2:
        raise OptionError(
            f"a table has rows and columns, dims= names {len(dims)}",
            where=str(found[0].source.path),
            mend="Name what its rows are, then what its columns are.",
        )
    turned = _in_order(base, dims, said.space)
    if said.space not in dims:
        return Stacked([turned]), []
    return turned, [item.name for item in found] if dims[1] == said.space else []


def _squeezed(found: Found, said: SignalMap, n: int) -> tuple[FileArray, tuple[str, ...]]:
    """Return a variable without dims of length 1 that are not named, and its dims."""
    array, shape = found.lazy(), found.entry.shape
    long = [axis for axis, size in enumerate(shape) if size != 1]
    dims = said.dims
    if dims is None:
        defaults: dict[int, tuple[str, ...]] = {
            1: ("time",),
            2: ("time", said.space) if n == 1 else ("trial", "time"),
            3: ("trial", "time", said.space),
        }
        dims = defaults.get(len(long))
        if not long and shape:
            long, dims = [0], ("time",)
    if dims is not None and len(dims) == len(shape):
        return array, dims
    if dims is None or len(dims) != len(long):
        raise OptionError(
            f"{found.entry} has {len(shape)} dims"
            + ("" if said.dims is None else f", dims= names {len(said.dims)}"),
            where=str(found.source.path),
            mend="Say what they are, for example dims=('trial', 'time', 'neuron').",
        )
    return Rearranged(array, long), dims


def _in_order(array: FileArray, dims: tuple[str, ...], space: str) -> FileArray:
    wanted = [dim for dim in ("trial", "time", space) if dim in dims]
    order = [dims.index(dim) for dim in wanted]
    return array if order == list(range(len(dims))) else Rearranged(array, order)


def short_names(found: list[Found]) -> list[str]:
    """Return what variables can be called in a group, whose own ``time`` and ``run`` are."""
    names = called([item.name for item in found])
    return [f"{name}_" if name in ("time", "run") else name for name in names]


def _rows(values: NDArray[Any]) -> NDArray[Any]:
    """Return positions with one row per item: a file may have them as columns."""
    if values.ndim == 2 and values.shape[0] in (2, 3) and values.shape[1] > 3:
        return values.T
    return values


def _is_electric(unit: str) -> bool:
    """Whether a unit is one of volts, teslas or teslas per metre, which are kept in SI."""
    field = unit.partition("/")[0]
    return field[-1:] in ("V", "T") and len(field) <= 2


def _plain(value: Any) -> str:
    """Return a label as text: 3.0 is 3."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
