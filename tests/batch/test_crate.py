from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from neurokit.batch.crate import CRATE, crate, write_crate
from neurokit.batch.run import run_catalog
from neurokit.batch.store import MANIFEST, Store

KEY = "0123456789abcdef" * 4


def put(out: Path, recording: str = "w1", dataset: str = "worms", **more: Any) -> Path:
    folder = Store(out).folder(dataset, "mean", recording, KEY)
    folder.mkdir(parents=True)
    (folder / "result.nc").write_bytes(b"12345")
    manifest = {
        "dataset": dataset,
        "recipe": "mean",
        "registered": "fake.mean",
        "recording": recording,
        "title": "Mean",
        "key": KEY,
        "started": "2026-01-01T00:00:00+00:00",
        "result": "result.nc",
        "parameters": {"power": 2, "band": [1, 2]},
        "parts": {"code_version": "1.0+ab"},
        "versions": {"neurokit": "1.0", "numpy": "2.0"},
        "source": {
            "title": "Worms",
            "licence": "CC0-1.0",
            "doi": "10.1000/x",
            "citation": "A 2026",
        },
        "inputs": [{"recording": recording, "path": "a.nc", "uri": "", "sha256": "ab" * 32}],
        "files": {
            "result.nc": {"bytes": 5, "sha256": hashlib.sha256(b"12345").hexdigest()},
        },
        **more,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def entities(out: Path) -> dict[str, dict[str, Any]]:
    content = crate(out)
    assert content is not None
    found = {entity["@id"]: entity for entity in content["@graph"]}
    assert len(found) == len(content["@graph"])
    return found


def links(value: Any) -> list[str]:
    """Every ``{"@id": ...}`` below a value."""
    if isinstance(value, list):
        return [name for one in value for name in links(one)]
    if isinstance(value, dict):
        return [value["@id"]] if set(value) == {"@id"} else links(list(value.values()))
    return []


def test_a_run_gives_a_crate_that_the_rocrate_package_reads(
    bench: Any, no_report: list[Path]
) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate")
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"], doi="10.1000/x")})
    summary = run_catalog(bench.path, out=bench.out, jobs=1)
    read = rocrate.ROCrate(bench.out)
    path = summary["rows"][0]["path"]
    result = read.dereference(f"{path}/")
    assert result.type == "Dataset"
    (action,) = read.root_dataset["mentions"]
    assert (action.type, action["result"].id) == ("CreateAction", f"{path}/")
    assert action["instrument"]["name"] == "neurokit"
    assert result["isBasedOn"]["identifier"] == "https://doi.org/10.1000/x"
    assert read.root_dataset["license"]["name"] == "CC0-1.0"
    files = [entity for entity in read.data_entities if entity.type == "File"]
    assert {"result.nc", MANIFEST, "figures/trace.png"} <= {file["name"] for file in files}
    for file in files:
        content = (bench.out / unquote(file.id)).read_bytes()
        assert file["contentSize"] == str(len(content))
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    before = (bench.out / CRATE).stat()
    run_catalog(bench.path, out=bench.out, jobs=1)
    after = (bench.out / CRATE).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_the_package_writes_a_whole_copy_of_the_folder(tmp_path: Path) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate")
    put(tmp_path / "out", recording="a b")
    write_crate(tmp_path / "out")
    rocrate.ROCrate(tmp_path / "out").write(tmp_path / "copy")
    (copied,) = (tmp_path / "copy").rglob("result.nc")
    assert copied.read_bytes() == b"12345"
    again = rocrate.ROCrate(tmp_path / "copy")
    assert {e.id for e in again.get_entities()} == {
        e.id for e in rocrate.ROCrate(tmp_path / "out").get_entities()
    }


def test_every_link_leads_somewhere_and_every_entity_is_reached(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, recording="w2")
    found = entities(tmp_path)
    linked = {name for entity in found.values() for name in links(list(entity.values()))}
    assert linked - set(found) == {"https://w3id.org/ro/crate/1.1"}
    assert set(found) - linked == {CRATE}
    assert found[CRATE]["about"] == {"@id": "./"}


def test_what_results_share_stands_there_once(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, recording="w2")
    kinds = [entity["@type"] for entity in entities(tmp_path).values()]
    assert kinds.count("SoftwareApplication") == 2
    assert kinds.count("CreateAction") == 2
    assert kinds.count("PropertyValue") == 2


def test_several_licences_stand_all_at_the_root(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, dataset="rats", source={"title": "Rats", "licence": "MIT OR CC0-1.0"})
    put(tmp_path, dataset="mice", source={"title": "Mice", "licence": "unknown"})
    found = entities(tmp_path)
    licences = {name: found[name]["name"] for name in links(found["./"]["license"])}
    assert licences == {
        "#licence-unknown": "unknown",
        "#licence-MIT%20OR%20CC0-1.0": "MIT OR CC0-1.0",
        "https://spdx.org/licenses/CC0-1.0": "CC0-1.0",
    }
    assert "no licence" in found["#licence-unknown"]["description"]


def test_names_are_encoded_as_addresses_of_real_files(tmp_path: Path) -> None:
    folder = put(tmp_path, recording="../a b")
    (name,) = links(entities(tmp_path)["./"]["hasPart"])
    assert tmp_path / unquote(name) == folder


def test_damaged_results_are_not_described(tmp_path: Path) -> None:
    assert crate(tmp_path) is None
    assert write_crate(tmp_path) is None
    put(tmp_path)
    (put(tmp_path, recording="w2") / "result.nc").unlink()
    assert len(entities(tmp_path)["./"]["hasPart"]) == 1


def test_the_same_results_give_the_same_file_and_new_ones_another(tmp_path: Path) -> None:
    put(tmp_path)
    path = write_crate(tmp_path)
    assert path is not None
    first, stat = path.read_bytes(), path.stat()
    write_crate(tmp_path)
    assert path.stat().st_ino == stat.st_ino
    put(tmp_path, recording="w2", started="2026-02-01T00:00:00+00:00")
    write_crate(tmp_path)
    assert path.read_bytes() != first
    assert entities(tmp_path)["./"]["datePublished"] == "2026-02-01T00:00:00+00:00"


def test_a_manifest_of_few_words_is_described_all_the_same(tmp_path: Path) -> None:
    put(tmp_path, source=None, versions=None, parameters=None, inputs=None, parts=None)
    assert links(entities(tmp_path)["./"]["license"]) == ["#licence-unknown"]


def test_authors_that_somebody_added_outlive_the_next_result(tmp_path: Path) -> None:
    put(tmp_path)
    path = write_crate(tmp_path)
    assert path is not None
    content = json.loads(path.read_text(encoding="utf-8"))
    root = next(entity for entity in content["@graph"] if entity["@id"] == "./")
    root["author"] = [{"@id": "#ada"}]
    content["@graph"] += [
        {"@id": "#ada", "@type": "Person", "name": "Ada", "affiliation": {"@id": "#lab"}},
        {"@id": "#lab", "@type": "Organization", "name": "Lab"},
        {"@id": "#stray", "@type": "Person", "name": "Nobody refers to me"},
    ]
    path.write_text(json.dumps(content), encoding="utf-8")
    put(tmp_path, recording="w2")
    write_crate(tmp_path)
    found = {e["@id"]: e for e in json.loads(path.read_text(encoding="utf-8"))["@graph"]}
    assert found["./"]["author"] == [{"@id": "#ada"}]
    assert (found["#ada"]["name"], found["#lab"]["name"]) == ("Ada", "Lab")
    assert "#stray" not in found
    assert len(found["./"]["hasPart"]) == 2
    inode = path.stat().st_ino
    write_crate(tmp_path)
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("text", ["", "{", "[]", '{"@graph": 3}', '{"@graph": [3, {"@id": 4}]}'])
def test_a_damaged_description_gives_way(tmp_path: Path, text: str) -> None:
    put(tmp_path)
    (tmp_path / CRATE).write_text(text, encoding="utf-8")
    path = write_crate(tmp_path)
    assert path is not None
    assert json.loads(path.read_text(encoding="utf-8")) == crate(tmp_path)
