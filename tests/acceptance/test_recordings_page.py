"""docs/recordings.md sorts every file of the manifest once, and says the same as the catalog."""

import re

import pytest

import neurokit as nk

PAGE = "docs/recordings.md"
KINDS = {"recording": "recording", "reference table, out of scope": "reference"}
KINDS["unsupported"] = "unsupported"


def sorted_paths(text):
    """Return kind -> {path: cells of its row}, companions -> {path: recording}."""
    found = {"recording": {}, "companion": {}, "reference": {}, "unsupported": {}}
    for section in re.split(r"\n## ", text)[1:]:
        said = re.search(r"^In `(.+)/`\.$", section, re.MULTILINE)
        if said is None:
            continue
        kind = ""
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| `"):
                path = f"{said[1]}/{cells[0].strip('`')}"
                assert all(path not in paths for paths in found.values()), path
                found[KINDS[kind]][path] = cells[1:]
            elif line.startswith("| "):
                kind = cells[0]
        for bullet in re.findall(r"^- of (.*(?:\n  .*)*)", section, re.MULTILINE):
            head, _, rest = re.sub(r"\([^)]*\)", "", bullet).partition(":")
            of = f"{said[1]}/{head.strip('`')}"
            for name in re.findall(r"`([^`]+)`", rest):
                assert all(f"{said[1]}/{name}" not in paths for paths in found.values()), name
                found["companion"][f"{said[1]}/{name}"] = of
    return found


@pytest.fixture(scope="module")
def page(request):
    return (request.config.rootpath / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found(page):
    return sorted_paths(page)


@pytest.fixture(scope="module")
def catalog(request):
    return nk.Catalog.read(request.config.rootpath / "data_catalog.yaml")


def _entries(catalog):
    """Return what is opened -> its entries as (name, loader, other files)."""
    entries = {}
    for dataset in catalog.datasets.values():
        for name, recording in dataset.recordings.items():
            paths = [file.path for file in recording.files]
            one = (f"{dataset.name}/{name}", dataset.loader, paths[1:])
            entries.setdefault(paths[0], []).append(one)
    return entries


def test_every_file_of_the_manifest_is_sorted_once(found, shared_data):
    text = (shared_data / "MANIFEST.yaml").read_text(encoding="utf-8")
    listed = re.findall(r"^- path: (.+)$", text, re.MULTILINE)
    assert len(listed) == 208
    assert sorted(path for paths in found.values() for path in paths) == sorted(listed)


def test_the_numbers_of_the_page_are_those_of_its_tables(page, found):
    said = re.search(r"are (\d+) files: (\d+) recordings; (\d+) companions", page)
    more = re.search(r"(\d+)\s+reference\s+tables.*?(\d+) unsupported files", page, re.DOTALL)
    numbers = [int(n) for n in (*said.groups(), *more.groups())]
    kinds = ["recording", "companion", "reference", "unsupported"]
    assert numbers == [sum(map(len, found.values())), *(len(found[kind]) for kind in kinds)]


def test_recordings_are_those_of_the_catalog_with_loader_and_entry(found, catalog):
    entries = _entries(catalog)
    assert set(found["recording"]) == set(entries)
    for path, (loader, names) in found["recording"].items():
        assert names.split(", ") == [name for name, _, _ in entries[path]], path
        assert {loader} == {used for _, used, _ in entries[path]}, path


def test_other_files_of_an_entry_are_companions_of_its_recording(found, catalog):
    for path, entries in _entries(catalog).items():
        for _, _, others in entries:
            for other in others:
                # The order of one matrix's neurons stands in another, a recording itself.
                assert found["companion"].get(other) == path or other in found["recording"], other
    assert set(found["companion"].values()) <= set(found["recording"])


def test_what_is_unsupported_is_little_and_says_why(found):
    assert len(found["unsupported"]) <= 0.05 * len(found["recording"])
    assert all(len(why) > 30 for (why,) in found["unsupported"].values())
    assert all(len(what) > 10 for (what,) in found["reference"].values())
