"""What the worm loaders share: file names, coordinates, findings, and which one fits which file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neurokit_loaders import (
    atanas,
    bentley,
    connectome_matrix,
    cook,
    dag,
    edge_list,
    openworm,
    randi,
    varshney,
    witvliet,
)
from neurokit_loaders._cells import (
    connectome_group,
    described,
    direction_findings,
    repeat_findings,
    source_for,
    unknown_findings,
)
from neurokit_loaders._neurons import (
    identity_coordinates,
    identity_findings,
    listed,
    recording_id,
    time_findings,
)

from neurokit.celegans import identify_all
from neurokit.celegans.connectome_symmetry import in_order
from neurokit.celegans.neurons import by_name
from neurokit.errors import OptionError
from neurokit.io.registry import TIE, Loader

LOADERS: list[Loader] = [
    module.LOADER
    for module in (
        atanas,
        bentley,
        connectome_matrix,
        cook,
        dag,
        edge_list,
        openworm,
        randi,
        varshney,
        witvliet,
    )
]


@pytest.mark.parametrize(
    ("name", "subject", "session"),
    [
        ("dag2023_2022-07-27-31-data.h5", "2022-07-27-31", "2022-07-27"),
        ("2022-08-02-01_time_trace.json", "2022-08-02-01", "2022-08-02"),
        ("worm.h5", "worm", ""),
        ("2022-08-02.h5", "2022-08-02", ""),
        ("2022-13-02-01.h5", "2022-13-02-01", ""),
    ],
)
def test_the_number_of_a_recording_names_its_animal(name: str, subject: str, session: str) -> None:
    assert recording_id(Path(name)) == (subject, session)


@given(st.dates(), st.integers(0, 99), st.sampled_from(["-data.h5", "_time_trace.json", ".h5"]))
def test_no_character_of_a_number_is_eaten(date: object, count: int, ending: str) -> None:
    # The published pipeline stripped characters instead of an ending, so that numbers that end
    # in 5 lost it, and their worms their labels.
    number = f"2{str(date)[1:]}-{count:02d}"
    if number[:2] in ("19", "20"):
        assert recording_id(Path(f"{number}{ending}"))[0] == number


def test_long_lists_are_cut_with_a_count() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(range(15)).endswith("11 and 3 more")
    assert listed([]) == ""


def test_identity_coordinates_have_one_value_per_trace_and_plain_types() -> None:
    coords = identity_coordinates(identify_all(["AVAL", "AVA?", None]))
    assert coords["identified"].dtype == bool
    assert coords["candidates"] == ["", "AVAL,AVAR", ""]
    assert coords["neuron_class"] == ["AVA", "AVA", ""]
    assert {len(values) for values in coords.values()} == {3}


def test_only_labels_that_somebody_wrote_are_called_doubtful() -> None:
    assert identity_findings(identify_all(["AVAL", None, ""])) == []
    (finding,) = identity_findings(identify_all(["AVAL", "AVA?", None]))
    assert finding.severity == "SUGGESTION"
    assert "1 labels are not one certain neuron: AVA?" in finding.found


def test_irregular_clocks_are_said_and_regular_ones_are_not() -> None:
    (finding,) = time_findings(np.array([0.0, 0.5, 1.2]), None)
    assert "0.500 to 0.700 s" in finding.found
    assert "nk.signal.resample" in finding.mend
    assert time_findings(np.array([0.0, 0.5, 1.0]), 2.0) == []
    assert time_findings(np.array([0.0]), None) == []


@given(st.lists(st.sampled_from([*by_name(), "hyp", "int", "dBWML1", "XYZ"]), max_size=40))
def test_cells_are_distinct_neurons_first_in_canonical_order(names: list[str]) -> None:
    ordered = in_order(names)
    assert len(set(ordered)) == len(ordered)
    assert set(ordered) == set(names)
    neurons = [name for name in ordered if name in by_name()]
    assert ordered[: len(neurons)] == neurons
    assert neurons == [name for name in by_name() if name in names]


def test_findings_on_directions_tell_one_way_from_two_weights() -> None:
    weight = np.array([[0.0, 2.0, 0.0], [3.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    pairs = np.array([[0, 1], [1, 2]])
    one_way = direction_findings(np.triu(weight), pairs, ["AVAL", "AVAR", "AVBL"], "table")
    assert one_way == []  # a table that lists every junction once disagrees with nothing
    found = direction_findings(weight, pairs, ["AVAL", "AVAR", "AVBL"], "table")
    assert [f.found.split(",")[0].split(":")[0] for f in found] == [
        "1 gap junctions are listed in one direction",
        "1 gap junctions have two weights",
    ]
    assert "AVAL-AVAR (2/3)" in found[1].found
    assert direction_findings(weight, pairs[:0], ["AVAL", "AVAR", "AVBL"], "table") == []


def test_findings_on_names_suggest_the_nearest_neuron() -> None:
    assert unknown_findings(["AVAL", "hyp", "CP05", "pm4vl"], "/connectome") == []
    assert unknown_findings(["NMJ"], "/connectome") == []  # stands for many muscles
    (finding,) = unknown_findings(["AVAL", "IL2V4"], "/connectome")
    assert finding.found.startswith("no known cell is named IL2V4, did you mean")
    assert repeat_findings([], "table") == []


def test_a_connectome_knows_the_kinds_of_its_cells() -> None:
    group = connectome_group(np.zeros((1, 1, 2)), ["chemical"], ["AVAL"], ["dBWML1", "hyp"])
    assert group["pre_type"].values.tolist() == ["neuron"]
    assert group["post_type"].values.tolist() == ["muscle", "other"]
    assert group["weight"].dtype == np.float32
    assert group["quantity"].values.tolist() == [""]
    muscle = connectome_group(np.zeros((1, 1, 1)), ["chemical"], ["AVAL"], ["NMJ"], "synapses")
    assert muscle["post_type"].values.tolist() == ["muscle"]
    assert muscle["quantity"].values.tolist() == ["synapses"]
    assert muscle["weight"].attrs["long_name"] == "synapses"


def test_the_source_of_a_file_is_what_is_said_else_what_its_name_says() -> None:
    source, findings = source_for(Path("white_1986_A.csv"), None)
    assert source is not None
    assert source.name == "white_1986_A"
    assert [(f.code, "white_1986_A" in f.found) for f in findings] == [("NK846", True)]
    assert source_for(Path("edges.csv"), None) == (None, [])
    said, none = source_for(Path("white_1986_A.csv"), "varshney_2011")
    assert said is not None
    assert (said.name, none) == ("varshney_2011", [])
    with pytest.raises(OptionError, match="did you mean 'varshney_2011'"):
        source_for(Path("edges.csv"), "varshney_2012")


def test_a_source_says_whom_it_shows() -> None:
    source, _ = source_for(Path("edges.csv"), "white_1986_L4")
    said = described(source, Path("edges.csv"))
    assert said["subject"] == "white_1986_L4"
    assert said["attrs"]["animals"] == '["JSH"]'
    assert said["attrs"]["stage"] == "L4"
    assert described(None, Path("edges.csv"))["subject"] == "edges"
    assert "attrs" not in described(None, Path("edges.csv"))


def _fitting(path: Path) -> list[str]:
    scores = {loader.name: loader.sniff(path) for loader in LOADERS}
    assert all(0 <= score <= 1 for score in scores.values())
    best = max(scores.values())
    return [name for name, score in scores.items() if best > 0 and best - score < TIE]


EXPECTED = {
    "atanas2023_2022-08-02-01_time_trace.json": "celegans.atanas",
    "dag2023_2022-01-16-01-data.h5": "celegans.dag",
    "dag2023_2022-07-27-31-data.h5": "celegans.dag",
    "dag2023_2022-08-02-38-data.h5": "celegans.dag",
    "cook2019_SI5_adjacency_matrices.xlsx": "celegans.cook",
    "cook2019_herm_full_edgelist.csv": "connectome.edge_list",
    "pubutils_NPP_RipollSanchez2023_longRange.csv": "connectome.matrix",
    "pubutils_chemical_Cook2019.csv": "connectome.matrix",
    "pubutils_dopamine_Bentley2016.csv": "connectome.matrix",
    "pubutils_electrical_Cook2019.csv": "connectome.matrix",
    "pubutils_monoamine_Bentley2016.csv": "connectome.matrix",
    "CElegansFunctionalConnectivity.xlsx": "celegans.randi",
    "randi2023_signal_propagation_fig2.csv": "celegans.randi",
    "NeuronConnectFormatted.xlsx": "celegans.varshney",
    "varshney2011_A_sendjoint.mat": "celegans.varshney",
    "varshney2011_ConnOrdered_040903.mat": "celegans.varshney",
    "openworm_CElegansNeuronTables.xls": "celegans.openworm",
    "interactome_chem.json": "connectome.edge_list",
    "cook_2020.json": "celegans.witvliet",
    **{f"witvliet_2020_{number}.json": "celegans.witvliet" for number in (1, 2, 4, 5, 6, 7, 8)},
    "wormneuroatlas_esconnectome_monoamines_Bentley_2016.csv": "celegans.bentley",
    "wormneuroatlas_esconnectome_neuropeptides_Bentley_2016.csv": "celegans.bentley",
    "wormneuroatlas_aconnectome_white_1986_A.csv": "connectome.edge_list",
    "wormneuroatlas_aconnectome_white_1986_L4.csv": "connectome.edge_list",
    "wormneuroatlas_aconnectome_white_1986_whole.csv": "connectome.edge_list",
    "wormneuroatlas_aconnectome_witvliet_2020_7.csv": "connectome.edge_list",
    "wormneuroatlas_aconnectome_witvliet_2020_8.csv": "connectome.edge_list",
}


@pytest.mark.parametrize("folder", ["celegans_calcium", "celegans_connectome"])
def test_each_worm_file_is_claimed_by_its_loader_and_no_other(
    shared_data: Path, folder: str
) -> None:
    for path in sorted((shared_data / folder).iterdir()):
        expected = [EXPECTED[path.name]] if path.name in EXPECTED else []
        # Another NWB or MATLAB file is HDF5 too, and is left to the loaders of those formats.
        assert _fitting(path) == expected, path.name


@pytest.mark.parametrize("folder", ["eeg", "meg", "ieeg", "spikes_behaviour"])
def test_files_of_other_fields_are_left_alone(shared_data: Path, folder: str) -> None:
    for path in sorted((shared_data / folder).rglob("*")):
        assert _fitting(path) == [], path.name


def test_every_option_of_a_loader_is_an_argument_of_its_open() -> None:
    import inspect

    for loader in LOADERS:
        arguments = list(inspect.signature(loader.open).parameters)
        assert arguments[0] == "path"
        assert list(loader.options) == arguments[1:], loader.name
