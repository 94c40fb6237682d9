"""Validate a recording and, if asked, every byte of the store it was opened from."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from neurokit.errors import StoreError
from neurokit.io.chunks import check_chunks
from neurokit.schema.findings import Finding, Findings
from neurokit.schema.validate import validate as validate_schema


def validate(rec: xr.DataTree, deep: bool = False) -> Findings:
    """Return everything about a recording that is not as the contract says.

    Parameters
    ----------
    rec : xarray.DataTree
        A recording.
    deep : bool, default False
        Read all values instead of a sample, and compare the hashes of a ``.zarr``.

    Returns
    -------
    Findings
        Gravest first; `Findings.ok` is True when none is CRITICAL or a VIOLATION.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> validate(recording("eeg", random_state=0)).ok
    True
    """
    found = list(validate_schema(rec, deep))
    source = Path(str(rec.encoding.get("source", "")))
    if deep and source.suffix == ".zarr" and source.is_dir():
        try:
            check_chunks(source, deep=True)
        except StoreError as error:
            found.append(Finding("NK901", "CRITICAL", source.name, error.found, error.mend))
    return Findings(found)
