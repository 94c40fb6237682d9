"""Checks of labels, units, positions and connectomes: at their limits and in every group."""

import numpy as np
import pytest

from neurokit.schema import activity, connectome, recording, validate


def _eeg(n=3, **options):
    return activity(
        np.random.default_rng(0).standard_normal((20, n)) * 1e-5,
        names=[f"c{i}" for i in range(n)],
        space="channel",
        rate=10.0,
        coords={"channel_type": ["EEG"] * n},
        **options,
    )


def _validate(group=None, **groups):
    return validate(
        recording({"activity": _eeg() if group is None else group, **groups}, modality="eeg")
    )


def _wired(weight, kinds=("chemical",), pre="AB", post="AB", **options):
    shape = (len(kinds), len(pre), len(post))
    return connectome(
        np.broadcast_to(weight, shape), pre=pre, post=post, synapse_type=kinds, **options
    )


@pytest.mark.parametrize("path", ["auxiliary/one", "auxiliary/two"])
def test_a_doubled_label_is_found_in_its_group_and_named(path):
    good = {"auxiliary/one": _eeg(), "auxiliary/two": _eeg()}
    bad = {**good, path: _eeg().assign_coords(channel=["x", "x", "y"])}
    assert _validate(**good).codes == []
    (found,) = _validate(**bad)
    assert (found.code, found.where) == ("NK201", f"/{path}/channel")
    assert found.found == "labels stand more than once: x"


def test_labels_that_differ_in_case_or_blanks_are_different():
    assert _validate(_eeg().assign_coords(channel=["a", "A", "a "])).codes == []


def test_two_empty_labels_are_empty_and_doubled():
    found = _validate(_eeg().assign_coords(channel=["", "", "a"]))
    assert found.codes == ["NK201", "NK203"]


@pytest.mark.parametrize("dim", ["pre", "post"])
def test_a_doubled_cell_of_a_connectome_is_found_on_its_side(dim):
    (found,) = _validate(connectome=_wired(1.0).assign_coords({dim: ["A", "A"]}))
    assert (found.code, found.where) == ("NK201", f"/connectome/{dim}")


@pytest.mark.parametrize("kind", ["eeg", "Eeg", "EEGG"])
def test_a_type_that_is_nearly_right_is_corrected(kind):
    group = _eeg().assign_coords(channel_type=("channel", ["EEG", kind, "EEG"]))
    (found,) = _validate(group)
    assert (found.code, found.where) == ("NK204", "/activity/channel_type")
    assert f"{kind!r} is no BIDS channel type, did you mean 'EEG'?" in found.found


def test_each_unknown_type_is_one_finding_however_many_channels_have_it():
    group = _eeg(4).assign_coords(channel_type=("channel", ["XX", "XX", "YY", "EEG"]))
    assert _validate(group).codes == ["NK204", "NK204"]


def test_channels_without_a_type_are_one_finding():
    (found,) = _validate(_eeg().drop_vars("channel_type"))
    assert (found.code, found.where) == ("NK204", "/activity/channel")


def test_one_channel_without_a_unit_is_enough():
    group = _eeg().assign_coords(unit=("channel", ["V", "", "V"]))
    (found,) = _validate(group)
    assert (found.code, found.where) == ("NK301", "/activity/unit")
    assert '"1" has no dimension' in found.mend


@pytest.mark.parametrize(
    ("units", "said", "bad"),
    [
        (["V", "V", "V"], "V", False),
        (["V", "V", "V"], None, False),
        (["V", "V", "1"], None, False),
        (["V", "V", "V"], "uV", True),
        (["V", "V", "1"], "V", True),
    ],
)
def test_a_unit_said_twice_agrees(units, said, bad):
    group = _eeg().assign_coords(unit=("channel", units))
    del group.signal.attrs["units"]
    if said is not None:
        group.signal.attrs["units"] = said
    found = _validate(group)
    assert found.codes == (["NK303"] if bad else [])
    assert all(repr(said) in f.found for f in found)


def _placed(last, **attrs):
    position = np.zeros((3, 3))
    position[1, 2] = 0.01
    position[2] = last
    return _eeg(position=position, position_attrs=attrs)


@pytest.mark.parametrize(
    ("extent", "bad"),
    # Half a metre is still a helmet; the next number is not.
    [(0.2, False), (0.5, False), (np.nextafter(0.5, 1), True), (-0.6, True), (200.0, True)],
)
def test_positions_in_metres_fit_on_a_head(extent, bad):
    found = _validate(_placed([0, extent, 0]))
    assert found.codes == (["NK305"] if bad else [])
    assert all(f.mend == "Millimetres were probably read as metres." for f in found)


def test_positions_in_millimetres_may_span_a_head_of_two_hundred():
    assert _validate(_placed([200.0, 0, 0], units="mm")).codes == []


def test_the_extent_is_judged_per_axis():
    # The diagonal is 0.69 m, each axis 0.4 m.
    assert _validate(_placed([0.4, 0.4, 0.4])).codes == []


