"""The shape of a catalog: which keys, which types, which forms; nothing about other files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from neurokit.catalog.addresses import uri_fault
from neurokit.catalog.sweeps import MOST_POINTS, n_points, repeated
from neurokit.errors import suggest
from neurokit.schema.names import MODALITIES

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOI = re.compile(r"10\.[0-9]{4,9}/[^\s]+")
_LICENCE = re.compile(r"unknown|[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")
_BAD_IN_PATH = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]")
ALL = "all"  # the store's name for a job over a whole dataset


def fault(found: str, mend: str, *below: str | int) -> PydanticCustomError:
    """Return an error in our own words that pydantic carries with the place.

    Parameters
    ----------
    found : str
        What was found.
    mend : str
        What to do about it.
    *below : str or int
        Keys and indices from the value that is being checked down to the fault.

    Returns
    -------
    PydanticCustomError
        To be raised by a validator.
    """
    return PydanticCustomError(
        "neurokit", "{found}", {"found": found, "mend": mend, "below": below}
    )


def check_names(names: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping whose names can be folders beside one another, else raise."""
    seen: dict[str, str] = {}
    for name in names:
        if not _NAME.fullmatch(name) or name.endswith("."):
            raise fault(
                f"name {name[:60]!r} cannot be a folder",
                "Use letters, digits and . _ + -, a letter or digit first, at most 100.",
                name,
            )
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise fault(f"names {other!r} and {name!r} differ only in case", "Rename one.", name)
    return names


def check_path(path: str) -> str:
    """Return a relative path that stays below its root, else raise."""
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise fault(
            f"path {path[:60]!r} is absolute", "Write it relative to the catalog or mirror."
        )
    if ".." in parts:
        raise fault(f"path {path[:60]!r} leads out of its folder", "Write it without '..'.")
    whole = str(PurePosixPath(path)) == path and path != "."
    if not whole or _BAD_IN_PATH.search(path) or len(path) > 500 or max(map(len, parts)) > 200:
        raise fault(
            f"path {path[:60]!r} is no plain relative path", "Write folder/file with '/' between."
        )
    return path


def _check_uri(uri: str) -> str:
    wrong = uri_fault(uri) if uri else None
    if wrong is not None:
        raise fault(*wrong)
    return uri


def _check_sha256(digest: str) -> str:
    if not _SHA256.fullmatch(digest):
        raise fault(
            f"sha256 is not 64 lower-case hexadecimal digits ({len(digest)} characters)",
            "Copy what sha256sum prints for the file.",
        )
    return digest


def _check_doi(doi: str) -> str:
    if doi and not _DOI.fullmatch(doi):
        raise fault(
            f"doi {doi[:60]!r} does not begin with 10.", "Write it without https://doi.org/."
        )
    return doi


def _check_licence(licence: str) -> str:
    if not _LICENCE.fullmatch(licence):
        raise fault(
            f"licence {licence[:60]!r} is no SPDX expression",
            "Write the SPDX identifier, for example CC-BY-4.0, or unknown.",
        )
    return licence


def _check_modality(modality: str) -> str:
    if modality not in MODALITIES:
        raise fault(
            f"unknown modality {modality[:60]!r}{suggest(modality, MODALITIES)}",
            f"Use one of {', '.join(MODALITIES)}.",
        )
    return modality


def _check_once(names: list[str]) -> list[str]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise fault(f"{name!r} is listed twice", "Delete one.", index)
        seen.add(name)
    return names


Options = dict[str, Any]
Names = Annotated[list[str], AfterValidator(_check_once)]


class Part(BaseModel):
    """Base of all parts: unknown keys are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FilePart(Part):
    """One file."""

    path: Annotated[str, AfterValidator(check_path)] = Field(description="relative path")
    uri: Annotated[str, AfterValidator(_check_uri)] = ""
    sha256: Annotated[str, AfterValidator(_check_sha256)] = Field(
        description="64 hexadecimal digits, from sha256sum"
    )
    bytes: int = Field(ge=0, le=2**50, description="size of the file")


def _check_files(files: list[FilePart]) -> list[FilePart]:
    _check_once([file.path for file in files])
    return files


class RecordingPart(Part):
    """One recording."""

    files: Annotated[list[FilePart], AfterValidator(_check_files)] = Field(
        min_length=1, description="list of {path, uri, sha256, bytes}"
    )
    options: Options = {}


def _check_recordings(recordings: dict[str, RecordingPart]) -> dict[str, RecordingPart]:
    check_names(recordings)
    if ALL in recordings:
        raise fault(f"a recording cannot be called {ALL!r}", "Rename it.", ALL)
    return recordings


def _check_simulate(simulate: dict[str, Any] | None) -> dict[str, Any] | None:
    if simulate is None:
        return None
    if not isinstance(simulate.get("name"), str):
        raise fault("simulate has no name of a simulator", "Add name: worms, for example.")
    seed = simulate.get("random_state")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise fault(
            "simulate has no random_state (a whole number), so that no two runs agree",
            "Add random_state: 0.",
            "random_state",
        )
    return simulate


class DatasetPart(Part):
    """One dataset."""

    title: str = Field(min_length=1, description="a few words")
    modality: Annotated[str, AfterValidator(_check_modality)] = Field(
        description=", ".join(MODALITIES)
    )
    species: str = ""
    licence: Annotated[str, AfterValidator(_check_licence)] = Field(
        default="unknown", description="SPDX or unknown"
    )
    doi: Annotated[str, AfterValidator(_check_doi)] = ""
    citation: str = ""
    tags: Names = []
    loader: str | None = None
    options: Options = {}
    recordings: Annotated[dict[str, RecordingPart], AfterValidator(_check_recordings)] = {}
    simulate: Annotated[dict[str, Any] | None, AfterValidator(_check_simulate)] = None
    recipes: Names = []


def _check_grid(grid: dict[str, list[Any]]) -> dict[str, list[Any]]:
    for name, values in grid.items():
        if not values:
            raise fault(f"grid has no values of {name!r}", "Write at least one.", name)
        index = repeated(values)
        if index is not None:
            raise fault(f"{name!r} has one value twice", "Delete one.", name, index)
    if n_points(grid) > MOST_POINTS:
        found = f"grid has {n_points(grid)} points, more than {MOST_POINTS}"
        raise fault(found, "Split it into several recipes.")
    return grid


class RecipePart(Part):
    """One recipe with parameters, or one for each point of a grid of them."""

    recipe: str = Field(description="name of a registered recipe")
    params: Options = {}
    grid: Annotated[dict[str, list[Any]], AfterValidator(_check_grid)] = {}
    needs: Names = []
    over: Literal["recording", "dataset"] | None = None


class CatalogPart(Part):
    """The whole catalog."""

    catalog: Literal["neurokit/1"] = Field(description="neurokit/1")
    datasets: Annotated[dict[str, DatasetPart], AfterValidator(check_names)] = Field(
        description="name: {title, modality, ...}"
    )
    recipes: Annotated[dict[str, RecipePart], AfterValidator(check_names)] = {}
