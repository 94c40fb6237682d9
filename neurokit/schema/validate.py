"""Run every check of the contract on a recording."""

from __future__ import annotations

import xarray as xr

from neurokit.errors import SchemaError
from neurokit.schema import (  # noqa: F401  importing registers the checks
    checks_connectome,
    checks_events,
    checks_identity,
    checks_labels,
    checks_magnitude,
    checks_positions,
    checks_provenance,
    checks_spikes,
    checks_structure,
    checks_time,
    checks_values,
)
from neurokit.schema.checks import CHECKS
from neurokit.schema.findings import Finding, Findings, findings_from_json


def validate(rec: xr.DataTree, deep: bool = False) -> Findings:
    """Return everything about a recording that is not as the contract says.

    Parameters
    ----------
    rec : xarray.DataTree
        A recording.
    deep : bool, default False
        Read all values instead of a sample of about two million.

    Returns
    -------
    Findings
        What its loader noticed and what the checks found, gravest first.

    Raises
    ------
    SchemaError
        If `rec` is not a tree at all.

    Examples
    --------
    >>> import neurokit as nk
    >>> validate(nk.simulate.recording("eeg", random_state=0)).ok
    True
    """
    if not isinstance(rec, xr.DataTree):
        raise SchemaError(
            f"got a {type(rec).__name__}", where="rec", mend="Give a recording (DataTree)."
        )
    found = [finding for check in CHECKS.values() for finding in check(rec, deep)]
    return Findings([*_noticed(rec), *found])


def _noticed(rec: xr.DataTree) -> list[Finding]:
    """Return the loader's findings; a list that cannot be read is a finding of its own (NK016)."""
    try:
        return findings_from_json(str(rec.attrs.get("findings", "[]")))
    except (TypeError, ValueError):
        return []
