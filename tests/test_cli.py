from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from neurokit import __version__, cli
from neurokit.cli import main
from neurokit.errors import FileContentError

SITE = Path(__file__).parent / "batch" / "site"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SITE)
    made = importlib.import_module("fake_catalog").Bench(tmp_path)
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    monkeypatch.setattr("neurokit.batch.keys.code_version", lambda: "1+0")

    def build(out: Path, summary: object, path: Path) -> Path:
        path.write_text("<html></html>", encoding="utf-8")
        return path

    monkeypatch.setattr("neurokit.report.build", build)
    return made


def run(bench: Any, *words: str) -> int:
    return main(["run", str(bench.path), "--out", str(bench.out), *words])


def test_help_lists_the_commands_in_the_order_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    listed = [
        line.split()[0] for line in said.split("Commands:")[1].splitlines() if line[2:3].strip()
    ]
    assert listed[:6] == ["open", "info", "validate", "fetch", "run", "report"]
    assert "neurokit run data_catalog.yaml" in said
    assert "130 interrupted" in said


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["open", "info", "validate", "fetch", "run", "report"])
def test_every_command_explains_itself_and_its_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    options = capsys.readouterr().out.split("Options:")[1].splitlines()
    assert all(len(line.split()) > 2 for line in options if line.strip().startswith("-"))


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"neurokit {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "CATALOG"),
        (["rum"], "rum"),
        (["run", "x.yaml", "--ony", "a"], "--ony"),
        (["run", "x.yaml", "--jobs", "two"], "--jobs"),
        (["open"], "PATH"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert said.lower() in lines[0].lower()


def test_open_info_and_validate_show_a_recording(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.recording("w1")
    path = str(bench.folder / "data" / "w1.nc")
    assert main(["open", path]) == 0
    assert "AVAL" in capsys.readouterr().out
    assert main(["info", path]) == 0
    assert "modality: calcium" in capsys.readouterr().out
    assert main(["validate", path]) == 0
    assert capsys.readouterr().out


def test_validate_exits_1_where_the_contract_is_broken(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from neurokit.io import open as open_recording
    from neurokit.io import save

    bench.recording("w1")
    tree = open_recording(bench.folder / "data" / "w1.nc").load()
    time_axis = tree["activity"]["time"].to_numpy().copy()
    time_axis[[3, 4]] = time_axis[[4, 3]]
    tree["activity"] = tree["activity"].to_dataset().assign_coords(time=("time", time_axis))
    broken = save(tree, bench.folder / "broken.nc")
    assert main(["validate", str(broken)]) == 1
    assert "time" in capsys.readouterr().out


def test_an_error_is_one_line_with_file_and_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.bdf"
    path.touch()
    assert main(["open", str(path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    guide = "docs/guides/mend_an_error.md#damaged-file"
    assert said.err == f"error: {path}: is empty (0 bytes). Download it again. See {guide}.\n"


def test_debug_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", str(tmp_path / "absent.fif"), "--debug"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("error: ")


def test_a_fault_of_neurokit_itself_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    cli._say_unexpected(ValueError, ValueError("a\nb"), None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ValueError: a b.")
    assert "--debug" in line


def test_run_shows_a_table_and_the_report(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bench.write({"a": bench.dataset("w1", "w2", recipes=["fake.mean"])})
    (bench.folder / "data" / "w2.nc").unlink()
    assert run(bench) == 0
    said = capsys.readouterr()
    table = [line.split() for line in said.out.splitlines()]
    assert table[0] == ["entry", "recipe", "status", "seconds"]
    assert table[2][:3] == ["a/w1", "fake.mean", "done"]
    assert table[3] == ["a/w2", "fake.mean", "not", "downloaded"]
    assert "Not downloaded:" in said.out
    assert "data/w2.nc" in said.out
    report = Path(said.out.splitlines()[-1].removeprefix("report: "))
    assert report.is_file()
    assert said.err == ""
    assert run(bench) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {report}"


def test_run_says_how_much_a_fetch_would_download(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = bench.dataset("w1", recipes=["fake.mean", "fake.noise"])
    parts["recordings"]["w1"]["files"][0] |= {"uri": "https://example.org/w1.nc", "bytes": 1234567}
    bench.write({"a": parts})
    (bench.folder / "data" / "w1.nc").unlink()
    assert run(bench) == 3
    said = capsys.readouterr().out
    assert said.count("data/w1.nc") == 1
    assert "With --fetch all of it is downloaded: 1.2 MB." in said


def test_a_failed_entry_is_one_line_on_standard_error_and_exit_1(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    recipes = {"bad": {"recipe": "fake.raise", "params": {"what": "NeurokitError"}}}
    bench.write({"a": bench.dataset("w1", recipes=["bad"])}, recipes)
    assert run(bench) == 1
    assert capsys.readouterr().err == (
        "error: bad: a/w1: worm.h5: has no heartbeat. Feed the worm.\n"
    )
    assert run(bench, "--debug") == 1
    assert "in fail" in capsys.readouterr().err


def test_a_wrong_catalog_is_one_line_with_its_line_and_nothing_is_made(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.maen"])})
    line = next(
        number
        for number, text in enumerate(bench.path.read_text().splitlines(), 1)
        if "fake.maen" in text
    )
    assert run(bench) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"error: {bench.path}:{line}: ")
    assert "did you mean 'fake.mean'" in said
    assert not bench.out.exists()


def test_nothing_matched_is_said_with_what_there_is(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write({"worms": bench.dataset("w1", recipes=["fake.mean"])})
    assert run(bench, "--only", "worm") == 3
    said = capsys.readouterr().err
    assert "did you mean 'worms'" in said
    assert not bench.out.exists()


def test_a_dry_run_shows_why_and_makes_nothing(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    assert run(bench, "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == [
        *("a/w1", "fake.mean", "run"),
        *("no", "result", "yet"),
    ]
    assert not bench.out.exists()


def test_fetch_shows_the_size_first_and_downloads_what_is_named(
    bench: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurokit.catalog import Catalog

    fetched: list[str | None] = []

    def fetch(self: Catalog, name: str | None = None, *, progress: bool = True) -> list[Path]:
        assert "1.2 MB  in all" in capsys.readouterr().out
        fetched.append(name)
        return []

    monkeypatch.setattr(Catalog, "fetch", fetch)
    parts = bench.dataset("w1", recipes=[])
    parts["recordings"]["w1"]["files"][0] |= {"uri": "https://example.org/w1.nc", "bytes": 1234567}
    bench.write({"a": parts})
    (bench.folder / "data" / "w1.nc").unlink()
    assert main(["fetch", str(bench.path), "a"]) == 0
    assert fetched == ["a"]
    assert main(["fetch", str(bench.path), "b"]) == 2


def test_fetch_says_when_everything_is_at_hand(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write({"a": bench.dataset("w1", recipes=[])})
    assert main(["fetch", str(bench.path)]) == 0
    assert capsys.readouterr().out == "Everything is at hand.\n"


def test_report_builds_the_newest_again(
    bench: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurokit.report.rebuild", lambda folder: Path(folder) / "report.html")
    assert main(["report", str(bench.folder)]) == 0
    assert capsys.readouterr().out.strip() == str(bench.folder / "report.html")


def test_a_folder_without_runs_has_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_an_error_of_a_library_under_a_command_stays_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def info(*_: object) -> None:
        raise FileContentError("two\nlines", where="a.fif", mend="Mend\nit.")

    monkeypatch.setattr("neurokit.io.info", info)
    assert main(["info", "a.fif"]) == 1
    assert capsys.readouterr().err.startswith("error: a.fif: two lines. Mend it. See docs/")


def test_a_pipe_that_breaks_is_no_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def info(*_: object) -> None:
        raise EOFError("the other end is gone")

    monkeypatch.setattr("neurokit.io.info", info)
    with pytest.raises(EOFError, match="the other end"):
        main(["info", "a.fif"])


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_termination_exit_130_and_keep_what_is_finished(
    bench: Any, number: signal.Signals
) -> None:
    bench.write(
        {"a": bench.dataset("w1", recipes=["fake.mean", "long"])},
        {"long": {"recipe": "fake.slow", "params": {"seconds": 60.0}}},
    )
    process = bench.start("--jobs", "1", "--grace", "0.5", start_new_session=True)
    for _ in range(1200):
        if bench.tally.exists() and "slow" in bench.tally.read_text():
            break
        time.sleep(0.05)
    # As a terminal does, to the whole group.
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert bench.statuses() == ["done", "blocked"]
    assert list(bench.out.rglob(".*")) == []
    assert "blocked" in out


def test_the_entry_point_is_light() -> None:
    code = "import sys, json, neurokit.cli; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint({"xarray", "pandas", "numpy", "scipy", "mne", "matplotlib", "h5py"})
