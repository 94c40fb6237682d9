"""Findings keep their order, count what they hold and survive the way through JSON."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import OptionError, SchemaError
from neurokit.schema import (
    Finding,
    Findings,
    activity,
    findings_from_json,
    findings_to_json,
    recording,
    validate,
)
from neurokit.schema.checks import CHECKS, shown
from neurokit.schema.findings import SEVERITIES

finding = st.builds(
    Finding,
    code=st.text(min_size=1),
    severity=st.sampled_from(SEVERITIES),
    where=st.text(),
    found=st.text(),
    mend=st.text(),
)


def _of(*severities):
    return [Finding(f"NK{i}", s, f"/g{i}", f"fault {i}", "Mend.") for i, s in enumerate(severities)]


def _rec(**attrs):
    values = np.random.default_rng(0).standard_normal((20, 2))
    group = activity(values, names=["a", "b"], rate=10.0)
    out = recording({"activity": group}, modality="calcium")
    out.attrs.update(attrs)
    return out


@settings(max_examples=40)
@given(st.lists(finding))
def test_findings_come_back_from_json_as_they_were(items):
    assert findings_from_json(findings_to_json(items)) == items


@settings(max_examples=40)
@given(st.lists(finding))
def test_sorting_loses_none_and_puts_the_gravest_first(items):
    found = Findings(items)
    ranks = [SEVERITIES.index(f.severity) for f in found]
    assert ranks == sorted(ranks)
    assert len(found) == len(items)
    assert all(items.count(f) == list(found).count(f) for f in items)


@settings(max_examples=40)
@given(st.lists(finding))
def test_equally_grave_findings_stay_in_the_order_they_were_found(items):
    found = list(Findings(items))
    for severity in SEVERITIES:
        before = [f for f in items if f.severity == severity]
        assert [f for f in found if f.severity == severity] == before


@settings(max_examples=40)
@given(st.lists(finding))
def test_findings_are_ok_exactly_if_nothing_is_raised(items):
    found = Findings(items)
    if found.ok:
        found.raise_if_broken("rec")
    else:
        with pytest.raises(SchemaError):
            found.raise_if_broken("rec")


def test_json_of_no_findings_is_an_empty_list():
    assert findings_to_json([]) == "[]"
    assert findings_from_json("[]") == []


def test_json_names_every_field():
    (row,) = json.loads(findings_to_json(_of("CRITICAL")))
    assert list(row) == ["code", "severity", "where", "found", "mend"]


def test_json_with_an_unknown_severity_is_refused():
    text = findings_to_json(_of("CRITICAL")).replace("CRITICAL", "CRITCAL")
    with pytest.raises(OptionError, match="did you mean 'CRITICAL'"):
        findings_from_json(text)


@pytest.mark.parametrize("severity", ["critical", "", "ERROR", None])
def test_only_the_three_severities_are_taken(severity):
    with pytest.raises(OptionError, match="Use 'CRITICAL', 'VIOLATION', 'SUGGESTION'"):
        Finding("NK1", severity, "/", "x", "y")


def test_a_finding_prints_all_it_knows_on_one_line():
    item = Finding("NK102", "CRITICAL", "/a/time", "time falls", "Sort it.")
    assert str(item) == "NK102 CRITICAL /a/time: time falls. Sort it."


def test_a_finding_cannot_be_changed():
    (item,) = _of("CRITICAL")
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.code = "NK2"
    assert item in {item}


@pytest.mark.parametrize(
    ("severities", "ok"),
    [
        ((), True),
        (("SUGGESTION",), True),
        (("SUGGESTION", "SUGGESTION"), True),
        (("VIOLATION",), False),
        (("CRITICAL",), False),
        (("SUGGESTION", "VIOLATION"), False),
    ],
)
def test_only_suggestions_leave_a_recording_ok(severities, ok):
    assert Findings(_of(*severities)).ok is ok


def test_repr_counts_each_severity_gravest_first():
    found = Findings(_of("SUGGESTION", "CRITICAL", "SUGGESTION"))
    head, *rows = repr(found).splitlines()
    assert head == "Findings: 1 CRITICAL, 2 SUGGESTION"
    assert rows == [f"  {f}" for f in found]


def test_findings_are_a_sequence():
    found = Findings(_of("SUGGESTION", "CRITICAL", "VIOLATION"))
    assert found[0].severity == "CRITICAL"
    assert found[-1].severity == "SUGGESTION"
    assert [f.code for f in found[1:]] == ["NK2", "NK0"]
    assert found.index(found[2]) == 2
    with pytest.raises(IndexError):
        found[3]


def test_a_table_of_no_findings_keeps_its_columns():
    frame = Findings().to_frame()
    assert list(frame.columns) == ["code", "severity", "where", "found", "mend"]
    assert len(frame) == 0


def test_a_table_has_the_order_of_the_findings():
    found = Findings(_of("SUGGESTION", "CRITICAL"))
    assert found.to_frame()["code"].tolist() == found.codes == ["NK1", "NK0"]


def test_the_error_counts_grave_findings_only():
    found = Findings(_of("SUGGESTION", "VIOLATION", "CRITICAL", "VIOLATION"))
    # Three are grave: the first is shown, two are counted, the suggestion is not.
    with pytest.raises(SchemaError, match=r"NK2 in /g2: fault 2 \(and 2 more; see nk\.validate\)"):
        found.raise_if_broken("rec")


def test_the_error_of_a_single_fault_counts_no_others():
    with pytest.raises(SchemaError) as caught:
        Findings(_of("VIOLATION", "SUGGESTION")).raise_if_broken("a.nwb")
    assert str(caught.value) == "a.nwb: NK0 in /g0: fault 0. Mend."


def test_findings_of_the_loader_stand_before_equally_grave_ones_of_the_checks():
    noticed = _of("VIOLATION", "SUGGESTION")
    rec = _rec(findings=findings_to_json(noticed))
    del rec.attrs["doi"]
    assert validate(rec).codes == ["NK0", "NK005", "NK1"]


def test_a_recording_without_noticed_findings_has_no_such_attribute():
    assert "findings" not in _rec().attrs
    assert list(validate(_rec())) == []


def test_each_missing_root_attribute_is_named_in_one_finding():
    rec = _rec()
    for key in ("doi", "species"):
        del rec.attrs[key]
    (found,) = validate(rec)
    assert found.code == "NK005"
    assert "species" in found.found
    assert "doi" in found.found
    assert "subject" not in found.found


@pytest.mark.parametrize(
    ("value", "bad"),
    [
        (1, False),
        (1.5, False),
        ("x", False),
        (np.inf, True),
        (np.nan, True),
        (True, True),
        (None, True),
        (np.float64(1.0), True),
        ([1], True),
        ({"a": 1}, True),
    ],
)
def test_attributes_are_plain_and_finite(value, bad):
    # bool and numpy scalars change type in a store, so they are no better than a list.
    found = validate(_rec(extra=value))
    assert found.codes == (["NK004"] if bad else [])
    if bad:
        assert "'extra'" in found[0].found
        assert type(value).__name__ in found[0].found


def test_every_bad_attribute_has_a_finding_of_its_own_where_it_is():
    rec = _rec(extra=None)
    rec["activity"].attrs["list"] = [1]
    rec["activity/signal"].attrs["nan"] = float("nan")
    assert {(f.code, f.where) for f in validate(rec)} == {
        ("NK004", "/"),
        ("NK004", "/activity"),
        ("NK004", "/activity/signal"),
    }


@pytest.mark.parametrize(
    ("n", "said"), [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (6, "0, 1, 2, 3, 4 and 1 more")]
)
def test_a_list_in_a_message_is_cut_behind_the_fifth(n, said):
    assert shown(range(n)) == said


def test_checks_are_registered_under_the_name_of_their_function():
    assert all(name == check.__name__ for name, check in CHECKS.items())
    # One per aspect: structure 5, provenance 6, labels 2, identity 2, units and places 2, time 3,
    # values 1, events 1, spikes 2, connectome 1.
    assert len(CHECKS) == 25
