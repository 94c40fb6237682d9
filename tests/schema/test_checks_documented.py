"""docs/checks.md lists every code that neurokit or a loader can give, with its true severity."""

import importlib
import pkgutil
import re
from pathlib import Path

from neurokit import schema
from neurokit.schema.checks import Code

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "checks.md"
SOURCES = (ROOT / "neurokit", ROOT / "loaders")
# Drawn by random recordings, as an example of a loader's finding.
EXAMPLES = {"NK999"}


def _rows():
    lines = [x for x in PAGE.read_text(encoding="utf-8").splitlines() if x.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if re.fullmatch(r"NK\d{3}", row[0])]


def _written():
    """Every code that stands as a string in the sources, and one file that has it."""
    found = {}
    for folder in SOURCES:
        for path in folder.rglob("*.py"):
            for code in re.findall(r'"(NK\d{3})"', path.read_text(encoding="utf-8")):
                found[code] = path.relative_to(ROOT)
    return {code: path for code, path in found.items() if code not in EXAMPLES}


def _checked():
    found = {}
    for module in pkgutil.iter_modules(schema.__path__):
        if module.name.startswith("checks_"):
            holder = importlib.import_module(f"neurokit.schema.{module.name}")
            found |= {c.code: c.severity for c in vars(holder).values() if isinstance(c, Code)}
    return found


def test_every_code_of_the_sources_is_listed_and_no_other_is():
    listed, written = {row[0] for row in _rows()}, _written()
    absent = {code: str(path) for code, path in written.items() if code not in listed}
    assert not absent, f"describe these in docs/checks.md: {absent}"
    assert listed == set(written), sorted(listed - set(written))


def test_every_code_is_listed_once():
    codes = [row[0] for row in _rows()]
    assert len(codes) == len(set(codes))


def test_checks_are_listed_with_their_severity_and_mend():
    listed = {row[0]: row for row in _rows() if len(row) == 4}
    checked = _checked()
    assert set(listed) == set(checked)
    assert {code: row[1] for code, row in listed.items()} == checked
    assert all(cell for row in listed.values() for cell in row)


def test_every_line_says_something():
    assert all(all(row) and len(row[-1]) > 1 for row in _rows())
