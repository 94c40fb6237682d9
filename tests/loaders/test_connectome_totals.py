"""The totals that the docs state are those of the files, opened by what they hold alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neurokit as nk

DOCS = Path(__file__).resolve().parents[2] / "docs" / "connectomes.md"


def _stated() -> dict[str, list[list[str]]]:
    """Return the rows of the table in the docs by file."""
    found: dict[str, list[list[str]]] = {}
    for line in DOCS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0].startswith("`"):
            found.setdefault(cells[0], []).append(cells[1:])
    return found


STATED = _stated()


def test_the_docs_state_totals_of_all_families() -> None:
    loaders = {row[0] for rows in STATED.values() for row in rows}
    assert loaders == {
        "celegans.bentley",
        "celegans.cook",
        "celegans.openworm",
        "celegans.randi",
        "celegans.varshney",
        "celegans.witvliet",
        "connectome.edge_list",
        "connectome.matrix",
    }
    assert len(STATED) == 23


@pytest.mark.parametrize(
    "file",
    [
        # Large sheets and files whose totals another test counts in the default run.
        pytest.param(name, marks=[] if "pubutils" in name or "joint" in name else pytest.mark.slow)
        for name in STATED
    ],
)
def test_a_stated_total_is_that_of_the_file(shared_data: Path, file: str) -> None:
    name, _, male = file.partition(",")
    path = shared_data / "celegans_connectome" / name.strip("`")
    rec = nk.open(path, **({"sex": "male"} if male else {}))
    weight = rec["connectome"]["weight"]
    assert [row[2] for row in STATED[file]] == weight["synapse_type"].values.tolist()
    for loader, cells, kind, pairs, total in STATED[file]:
        assert rec.attrs["loader"] == loader
        assert weight.sizes["pre"] == int(cells)
        values = np.nan_to_num(weight.sel(synapse_type=kind).values.astype(np.float64))
        once = np.triu(values) if kind == "electrical" else values
        assert int((once != 0).sum()) == int(pairs)
        assert once.sum() == pytest.approx(float(total), abs=0.001)
