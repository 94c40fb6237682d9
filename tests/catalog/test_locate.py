"""Files are found by content, in the promised order, beside one another, without the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from neurokit.catalog import Catalog
from neurokit.catalog.finding import cache_folder, cache_root, mirror_folders
from neurokit.errors import ChecksumError, FileContentError, OptionError, StoreError


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket", refuse)


def mirrors(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setenv("NEUROKIT_MIRROR", os.pathsep.join(map(str, folders)))


def root_of(catalog: Catalog) -> Path:
    return cache_root(catalog.datasets["worm"].recordings["one"].files)


def test_nothing_at_hand_is_not_downloaded(catalog: Catalog, site: Any) -> None:
    located = catalog.locate("worm", "one")
    assert located.status == "not_downloaded"
    assert located.paths == ()
    assert [file.path for file in located.missing] == list(site.content)


def test_a_part_at_hand_is_not_downloaded_and_only_the_rest_is_missing(
    catalog: Catalog, site: Any
) -> None:
    site.put(site.folder, site.first)
    located = catalog.locate("worm", "one")
    assert (located.status, located.paths) == ("not_downloaded", ())
    assert [file.path for file in located.missing] == [site.second]


def test_a_dataset_is_at_hand_when_its_last_file_is(catalog: Catalog, site: Any) -> None:
    assert not catalog.at_hand("worm")
    site.put(site.folder, site.first)
    assert not catalog.at_hand("worm")
    site.put(site.folder, site.second)
    assert catalog.at_hand("worm")
    site.put(site.folder, site.first, b"damaged")
    with pytest.raises(ChecksumError):
        catalog.at_hand("worm")


def test_a_file_that_no_server_has_is_not_at_hand(site: Any, installed: None) -> None:
    # `to_fetch` has nothing to list here.
    text = site.text().replace("uri: 'https://example.org/data/a.json', ", "")
    catalog = Catalog.read(site.write(text))
    site.put(site.folder, site.second)
    assert catalog.to_fetch("worm") == []
    assert not catalog.at_hand("worm")


def test_simulations_are_at_hand(site: Any, installed: None) -> None:
    text = (
        "catalog: neurokit/1\ndatasets:\n  demo: {title: x, modality: eeg, "
        "simulate: {name: recording, modality: eeg, random_state: 0}}\n"
    )
    catalog = Catalog.read(site.write(text))
    assert catalog.at_hand("demo")
    with pytest.raises(OptionError, match="did you mean 'demo'"):
        catalog.at_hand("dema")


def test_files_beside_the_catalog_are_found_in_its_order(catalog: Catalog, site: Any) -> None:
    expected = tuple(site.put(site.folder, path) for path in site.content)
    located = catalog.locate("worm", "one")
    assert (located.status, located.paths, located.missing) == ("here", expected, ())


def test_cache_comes_before_mirrors_and_mirrors_before_the_catalogs_folder(
    catalog: Catalog, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [site.folder, site.root / "second", site.root / "first", root_of(catalog)]
    mirrors(monkeypatch, site.root / "absent", site.root / "first", site.root / "second")
    for place in places:
        for path in site.content:
            site.put(place, path)
        located = catalog.locate("worm", "one")
        assert located.paths == tuple(place / path for path in site.content)


def test_one_root_that_holds_everything_is_preferred_to_an_earlier_part(
    catalog: Catalog, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors(monkeypatch, site.root / "part", site.root / "whole")
    site.put(site.root / "part", site.first)
    expected = tuple(site.put(site.root / "whole", path) for path in site.content)
    assert catalog.locate("worm", "one").paths == expected


def test_scattered_companions_are_brought_together_in_the_cache(
    catalog: Catalog, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors(monkeypatch, site.root / "mirror")
    site.put(site.root / "mirror", site.second)
    original = site.put(site.folder, site.first)
    located = catalog.locate("worm", "one")
    assert located.paths == tuple(root_of(catalog) / path for path in site.content)
    assert [path.read_bytes() for path in located.paths] == list(site.content.values())
    assert original.exists()
    assert catalog.locate("worm", "one") == located


def test_a_single_file_is_never_copied(catalog: Catalog, site: Any) -> None:
    for path in site.content:
        site.put(site.folder, path)
    catalog.locate("worm", "one")
    assert not site.cache.exists()


def test_another_content_is_an_error_with_both_hashes_never_not_downloaded(
    catalog: Catalog, site: Any
) -> None:
    wrong = site.put(site.folder, site.second, b"something else")
    with pytest.raises(ChecksumError) as caught:
        catalog.locate("worm", "one")
    assert caught.value.where == str(wrong)
    assert site.sha256(site.second) in caught.value.found
    actual = caught.value.found.split()[2].rstrip(",")
    assert len(actual) == 64
    assert actual != site.sha256(site.second)


def test_an_empty_file_of_the_expected_name_is_another_content(catalog: Catalog, site: Any) -> None:
    site.put(site.folder, site.first, b"")
    with pytest.raises(ChecksumError, match="e3b0c44298fc1c149afbf4c8996fb924"):
        catalog.locate("worm", "one")


def test_a_right_copy_further_on_makes_good_for_a_wrong_one(
    catalog: Catalog, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors(monkeypatch, site.root / "mirror")
    site.put(site.root / "mirror", site.first, b"damaged")
    expected = tuple(site.put(site.folder, path) for path in site.content)
    assert catalog.locate("worm", "one").paths == expected


def test_a_flipped_bit_is_noticed_although_size_and_time_stay(catalog: Catalog, site: Any) -> None:
    for path in site.content:
        site.put(site.folder, path)
    target = site.folder / site.first
    assert catalog.locate("worm", "one").status == "here"
    before = target.stat()
    content = bytearray(target.read_bytes())
    content[3] ^= 1
    target.write_bytes(content)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ChecksumError):
        catalog.locate("worm", "one")


def test_a_folder_of_the_files_name_is_not_the_file(catalog: Catalog, site: Any) -> None:
    (site.folder / site.first).mkdir(parents=True)
    assert catalog.locate("worm", "one").status == "not_downloaded"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_an_error(catalog: Catalog, site: Any) -> None:
    site.put(site.folder, site.first).chmod(0)
    with pytest.raises(FileContentError, match="cannot be read"):
        catalog.locate("worm", "one")


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(
    catalog: Catalog, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.cache.write_text("a file, no folder")
    mirrors(monkeypatch, site.root / "mirror")
    site.put(site.root / "mirror", site.second)
    site.put(site.folder, site.first)
    with pytest.raises(StoreError, match="NEUROKIT_CACHE"):
        catalog.locate("worm", "one")


@pytest.mark.parametrize(
    ("dataset", "recording", "found"),
    [("worn", "one", "unknown option 'worn', did you mean 'worm'"), ("worm", "on", "'one'")],
)
def test_unknown_names_are_errors(
    catalog: Catalog, dataset: str, recording: str, found: str
) -> None:
    with pytest.raises(OptionError, match=found):
        catalog.locate(dataset, recording)


def test_the_catalogs_folder_is_found_from_a_relative_path(
    site: Any, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write(site.text())
    for path in site.content:
        site.put(site.folder, path)
    monkeypatch.chdir(site.folder)
    catalog = Catalog.read("catalog.yaml")
    assert catalog.path == Path("catalog.yaml")
    assert catalog.locate("worm", "one").status == "here"


def test_the_cache_is_the_systems_unless_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import pooch

    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("NEUROKIT_CACHE", "")
    assert cache_folder() == Path(pooch.os_cache("neurokit"))


def test_mirrors_are_read_from_the_environment_in_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUROKIT_MIRROR", os.pathsep.join(["", "~/a", "b", ""]))
    assert mirror_folders() == [Path("~/a").expanduser(), tmp_path / "b"]


def test_two_versions_of_a_recording_do_not_meet_in_the_cache(catalog: Catalog) -> None:
    from dataclasses import replace

    files = catalog.datasets["worm"].recordings["one"].files
    other = (files[0], replace(files[1], sha256="0" * 64))
    assert cache_root(files) != cache_root(other)
    assert cache_root(files) == cache_root(tuple(replace(f, uri="", bytes=0) for f in files))
