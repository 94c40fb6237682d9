from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import pytest

from neurokit.batch import run_catalog
from neurokit.batch.jobs import JobId
from neurokit.batch.stopping import Stop, heeding_signals
from neurokit.batch.watch import Lines, Watch, stopping_line
from neurokit.errors import OptionError

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
LONG = {"long": {"recipe": "fake.slow", "params": {"seconds": 60.0}}}
BRIEF = {"brief": {"recipe": "fake.slow", "params": {"seconds": 0.6}}}


def test_the_first_time_asks_and_the_second_raises() -> None:
    stop = Stop(grace_s=100.0)
    assert not stop.asked
    assert not stop.over
    stop.ask()
    assert stop.asked
    assert not stop.over
    with pytest.raises(KeyboardInterrupt):
        stop.ask()


def test_without_grace_it_is_over_at_once() -> None:
    stop = Stop(grace_s=0.0)
    assert not stop.over
    stop.ask()
    assert stop.over


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_ask_within_the_block_and_what_was_there_is_back_after_it(
    number: signal.Signals,
) -> None:
    def own(*_: object) -> None:
        raise AssertionError("the handler of before was called")

    before = signal.signal(number, own)
    try:
        stop = Stop()
        with heeding_signals(stop):
            signal.raise_signal(number)
            assert stop.asked
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        assert signal.getsignal(number) is own
    finally:
        signal.signal(number, before)


@posix
@pytest.mark.parametrize("left", [signal.SIG_IGN, signal.SIG_DFL])
def test_what_is_ignored_or_left_to_the_system_stays_so(left: signal.Handlers) -> None:
    before = signal.signal(signal.SIGTERM, left)
    try:
        with heeding_signals(Stop()):
            assert signal.getsignal(signal.SIGTERM) is left
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_leaves_signals_alone() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def body() -> None:
        with heeding_signals(Stop()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [before]


class Asking(Watch):
    """Sends a signal to this very process once a job of a recipe is at work."""

    def __init__(self, bench: Any, recipe: str, times: int = 1) -> None:
        self.bench, self.recipe, self.times = bench, recipe, times
        self.heard: list[tuple[int, float]] = []

    def started(self, job: JobId) -> None:
        if job.recipe == self.recipe:
            threading.Thread(target=self._ask).start()

    def stopping(self, running: int, grace_s: float) -> None:
        self.heard.append((running, grace_s))

    def _ask(self) -> None:
        while not (self.bench.tally.exists() and "slow" in self.bench.tally.read_text()):
            time.sleep(0.01)
        for count in range(self.times):
            while len(self.heard) < count:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)


def statuses(summary: dict[str, Any]) -> dict[str, str]:
    return {f"{row['recording']} {row['recipe']}": row["status"] for row in summary["rows"]}


@posix
def test_a_job_that_ends_within_the_grace_is_kept_and_no_other_starts(
    bench: Any, no_report: Any
) -> None:
    bench.write({"a": bench.dataset("w1", "w2", recipes=["brief"])}, BRIEF)
    watch = Asking(bench, "brief")
    summary = run_catalog(bench.path, out=bench.out, jobs=1, grace_s=60.0, watch=watch)
    assert summary["exit_code"] == 130
    assert statuses(summary) == {"w1 brief": "done", "w2 brief": "blocked"}
    assert "interrupted" in summary["rows"][1]["error"]["message"]
    assert watch.heard == [(1, 60.0)]
    assert bench.ran() == ["slow w1"]
    assert list(bench.out.rglob(".*")) == []


@posix
@pytest.mark.parametrize(("grace_s", "times"), [(0.2, 1), (600.0, 2)])
def test_a_job_that_does_not_is_ended_then_or_at_the_second_signal(
    bench: Any, no_report: Any, grace_s: float, times: int
) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["long"])}, LONG)
    watch = Asking(bench, "long", times)
    summary = run_catalog(bench.path, out=bench.out, jobs=1, grace_s=grace_s, watch=watch)
    assert (summary["exit_code"], statuses(summary)) == (130, {"w1 long": "blocked"})
    assert watch.heard == [(1, grace_s)]
    assert list(bench.out.rglob(".*")) == []


@pytest.mark.parametrize("grace_s", [-1.0, float("nan")])
def test_a_grace_is_no_negative_number(bench: Any, grace_s: float) -> None:
    bench.write({"a": bench.dataset("w1", recipes=["fake.mean"])})
    with pytest.raises(OptionError, match="grace_s"):
        run_catalog(bench.path, out=bench.out, grace_s=grace_s)


def test_who_looks_at_no_bars_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    Lines().stopping(2, 20.0)
    assert capsys.readouterr().err == f"{stopping_line(2, 20.0)}\n"
    assert "2 jobs that run have 20 s to end" in stopping_line(2, 20.0)
