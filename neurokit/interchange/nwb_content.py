"""What is in an NWB file, as plain records: the one form between reading and building.

A file (by path, lazily) and a pynwb object both become a `Content`; recordings are built of
that alone. Names follow the NWB core schema (https://nwb-schema.readthedocs.io).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.interchange.nwb_arrays import Raw, is_text, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurokit.schema import Finding

Fact = str | int | float

# Types of the core schema that hold values over time or rows, with the type they extend.
PARENT = {
    "AbstractFeatureSeries": "TimeSeries",
    "AnnotationSeries": "TimeSeries",
    "CurrentClampSeries": "PatchClampSeries",
    "CurrentClampStimulusSeries": "PatchClampSeries",
    "DecompositionSeries": "TimeSeries",
    "ElectricalSeries": "TimeSeries",
    "ImageMaskSeries": "ImageSeries",
    "ImageSeries": "TimeSeries",
    "IndexSeries": "TimeSeries",
    "IntervalSeries": "TimeSeries",
    "IZeroClampSeries": "CurrentClampSeries",
    "OnePhotonSeries": "ImageSeries",
    "OpticalSeries": "ImageSeries",
    "OptogeneticSeries": "TimeSeries",
    "PatchClampSeries": "TimeSeries",
    "RoiResponseSeries": "TimeSeries",
    "SpatialSeries": "TimeSeries",
    "SpikeEventSeries": "ElectricalSeries",
    "TwoPhotonSeries": "ImageSeries",
    "VoltageClampSeries": "PatchClampSeries",
    "VoltageClampStimulusSeries": "PatchClampSeries",
    "AlignedDynamicTable": "DynamicTable",
    "ElectrodesTable": "DynamicTable",
    "EventsTable": "DynamicTable",
    "PlaneSegmentation": "DynamicTable",
    "SweepTable": "DynamicTable",
    "TimeIntervals": "DynamicTable",
    "Units": "DynamicTable",
}


def ancestry(kind: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """Return a type and what it extends, nearest first.

    Parameters
    ----------
    kind : str
        A neurodata type.
    parents : mapping of str to str
        What each type extends, besides `PARENT`.

    Returns
    -------
    tuple of str
        Beginning with `kind`; each type once, whatever a file says.
    """
    found = [kind]
    while True:
        above = PARENT.get(found[-1]) or parents.get(found[-1], "")
        if not above or above in found:
            return tuple(found)
        found.append(above)


@dataclass(frozen=True)
class Series:
    """Values over time: a TimeSeries or what extends it.

    Parameters
    ----------
    path : str
        Where it stands in the file, without the leading slash.
    kinds : tuple of str
        Its neurodata type and what that extends, nearest first.
    data : Raw
        As stored: dims, dtype and numbers.
    unit : str
        As stored.
    conversion, offset : float
        ``data * conversion + offset`` is in `unit`.
    channel_conversion : ndarray, optional
        A further factor per column.
    rate, start : float, optional
        Hz, and seconds of the first sample.
    timestamps : Raw, optional
        Seconds.
    table : str
        Path of the table whose rows its columns are.
    rows : ndarray of int, optional
        Row of each column.
    facts : mapping of str to str, int or float
        What else is said of it.
    """

    path: str
    kinds: tuple[str, ...]
    data: Raw
    unit: str = ""
    conversion: float = 1.0
    offset: float = 0.0
    channel_conversion: NDArray[Any] | None = None
    rate: float | None = None
    start: float | None = None
    timestamps: Raw | None = None
    table: str = ""
    rows: NDArray[Any] | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def is_a(self, *kinds: str) -> bool:
        """Whether it is of one of these types, or extends one."""
        return any(kind in self.kinds for kind in kinds)

    def matches(self, pattern: str) -> bool:
        """Whether a path, a name or a glob of either means this series."""
        wanted = pattern.strip("/")
        return fnmatch.fnmatchcase(self.path, wanted) or fnmatch.fnmatchcase(self.name, wanted)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    values : Raw
        One per row, or one after the other where `ends` says which are whose.
    ends : ndarray of int, optional
        Offset behind the last value of each row.
    """

    values: Raw
    ends: NDArray[Any] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is one number, truth or text per row."""
        return self.ends is None and len(self.values.shape) == 1

    def plain(self) -> NDArray[Any]:
        """Return the values of a plain column in a dtype that both stores keep."""
        values = whole(self.values)
        if is_text(values.dtype):
            return np.array(["" if v is None else str(v) for v in values.tolist()], dtype=np.str_)
        if values.dtype == np.float16:
            return values.astype(np.float32)
        return values.astype(values.dtype.newbyteorder("="))


@dataclass(frozen=True)
class Table:
    """A DynamicTable.

    Parameters
    ----------
    path : str
        Where it stands in the file.
    kinds : tuple of str
        Its neurodata type and what that extends.
    ids : Raw
        The id of each row.
    columns : mapping of str to Column
        In order.
    facts : mapping of str to str, int or float
        What else is said of it; of a plane segmentation, its imaging plane too.
    """

    path: str
    kinds: tuple[str, ...]
    ids: Raw
    columns: Mapping[str, Column]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return int(self.ids.shape[0])

    def is_a(self, *kinds: str) -> bool:
        """Whether it is of one of these types, or extends one."""
        return any(kind in self.kinds for kind in kinds)


@dataclass
class Content:
    """All that is read of an NWB file.

    Parameters
    ----------
    source : str
        The file's name, for messages.
    facts : dict of str to str, int or float
        Of the session: ``identifier``, ``session_start_time``, ``experimenter``...
    subject : dict of str to str, int or float
        Of the subject.
    series, tables : dict
        By path.
    scratch : dict of str to Raw
        Arrays of the scratch space, by name.
    probes : dict of str to str
        What is said of each group of electrodes.
    unread : list of str
        Objects that hold something this does not read.
    findings : list of Finding
        What was noticed on the way.
    """

    source: str
    facts: dict[str, Fact] = field(default_factory=dict)
    subject: dict[str, Fact] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    scratch: dict[str, Raw] = field(default_factory=dict)
    probes: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
