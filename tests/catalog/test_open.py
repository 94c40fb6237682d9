"""Opening gives recordings with what only the catalog knows, from checked files only."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xarray as xr

import neurokit.io
import neurokit.simulate
from neurokit.catalog import Catalog, simulated
from neurokit.errors import CatalogError, ChecksumError, NotDownloadedError, OptionError

SIMULATION = (
    "catalog: neurokit/1\ndatasets:\n  demo:\n    title: x\n    modality: eeg\n"
    "    licence: CC0-1.0\n    simulate: "
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str | None, dict[str, Any]]]:
    """Calls of `neurokit.io.open`, which gives an empty tree."""
    calls: list[tuple[Path, str | None, dict[str, Any]]] = []

    def stand_in(path: Path, loader: str | None = None, **options: Any) -> xr.DataTree:
        calls.append((path, loader, options))
        attrs = {"licence": "unknown", "doi": "", "subject": "", "species": "", "session": "s"}
        return xr.DataTree(xr.Dataset(attrs=attrs))

    monkeypatch.setattr(neurokit.io, "open", stand_in)
    return calls


@pytest.fixture
def simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    def recording(modality: str, *, random_state: int | None = None) -> xr.DataTree:
        return xr.DataTree(xr.Dataset(attrs={"modality": modality, "subject": "simulated"}))

    def worms(n_animals: int = 4, *, random_state: int | None = None) -> SimpleNamespace:
        trees = {f"worm{i}": xr.DataTree() for i in range(n_animals)}
        return SimpleNamespace(recordings=trees, truth=None)

    monkeypatch.setattr(neurokit.simulate, "recording", recording, raising=False)
    monkeypatch.setattr(neurokit.simulate, "worms", worms, raising=False)


def here(site: Any) -> None:
    for path in site.content:
        site.put(site.folder, path)


def test_the_first_file_is_opened_with_loader_and_options(
    site: Any, installed: None, opened: list[Any]
) -> None:
    here(site)
    extra = "    loader: mne.raw\n    options: {rate: 2}\n"
    Catalog.read(site.write(site.text(extra))).open("worm", "one")
    assert opened == [(site.folder / site.first, "mne.raw", {"rate": 2})]


def test_what_the_catalog_states_stands_in_the_recording(
    site: Any, catalog: Catalog, opened: list[Any]
) -> None:
    here(site)
    rec = catalog.open("worm", subject="one")
    assert isinstance(rec, xr.DataTree)
    assert rec.attrs == {
        "licence": "CC-BY-4.0",
        "doi": "10.1000/x",
        "subject": "one",
        "species": "",
        "session": "s",
        "source_sha256": site.sha256(site.first),
    }


def test_a_subject_that_the_file_states_stays(
    site: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(site)
    stated = {"licence": "MIT", "subject": "worm 7", "species": "C. elegans"}
    tree = xr.DataTree(xr.Dataset(attrs=stated))
    monkeypatch.setattr(neurokit.io, "open", lambda *_, **__: tree)
    rec = catalog.open("worm", "one")
    assert isinstance(rec, xr.DataTree)
    assert (rec.attrs["subject"], rec.attrs["species"]) == ("worm 7", "C. elegans")
    assert rec.attrs["licence"] == "CC-BY-4.0"


def test_an_unknown_licence_does_not_hide_one_that_the_file_states(
    site: Any, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(site)
    tree = xr.DataTree(xr.Dataset(attrs={"licence": "MIT", "doi": "10.1/y"}))
    monkeypatch.setattr(neurokit.io, "open", lambda *_, **__: tree)
    text = site.text().replace("    licence: CC-BY-4.0\n    doi: 10.1000/x\n", "")
    rec = Catalog.read(site.write(text)).open("worm", "one")
    assert isinstance(rec, xr.DataTree)
    assert (rec.attrs["licence"], rec.attrs["doi"]) == ("MIT", "10.1/y")


def test_one_recording_is_a_tree_several_are_a_mapping(
    site: Any, installed: None, opened: list[Any]
) -> None:
    here(site)
    text = site.text()
    assert isinstance(Catalog.read(site.write(text)).open("worm"), xr.DataTree)
    files = text.partition("      one:\n")[2]
    both = Catalog.read(site.write(f"{text}      two:\n{files}")).open("worm")
    assert isinstance(both, dict)
    assert [rec.attrs["subject"] for rec in both.values()] == ["one", "two"]


def test_what_is_not_at_hand_is_not_opened(site: Any, catalog: Catalog, opened: list[Any]) -> None:
    site.put(site.folder, site.first)
    with pytest.raises(NotDownloadedError, match=r"worm/one: not downloaded: data/a_order\.json"):
        catalog.open("worm")
    assert opened == []


def test_no_parser_sees_a_file_of_another_content(
    site: Any, catalog: Catalog, opened: list[Any]
) -> None:
    here(site)
    site.put(site.folder, site.second, b"another content")
    with pytest.raises(ChecksumError):
        catalog.open("worm")
    assert opened == []


@pytest.mark.parametrize("subject", ["two", ""])
def test_an_unknown_subject_is_an_error(
    site: Any, catalog: Catalog, opened: list[Any], subject: str
) -> None:
    with pytest.raises(OptionError, match="Use 'one'"):
        catalog.open("worm", subject)


def test_a_simulation_of_one_recording_has_the_datasets_name(
    site: Any, installed: None, simulators: None
) -> None:
    text = SIMULATION + "{name: recording, modality: meg, random_state: 0}\n"
    catalog = Catalog.read(site.write(text))
    assert list(simulated(catalog.datasets["demo"])) == ["demo"]
    rec = catalog.open("demo")
    assert isinstance(rec, xr.DataTree)
    assert rec.attrs == {
        "modality": "meg",
        "subject": "simulated",
        "licence": "CC0-1.0",
        "species": "",
    }


def test_a_simulation_of_several_gives_each_by_name(
    site: Any, installed: None, simulators: None
) -> None:
    text = SIMULATION + "{name: worms, n_animals: 2, random_state: 0}\n"
    catalog = Catalog.read(site.write(text))
    trees = catalog.open("demo")
    assert isinstance(trees, dict)
    assert {name: rec.attrs["subject"] for name, rec in trees.items()} == {
        "worm0": "worm0",
        "worm1": "worm1",
    }
    assert isinstance(catalog.open("demo", "worm1"), xr.DataTree)
    with pytest.raises(OptionError, match="did you mean 'worm"):
        catalog.open("demo", "worm2")


@pytest.mark.parametrize(
    ("simulate", "found"),
    [
        ("{name: worms, animals: 2, random_state: 0}", "no parameter 'animals', did you mean"),
        ("{name: recording, random_state: 0}", "missing a required argument: 'modality'"),
    ],
)
def test_parameters_of_simulators_are_checked_on_request_with_the_line(
    site: Any, installed: None, simulators: None, simulate: str, found: str
) -> None:
    catalog = Catalog.read(site.write(SIMULATION + simulate + "\n"))
    for name in (None, "demo"):
        with pytest.raises(CatalogError, match=found) as caught:
            catalog.check_simulators(name)
        assert caught.value.where == f"{catalog.path}:3"
    with pytest.raises(OptionError, match=found):
        catalog.open("demo")


def test_right_parameters_of_simulators_pass(site: Any, installed: None, simulators: None) -> None:
    text = SIMULATION + "{name: worms, n_animals: 2, random_state: 0}\n"
    Catalog.read(site.write(text)).check_simulators()


def test_what_is_no_simulation_cannot_be_simulated(catalog: Catalog) -> None:
    catalog.check_simulators("worm")
    with pytest.raises(OptionError, match="is no simulation"):
        simulated(catalog.datasets["worm"])
