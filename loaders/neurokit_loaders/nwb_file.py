"""The content of an NWB 2 file, read through h5py by structure: headers only, nothing kept open.

Types are looked up among the core types and in the schema that the file carries, so that files
with unknown extensions are read too (pynwb's issues 1415 and 2163).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit.interchange.nwb_arrays import Dataset, held
from neurokit.interchange.nwb_content import Column, Content, Fact, Series, Table, ancestry

if TYPE_CHECKING:
    import h5py

# Where recordings and tables stand; the rest of a file is about them.
_SECTIONS = (
    *("acquisition", "processing", "stimulus", "analysis", "intervals", "events", "units"),
    "scratch",
)
_ELECTRODES = "general/extracellular_ephys/electrodes"
_SESSION = (
    *("identifier", "session_description", "session_start_time", "timestamps_reference_time"),
    *("general/session_id", "general/experiment_description", "general/experimenter"),
    *("general/institution", "general/lab", "general/keywords", "general/notes"),
    *("general/protocol", "general/related_publications", "general/pharmacology"),
    *("general/virus", "general/surgery", "general/slices", "general/stimulus"),
    *("general/data_collection", "general/source_script"),
)
_LONGEST_FACT = 20_000


def version_of(handle: h5py.File) -> str:
    """Return the NWB version that a file states, ``""`` for HDF5 of another kind."""
    import h5py

    stated = handle.attrs.get("nwb_version")
    if stated is None and isinstance(handle.get("nwb_version"), h5py.Dataset):
        stated = handle["nwb_version"][()]
    return _text(stated) if stated is not None else ""


def read_content(path: Path) -> Content:
    """Return what an NWB file holds, without any of its data.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Content
        Whose arrays are lazy.

    Raises
    ------
    FileContentError
        If the file is damaged, or no NWB 2 file.
    """
    with held(Path(path).absolute()) as handle:
        version = version_of(handle)
        _check_version(version, path)
        return _Reader(handle, Path(path).absolute(), version).content()


def _check_version(version: str, path: Path) -> None:
    if not version:
        raise FileContentError(
            "is HDF5 without an nwb_version, so no NWB file",
            where=str(path),
            mend="Open it with loader='hdf5' and say which dataset is the signal.",
        )
    if not version.removeprefix("NWB-").startswith("2"):
        raise FileContentError(
            f"is of NWB {version.removeprefix('NWB-')}, which has another layout than NWB 2",
            where=str(path),
            mend="Convert it to NWB 2, or open it with loader='hdf5' and say which dataset is "
            "the signal.",
        )


class _Reader:
    """One pass through the groups of an open file."""

    def __init__(self, handle: h5py.File, path: Path, version: str) -> None:
        self.handle, self.path = handle, path
        self.found = Content(path.name, facts={"nwb_version": version})
        self.seen: set[int] = set()
        self._parents: dict[str, str] | None = None

    def content(self) -> Content:
        self._session()
        electrodes = self.handle.get(_ELECTRODES)
        if electrodes is not None:
            self._table(electrodes)
        for section in _SECTIONS:
            node = self.handle.get(section)
            if node is not None:
                self._visit(node)
        return self.found

    # -- what the file says of itself

    def _session(self) -> None:
        for name in _SESSION:
            node = self.handle.get(name)
            if _is_dataset(node) and node.size and node.size < _LONGEST_FACT:
                self.found.facts[name.rpartition("/")[2]] = _fact(node[()])
        subject = self.handle.get("general/subject")
        if subject is not None:
            for key, node in subject.items():
                if _is_dataset(node) and node.shape == ():
                    self.found.subject[key] = _fact(node[()])
        for name, node in (self.handle.get("general/extracellular_ephys") or {}).items():
            if not _is_dataset(node) and self._kinds(node)[0] == "ElectrodeGroup":
                said = [_text(node.attrs.get(key, "")) for key in ("description", "location")]
                self.found.probes[name] = " ".join([name, *said])

    def _kinds(self, node: Any) -> tuple[str, ...]:
        kind = _text(node.attrs.get("neurodata_type", ""))
        if self._parents is None:
            self._parents = {}
        found = ancestry(kind, self._parents)
        if self._parents or found[-1] in _ROOTS or "specifications" not in self.handle:
            return found
        looks_known = "data" not in node and "colnames" not in node.attrs
        if not (looks_known and _text(node.attrs.get("namespace", "")) in _OWN):
            self._parents = dict(_extensions(self.handle["specifications"]))
            found = ancestry(kind, self._parents)
        return found

    # -- series and tables

    def _visit(self, node: Any) -> None:
        import h5py

        if not isinstance(node, h5py.Group):
            self._loose(node)
            return
        address = h5py.h5o.get_info(node.id).addr
        if address in self.seen:
            return
        self.seen.add(address)
        kinds = self._kinds(node)
        if "DynamicTable" in kinds or "colnames" in node.attrs:
            self._table(node)
        elif "TimeSeries" in kinds or ("data" in node and _has_clock(node)):
            self._series(node, kinds)
        else:
            if kinds[0] in ("Images", "ImageSeries"):
                self.found.unread.append(f"{_path(node)} ({kinds[0]})")
                return
            for name in node:
                if name in node:
                    self._visit(node[name])

    def _loose(self, node: h5py.Dataset) -> None:
        """Take note of a dataset that belongs to no series and no table."""
        path = _path(node)
        if path.startswith("scratch/"):
            if node.dtype.kind in "biufO" and node.shape is not None:
                self.found.scratch[path.removeprefix("scratch/")] = self._array(node)
        elif "/" in path and node.size:
            self.found.unread.append(path)

    def _array(self, node: h5py.Dataset) -> Dataset:
        return Dataset(self.path, _path(node), node.shape, node.dtype)

    def _series(self, node: h5py.Group, kinds: tuple[str, ...]) -> None:
        import h5py

        path, data = _path(node), node.get("data")
        if not _is_dataset(data) or data.shape is None or data.shape == ():
            self.found.unread.append(f"{path} ({kinds[0]} without data)")
            return
        start, stamps = node.get("starting_time"), node.get("timestamps")
        region = next((node[n] for n in ("electrodes", "rois") if _is_dataset(node.get(n))), None)
        table = None if region is None else self._target(region)
        per_column = node.get("channel_conversion")
        facts = {k: _fact(v) for k, v in node.attrs.items() if k not in _BOOKKEEPING}
        for name, child in node.items():
            if _is_dataset(child) and child.shape == () and name != "starting_time":
                facts[name] = _fact(child[()])
            elif isinstance(child, h5py.Group) and name == "electrode":
                facts |= {"electrode": _linked_name(node, name)}
                facts |= {
                    f"electrode_{k}": _fact(v[()])
                    for k, v in child.items()
                    if _is_dataset(v) and v.shape == ()
                }
        self.found.series[path] = Series(
            path=path,
            kinds=kinds,
            data=self._array(data),
            unit=_text(data.attrs.get("unit", "")),
            conversion=_number(data.attrs.get("conversion", 1.0)),
            offset=_number(data.attrs.get("offset", 0.0)),
            channel_conversion=None if per_column is None else np.asarray(per_column[()]),
            rate=None if start is None else _number(start.attrs.get("rate", np.nan)),
            start=None if start is None else _number(start[()]),
            timestamps=self._array(stamps) if _is_dataset(stamps) else None,
            table="" if table is None else _path(table),
            rows=None if region is None else np.asarray(region[()]),
            facts=facts,
        )

    def _target(self, node: h5py.Dataset) -> Any:
        """Return the table that a region refers to, None where the reference is broken."""
        reference = node.attrs.get("table")
        try:
            return None if not reference else self.handle[reference]
        except (ValueError, KeyError, TypeError):
            return None

    def _table(self, node: h5py.Group) -> None:
        path = _path(node)
        if path in self.found.tables:
            return
        ids = node.get("id")
        if not _is_dataset(ids):
            self.found.unread.append(f"{path} (table without id)")
            return
        columns = {}
        for name in _listed(node):
            column = self._column(node, name, ids.shape[0])
            if column is None:
                self.found.unread.append(f"{path}/{name}")
            else:
                columns[name] = column
        facts = {k: _fact(v) for k, v in node.attrs.items() if k not in _BOOKKEEPING}
        plane = node.get("imaging_plane")
        if plane is not None:
            facts |= self._plane(plane, _linked_name(node, "imaging_plane"))
        kinds = self._kinds(node)
        self.found.tables[path] = Table(path, kinds, self._array(ids), columns, facts)

    def _column(self, node: h5py.Group, name: str, n_rows: int) -> Column | None:
        data, index = node.get(name), node.get(f"{name}_index")
        if not _is_dataset(data) or data.shape is None or f"{name}_index_index" in node:
            return None
        ends = np.asarray(index[()]).astype(np.int64) if _is_dataset(index) else None
        if (data.shape[0] if ends is None else ends.size) != n_rows:
            raise FileContentError(
                f"{_path(data)} has {data.shape[0] if ends is None else ends.size} rows, "
                f"its table has {n_rows}",
                where=str(self.path),
                mend="Write the table again with pynwb.",
            )
        if ends is not None and (
            (np.diff(ends, prepend=0) < 0).any() or (ends.size and ends[-1] > data.shape[0])
        ):
            raise FileContentError(
                f"{_path(index)} does not increase up to the {data.shape[0]} values there are",
                where=str(self.path),
                mend="Write the table again with pynwb.",
            )
        if "elements" in data.attrs:
            return Column(self._decoded(data), ends)
        if data.dtype.kind == "O" and _is_reference(data):
            names = [self._name_of(reference) for reference in data[()].reshape(-1).tolist()]
            return Column(np.array(names, dtype=object).reshape(data.shape), ends)
        return Column(self._array(data), ends) if data.dtype.kind in "biufOV" else None

    def _decoded(self, data: h5py.Dataset) -> np.ndarray[Any, Any]:
        """Return the words of a column that stores numbers of words."""
        words = np.asarray(self.handle[data.attrs["elements"]].asstr()[()], dtype=object)
        return words[np.asarray(data[()]).astype(np.int64)]

    def _name_of(self, reference: Any) -> str:
        return _path(self.handle[reference]).rpartition("/")[2] if reference else ""

    def _plane(self, plane: h5py.Group, called: str) -> dict[str, Fact]:
        facts: dict[str, Fact] = {"imaging_plane": called}
        for key, node in plane.items():
            name = "imaging_plane_description" if key == "description" else key
            if _is_dataset(node) and node.size < _LONGEST_FACT:
                facts[name] = _fact(node[()])
                if "unit" in node.attrs:
                    facts[f"{name}_unit"] = _text(node.attrs["unit"])
        return facts


_ROOTS = ("TimeSeries", "DynamicTable", "", "NWBDataInterface", "ElectrodeGroup")
_OWN = ("core", "hdmf-common", "hdmf-experimental")
_BOOKKEEPING = ("namespace", "neurodata_type", "object_id", "colnames")


def _extensions(specifications: h5py.Group) -> Iterator[tuple[str, str]]:
    """Yield each type that the file's own schema defines, with the one it extends."""
    texts: list[str] = []
    specifications.visititems(
        lambda _, node: texts.append(_text(node[()])) if _is_dataset(node) else None
    )
    for text in texts:
        try:
            waiting: list[Any] = [json.loads(text)]
        except ValueError:
            continue
        while waiting:
            item = waiting.pop()
            if isinstance(item, list):
                waiting += item
            elif isinstance(item, dict):
                waiting += [v for v in item.values() if isinstance(v, list | dict)]
                new = item.get("neurodata_type_def") or item.get("data_type_def")
                above = item.get("neurodata_type_inc") or item.get("data_type_inc")
                if isinstance(new, str) and isinstance(above, str):
                    yield new, above


