"""What a catalog holds once it is read and found right: plain, immutable, light to import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class CatalogFile:
    """One file of a recording.

    Parameters
    ----------
    path : str
        Where it lies below a mirror, the cache or the catalog's folder; "/" between the parts.
    uri : str
        Where it can be downloaded from (https); empty where it cannot.
    sha256 : str
        64 hexadecimal digits; the content is checked against them before any parser sees it.
    bytes : int
        Its size; a download stops there.

    Examples
    --------
    >>> CatalogFile("worms/a.json", "", "0" * 64, 2048).bytes
    2048
    """

    path: str
    uri: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class RecordingEntry:
    """One recording of a dataset.

    Parameters
    ----------
    name : str
        Its key in the catalog, for example the date of the session.
    files : tuple of CatalogFile
        The first is the one opened; the others are companions that its loader looks for.
    options : dict
        Options of the loader: the dataset's, overridden by the recording's own.
    line : int
        Where it stands in the catalog.

    Examples
    --------
    >>> file = CatalogFile("worms/a.json", "", "0" * 64, 2048)
    >>> RecordingEntry("2022-08-02-01", (file,), {}, 12).files[0].path
    'worms/a.json'
    """

    name: str
    files: tuple[CatalogFile, ...]
    options: dict[str, Any]
    line: int


@dataclass(frozen=True)
class DatasetEntry:
    """One dataset: recordings of one kind and one source, or a simulation.

    Parameters
    ----------
    name : str
        Its key in the catalog.
    title : str
        What it is, a few words for the report.
    modality : str
        For example calcium, eeg, meg, seeg, ecog, spikes, connectome.
    species : str
        Latin name; empty where it does not apply.
    licence : str
        SPDX expression or "unknown".
    doi : str
        Of the paper or the data, without "https://doi.org/".
    citation : str
        How to cite it.
    tags : tuple of str
        For choosing among datasets.
    loader : str or None
        Name of the loader; None where the files tell.
    options : dict
        Options of the loader that hold for every recording.
    recordings : dict of str to RecordingEntry
        Empty for a simulation.
    simulate : dict or None
        ``{"name": simulator, parameter: value, ...}``.
    recipes : tuple of str
        What is to be run on it, names in `Catalog.recipes`; what is needed stands before
        what needs it.
    line : int
        Where it stands in the catalog.

    Examples
    --------
    >>> import neurokit as nk
    >>> catalog = nk.Catalog.read("data_catalog.yaml")  # doctest: +SKIP
    >>> catalog.datasets["atanas2023"].licence  # doctest: +SKIP
    'CC-BY-3.0-US'
    """

    name: str
    title: str
    modality: str
    species: str
    licence: str
    doi: str
    citation: str
    tags: tuple[str, ...]
    loader: str | None
    options: dict[str, Any]
    recordings: dict[str, RecordingEntry]
    simulate: dict[str, Any] | None
    recipes: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class RecipeEntry:
    """A recipe with the parameters that this catalog gives it.

    Parameters
    ----------
    name : str
        Its key in the catalog.
    recipe : str
        The registered name (`neurokit.recipe.registered_recipes`).
    params : dict
        As written in the catalog; checked against the recipe's own model.
    needs : tuple of str
        Names in `Catalog.recipes` whose results it takes.
    over : {"recording", "dataset"}
        Whether a job gets one recording or all recordings of a dataset.
    line : int
        Where it stands in the catalog.

    Examples
    --------
    >>> RecipeEntry("motifs", "connectome.motifs", {"rank": 6}, (), "dataset", 40).params
    {'rank': 6}
    """

    name: str
    recipe: str
    params: dict[str, Any]
    needs: tuple[str, ...]
    over: Literal["recording", "dataset"]
    line: int


@dataclass(frozen=True)
class Located:
    """Where the files of a recording were found.

    Parameters
    ----------
    status : {"here", "not_downloaded"}
        Whether all of them are at hand.
    paths : tuple of Path
        In the order of the catalog, checked against their sha256, all below one root; empty
        unless all are at hand.
    missing : tuple of CatalogFile
        What is not at hand.

    Examples
    --------
    >>> from pathlib import Path
    >>> Located("here", (Path("worms/a.json"),), ()).status
    'here'
    """

    status: Literal["here", "not_downloaded"]
    paths: tuple[Path, ...]
    missing: tuple[CatalogFile, ...]
