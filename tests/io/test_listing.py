"""What is listed is what ``Path.glob`` gives; what vanishes meanwhile does no harm."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from neurokit.batch.leftovers import remove_leftovers
from neurokit.batch.runs import past_summaries
from neurokit.io.listing import listed
from neurokit.report.results import rows_of_store

FILES = ["a/b/one.txt", "a/b/.two", "a/.c/one.txt", "d/e/three.txt", "d/[x]/one.txt", "four.txt"]
PATTERNS = ["*", "*/*", "[!.]*/[!.]*/*.txt", "*/*/one.txt", ".*", "a/*/.*", "d/[[]x]/*", "none/*"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    return tmp_path


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_quiet_folder_is_listed_as_glob_does(folder: Path, pattern: str) -> None:
    assert listed(folder, pattern) == sorted(folder.glob(pattern))


def test_a_folder_that_is_not_there_or_a_file_holds_nothing(folder: Path) -> None:
    assert listed(folder / "none", "*") == []
    assert listed(folder / "four.txt", "*") == []


@pytest.fixture
def vanishing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Remove folders whose name ends in ``-going`` at the moment they are to be read."""
    gone: list[str] = []
    for name in ("listdir", "scandir"):
        original = getattr(os, name)

        def read(path: object = ".", original: object = original) -> object:
            if str(path).endswith("-going") and Path(str(path)).exists():
                gone.append(str(path))
                # rmtree reads the folder too, by the function that is there now.
                with pytest.MonkeyPatch.context() as inner:
                    inner.setattr(os, "scandir", SCANDIR)
                    inner.setattr(os, "listdir", LISTDIR)
                    shutil.rmtree(str(path))
            return original(path)  # type: ignore[operator]

        monkeypatch.setattr(os, name, read)
    return gone


SCANDIR, LISTDIR = os.scandir, os.listdir


def test_a_folder_that_goes_while_it_is_listed_is_passed_over(
    folder: Path, vanishing: list[str]
) -> None:
    (folder / "a" / ".run-going" / "logs").mkdir(parents=True)
    assert listed(folder, "a/*/one.txt") == [folder / "a/.c/one.txt", folder / "a/b/one.txt"]
    assert len(vanishing) == 1


def test_a_run_that_begins_while_another_ends_is_not_disturbed(
    tmp_path: Path, vanishing: list[str]
) -> None:
    """The folder of a run is prepared under another name and renamed, at any moment."""
    for place in ("runs/.1-going/logs", "a/w1-going/mean", "runs/2-going"):
        (tmp_path / place).mkdir(parents=True)
    remove_leftovers(tmp_path)
    assert len(vanishing) == 3


@pytest.mark.parametrize("reader", [rows_of_store, past_summaries])
def test_readers_of_a_store_pass_over_what_goes(
    tmp_path: Path, vanishing: list[str], reader: object
) -> None:
    for place in ("runs/.1-going/logs", "runs/2-going", "a/w1-going/mean/k"):
        (tmp_path / place).mkdir(parents=True)
    assert list(reader(tmp_path)) == []  # type: ignore[operator]
