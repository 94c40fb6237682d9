from __future__ import annotations

import json
import logging
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import joblog
from neurokit.batch.joblog import LINES, job_log, read_log
from neurokit.batch.run import run_catalog
from neurokit.batch.store import read_manifest


def test_a_job_leaves_its_log_beside_its_manifest(bench: Any, no_report: list[Path]) -> None:
    noisy = {"recipe": "fake.raise", "params": {"what": "warning"}}
    bench.write({"a": bench.dataset("w1", recipes=["noisy"])}, {"noisy": noisy})
    summary = run_catalog(bench.path, out=bench.out, jobs=1)
    folder = bench.out / summary["rows"][0]["path"]
    lines = read_log(folder / LINES)
    said = [line["message"] for line in lines if line["logger"] == joblog.LOGGER]
    assert [message.split()[0].rstrip(",") for message in said] == [
        "started",
        "opened",
        "computed",
        "written",
    ]
    assert said[1] == "opened w1"
    (warned,) = [line for line in lines if "asleep" in line["message"]]
    assert (warned["level"], warned["category"]) == ("WARNING", "ConvergenceWarning")
    assert warned["place"].startswith("site/fake_functions.py:")
    (logged,) = [line for line in lines if line["logger"] == "some.library"]
    assert (logged["level"], logged["message"]) == ("ERROR", "a line\nbreak, 50%")
    times = [datetime.fromisoformat(line["time"]) for line in lines]
    assert times == sorted(times)
    # What a person reads is there as before, and the result is whole.
    assert "asleep" in (folder / "log.txt").read_text(encoding="utf-8")
    assert read_manifest(folder) is not None


def test_every_line_is_one_json_object(tmp_path: Path) -> None:
    with job_log(tmp_path / LINES) as log:
        log.info('quotes " and\nbreaks and \u2028 and ü')
        unfit = log.makeRecord("x", logging.WARNING, "", 0, "%d of %d", (1,), None)
        logging.getLogger().handlers[-1].handle(unfit)
    text = (tmp_path / LINES).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.rstrip("\n").split("\n")]
    assert lines[0]["message"] == 'quotes " and\nbreaks and \u2028 and ü'
    assert (lines[1]["level"], lines[1]["message"]) == ("WARNING", "%d of %d")
    assert [line["message"] for line in read_log(tmp_path / LINES)] == [
        line["message"] for line in lines
    ]


def test_what_was_said_before_a_death_is_on_disk_and_a_cut_line_is_left_out(
    tmp_path: Path,
) -> None:
    file = tmp_path / LINES
    with job_log(file) as log:
        log.info("alive")
        on_disk = file.read_text(encoding="utf-8")
    file.write_text(on_disk + '{"time": "20', encoding="utf-8")
    assert [line["message"] for line in read_log(file)] == ["alive"]
    assert read_log(tmp_path / "absent") == []


def test_the_end_leaves_logging_and_warnings_as_they_were(tmp_path: Path) -> None:
    before = (warnings.showwarning, list(logging.getLogger().handlers))
    level = logging.getLogger(joblog.LOGGER).level
    with pytest.raises(ValueError, match="stop"), job_log(tmp_path / LINES):
        raise ValueError("stop")
    assert (warnings.showwarning, list(logging.getLogger().handlers)) == before
    assert logging.getLogger(joblog.LOGGER).level == level
    logging.getLogger("late").error("nobody writes this")
    assert read_log(tmp_path / LINES) == []


def test_a_warning_is_still_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda message, *rest: shown.append(message))
        with job_log(tmp_path / LINES):
            warnings.warn("look out", UserWarning, stacklevel=1)
    assert [str(message) for message in shown] == ["look out"]
    (line,) = read_log(tmp_path / LINES)
    assert (line["category"], line["message"]) == ("UserWarning", "look out")


def test_a_job_that_logs_without_end_fills_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblog, "MOST_LINES", 5)
    with job_log(tmp_path / LINES) as log:
        for _ in range(50):
            log.info("x" * 20_000)
    lines = read_log(tmp_path / LINES)
    assert len(lines) == 5
    assert lines[-1]["message"] == "only 5 lines are kept"
    assert len(lines[0]["message"]) == joblog.LONGEST
