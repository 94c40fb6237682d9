"""Loader ``table``: recordings in text tables and workbooks, by a mapping the user gives.

CSV, TSV and the like, gzipped too, and the sheets of .xlsx and .xls. docs/tables.md has the
words of the mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import FileContentError
from neurokit.io.integrity import detect_format
from neurokit.io.registry import Loader
from neurokit_loaders.mapping import OPTIONS

if TYPE_CHECKING:
    import xarray as xr

NAME = "table"
_SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx", ".xls")
_READING: dict[str, str] = {
    "header": "True, False, or the line (from 1) with the names; default: seen from the text",
    "separator": "',', ';', 'tab', 'blanks' or one character; default: seen from the text",
    "decimal": "decimal mark, '.' or ','",
    "encoding": "of the text; default utf-8, or what a byte order mark says",
    "short_rows": "allow rows that lack fields at their end; what they lack is missing",
    "sheet": "of a workbook; default its first",
}


def sniff(path: Path) -> float:
    """Score low: which column is what, a table does not say, so that other loaders come first."""
    if not path.is_file() or not path.name.lower().endswith(_SUFFIXES):
        return 0.0
    try:
        kind = detect_format(path)
    except FileContentError:
        return 0.1
    return 0.2 if kind in ("text", "gzip", "xlsx", "xls", "unknown") else 0.0


def open_recording(path: Path, **options: Any) -> xr.DataTree:
    r"""Open a recording in a table: one pass checks every line, values are read by window.

    Parameters
    ----------
    path : Path
        The file.
    **options
        How to read the table (header, separator, ...) and what its columns are
        (`mapping.OPTIONS`).

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    FileContentError
        If the file is no table: ragged, of another encoding, cut.
    OptionError
        If nothing says what its columns are; the message lists them and proposes a call.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import neurokit as nk
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "F.csv")
    ...     _ = file.write_text("t,F1,F2\n0.0,1,2\n0.5,3,4\n1.0,5,6\n")
    ...     rec = nk.open(file, loader="table", time="t", signal="F*")
    ...     rec.activity.signal.sel(neuron="F2").values.tolist()
    [2.0, 4.0, 6.0]
    """
    from neurokit_loaders.mapping_build import open_mapped
    from neurokit_loaders.table_source import open_table

    reading, mapping = _parted(options)
    return open_mapped(open_table(path, **reading), NAME, mapping)


def info(path: Path) -> dict[str, Any]:
    """Say which columns a table has."""
    from neurokit_loaders.mapping_build import info_of
    from neurokit_loaders.table_source import open_table

    source = open_table(path)
    return {"n_rows": next(iter(source.entries.values())).shape[0], **info_of(source)}


def _parted(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    reading = {key: value for key, value in options.items() if key in _READING}
    return reading, {key: value for key, value in options.items() if key not in _READING}


LOADER = Loader(
    name=NAME,
    title="recordings in text tables and workbooks, by a mapping",
    modality="calcium",
    suffixes=_SUFFIXES,
    sniff=sniff,
    open=open_recording,
    info=info,
    options={**OPTIONS, **_READING},
)
