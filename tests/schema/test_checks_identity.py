"""Checks of identities: what counts as one neuron, where it is asked, and what is left alone."""

import numpy as np
import pytest

from neurokit import celegans
from neurokit.schema import activity, recording, validate
from neurokit.schema.checks_identity import WORM, worm_neurons


def _found(names, sure=True, species=WORM, **coords):
    sure = [sure] * len(names) if isinstance(sure, bool) else sure
    group = activity(
        np.random.default_rng(0).standard_normal((60, len(names))),
        names=names,
        rate=3.0,
        coords={"identified": sure, **coords},
    )
    return validate(recording({"activity": group}, modality="calcium", species=species))


def test_the_names_are_those_of_the_table_of_neurons():
    assert worm_neurons() == frozenset(celegans.neurons()["name"])
    assert len(worm_neurons()) == 302


def test_all_302_neurons_are_known_and_one_each():
    assert _found(celegans.neurons()["name"].tolist()).codes == ["NK111"]  # more than samples


@pytest.mark.parametrize(("name", "near"), [("AVAl", "AVAL"), ("VB01", "VB1"), ("RIMl", "RIML")])
def test_a_name_that_is_nearly_right_is_corrected(name, near):
    (found,) = _found([name, "AIBL"])
    assert (found.code, found.where) == ("NK205", "/activity/neuron")
    assert f"did you mean {near!r}?" in found.found


def test_unknown_names_are_fine_where_nothing_is_claimed():
    assert _found(["glia", "unl-0003", "AVA?"], sure=False).codes == []


def test_other_species_have_other_names():
    assert _found(["A1", "A1-2"], species="Mus musculus").codes == []


@pytest.mark.parametrize("twin", ["AVAL-1", "AVAL_2", "AVAL 3"])
def test_two_traces_of_one_neuron_are_critical_and_both_named(twin):
    (found,) = _found(["AVAL", twin, "AVAR"])
    assert (found.code, found.severity) == ("NK206", "CRITICAL")
    assert f"AVAL, {twin} are all identified as AVAL" in found.found


def test_zero_padding_makes_no_second_neuron():
    assert set(_found(["VB1", "VB01"]).codes) == {"NK205", "NK206"}


def test_a_numbered_name_alone_is_the_neuron_itself():
    # Numbers that belong to the name are no repeats: AS1 and AS10 are two neurons.
    assert _found(["AS1", "AS10", "AS11"]).codes == []


@pytest.mark.parametrize("sure", [[True, False], [False, True]])
def test_a_doubt_beside_a_certain_trace_is_no_conflict(sure):
    assert _found(["AVAL", "AVAL-2"], sure=sure).codes == []


@pytest.mark.parametrize(
    ("coords", "contradicts"),
    [
        ({"candidates": ["", ""]}, False),
        ({"candidates": ["AVAL,AVAR", ""]}, True),
        ({"identity_confidence": ["exact", "zero-stripped"]}, False),
        ({"identity_confidence": ["lateral-ambiguous", "exact"]}, True),
        # Confidences of other scales (1 to 5, probabilities) are the data set's own affair.
        ({"identity_confidence": [4.5, 5.0]}, False),
    ],
)
def test_who_is_identified_is_not_in_doubt(coords, contradicts):
    assert _found(["AVAL", "AVAR"], **coords).codes == (["NK207"] if contradicts else [])


def test_a_question_mark_contradicts_certainty():
    assert set(_found(["AVA?", "AIBL"]).codes) == {"NK205", "NK207"}


def test_identities_made_by_the_label_table_keep_the_contract():
    table = celegans.identify_all(["AVA?", "AVAL", "AVAL", "VB01", None, "glia", "AWCON"])
    columns = ("identity_confidence", "candidates", "neuron_class", "neuron_type")
    found = _found(
        table["name"].tolist(),
        sure=table["identified"].tolist(),
        **{name: table[name].tolist() for name in columns},
    )
    assert found.codes == []


@pytest.mark.parametrize("flags", [["False", "True"], [0, 1], [1.0, 0.0]])
def test_a_flag_that_is_no_bool_is_named_and_not_interpreted(flags):
    (found,) = _found(["glia", "AVAL"], sure=flags)
    assert (found.code, found.where) == ("NK208", "/activity/identified")
