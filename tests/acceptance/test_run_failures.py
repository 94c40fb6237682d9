"""A catalog of ten entries of which three are broken: seven done, exit 1, three messages."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from neurokit import errors

SITE = Path(__file__).parents[1] / "batch" / "site"
BROKEN = {
    "fif": ("01_truncated_raw.fif", "meg"),
    "bdf": ("04_zero_length.bdf", "eeg"),
    "h5": ("17_truncated.h5", "calcium"),
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SITE)
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    return importlib.import_module("fake_catalog").Bench(tmp_path)


def broken(bench: Any, corrupt: Path) -> dict[str, Any]:
    """Entries whose files are as promised, hash and all, and cannot be read."""
    entries = {}
    for name, (file, modality) in BROKEN.items():
        path = bench.folder / "data" / file
        path.parent.mkdir(exist_ok=True)
        shutil.copy(corrupt / file, path)
        parts = bench.dataset(recipes=["summary"], modality=modality)
        entries[name] = {**parts, "recordings": {"r": {"files": [bench.file(path)]}}}
    return entries


def test_seven_of_ten_entries_are_done_and_three_messages_name_file_and_mend(
    bench: Any, shared_corrupt: Path
) -> None:
    good = {f"good{i}": bench.dataset(f"g{i}", recipes=["fake.mean"]) for i in range(6)}
    simulate = {"name": "recording", "modality": "eeg", "random_state": 0}
    parts = bench.dataset(recipes=["summary"], modality="eeg")
    bench.write({**broken(bench, shared_corrupt), **good, "sim": {**parts, "simulate": simulate}})
    done = bench.run()
    assert done.returncode == 1, done.stderr
    rows = bench.summary()["rows"]
    failed = [row for row in rows if row["status"] == "failed"]
    assert sum(row["status"] == "done" for row in rows) == 7
    assert [row["dataset"] for row in failed] == list(BROKEN)
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    for row, line, (file, _) in zip(failed, lines, BROKEN.values(), strict=True):
        assert line.startswith("error: summary: ")
        assert file in line
        assert row["error"]["mend"]
        assert line.endswith(row["error"]["mend"])
        assert issubclass(getattr(errors, row["error"]["class"]), errors.NeurokitError)
    assert list(bench.out.rglob(".*")) == []
    assert not any((bench.out / name).exists() for name in BROKEN)


def test_a_file_of_another_content_is_a_failure_that_names_it(bench: Any) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    (bench.folder / "data" / "w1.nc").write_bytes(b"not what was promised")
    done = bench.run()
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "w1.nc" in line
    assert bench.statuses() == ["failed"]


def test_a_catalog_that_is_wrong_runs_nothing_and_names_the_line(bench: Any) -> None:
    datasets = {"a": bench.dataset("w1", recipes=["fake.mean"])}
    path = bench.write(datasets)
    text = path.read_text(encoding="utf-8")
    wrong = {
        text.replace('"licence"', '"license"'): "licence",
        text.replace("fake.mean", "fake.meen"): "fake.mean",
        text.replace('"title"', '"loader": "no.such", "title"'): "no.such",
        text.replace('"modality"', '"title": "twice",\n "modality"'): "title",
    }
    for content, said in wrong.items():
        path.write_text(content, encoding="utf-8")
        done = bench.run()
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"error: {path}:")
        assert line.removeprefix(f"error: {path}:").partition(":")[0].isdigit()
        assert said in line
        assert not bench.out.exists()
