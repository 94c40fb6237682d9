"""channels.tsv of BIDS and the channels of a data file, joined by name.

What the table states wins: type, status, unit where the file has none. Its other columns become
coordinates. Names that only one of the two has are findings; nothing is dropped or renamed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import LabelError, check_option, suggest
from neurokit.schema import CHANNEL_TYPES, Finding
from neurokit_loaders.bids_findings import CELL, CHANNELS_DIFFER, CONTRADICTION, OVERRULED
from neurokit_loaders.bids_tables import Table, missing, numbers, typed
from neurokit_loaders.bids_units import unit_of

Groups = dict[str, xr.Dataset]

TRIGGER = "auxiliary/trigger"
_CONSUMED = ("name", "type", "units", "status")
# Names that a column cannot have in a group of the contract.
TAKEN = frozenset(
    (
        *("signal", "observed", "position", "channel", "space", "time", "run", "trial"),
        *("condition", "channel_type", "unit", "bad", "region", "shaft", "contact"),
        *("coordinate_frame", "anode", "cathode", "n_averages"),
    )
)


def file_order(groups: Groups) -> list[str]:
    """Return the channels of all groups, in the order of the file where it is known."""
    names = [str(n) for group in groups.values() for n in group["channel"].values]
    for group in groups.values():
        known = json.loads(str(group.attrs.get("mne_info", "{}"))).get("ch_names")
        if known and sorted(known) == sorted(names):
            return [str(name) for name in known]
    return names


def renamed_by_order(groups: Groups, table: Table) -> Groups:
    """Return the groups with the names of the table, row for row in the order of the file.

    Parameters
    ----------
    groups : dict of str to Dataset
        What the data file gave.
    table : Table
        channels.tsv.

    Returns
    -------
    dict of str to Dataset
        Renamed.

    Raises
    ------
    LabelError
        If there are more or fewer rows than channels.
    """
    old, new = file_order(groups), table.columns.get("name", [])
    if len(old) != len(new) or len(set(new)) != len(new):
        raise LabelError(
            f"{len(set(new))} names for the {len(old)} channels of the data file",
            where=str(table.path),
            mend="channels='order' needs one name per channel: correct the table.",
        )
    to = dict(zip(old, new, strict=True))
    return {
        path: group.assign_coords(
            channel=np.array([to[str(n)] for n in group["channel"].values], dtype=np.str_)
        )
        for path, group in groups.items()
    }


def join_channels(groups: Groups, table: Table, how: str) -> tuple[Groups, list[Finding]]:
    """Join channels.tsv to the groups of a data file.

    Parameters
    ----------
    groups : dict of str to Dataset
        Groups with channels, by path.
    table : Table
        channels.tsv.
    how : {"name", "order"}
        By what rows and channels belong together.

    Returns
    -------
    groups : dict of str to Dataset
        With types, units, bads and further columns; trigger lines apart.
    findings : list of Finding
        Whatever did not fit.

    Raises
    ------
    LabelError
        If rows and channels cannot be joined by order.
    """
    check_option("channels", how, ("name", "order"))
    findings = list(table.findings)
    if "name" not in table.columns:
        mend = "Its first column is called name."
        return groups, [*findings, CHANNELS_DIFFER.at(table.path.name, "has no column name", mend)]
    if how == "order":
        groups = renamed_by_order(groups, table)
    findings += _unmatched(groups, table)
    joined = {}
    for path, group in groups.items():
        joined[path], noticed = _join(group, table)
        findings += noticed
    return _triggers_apart(joined), findings


def _unmatched(groups: Groups, table: Table) -> list[Finding]:
    present = [str(n) for group in groups.values() for n in group["channel"].values]
    listed = table.columns["name"]
    doubled = sorted({name for name in listed if listed.count(name) > 1})
    findings = []
    if doubled:
        found = f"rows stand more than once, the first counts: {few(doubled)}"
        findings.append(CHANNELS_DIFFER.at(table.path.name, found, "Keep one row per channel."))
    only_file = [name for name in present if name not in set(listed)]
    only_table = [name for name in dict.fromkeys(listed) if name not in set(present)]
    if only_file or only_table:
        said = []
        if only_file:
            said.append(f"{len(only_file)} channels have no row ({few(only_file)})")
        if only_table:
            hint = suggest(only_table[0], only_file)
            said.append(f"{len(only_table)} rows have no channel ({few(only_table)}{hint})")
        mend = "Correct the names; if rows are in the file's order, open with channels='order'."
        findings.append(CHANNELS_DIFFER.at(table.path.name, "; ".join(said), mend))
    return findings


def few(names: Sequence[object], most: int = 6) -> str:
    """Return the first few of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(str(name) for name in names[:most]) + more


