"""A result folder described for archives: ``ro-crate-metadata.json``, RO-Crate 1.1.

Made from the manifests alone, so that the same results give the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neurokit.batch.finished import read_results
from neurokit.batch.keys import digest
from neurokit.batch.store import MANIFEST, Store, read_json
from neurokit.io.atomic import write_json

CRATE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/crate/1.1"
CONTEXT = [f"{PROFILE}/context", {"sha256": "https://schema.org/sha256"}]
FORMATS = {
    ".nc": "application/x-netcdf",
    ".png": "image/png",
    ".csv": "text/csv",
    ".json": "application/json",
}
Entity = dict[str, Any]


def write_crate(out: Path) -> Path | None:
    """Write the description of all finished results, unless it says the same already.

    Parameters
    ----------
    out : Path
        The folder of a store.

    Returns
    -------
    Path or None
        The file; None where there is no result to describe.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    content = crate(out)
    if content is None:
        return None
    path = out / CRATE
    old = read_json(path)
    content = {**content, "@graph": with_additions(content["@graph"], old)}
    return path if old == content else write_json(path, content)


def with_additions(graph: list[Entity], old: Any) -> list[Entity]:
    """Keep what somebody added to the root of an older description, such as authors.

    Parameters
    ----------
    graph : list of dict
        The new description.
    old : object
        The content of the older file, which may be anything.

    Returns
    -------
    list of dict
        `graph`, the root with the properties that only the older one has, and the entities
        that these lead to.
    """
    listed = old.get("@graph") if isinstance(old, dict) else None
    entities = listed if isinstance(listed, list) else []
    known = {str(e["@id"]): e for e in entities if isinstance(e, dict) and "@id" in e}
    root = next(entity for entity in graph if entity["@id"] == "./")
    added = {key: value for key, value in known.get("./", {}).items() if key not in root}
    present, kept = {entity["@id"] for entity in graph}, list[Entity]()
    leads = _links(added)
    while leads:
        name = leads.pop(0)
        if name in known and name not in present:
            present.add(name)
            kept.append(known[name])
            leads += _links(known[name])
    return [*({**e, **added} if e is root else e for e in graph), *kept]


def _links(value: Any) -> list[str]:
    """Every ``{"@id": ...}`` below a value."""
    if isinstance(value, list):
        return [name for one in value for name in _links(one)]
    if isinstance(value, dict):
        own = [str(value["@id"])] if set(value) == {"@id"} else []
        return own or _links(list(value.values()))
    return []


def crate(out: Path) -> dict[str, Any] | None:
    """Describe the finished results below `out`.

    Parameters
    ----------
    out : Path
        The folder of a store.

    Returns
    -------
    dict or None
        JSON-LD: each result with its files and their sha256, its parameters, what computed it
        (versions), and the data it is made from with licence, DOI and sha256; None where there
        is no result.

    References
    ----------
    Soiland-Reyes S et al. (2022). Packaging research artefacts with RO-Crate. Data Science 5,
    97-138. https://doi.org/10.3233/DS-210053
    """
    found, _ = read_results(out)
    if not found:
        return None
    graph = _Graph(out)
    for result in found:
        graph.add_result(result.folder, result.manifest)
    newest = max(str(result.manifest.get("started", "")) for result in found)
    return {"@context": CONTEXT, "@graph": graph.entities(newest)}


def _to(name: str) -> Entity:
    return {"@id": name}


