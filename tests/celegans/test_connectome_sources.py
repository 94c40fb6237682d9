"""The table of published connectomes: what it says of them agrees with the tables themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.celegans import connectome_sources
from neurokit.celegans.connectome_sources import source_named, source_of_file, sources
from neurokit.celegans.neurons import by_name
from neurokit.errors import OptionError

FOLDER = "celegans_connectome"


def _weight(rec: xr.DataTree) -> xr.DataArray:
    return rec["connectome"]["weight"].sel(synapse_type="chemical")


def _shared(a: xr.DataArray, b: xr.DataArray) -> tuple[Any, Any]:
    """Return two matrices on the cells that both have."""
    cells = [name for name in a["pre"].values if name in set(b["pre"].values)]
    return a.sel(pre=cells, post=cells).values, b.sel(pre=cells, post=cells).values


def test_every_row_is_complete_and_has_one_name() -> None:
    table = connectome_sources()
    assert table["name"].is_unique
    assert len(table) == len(sources()) == 21
    for column in ("title", "doi", "sex", "stage", "quantity"):
        assert (table[column] != "").all(), column
    assert all(re.fullmatch(r"10\.\d{4,}/\S+", doi) for doi in table["doi"])
    assert set(table["sex"]) == {"hermaphrodite", "male"}


def test_animals_are_single_names_and_atlases_have_none() -> None:
    table = connectome_sources().set_index("name")["animals"]
    assert table["white_1986_whole"] == "N2U,JSE"
    assert (table[["randi_2023", "bentley_2016", "ripoll_sanchez_2023"]] == "").all()
    # The eight animals of Witvliet et al. are eight.
    assert table[table.index.str.startswith("witvliet")].is_unique


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("wormneuroatlas_aconnectome_white_1986_whole.csv", "white_1986_whole"),
        ("wormneuroatlas_aconnectome_white_1986_A.csv", "white_1986_A"),
        ("white_1986_n2u.csv", "white_1986_A"),
        ("wormneuroatlas_aconnectome_white_1986_L4.csv", "white_1986_L4"),
        ("white_1986_jsh.csv", "white_1986_L4"),
        ("witvliet_2020_3.json", "witvliet_2020_3"),
        ("witvliet_2020_8 adult.xlsx", "witvliet_2020_8"),
        ("witvliet_2020_12.json", None),
        ("cook_2020.json", "cook_2020"),
        ("cook2019_herm_full_edgelist.csv", "cook_2019_hermaphrodite"),
        ("pubutils_electrical_Cook2019.csv", "cook_2019_hermaphrodite"),
        ("pubutils_dopamine_Bentley2016.csv", "bentley_2016_present"),
        ("esconnectome_monoamines_Bentley_2016.csv", "bentley_2016"),
        ("pubutils_NPP_RipollSanchez2023_longRange.csv", "ripoll_sanchez_2023"),
        ("randi2023_signal_propagation_fig2.csv", "randi_2023"),
        ("NeuronConnectFormatted.xlsx", "varshney_2011"),
        ("edges.csv", None),
        ("white_1986_all.csv", None),
    ],
)
def test_files_are_known_by_their_names(file: str, name: str | None) -> None:
    source = source_of_file(file)
    assert (source.name if source else None) == name


def test_an_unknown_source_is_an_error_with_the_nearest_name() -> None:
    assert source_named("cook_2020").animals == ("N2W",)
    with pytest.raises(OptionError, match="did you mean 'cook_2020'"):
        source_named("cook_2021")


# --- what the table says of animals, measured on the tables of synapses


def test_white_whole_is_varshney_plus_the_pharynx(shared_data: Path) -> None:
    white = nk.open(shared_data / FOLDER / "wormneuroatlas_aconnectome_white_1986_whole.csv")
    varshney = nk.open(shared_data / FOLDER / "varshney2011_ConnOrdered_040903.mat")
    ours, theirs = _shared(_weight(varshney), _weight(white))
    listed = ours > 0
    assert int(listed.sum()) == 2194
    np.testing.assert_array_equal(theirs[listed], ours[listed])


def test_n2u_is_part_of_white_whole_and_jsh_is_not(shared_data: Path) -> None:
    whole, adult, larva = (
        _weight(nk.open(shared_data / FOLDER / f"wormneuroatlas_aconnectome_white_1986_{name}.csv"))
        for name in ("whole", "A", "L4")
    )
    cells = [n for n in adult["pre"].values if n in set(larva["pre"].values) and n in by_name()]
    there = [weight.sel(pre=cells, post=cells).values > 0 for weight in (whole, adult, larva)]
    only_adult, only_larva = there[1] & ~there[2], there[2] & ~there[1]
    # Measured: 94 % of the synapses that only N2U has, and 0.8 % of those that only JSH has.
    assert there[0][only_adult].mean() > 0.9
    assert there[0][only_larva].mean() < 0.02


@pytest.mark.slow
def test_the_pharynx_of_the_male_is_that_of_the_hermaphrodite(shared_data: Path) -> None:
    path = shared_data / FOLDER / "cook2019_SI5_adjacency_matrices.xlsx"
    both = [_weight(nk.open(path, "celegans.cook", sex=sex)) for sex in ("hermaphrodite", "male")]
    hermaphrodite, male = _shared(*both)
    cells = [name for name in both[0]["pre"].values if name in set(both[1]["pre"].values)]
    pharynx = [i for i, n in enumerate(cells) if n in by_name()]
    pharynx = [i for i in pharynx if by_name()[cells[i]].neuron_type == "pharyngeal"]
    a, b = hermaphrodite[pharynx], male[pharynx]
    listed = (a > 0) | (b > 0)
    assert (int((a == b)[listed].sum()), int(listed.sum())) == (242, 243)
    # No such agreement anywhere else: 25 % of the weights.
    rest = [i for i in range(len(cells)) if i not in pharynx]
    a, b = hermaphrodite[rest], male[rest]
    assert (a == b)[(a > 0) | (b > 0)].mean() < 0.3
