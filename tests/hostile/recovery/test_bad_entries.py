"""Bad entries cost themselves and nothing else, and the report says what is wrong with each."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

N_GOOD = 15
TIME_LIMIT_S = 3.0  # of the recipe fake.hang
# What the report must say of each: its status and words of the cause and of its mend.
CAUSES = {
    "missing": ("not_downloaded", "not at hand: data/missing.nc"),
    "wrong": ("failed", "sha256"),
    "raising": ("failed", "the matrix is singular"),
    "hanging": ("failed", f"did not end within its limit of {TIME_LIMIT_S:g} s"),
    "hoarding": ("failed", "memory"),
}


def write_catalog(bench: Any) -> None:
    """Write fifteen good entries and five bad ones."""
    names = [f"good{i:02d}" for i in range(N_GOOD)]
    entries = {
        "readable": bench.dataset(*names, "missing", "wrong", recipes=["fake.mean"]),
        "raises": bench.dataset("raising", recipes=["fake.raise"]),
        "hangs": bench.dataset("hanging", recipes=["fake.hang"]),
        "hoards": bench.dataset("hoarding", recipes=["fake.hoard"]),
    }
    (bench.folder / "data" / "missing.nc").unlink()
    file = bench.folder / "data" / "wrong.nc"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    bench.write(entries)


@pytest.mark.slow
def test_fifteen_of_twenty_entries_are_done_and_five_causes_are_named(bench: Any) -> None:
    write_catalog(bench)
    done = bench.run("--jobs", "2")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    summary = bench.summary()
    rows = {row["recording"]: row for row in summary["rows"]}
    assert len(rows) == 20
    good = [name for name, row in rows.items() if row["status"] == "done"]
    assert good == [f"good{i:02d}" for i in range(N_GOOD)]
    assert rows["hanging"]["seconds"] < TIME_LIMIT_S + 10.0
    page = unescape(re.sub(r"<[^>]+>", " ", (bench.out / summary["report"]).read_text()))
    overview = " ".join(page.split())
    said = done.stdout + done.stderr
    for name, (status, cause) in CAUSES.items():
        row = rows[name]
        assert (row["status"], row["path"]) == (status, None)
        assert cause in row["error"]["message"]
        assert row["error"]["mend"]
        assert " ".join(row["error"]["message"].split()) in overview
        assert cause in said
    # Failures stand above what went well.
    start = overview.index("what went wrong")
    places = {name: overview.index(f" {name} ", start) for name in rows}
    assert max(places[name] for name in CAUSES) < min(places[name] for name in good)
