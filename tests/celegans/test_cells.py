"""Names and kinds of cells, from every spelling that the published tables use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.celegans import cell_name, cell_type
from neurokit.celegans.cells import is_known
from neurokit.celegans.neurons import by_name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("VB01", "VB1"),
        ("DA09", "DA9"),
        ("AS10", "AS10"),
        ("VD13", "VD13"),
        ("AVAL", "AVAL"),
        (" I1L ", "I1L"),
        ("IL2DL", "IL2DL"),
        ("CP00", "CP00"),
        ("CP05", "CP5"),
        ("dBWML1", "dBWML1"),
        ("BWM-DL01", "dBWML1"),
        ("MDL24", "dBWML24"),
        ("MVR08", "vBWMR8"),
        ("pm4vl", "pm4VL"),
        ("vm2pL", "vm2PL"),
        ("g1p", "g1P"),
        ("mc1v", "mc1V"),
        ("anal", "mu_anal"),
        ("intL", "mu_intL"),
        ("intestine", "int"),
        ("something", "something"),
        ("", ""),
    ],
)
def test_a_label_becomes_the_name_of_the_literature(label: str, name: str) -> None:
    assert cell_name(label) == name


@pytest.mark.parametrize("name", ["M1", "M2L", "M3R", "MI", "MCL", "E1"])
def test_pharyngeal_neurons_are_not_taken_for_muscles(name: str) -> None:
    assert cell_name(name) == name
    assert cell_type(name) != "muscle"


def test_every_neuron_keeps_its_name_and_is_a_neuron() -> None:
    for name in by_name():
        assert (cell_name(name), cell_type(name)) == (name, "neuron")


@given(st.text(max_size=12))
def test_naming_twice_changes_nothing(label: str) -> None:
    assert cell_name(cell_name(label)) == cell_name(label)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("VC05", "neuron"),
        ("CEMDL", "neuron"),
        ("R8AL", "neuron"),
        ("EF3", "neuron"),
        ("dBWMR12", "muscle"),
        ("MDL07", "muscle"),
        ("um1aL", "muscle"),
        ("pm8", "muscle"),
        ("sph", "muscle"),
        ("dglL3", "muscle"),
        ("hyp", "other"),
        ("int", "other"),
        ("mc3dl", "other"),
        ("GLRVL", "other"),
        ("CEPshDL", "other"),
        ("exc_cell", "other"),
        ("R1shR", "other"),
        ("XYZ99", "other"),
        ("", "other"),
    ],
)
def test_the_kind_of_a_cell(label: str, kind: str) -> None:
    assert cell_type(label) == kind


def test_glia_are_known_and_nonsense_is_not() -> None:
    assert is_known("CEPshDL")
    assert is_known("hyp")
    assert not is_known("XYZ99")
    assert not is_known("IL2V4")


@pytest.mark.parametrize("file", ["witvliet_2020_1.json", "witvliet_2020_8.json", "cook_2020.json"])
def test_cells_of_published_connectomes_are_known(shared_data: Path, file: str) -> None:
    edges = json.loads((shared_data / "celegans_connectome" / file).read_text(encoding="utf-8"))
    names = {edge[end] for edge in edges for end in ("pre", "post")}
    # "Fragment" and "VAn" are what the annotators wrote for processes of no certain cell; the
    # pharynx has two more labels for epithelial cells.
    assert {name for name in names if not is_known(name)} <= {"Fragment", "VAn"}
