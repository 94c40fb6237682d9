"""Write the page of comparisons from what the benchmarks kept.

    python benchmarks/compare.py                 # from benchmarks/results/*.jsonl
    python benchmarks/compare.py --run encoding  # measure first, then write the page
    python benchmarks/compare.py --check         # fail if the page is not what the files say

Every number on the page comes from a file; where neurokit loses is found by the same rule for all.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

from recorded import FOLDER, Row, read

PAGE = Path(__file__).parents[1] / "docs" / "comparisons.md"
# Closer than this is a draw: runs on a shared machine differ by as much.
DRAW = 1.2
ABOUT = """# Comparisons

What neurokit and its peers take for the same problem, and how far their results are apart. One run
each on a shared machine, one thread per library; ratios are what counts, since seconds change with
the machine and its load. A ratio above 1 means that neurokit is better. The page is written by
`python benchmarks/compare.py` from `benchmarks/results/`; the commands measure again.

Where nothing else does the same, the bar that was set before stands in the place of a peer.

A peer may do more than what is compared here (more options, a GPU, plots), and another problem may
turn a ratio around. What was measured of accuracy alone stands on the pages of
[validation](validation/index.md).
"""
HEAD = [
    "| problem | unit | neurokit | peer | | ratio | agreement |",
    "|---|---|---|---|---|---|---|",
]


def number(value: float) -> str:
    """Three digits, without an exponent unless the number is tiny."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def times(row: Row) -> str:
    """The ratio, if there is one."""
    return "" if math.isnan(row.ratio) else f"{row.ratio:.3g}"


def table(rows: list[Row]) -> list[str]:
    """Lines of a Markdown table."""
    lines = list(HEAD)
    for row in rows:
        cells = (
            row.problem, row.unit, number(row.ours), number(row.theirs), row.peer, times(row),
            row.agreement,
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def section(head: dict[str, Any], rows: list[Row]) -> list[str]:
    """One benchmark: its table, and how it was measured."""
    versions = ", ".join(f"{name} {v}" for name, v in head["versions"].items())
    notes = [head["note"]] if head.get("note") else []
    return [
        f"## {head['title']}", "", *table(rows), "",
        f"{head['date']}; {head['machine']}; seeds: {head['seeds']}; {versions}.",
        *notes, f"`{head['command']}`", "",
    ]  # fmt: skip


def losses(kept: list[tuple[dict[str, Any], list[Row]]]) -> list[str]:
    """Where a peer is better, and where neither is by more than chance on a shared machine."""
    lost = [row for _, rows in kept for row in rows if row.lost]
    drawn = [r for _, rows in kept for r in rows if not r.lost and r.ratio < DRAW]
    lines = ["## Where we lose", ""]
    lines += table(lost) if lost else ["Nowhere in what is measured here."]
    if drawn:
        names = "; ".join(f"{r.problem} ({r.peer}, {times(r)})" for r in drawn)
        lines += ["", f"About even (ratio below {DRAW}): {names}."]
    return [*lines, ""]


def page(folder: Path = FOLDER) -> str:
    """The whole page."""
    kept = [read(path) for path in sorted(folder.glob("*.jsonl"))]
    body = losses(kept) + [line for head, rows in kept for line in section(head, rows)]
    return ABOUT + "\n" + "\n".join(body).rstrip() + "\n"


def run(name: str, arguments: list[str]) -> None:
    """Measure one benchmark anew and keep it."""
    script = Path(__file__).parent / f"bench_{name}.py"
    subprocess.run([sys.executable, script, *arguments, "--keep"], check=True)


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", metavar="NAME", help="a benchmark to measure first")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of date")
    asked, rest = parser.parse_known_args()
    if asked.run:
        run(asked.run, rest)
    text = page()
    if asked.check:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print("up to date" if current else "out of date: python benchmarks/compare.py")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE.relative_to(PAGE.parents[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
