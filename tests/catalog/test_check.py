"""`Catalog.check` says everything about files, options and simulators at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import neurokit.io.registry
import neurokit.simulate
from neurokit.catalog import Catalog
from neurokit.errors import OptionError


def test_everything_at_hand_and_right_gives_no_finding(site: Any, catalog: Catalog) -> None:
    for path in site.content:
        site.put(site.folder, path)
    assert list(catalog.check()) == []


def test_each_missing_file_is_a_suggestion_with_its_size(site: Any, catalog: Catalog) -> None:
    findings = catalog.check()
    assert findings.codes == ["NK955", "NK955"]
    assert findings.ok
    assert findings[0].found == "data/a.json is not downloaded (0.0 MB)"
    assert findings[0].where == f"{catalog.path}:9 worm/one"


def test_another_content_is_critical_and_the_rest_is_still_checked(
    site: Any, installed: None
) -> None:
    site.put(site.folder, site.first, b"other")
    text = site.text().replace("    licence: CC-BY-4.0\n", "")
    findings = Catalog.read(site.write(text)).check()
    assert findings.codes == ["NK953", "NK951"]
    assert not findings.ok


def test_a_size_that_is_not_the_files_is_a_violation(site: Any, installed: None) -> None:
    for path in site.content:
        site.put(site.folder, path)
    right = len(site.content[site.first])
    text = site.text().replace(f"bytes: {right}}}", "bytes: 7}")
    findings = Catalog.read(site.write(text)).check()
    assert findings.codes == ["NK956"]
    assert findings[0].mend == f"Write bytes: {right}."


def test_a_mirror_that_does_not_exist_is_said(
    site: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in site.content:
        site.put(site.folder, path)
    monkeypatch.setenv("NEUROKIT_MIRROR", str(tmp_path / "absent"))
    findings = catalog.check()
    assert findings.codes == ["NK950"]
    assert "absent is no folder" in findings[0].found


def test_wrong_parameters_of_a_simulator_are_a_violation(
    site: Any, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neurokit.simulate, "worms", lambda random_state: None, raising=False)
    text = (
        "catalog: neurokit/1\ndatasets:\n  demo:\n    title: x\n    modality: eeg\n"
        "    licence: MIT\n    simulate: {name: worms, n: 2, random_state: 0}\n"
    )
    findings = Catalog.read(site.write(text)).check()
    assert findings.codes == ["NK952"]
    assert findings[0].mend == "It takes random_state."


def test_an_option_that_the_loader_does_not_take_is_a_violation(
    site: Any, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(options: dict[str, Any]) -> None:
        raise OptionError(f"unknown {sorted(options)}", where="mne.raw", mend="Use none.")

    loader = SimpleNamespace(check_options=refuse)
    monkeypatch.setattr(neurokit.io.registry, "get_loader", lambda name: loader)
    for path in site.content:
        site.put(site.folder, path)
    text = site.text("    loader: mne.raw\n    options: {rate: 2}\n")
    findings = Catalog.read(site.write(text)).check()
    assert findings.codes == ["NK957"]
    assert findings[0].found == "unknown ['rate']"
