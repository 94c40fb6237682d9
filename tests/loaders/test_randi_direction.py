"""Which way the published table of signal propagation runs, shown from the workbook itself.

Nothing in the files says whether rows or columns are stimulated. Figure 2f of the workbook lists,
for all pairs of 188 neurons of the head, the shortest path through the connectome from the
stimulated to the responding neuron, flattened; its direction can be checked against the synapses
of White et al. 1986 and Witvliet et al. 2021, and its pairs against those of Figure 2a.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import python_calamine
from numpy.typing import NDArray

import neurokit as nk

FOLDER = "celegans_connectome"
TABLES = ("white_1986_whole", "white_1986_A", "white_1986_L4", "witvliet_2020_7", "witvliet_2020_8")
Matrix = NDArray[np.float64]


def _sheet(shared_data: Path, name: str) -> list[list[Any]]:
    path = shared_data / FOLDER / "CElegansFunctionalConnectivity.xlsx"
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return book.get_sheet_by_name(name).to_python()


def _numbers(rows: list[list[Any]]) -> Matrix:
    return np.array([[np.nan if cell == "" else float(cell) for cell in row] for row in rows])


@pytest.fixture(scope="module")
def head(shared_data: Path) -> list[str]:
    """The 188 neurons of the head in alphabetical order, as the atlas numbers them."""
    path = shared_data / FOLDER / "wormneuroatlas_aconnectome_ids_ganglia.json"
    ganglia = json.loads(path.read_text(encoding="utf-8"))
    return sorted({name for part in ganglia["head"] for name in ganglia[part]})


@pytest.fixture(scope="module")
def paths(shared_data: Path) -> tuple[Matrix, Matrix]:
    """Path lengths of the pairs with q < 0.05, and of all measured pairs: (188, 188) each."""
    flat = _numbers([row[:2] for row in _sheet(shared_data, "Figure2f")[1:]])
    return flat[:, 0].reshape(188, 188), flat[:, 1].reshape(188, 188)


@pytest.fixture(scope="module")
def table(shared_data: Path) -> tuple[list[str], Matrix, Matrix]:
    """Names, responses and 1 - q of Figure 2a, rows and columns as they stand."""
    response = _sheet(shared_data, "Figure2a, df_over_f")
    alpha = _sheet(shared_data, "Figure2a, alpha=(1 - q_val)")
    names = [str(row[0]).replace("IL2V4", "IL2VR") for row in response[1:]]
    return names, *(_numbers([row[1:] for row in sheet[1:]]) for sheet in (response, alpha))


def test_figures_2a_and_2f_have_the_same_rows_and_columns(
    head: list[str], paths: tuple[Matrix, Matrix], table: tuple[list[str], Matrix, Matrix]
) -> None:
    names, response, alpha = table
    places = [head.index(name) for name in names]
    listed = np.isfinite(paths[1])[np.ix_(places, places)]
    measured = np.isfinite(response)
    np.fill_diagonal(measured, False)
    # Which pairs were measured is as good as a fingerprint: 1 of 28224 differs.
    assert int((listed != measured).sum()) == 1
    assert (measured != listed.T).mean() > 0.2
    found = np.isfinite(paths[0])[np.ix_(places, places)]
    significant = (alpha > 0.95) & measured
    assert int((found & significant).sum()) == int(significant.sum()) == 822
    assert int((found.T & significant).sum()) < 300


def test_probabilities_of_figure_2e_follow_from_figure_2f(
    shared_data: Path, paths: tuple[Matrix, Matrix]
) -> None:
    published = [float(cell) for cell in _sheet(shared_data, "Figure2e")[1][1:5]]
    found = [(paths[0] == length).sum() / (paths[1] == length).sum() for length in (1, 2, 3, 4)]
    np.testing.assert_allclose(found, published, rtol=1e-12)


def test_a_path_of_figure_2f_runs_from_its_column_to_its_row(
    shared_data: Path, head: list[str], paths: tuple[Matrix, Matrix]
) -> None:
    joined = np.zeros((188, 188), dtype=bool)
    for name in TABLES:
        rec = nk.open(
            shared_data / FOLDER / f"wormneuroatlas_aconnectome_{name}.csv", "connectome.edge_list"
        )
        weight = rec["connectome"]["weight"].sum("synapse_type")
        joined |= weight.reindex(pre=head, post=head, fill_value=0).values > 0
    measured = np.isfinite(paths[1])
    direct = paths[1] == 1
    # Every one of the 2319 direct contacts is a synapse or junction from column to row, and there
    # is no other. Read the other way, the contacts would be others.
    assert int(direct.sum()) == 2319
    np.testing.assert_array_equal(joined.T[measured], direct[measured])
    assert int((joined & direct & measured).sum()) < 1700


def test_the_loader_gives_stimulated_neurons_as_pre(
    shared_data: Path, table: tuple[list[str], Matrix, Matrix]
) -> None:
    names, response, _ = table
    path = shared_data / FOLDER / "CElegansFunctionalConnectivity.xlsx"
    weight = nk.open(path, "celegans.randi")["connectome"]["weight"].sel(synapse_type="functional")
    ours = weight.sel(pre=names, post=names).values
    np.testing.assert_array_equal(ours.T, response.astype(np.float32))
    # The published pipeline took rows as pre, which this is not.
    assert not np.array_equal(ours, response.astype(np.float32), equal_nan=True)
