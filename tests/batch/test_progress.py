from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from neurokit.batch.jobs import JobId, Row
from neurokit.batch.progress import Bars


def planned(*datasets: str) -> list[Any]:
    return [SimpleNamespace(id=JobId(name, "summary", "w1")) for name in datasets]


def row(dataset: str, status: str) -> Row:
    return Row(
        dataset=dataset,
        recording="w1",
        recipe="summary",
        key="",
        status=status,
        seconds=0.0,
        peak_mb=0.0,
        error=None,
        path=None,
    )


def drawn(*events: Any) -> str:
    text = io.StringIO()
    with Bars(Console(file=text, force_terminal=True, width=100)) as bars:
        for event in events:
            event(bars)
    return text.getvalue()


def test_there_is_one_bar_per_entry_that_ends_full() -> None:
    text = drawn(
        lambda bars: bars.planned(planned("worms", "worms", "fish")),
        lambda bars: bars.ended(row("worms", "done")),
        lambda bars: bars.ended(row("worms", "cached")),
    )
    assert "worms" in text
    assert "2/2" in text
    assert "0/1" in text


def test_the_recipe_at_work_and_failures_are_named() -> None:
    text = drawn(
        lambda bars: bars.planned(planned("worms")),
        lambda bars: bars.started(JobId("worms", "motifs", "w1")),
        lambda bars: bars.ended(row("worms", "failed")),
    )
    assert "1 failed" in text


def test_a_download_shows_its_size_first() -> None:
    assert "worms: downloading 1 file, 3.3 MB" in drawn(
        lambda bars: bars.fetching("worms", 1, 3_283_508)
    )


def test_a_run_that_stops_says_how_long_it_may_take() -> None:
    assert "2 jobs that run have 20 s to end" in drawn(lambda bars: bars.stopping(2, 20.0))
