"""Checks of the root's attributes: when, whose, under what licence, from which bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime

import xarray as xr

from neurokit.errors import suggest
from neurokit.schema.checks import Code, check
from neurokit.schema.findings import Finding, findings_from_json
from neurokit.schema.names import MODALITIES

START_TIME = Code("NK010", "VIOLATION")
LICENCE = Code("NK011", "VIOLATION")
DIGEST = Code("NK012", "VIOLATION")
NO_DIGEST = Code("NK013", "SUGGESTION")
DOI = Code("NK014", "VIOLATION")
MODALITY = Code("NK015", "VIOLATION")
NOT_JSON = Code("NK016", "VIOLATION")

_LICENCE = re.compile(r"unknown|[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
# What data are mostly published under, to name the right spelling of a near miss.
_LICENCES = (
    *("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "PDDL-1.0", "ODbL-1.0"),
    *("MIT", "BSD-3-Clause", "Apache-2.0", "GPL-3.0-only"),
)


def _text(rec: xr.DataTree, name: str) -> str:
    value = rec.attrs.get(name, "")
    return value if isinstance(value, str) else ""


def _loaded(rec: xr.DataTree) -> bool:
    loader = _text(rec, "loader")
    return bool(loader) and not loader.startswith("simulate.")


@check
def start_time(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The start is a date and time of ISO 8601 with its zone."""
    said = _text(rec, "start_time")
    if not said:
        return
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        found = f"{said!r} is no date and time of ISO 8601"
    else:
        if moment.tzinfo is not None:
            return
        found = f"{said!r} has no time zone"
    mend = 'Write it like 2024-02-29T12:00:00+01:00, or "" if it is not known.'
    yield START_TIME.at("/start_time", found, mend)


@check
def licence(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The licence is an SPDX expression or the word unknown."""
    said = rec.attrs.get("licence")
    if said is None or (isinstance(said, str) and _LICENCE.fullmatch(said)):
        return
    found = f"{said!r} is no SPDX expression{suggest(said, _LICENCES)}"
    mend = 'Write the SPDX identifier, for example CC-BY-4.0, or "unknown".'
    yield LICENCE.at("/licence", found, mend)


@check
def digest(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The source's sha256 is one; where bytes came from a file, somebody wrote theirs down."""
    said = rec.attrs.get("source_sha256", "")
    if said != "" and not (isinstance(said, str) and _DIGEST.fullmatch(said)):
        found = f"{str(said)[:80]!r} is not 64 lower-case hexadecimal digits"
        yield DIGEST.at("/source_sha256", found, "Open the file with nk.open(..., checksum=True).")
    # Who asks for every value is about to keep results: then this is worth a line. What was
    # simulated has no loader and no bytes.
    elif deep and not said and rec.attrs.get("source") and _loaded(rec):
        found = f"nobody wrote down the sha256 of {rec.attrs['source']}"
        mend = "Open it with nk.open(..., checksum=True) or through a catalog."
        yield NO_DIGEST.at("/source_sha256", found, mend)


@check
def doi(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The DOI stands without the address of its resolver."""
    said = _text(rec, "doi")
    if said and not _DOI.fullmatch(said):
        mend = "Write it from its 10. on, without https://doi.org/."
        yield DOI.at("/doi", f"{said[:80]!r} is no DOI", mend)


@check
def modality(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The modality is one of the contract's words."""
    said = rec.attrs.get("modality")
    if said is not None and said not in MODALITIES:
        found = f"{said!r} is no modality{suggest(said, MODALITIES)}"
        yield MODALITY.at("/modality", found, f"Use {', '.join(MODALITIES)}.")


@check
def lists(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """History and findings are JSON lists, the loader's options a JSON object."""
    for name, kind in (("history", list), ("loader_options", dict), ("findings", list)):
        said = rec.attrs.get(name)
        if said is None:
            continue
        try:
            content = json.loads(said)
            well = isinstance(content, kind)
            if name == "findings":
                findings_from_json(said)
        except (TypeError, ValueError):
            well = False
        if not well:
            what = "list" if kind is list else "object"
            found = f"{str(said)[:60]!r} is no JSON {what} of the contract"
            mend = "Leave it to neurokit: add_history and recording(findings=...) write it."
            yield NOT_JSON.at(f"/{name}", found, mend)
