"""The catalog that the project ships: readable, honest, and true to the files it names."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from neurokit.catalog import Catalog, CatalogFile
from neurokit.catalog.document import read_document
from neurokit.io.integrity import sha256_of

PATH = Path(__file__).resolve().parents[2] / "data_catalog.yaml"


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return Catalog.read(PATH)


def real_files(catalog: Catalog) -> list[CatalogFile]:
    return [
        file
        for entry in catalog.datasets.values()
        for recording in entry.recordings.values()
        for file in recording.files
    ]


def test_it_lists_real_recordings_of_every_kind_that_is_promised(shipped: Catalog) -> None:
    real = [entry for entry in shipped.datasets.values() if entry.recordings]
    modalities = [entry.modality for entry in real]
    assert modalities.count("calcium") >= 2
    assert {"connectome", "meg", "eeg", "ieeg"} <= set(modalities)
    suffixes = {Path(file.path).suffix for file in real_files(shipped)}
    assert {".fif", ".edf", ".bdf", ".vhdr", ".h5", ".json", ".xlsx", ".csv"} <= suffixes


def test_every_modality_is_simulated_from_a_seed(shipped: Catalog) -> None:
    simulated = [entry for entry in shipped.datasets.values() if entry.simulate]
    modalities = {"calcium", "eeg", "meg", "seeg", "ecog", "spikes", "connectome"}
    assert {entry.modality for entry in simulated} == modalities
    for entry in simulated:
        assert entry.simulate is not None
        assert entry.simulate["random_state"] == 0
        assert entry.simulate.get("modality", entry.modality) == entry.modality
        assert entry.licence == "CC0-1.0"


def test_the_parameters_of_its_simulations_fit_the_simulators(shipped: Catalog) -> None:
    shipped.check_simulators()


def test_every_dataset_gets_a_summary_and_the_worms_their_motifs(shipped: Catalog) -> None:
    for entry in shipped.datasets.values():
        assert "summary" in entry.recipes
    with_motifs = {
        name
        for name, entry in shipped.datasets.items()
        if any(shipped.recipes[r].recipe == "connectome.motifs" for r in entry.recipes)
    }
    assert with_motifs == {"atanas2023", "dag2023", "demo_worms"}
    assert shipped.recipes["motifs"].over == shipped.recipes["planted_motifs"].over == "dataset"


def test_real_datasets_say_where_they_come_from(shipped: Catalog) -> None:
    commit = re.compile(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/.+")
    for entry in shipped.datasets.values():
        if entry.recordings:
            assert entry.doi
            assert entry.citation
            assert entry.species
    assert all(commit.fullmatch(file.uri) for file in real_files(shipped))
    assert sum(file.bytes for file in real_files(shipped)) < 50e6


def test_a_run_without_the_network_needs_only_the_simulations(
    shipped: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    statuses = {
        shipped.locate(entry.name, recording).status
        for entry in shipped.datasets.values()
        for recording in entry.recordings
    }
    assert statuses == {"not_downloaded"}


def test_every_file_is_found_in_a_mirror_with_its_sha256(
    shipped: Catalog, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    for entry in shipped.datasets.values():
        for recording in entry.recordings:
            located = shipped.locate(entry.name, recording)
            assert located.status == "here", f"{entry.name}/{recording}"
    for file in real_files(shipped):
        assert sha256_of(shared_data / file.path) == file.sha256
        assert (shared_data / file.path).stat().st_size == file.bytes
    assert shipped.to_fetch() == []


def test_addresses_hashes_and_sizes_are_the_manifests(shipped: Catalog, shared_data: Path) -> None:
    text = (shared_data / "MANIFEST.yaml").read_text(encoding="utf-8")
    entries = {part.partition("\n")[0]: part for part in text.split("\n- path: ")[1:]}
    for file in real_files(shipped):
        part = entries[file.path]
        source = re.search(r"source: github:(\S+) ([^\n]+(?:\n    [^\n]+)?)", part)
        commit = re.search(r"commit: (\w+)", part)
        assert source is not None
        assert commit is not None
        path = quote(" ".join(source[2].split()))
        uri = f"https://raw.githubusercontent.com/{source[1]}/{commit[1]}/{path}"
        assert file.uri == uri
        assert f"sha256: {file.sha256}" in part
        assert f"size_bytes: {file.bytes}" in part


def test_reading_it_takes_a_small_part_of_a_seconds_work() -> None:
    import time

    begin = time.process_time()
    read_document(PATH)
    assert time.process_time() - begin < 1.0  # 0.1 s on a quiet machine


def test_the_example_of_the_documents_is_a_catalog(tmp_path: Path) -> None:
    text = (PATH.parent / "docs" / "catalog.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    path = tmp_path / "example.yaml"
    path.write_text(example[1], encoding="utf-8")
    assert set(Catalog.read(path).datasets) == {"atanas2023", "demo_worms"}