def test_an_electrode_without_a_place_does_not_hide_the_others():
    group = _placed([0.1, 0, 0])
    group.position[1] = np.nan
    assert _validate(group).codes == []
    group.position[2, 0] = 100.0
    assert _validate(group).codes == ["NK305"]


def test_one_place_alone_has_no_extent():
    group = _placed([100.0, 0, 0])
    group.position[:2] = np.nan
    assert _validate(group).codes == []


@pytest.mark.parametrize(
    ("attrs", "lacking"),
    [
        ({"units": ""}, "units"),
        ({"coordinate_frame": ""}, "coordinate_frame"),
        ({"units": "", "coordinate_frame": ""}, "units, coordinate_frame"),
    ],
)
def test_what_positions_do_not_say_is_named(attrs, lacking):
    (found,) = _validate(_placed([0.1, 0, 0], **attrs))
    assert (found.code, found.where) == ("NK304", "/activity/position")
    assert found.found == f"{lacking} missing"


def test_positions_of_an_auxiliary_group_are_judged_too():
    (found,) = _validate(**{"auxiliary/eeg": _placed([3.0, 0, 0])})
    assert (found.code, found.where) == ("NK305", "/auxiliary/eeg/position")
    assert "span 3 m" in found.found


@pytest.mark.parametrize(
    ("kind", "weight", "codes"),
    [
        ("chemical", 0.0, ["NK711"]),
        ("chemical", np.nan, ["NK711"]),
        ("chemical", -1e-6, ["NK702"]),
        ("functional", -1.0, []),
        ("contact", -1.0, ["NK702"]),
    ],
)
def test_only_functional_weights_may_be_negative(kind, weight, codes):
    assert _validate(connectome=_wired(weight, (kind,))).codes == codes


def test_negative_weights_are_counted_per_kind():
    weight = np.array([[[1.0, -1.0], [-1.0, -1.0]], [[1.0, -2.0], [-2.0, 1.0]]])
    found = _validate(connectome=_wired(weight, ("chemical", "electrical")))
    assert [f.found for f in found] == [
        "3 chemical weights are negative",
        "2 electrical weights are negative",
    ]


LOPSIDED = np.array([[[0.0, 1.0], [2.0, 0.0]]])


@pytest.mark.parametrize(
    ("weight", "kind", "post", "codes"),
    [
        (LOPSIDED, "electrical", "AB", ["NK703"]),
        (LOPSIDED, "chemical", "AB", []),
        # The same cells in another order: these are A-A and B-B.
        (LOPSIDED, "electrical", "BA", []),
        (np.array([[[1.0, 0.0], [0.0, 2.0]]]), "electrical", "BA", ["NK703"]),
        (np.array([[[0.0, 1.0], [1.0, 5.0]]]), "electrical", "AB", []),
        (np.array([[[1.0, np.nan], [np.nan, 0.0]]]), "electrical", "AB", []),
        (np.array([[[0.0, np.nan], [1.0, 0.0]]]), "electrical", "AB", ["NK703"]),
    ],
)
def test_gap_junctions_among_the_same_cells_are_symmetric(weight, kind, post, codes):
    assert _validate(connectome=_wired(weight, (kind,), post=post)).codes == codes


def test_weights_in_another_order_are_critical_and_end_the_check():
    group = _wired(-1.0).transpose("pre", "post", "synapse_type")
    (found,) = _validate(connectome=group)
    assert (found.code, found.severity) == ("NK701", "CRITICAL")
    assert "('pre', 'post', 'synapse_type')" in found.found


def test_a_connectome_without_weights_says_so():
    (found,) = _validate(connectome=_wired(1.0).rename(weight="w"))
    assert (found.code, found.found) == ("NK701", "found no weight")


@pytest.mark.parametrize("side", ["pre_type", "post_type"])
def test_a_type_of_cell_is_found_on_its_side(side):
    other = {"pre_type": "post_type", "post_type": "pre_type"}[side]
    group = _wired(1.0, **{side: ["neuron", "glia"]}).drop_vars(other)
    (found,) = _validate(connectome=group)
    assert (found.code, found.where, found.found) == ("NK705", f"/connectome/{side}", "found glia")
    assert found.mend == "Use neuron, muscle, other."


def test_a_nearly_right_kind_of_synapse_is_corrected():
    group = _wired(1.0).assign_coords(synapse_type=["chemicl"])
    (found,) = _validate(connectome=group)
    assert found.code == "NK704"
    assert "did you mean 'chemical'?" in found.found


def test_faults_of_several_groups_are_all_found_at_once():
    found = _validate(
        _eeg().assign_coords(channel=["a", "a", "b"]),
        connectome=_wired(-1.0),
        **{"auxiliary/one": _placed([9.0, 0, 0]), "auxiliary/two": _eeg()},
    )
    assert {(f.code, f.where) for f in found} == {
        ("NK201", "/activity/channel"),
        ("NK305", "/auxiliary/one/position"),
        ("NK702", "/connectome/weight"),
    }
    assert found.codes[0] == "NK201"  # the only critical one
