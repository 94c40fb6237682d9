"""Labels and what they mean: nothing certain is displaced, nothing uncertain is guessed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.celegans import identify, identify_all
from neurokit.celegans.identity import CONFIDENCES, is_made_up
from neurokit.celegans.neurons import by_name

NAMES = list(by_name())


def test_every_name_of_the_table_is_exact() -> None:
    for name in NAMES:
        found = identify(name)
        assert (found.name, found.confidence, found.candidates) == (name, "exact", (name,))
        assert found.identified


@pytest.mark.parametrize(("label", "name"), [("VB01", "VB1"), ("DA09", "DA9"), ("VD02", "VD2")])
def test_padded_numbers_are_stripped_and_certain(label: str, name: str) -> None:
    found = identify(label)
    assert (found.name, found.confidence, found.identified) == (name, "zero-stripped", True)


@pytest.mark.parametrize(
    ("label", "candidates"),
    [
        ("AVA?", ("AVAL", "AVAR")),
        ("AVA", ("AVAL", "AVAR")),
        ("RMF?", ("RMFL", "RMFR")),
        ("SIA?L", ("SIADL", "SIAVL")),
        ("SMBD?", ("SMBDL", "SMBDR")),
        ("SIAD", ("SIADL", "SIADR")),
        ("IL1", ("IL1DL", "IL1DR", "IL1L", "IL1R", "IL1VL", "IL1VR")),
        ("AVAL/AVAR", ("AVAL", "AVAR")),
        ("AVAR or AVAL", ("AVAL", "AVAR")),
        ("AWCON", ("AWCL", "AWCR")),
        ("AWC-off", ("AWCL", "AWCR")),
    ],
)
def test_a_certain_class_without_its_member_is_ambiguous(
    label: str, candidates: tuple[str, ...]
) -> None:
    found = identify(label)
    assert (found.name, found.confidence) == (label, "lateral-ambiguous")
    assert found.candidates == candidates
    assert not found.identified


@pytest.mark.parametrize(
    ("label", "candidates"),
    [
        ("AVL?", ("AVL",)),  # a single neuron, but its annotator doubted it
        ("VB2?", ("VB2",)),
        ("AVAl", ("AVAL",)),  # a typing error is offered, not corrected
        ("IL1VR-alt1", ("IL1VR",)),  # an annotator's second guess
        ("AVAL/AVBL", ("AVAL", "AVBL")),  # two classes
        ("glia", ()),
        ("VAn", ()),
        ("IL2V4", ()),
        ("?", ()),
        ("", ()),
        ("hyp", ()),
    ],
)
def test_anything_else_is_unknown(label: str, candidates: tuple[str, ...]) -> None:
    found = identify(label)
    assert (found.name, found.confidence, found.candidates) == (label, "unknown", candidates)
    assert not found.identified


def test_a_wild_card_over_classes_is_no_lateral_ambiguity() -> None:
    found = identify("AV?")
    assert found.confidence == "unknown"
    assert len({by_name()[name].neuron_class for name in found.candidates}) > 1


def test_long_labels_of_question_marks_are_answered_at_once() -> None:
    assert identify("A?" * 5000).candidates == ()


@pytest.mark.parametrize(
    ("label", "candidates"),
    [
        ("DB1/3", ("DB1", "DB3")),
        ("VB1/02", ("VB1", "VB2")),
        ("VA11/12", ("VA11", "VA12")),
        ("AVAL/R", ("AVAL",)),  # a letter alone is no number, and R names nobody
    ],
)
def test_numbers_after_a_stroke_are_of_the_same_class(
    label: str, candidates: tuple[str, ...]
) -> None:
    assert identify(label).candidates == candidates
    assert not identify(label).identified


def test_names_made_up_for_traces_without_a_label_are_told_from_labels() -> None:
    made_up = identify_all([None, "", "unl-0002", "AVAL"])["name"].tolist()
    assert [is_made_up(name) for name in made_up] == [True, True, True, False]
    assert not is_made_up("unlabelled")


@pytest.mark.parametrize(
    ("labels", "names", "identified"),
    [
        # The published pipeline gave ["AVAL", "ADAL"] for the first two, ADAL for "glia" and
        # AINL for "CANL".
        (["AVA?", "AVAL"], ["AVA?", "AVAL"], [False, True]),
        (["AVAL", "AVAL"], ["AVAL-1", "AVAL-2"], [False, False]),
        (["glia"], ["glia"], [False]),
        (["CANL"], ["CANL"], [True]),
        (["VB1", "VB01"], ["VB1-1", "VB1-2"], [False, False]),
        (["RMF?", "RMF?"], ["RMF?-1", "RMF?-2"], [False, False]),
        ([None, "AVAL", ""], ["unl-0001", "AVAL", "unl-0003"], [False, True, False]),
        ([float("nan")], ["unl-0001"], [False]),
        (["AVAL-1", "AVAL", "AVAL"], ["AVAL-1", "AVAL-2", "AVAL-3"], [False, False, False]),
        (["unl-0002", None], ["unl-0002", "unl-0002-2"], [False, False]),
    ],
)
def test_names_stay_unique_and_certain_labels_keep_their_place(
    labels: list[object], names: list[str], identified: list[bool]
) -> None:
    table = identify_all(labels)
    assert table["name"].tolist() == names
    assert table["identified"].tolist() == identified


def test_two_traces_of_one_name_say_which_neuron_they_claim() -> None:
    table = identify_all(["AVAL", "AVAL", "ASEL"])
    assert table["candidates"].tolist() == ["AVAL", "AVAL", ""]
    assert table["identity_confidence"].tolist() == ["unknown", "unknown", "exact"]
    assert table["neuron_class"].tolist() == ["AVA", "AVA", "ASE"]


def test_class_and_type_are_given_where_all_candidates_share_them() -> None:
    table = identify_all(["AVA?", "AVAL/ASEL", "VB01", "glia"])
    assert table["neuron_class"].tolist() == ["AVA", "", "VB", ""]
    assert table["neuron_type"].tolist() == ["interneuron", "", "motor", ""]
    assert table["candidates"].tolist() == ["AVAL,AVAR", "ASEL,AVAL", "", ""]


def test_no_label_at_all_gives_an_empty_table() -> None:
    table = identify_all([])
    assert table.empty
    assert {"name", "identified", "candidates"} <= set(table.columns)


_LABELS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from([name + "?" for name in NAMES] + ["AVA", "VB01", "glia", "", "unl-0001"]),
    st.none(),
    st.text(alphabet="AVLR01?-/", max_size=6),
)


@given(st.lists(_LABELS, max_size=30))
def test_any_list_of_labels_gives_unique_names_and_displaces_nothing(
    labels: list[str | None],
) -> None:
    table = identify_all(labels)
    assert table["name"].is_unique
    assert (table["name"] != "").all()
    assert set(table["identity_confidence"]) <= set(CONFIDENCES)
    claims = Counter(identify(label or "").name for label in labels)
    for label, row in zip(labels, table.itertuples(), strict=True):
        meant = identify(label or "")
        assert row.identified == (meant.identified and claims[meant.name] == 1)
        if row.identified:
            assert row.name == meant.name
        else:
            # Nothing uncertain may stand under the name of a neuron.
            assert row.name not in by_name()