def _has_clock(node: h5py.Group) -> bool:
    return "timestamps" in node or "starting_time" in node


def _is_dataset(node: Any) -> bool:
    import h5py

    return isinstance(node, h5py.Dataset)


def _is_reference(data: h5py.Dataset) -> bool:
    import h5py

    return h5py.check_ref_dtype(data.dtype) is h5py.Reference


def _listed(node: h5py.Group) -> list[str]:
    """Return the names of a table's columns: as it lists them, then what else is there."""
    named = node.attrs.get("colnames")
    listed = [] if named is None else [_text(name) for name in np.atleast_1d(named)]
    extra = [n for n in node if _is_dataset(node[n]) and not n.endswith("_index") and n != "id"]
    return list(dict.fromkeys([*(n for n in listed if n in node), *extra]))


def _path(node: Any) -> str:
    return str(node.name).strip("/")


def _linked_name(group: h5py.Group, name: str) -> str:
    """Return what an object is called at its own place, if `name` is a link to it."""
    import h5py

    link = group.get(name, getlink=True)
    return str(link.path if isinstance(link, h5py.SoftLink) else name).rpartition("/")[2]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return str(value)


def _number(value: Any) -> float:
    return float(np.asarray(value).reshape(-1)[0])


def _fact(value: Any) -> Fact:
    """Return a scalar as str, int or float, and a short list as JSON."""
    items = np.asarray(value)
    if items.dtype.kind in "OSU":
        words = [_text(word) for word in items.reshape(-1).tolist()]
        return words[0] if items.shape == () else json.dumps(words)
    if items.shape != ():
        return json.dumps(items.tolist() if items.dtype.names is None else str(items.tolist()))
    plain = items.item()
    return (
        int(plain)
        if isinstance(plain, bool)
        else plain
        if isinstance(plain, int | float)
        else str(plain)
    )