class _Graph:
    """Entities by name; what several results share stands there once."""

    def __init__(self, out: Path) -> None:
        self._store = Store(out)
        self._entities: dict[str, Entity] = {}
        self._results: list[str] = []
        self._actions: list[str] = []
        self._licences: list[str] = []
        self._sources: list[str] = []

    def entities(self, newest: str) -> list[Entity]:
        """The whole graph: the two entities that every crate has come first."""
        titles = [str(self._entities[name]["name"]) for name in self._sources]
        root = {
            "@id": "./",
            "@type": "Dataset",
            "name": f"Results of neurokit on {', '.join(titles)}",
            "description": f"{len(self._results)} results computed by neurokit, each with its "
            "parameters, software versions, input files and their sha256.",
            "datePublished": newest,
            "license": _one_or_all(self._licences),
            "hasPart": [_to(name) for name in self._results],
            "mentions": [_to(name) for name in self._actions],
        }
        about = {
            "@id": CRATE,
            "@type": "CreativeWork",
            "about": _to("./"),
            "conformsTo": _to(PROFILE),
        }
        return [about, root, *self._entities.values()]

    def add_result(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Add a result with its files, the action that made it, and where that came from."""
        name = f"{quote(self._store.relative(folder))}/"
        source = self._source(manifest)
        of = " of ".join(str(manifest.get(key, "")) for key in ("recipe", "recording"))
        files = [self._file(folder, file, said) for file, said in _files(folder, manifest)]
        self._put(
            name,
            "Dataset",
            name=f"{manifest.get('dataset', '')}: {of}",
            description=str(manifest.get("title", "")),
            identifier=str(manifest.get("key", "")),
            dateCreated=str(manifest.get("started", "")),
            license=self._entities[source]["license"],
            isBasedOn=_to(source),
            hasPart=[_to(file) for file in files],
        )
        self._results.append(name)
        self._actions.append(self._action(name, source, manifest))

    def _put(self, identity: str, kind: str, **more: Any) -> str:
        filled = {key: value for key, value in more.items() if value not in ("", [], None)}
        self._entities.setdefault(identity, {"@id": identity, "@type": kind, **filled})
        return identity

    def _file(self, folder: Path, name: str, said: Mapping[str, Any]) -> str:
        return self._put(
            quote(self._store.relative(folder / name)),
            "File",
            name=name,
            contentSize=str(said["bytes"]),
            sha256=str(said.get("sha256", "")),
            encodingFormat=FORMATS.get(Path(name).suffix, "application/octet-stream"),
        )

    def _action(self, result: str, source: str, manifest: Mapping[str, Any]) -> str:
        used = [source, *self._inputs(manifest), *self._parameters(manifest)]
        return self._put(
            f"#action-{quote(result.rstrip('/'), safe='')}",
            "CreateAction",
            name=f"Recipe {manifest.get('registered', '')}",
            startTime=str(manifest.get("started", "")),
            instrument=_to(self._software(manifest)),
            object=[_to(name) for name in used],
            result=_to(result),
        )

    def _software(self, manifest: Mapping[str, Any]) -> str:
        """Name of the software: this version of neurokit with what it ran with."""
        versions = {str(k): str(v) for k, v in dict(manifest.get("versions") or {}).items()}
        own = versions.pop("neurokit", "")
        code = str((manifest.get("parts") or {}).get("code_version", ""))
        needed = [
            self._put(_named(k, v), "SoftwareApplication", name=k, softwareVersion=v)
            for k, v in versions.items()
        ]
        return self._put(
            f"#neurokit-{quote(own)}-{digest([versions, code])[:8]}",
            "SoftwareApplication",
            name="neurokit",
            softwareVersion=own,
            identifier=code,
            softwareRequirements=[_to(name) for name in needed],
        )

    def _parameters(self, manifest: Mapping[str, Any]) -> list[str]:
        values = dict(manifest.get("parameters") or {})
        return [
            self._put(
                f"#parameter-{quote(name)}-{digest(value)[:8]}",
                "PropertyValue",
                name=name,
                value=value if isinstance(value, str | int | float | bool) else json.dumps(value),
            )
            for name, value in values.items()
        ]

    def _inputs(self, manifest: Mapping[str, Any]) -> list[str]:
        return [
            self._put(
                f"#input-{file['sha256']}",
                "CreativeWork",
                name=str(file["path"]),
                url=str(file.get("uri") or ""),
                sha256=str(file["sha256"]),
            )
            for file in manifest.get("inputs") or ()
        ]

    def _source(self, manifest: Mapping[str, Any]) -> str:
        """The dataset that a result is made from, with its licence and DOI as they were then."""
        about = dict(manifest.get("source") or {})
        dataset, doi = str(manifest.get("dataset", "")), str(about.get("doi") or "")
        simulated = "simulated by neurokit" if about.get("simulate") else ""
        name = f"#source-{quote(dataset, safe='')}-{digest(about)[:8]}"
        if name not in self._sources:
            self._sources.append(name)
        return self._put(
            name,
            "CreativeWork",
            name=str(about.get("title") or dataset),
            alternateName=dataset,
            description=simulated,
            identifier=f"https://doi.org/{doi}" if doi else "",
            citation=str(about.get("citation") or ""),
            license=_to(self._licence(str(about.get("licence") or "unknown"))),
        )

    def _licence(self, spdx: str) -> str:
        # An expression such as "MIT OR CC0-1.0" has no page of its own.
        has_page = spdx != "unknown" and " " not in spdx
        page = f"https://spdx.org/licenses/{spdx}"
        name = page if has_page else f"#licence-{quote(spdx)}"
        said = "The catalog states no licence." if spdx == "unknown" else ""
        if name not in self._licences:
            self._licences.append(name)
        return self._put(name, "CreativeWork", name=spdx, description=said)


def _named(library: str, version: str) -> str:
    return f"#{quote(library)}-{quote(version, safe='')}"


def _one_or_all(names: list[str]) -> Entity | list[Entity]:
    return _to(names[0]) if len(names) == 1 else [_to(name) for name in names]


def _files(folder: Path, manifest: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The files of a result with size and sha256; the manifest cannot list itself."""
    yield from dict(manifest.get("files") or {}).items()
    content = (folder / MANIFEST).read_bytes()
    yield MANIFEST, {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
