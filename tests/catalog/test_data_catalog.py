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
# Converted from files that no loader may or can read; there is nothing to download them from.
WITHOUT_ADDRESS = {
    "ieeg/pt01EcoG_derived.npz",
    "spikes_behaviour/psytrack_sampleRatData_derived.npz",
}
# Whose sources do not say, or which hold a stimulus.
WITHOUT_SPECIES = {
    "affinewarp_ofc",
    "kramer_light",
    "kramer_spike_field",
    "neurodsp_lfp",
    "pynapple_phy",
    "pynapple_suite2p",
    "speech_epochs",
}


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
    assert modalities.count("calcium") >= 8
    assert modalities.count("connectome") >= 19
    assert {"meg", "eeg", "ieeg", "seeg", "ecog", "spikes", "behavior"} <= set(modalities)
    suffixes = {Path(file.path).suffix for file in real_files(shipped)}
    assert {".fif", ".edf", ".bdf", ".vhdr", ".h5", ".json", ".xlsx", ".csv"} <= suffixes
    assert {".nwb", ".mat", ".npy", ".npz", ".set", ".cnt", ".con", ".res4", ".ncs"} <= suffixes


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


def test_the_default_run_is_a_summary_of_some_datasets_and_analyses_of_fewer(
    shipped: Catalog,
) -> None:
    run = [entry for entry in shipped.datasets.values() if entry.recipes]
    assert len(run) == 21
    assert all("summary" in entry.recipes for entry in run)
    assert all(entry.recipes for entry in shipped.datasets.values() if entry.simulate)
    # What is listed beyond that is there to be opened, and costs a run nothing.
    kinds = {entry.modality for entry in run if entry.recordings}
    assert kinds == {"calcium", "connectome", "meg", "eeg", "ieeg"}
    files = [f for entry in run for rec in entry.recordings.values() for f in rec.files]
    assert sum(file.bytes for file in files) < 50e6
    with_motifs = {
        name
        for name, entry in shipped.datasets.items()
        if any(shipped.recipes[r].recipe == "connectome.motifs" for r in entry.recipes)
    }
    assert with_motifs == {"atanas2023", "dag2023", "demo_worms"}
    encoded = {
        name
        for name, entry in shipped.datasets.items()
        if any(shipped.recipes[r].recipe == "encoding" for r in entry.recipes)
    }
    assert encoded == {"dag2023", "demo_encoded"}
    assert shipped.recipes["motifs"].over == shipped.recipes["planted_motifs"].over == "dataset"


def test_real_datasets_say_where_they_come_from(shipped: Catalog) -> None:
    commit = re.compile(r"https://raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}/.+")
    for entry in shipped.datasets.values():
        if entry.recordings:
            assert entry.citation, entry.name
            assert entry.licence, entry.name
            assert bool(entry.species) == (entry.name not in WITHOUT_SPECIES), entry.name
    for file in real_files(shipped):
        assert bool(commit.fullmatch(file.uri)) == (file.path not in WITHOUT_ADDRESS), file.path
    assert {file.path for file in real_files(shipped)} >= WITHOUT_ADDRESS
    assert sum(file.bytes for file in real_files(shipped)) < 150e6


def test_what_the_default_run_uses_names_its_paper(shipped: Catalog) -> None:
    for entry in shipped.datasets.values():
        if entry.recordings and entry.recipes:
            assert entry.doi, entry.name


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
        assert file.uri == ("" if file.path in WITHOUT_ADDRESS else uri)
        assert ("\n  derived: " in part) == (file.path in WITHOUT_ADDRESS)
        assert f"sha256: {file.sha256}" in part
        assert f"size_bytes: {file.bytes}" in part


# Licences as SPDX that the manifest writes in its own words.
SAID = {
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "MIT": "MIT",
    "Apache-2.0": "Apache-2.0",
    "CC0-1.0": "CC0 1.0",
    "CC-BY-3.0-US": "CC BY 3.0 US",
    "CC-BY-4.0": "CC BY 4.0",
    "CC-BY-SA-4.0": "CC BY-SA 4.0",
    "GPL-3.0-only": "GPL-3.0",
    "GPL-3.0-or-later": "GPL (>= 3)",
    "PDDL-1.0": "PDDL 1.0",
}


def test_a_stated_licence_is_the_manifests(shipped: Catalog, shared_data: Path) -> None:
    text = (shared_data / "MANIFEST.yaml").read_text(encoding="utf-8")
    entries = {part.partition("\n")[0]: part for part in text.split("\n- path: ")[1:]}
    for entry in shipped.datasets.values():
        if entry.licence != "unknown":
            for recording in entry.recordings.values():
                for file in recording.files:
                    assert SAID[entry.licence] in entries[file.path], file.path


def test_reading_it_takes_a_small_part_of_a_seconds_work() -> None:
    import time

    begin = time.process_time()
    read_document(PATH)
    assert time.process_time() - begin < 2.0  # 0.3 s on a quiet machine, 2000 lines


def test_the_example_of_the_documents_is_a_catalog(tmp_path: Path) -> None:
    text = (PATH.parent / "docs" / "catalog.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    path = tmp_path / "example.yaml"
    path.write_text(example[1], encoding="utf-8")
    assert set(Catalog.read(path).datasets) == {"atanas2023", "demo_worms"}
