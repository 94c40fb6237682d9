"""The table of the 302 neurons, against counts from the literature and other people's tables."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from neurokit.celegans import identify, neurons
from neurokit.celegans.neurons import NEURON_TYPES, by_name
from neurokit.errors import OptionError


def _natural(name: str) -> list[object]:
    return [int(part) if part.isdigit() else part for part in re.findall(r"\d+|\D+", name)]


def _unpadded(name: str) -> str:
    return re.sub(r"^([A-Z]+)0+(?=[1-9])", r"\1", name)


def test_the_hermaphrodite_has_302_neurons_of_118_classes() -> None:
    # White et al. 1986: 302 neurons, 118 classes.
    table = neurons()
    assert len(table) == 302
    assert table["name"].is_unique
    assert table["neuron_class"].nunique() == 118


def test_natural_order_counts_numbers_as_numbers() -> None:
    names = neurons()["name"].tolist()
    assert names == sorted(names, key=_natural)
    assert names.index("AS2") < names.index("AS10")


def test_simeon2024_order_is_300_names_by_characters_without_can() -> None:
    names = neurons("simeon2024")["name"].tolist()
    assert len(names) == 300
    assert names == sorted(names)
    assert names.index("AS10") < names.index("AS2")
    assert not {"CANL", "CANR"} & set(names)


def test_only_can_is_left_out_of_the_300() -> None:
    table = neurons()
    assert table.loc[~table["is_neuron_300"], "name"].tolist() == ["CANL", "CANR"]


def test_types_have_the_sizes_of_the_groups_of_cook_2019() -> None:
    # Groups of the rows of SI 5: 20 pharynx, 83 sensory, 81 interneurons, 108 motor and the 8
    # sex-specific motor neurons (HSN, VC); CANL and CANR have no row.
    counts = neurons()["neuron_type"].value_counts().to_dict()
    expected = {"motor": 116, "sensory": 83, "interneuron": 81, "pharyngeal": 20, "other": 2}
    assert counts == expected
    assert set(counts) == set(NEURON_TYPES)


def test_a_name_is_class_then_dorsoventral_then_side_or_a_number() -> None:
    for neuron in by_name().values():
        rest = neuron.name.removeprefix(neuron.neuron_class)
        assert rest.isdigit() or rest == neuron.dorsoventral + neuron.side


@pytest.mark.parametrize(
    ("name", "neuron_class", "neuron_type", "side"),
    [
        ("AVAL", "AVA", "interneuron", "L"),
        ("ASER", "ASE", "sensory", "R"),
        ("VB1", "VB", "motor", ""),
        ("RMED", "RME", "motor", ""),
        ("AVL", "AVL", "interneuron", ""),
        ("NSMR", "NSM", "pharyngeal", "R"),
        ("CANL", "CAN", "other", "L"),
    ],
)
def test_known_neurons_have_their_row(
    name: str, neuron_class: str, neuron_type: str, side: str
) -> None:
    neuron = by_name()[name]
    assert (neuron.neuron_class, neuron.neuron_type, neuron.side) == (
        neuron_class,
        neuron_type,
        side,
    )


def test_every_alias_names_its_neuron_with_certainty() -> None:
    table = neurons()
    known = table[table["alias"] != ""]
    # AS 9, DA 9, DB 7, DD 6, VA 9, VB 9, VC 6, VD 9 have numbers of one digit.
    assert len(known) == 64
    assert dict(zip(known["name"], known["alias"], strict=True))["VB1"] == "VB01"
    for name, alias in zip(known["name"], known["alias"], strict=True):
        assert (identify(alias).name, identify(alias).confidence) == (name, "zero-stripped")
    assert not set(table["alias"]) & set(table["name"])


def test_every_call_gives_a_table_of_its_own() -> None:
    table = neurons()
    table.loc[0, "name"] = "broken"
    assert neurons().loc[0, "name"] == "ADAL"


def test_an_unknown_order_is_refused_with_a_suggestion() -> None:
    with pytest.raises(OptionError, match="did you mean 'natural'"):
        neurons("naturl")


def test_names_are_those_of_the_published_302_by_302_matrices(shared_data: Path) -> None:
    path = shared_data / "celegans_connectome" / "pubutils_chemical_Cook2019.csv"
    with path.open(encoding="utf-8") as file:
        published = next(csv.reader(file))[1:]
    assert {_unpadded(name) for name in published} == set(by_name())


def test_classes_and_types_agree_with_wormwideweb(shared_data: Path) -> None:
    path = shared_data / "celegans_connectome" / "wormwideweb_connectome_neurons.csv"
    types = {"sensory": "sensory", "interneuron": "interneuron", "motorneuron": "motor"}
    with path.open(encoding="utf-8") as file:
        rows = {_unpadded(row["name"]): row for row in csv.DictReader(file)}
    for name, neuron in by_name().items():
        row = rows[name]
        assert neuron.neuron_class == row["class"]
        assert (neuron.side, neuron.dorsoventral) == (row["lr"].upper(), row["dv"].upper())
        if neuron.neuron_type in types.values():
            assert neuron.neuron_type == types[row["type"]]


def test_every_neuron_of_the_ganglia_of_wormneuroatlas_is_in_the_table(shared_data: Path) -> None:
    path = shared_data / "celegans_connectome" / "wormneuroatlas_aconnectome_ids_ganglia.json"
    ganglia = json.loads(path.read_text(encoding="utf-8"))
    named = {name for names in ganglia.values() for name in names if name.isupper()}
    assert named <= set(by_name())
    # Three are missing there (RMHL is listed twice); the table has them.
    assert set(by_name()) - named == {"DB7", "RMHR", "VA11"}