def _join(group: xr.Dataset, table: Table) -> tuple[xr.Dataset, list[Finding]]:
    names = [str(name) for name in group["channel"].values]
    rows = cells_of(table, "name", names)
    coords: dict[str, Any] = {}
    coords["channel_type"], noticed = _types(group, rows, table)
    findings = noticed
    coords["unit"], noticed = _units(group, rows, coords["channel_type"], table)
    findings += noticed
    coords["bad"], noticed = _bads(group, rows, table)
    findings += [*noticed, *_rates(group, rows, table), *_filters(names, rows, table)]
    coords |= further_columns(table, names, "name", _CONSUMED, set(TAKEN), "channels")
    group = group.assign_coords({name: ("channel", values) for name, values in coords.items()})
    return with_common_unit(group), findings


def cells_of(table: Table, key: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of a table in the order of some names, ``n/a`` where a name has no row."""
    place: dict[str, int] = {}
    for i, name in enumerate(table.columns[key]):
        place.setdefault(name, i)
    return {
        column: [cells[place[name]] if name in place else "n/a" for name in names]
        for column, cells in table.columns.items()
    }


def further_columns(
    table: Table,
    names: Sequence[str],
    key: str,
    consumed: Sequence[str],
    taken: set[str],
    what: str,
) -> dict[str, npt.NDArray[Any]]:
    """Return the columns that have no meaning in the contract, typed, by free names.

    Parameters
    ----------
    table : Table
        channels.tsv or electrodes.tsv.
    names : sequence of str
        Channels.
    key : str
        The column with their names.
    consumed : sequence of str
        Columns that something else was made of.
    taken : set of str
        Names that are no longer free; such a column gets `what` and ``_`` before it.
    what : str
        The table, in a word.

    Returns
    -------
    dict of str to (n,) ndarray
        Columns in which everything is missing are left out.
    """
    found = {}
    for column, cells in cells_of(table, key, names).items():
        if column not in consumed and not all(missing(cell) for cell in cells):
            found[f"{what}_{column}" if column in taken else column] = typed(cells)
    return found


def _types(
    group: xr.Dataset, rows: dict[str, list[str]], table: Table
) -> tuple[npt.NDArray[np.str_], list[Finding]]:
    own = group["channel_type"].values.astype(str).tolist()
    stated = [cell.upper() for cell in rows.get("type", ["n/a"] * len(own))]
    unknown = sorted({cell for cell in stated if cell not in (*CHANNEL_TYPES, "N/A", "")})
    kinds = [new if new in CHANNEL_TYPES else old for new, old in zip(stated, own, strict=True)]
    findings = [
        CELL.at(
            f"{table.path.name} type",
            f"{kind!r} is no BIDS channel type{suggest(kind, CHANNEL_TYPES)}",
            "The data file's type is kept; correct the table.",
        )
        for kind in unknown
    ]
    return np.array(kinds, dtype=np.str_), findings


def _units(
    group: xr.Dataset, rows: dict[str, list[str]], kinds: npt.NDArray[np.str_], table: Table
) -> tuple[npt.NDArray[np.str_], list[Finding]]:
    own = group["unit"].values.astype(str).tolist()
    stated = rows.get("units", ["n/a"] * len(own))
    units, odd = [], []
    for name, kind, old, cell in zip(group["channel"].values, kinds, own, stated, strict=True):
        # Codes on a trigger line are as the file scales them, whatever the table calls them.
        found = None if missing(cell) or kind == "TRIG" else unit_of(cell)
        unknown = old == "1" and found is not None and found[1] == 1.0
        units.append(found[0] if found is not None and unknown else old)
        if not (kind == "TRIG" or missing(cell)) and (found is None or found[0] != units[-1]):
            odd.append(f"{name} {cell!r} (file: {old!r})")
    if not odd:
        return np.array(units, dtype=np.str_), []
    mend = "The data file's unit is kept; say the true one: file_options={'unit': {name: 'uV'}}."
    finding = CELL.at(f"{table.path.name} units", f"units do not fit: {few(odd)}", mend)
    return np.array(units, dtype=np.str_), [finding]


def _bads(
    group: xr.Dataset, rows: dict[str, list[str]], table: Table
) -> tuple[npt.NDArray[np.bool_], list[Finding]]:
    own = group["bad"].values if "bad" in group.coords else np.zeros(group.sizes["channel"], bool)
    stated = rows.get("status", ["n/a"] * own.size)
    odd = sorted({cell for cell in stated if cell not in ("good", "bad", "n/a", "")})
    bad = np.array(
        [
            cell == "bad" or (cell != "good" and bool(old))
            for cell, old in zip(stated, own, strict=True)
        ],
        dtype=bool,
    )
    findings = []
    where = f"{table.path.name} status"
    if odd:
        findings.append(CELL.at(where, f"{few(odd)} is neither good nor bad", "Correct the table."))
    freed = group["channel"].values[own & ~bad]
    if freed.size:
        found = f"channels that the data file marks bad are good here: {few(freed.tolist())}"
        findings.append(OVERRULED.at(where, found, "The table counts; correct it if need be."))
    return bad, findings


def _rates(group: xr.Dataset, rows: dict[str, list[str]], table: Table) -> list[Finding]:
    rate = group.attrs.get("sampling_rate")
    if "sampling_frequency" not in rows or rate is None:
        return []
    where = f"{table.path.name} sampling_frequency"
    values, findings = numbers(rows["sampling_frequency"], where)
    off = np.abs(values / rate - 1) > 1e-3
    if off.any():
        names = few(group["channel"].values[off].tolist())
        found = f"{values[off][0]:g} Hz where the data file has {rate:g} Hz: {names}"
        findings.append(CONTRADICTION.at(where, found, "The file's rate is kept; check both."))
    return findings


def _filters(names: Sequence[str], rows: dict[str, list[str]], table: Table) -> list[Finding]:
    """Notice pass bands that are upside down: low_cutoff is where the high-pass begins."""
    if not {"low_cutoff", "high_cutoff"} <= set(rows):
        return []
    low, high = (_numbers_among(rows[name]) for name in ("low_cutoff", "high_cutoff"))
    upside_down = [name for name, a, b in zip(names, low, high, strict=True) if a >= b]
    if not upside_down:
        return []
    found = f"low_cutoff is not below high_cutoff: {few(upside_down)}"
    mend = "low_cutoff is that of the high-pass; the two are probably swapped."
    return [CONTRADICTION.at(f"{table.path.name} low_cutoff", found, mend)]


def _numbers_among(cells: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return cells as numbers; words such as ``DC`` are allowed here and become NaN."""
    values, _ = numbers(cells, "")
    return values


def with_common_unit(group: xr.Dataset) -> xr.Dataset:
    """Return a group whose signal says its unit if, and only if, all channels share one."""
    present = np.unique(group["unit"].values)
    signal = group["signal"].copy(deep=False)
    signal.attrs = {k: v for k, v in signal.attrs.items() if k != "units"}
    if present.size == 1:
        signal.attrs["units"] = str(present[0])
    return group.assign(signal=signal)


def _triggers_apart(groups: Groups) -> Groups:
    """Move what the table calls a trigger line out of ``/activity``."""
    if "activity" not in groups:
        return groups
    group = groups["activity"]
    lines = group["channel_type"].values == "TRIG"
    if not lines.any() or lines.all():
        return groups
    path = TRIGGER if TRIGGER not in groups else f"{TRIGGER}_of_table"
    codes = group.isel(channel=lines).drop_vars("position", errors="ignore")
    codes.attrs = {k: v for k, v in codes.attrs.items() if k != "mne_info"}
    return {
        **groups,
        "activity": with_common_unit(group.isel(channel=~lines)),
        path: with_common_unit(codes.drop_vars("space", errors="ignore")),
    }
