"""signal.reference: average, shaft and bipolar, with what is left out said."""

import json
import pickle

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit import schema
from neurokit.errors import LabelError, OptionError, SchemaError, UnitsError
from neurokit.signal import reference

NAMES = ["LA1", "LA2", "LA3", "LA5", "RB1", "RB2", "EKG"]
TYPES = ["SEEG"] * 6 + ["ECG"]


def _recording(names=NAMES, types=TYPES, *, n=40, values=None, position=None, **coords):
    rng = np.random.default_rng(7)
    data = (
        rng.normal(0, 1e-5, size=(n, len(names)))
        if values is None
        else np.asarray(values, dtype=float)
    )
    group = schema.activity(
        data.astype(np.float32),
        names=names,
        space="channel",
        rate=200.0,
        coords={"channel_type": list(types), **coords},
        position=position,
    )
    return schema.recording({"activity": group}, modality="seeg", subject="p1")


def _noticed(rec):
    return [f for f in json.loads(rec.attrs.get("findings", "[]")) if f["code"] == "NK889"]


def _signal(rec):
    return rec["activity/signal"]


# -- bipolar


def test_bipolar_pairs_are_neighbours_on_one_shaft():
    rec = _recording()
    out = reference(rec, "bipolar")
    assert out.activity.channel.values.tolist() == ["LA1-LA2", "LA2-LA3", "RB1-RB2", "EKG"]
    old, new = _signal(rec), _signal(out)
    for name, a, b in (("LA1-LA2", "LA1", "LA2"), ("RB1-RB2", "RB1", "RB2")):
        expected = old.sel(channel=a).values - old.sel(channel=b).values
        np.testing.assert_allclose(new.sel(channel=name).values, expected, atol=1e-11)


def test_bipolar_passes_other_types_unchanged():
    rec = _recording()
    out = reference(rec, "bipolar")
    np.testing.assert_array_equal(
        _signal(out).sel(channel="EKG").values, _signal(rec).sel(channel="EKG").values
    )
    assert out.activity.channel_type.values.tolist() == ["SEEG"] * 3 + ["ECG"]


def test_the_contact_beyond_a_gap_is_left_out_and_a_finding_names_it():
    noticed = _noticed(reference(_recording(), "bipolar"))
    assert len(noticed) == 1
    assert "1 contacts have no good neighbour: LA5" in noticed[0]["found"]


def test_a_bad_contact_is_in_no_pair_and_nothing_bridges_it():
    bad = [False, True, False, False, False, False, False]
    out = reference(_recording(bad=bad), "bipolar")
    assert out.activity.channel.values.tolist() == ["RB1-RB2", "EKG"]
    assert "LA1, LA2, LA3, LA5" in _noticed(out)[0]["found"]


def test_the_two_contacts_of_a_pair_are_named():
    out = reference(_recording(), "bipolar")
    assert out.activity.anode.values.tolist() == ["LA1", "LA2", "RB1", ""]
    assert out.activity.cathode.values.tolist() == ["LA2", "LA3", "RB2", ""]


def test_a_pair_lies_between_its_contacts():
    position = np.zeros((7, 3))
    position[:, 0] = [0.0, 0.0035, 0.007, 0.014, 0.03, 0.0335, np.nan]
    position[6] = np.nan
    out = reference(_recording(position=position), "bipolar")
    found = out.activity.position
    np.testing.assert_allclose(found.values[:, 0], [0.00175, 0.00525, 0.03175, np.nan])
    assert found.attrs["units"] == "m"
    assert out.activity.space.values.tolist() == ["x", "y", "z"]


def test_there_is_no_midpoint_between_two_frames():
    frames = ["mri", "head", "head", "head", "mri", "mri", ""]
    position = np.arange(21.0).reshape(7, 3) / 1000
    out = reference(_recording(position=position, coordinate_frame=frames), "bipolar")
    known = np.isfinite(out.activity.position.values).all(axis=1)
    assert known.tolist() == [False, True, True, True]


def test_what_the_two_contacts_say_differently_is_kept_from_both():
    region = ["hip", "hip", "amy", "amy", "tp", "tp", ""]
    out = reference(_recording(region=region, size=[4, 4, 5, 5, 4, 4, 4]), "bipolar")
    assert out.activity.region.values.tolist() == ["hip", "hip/amy", "tp", ""]
    np.testing.assert_array_equal(out.activity["size"].values, [4.0, np.nan, 4.0, 4.0])


def test_numbers_on_which_all_pairs_agree_stay_whole_numbers():
    out = reference(_recording(size=[4] * 7), "bipolar")
    assert out.activity["size"].dtype.kind == "i"


def test_coordinates_shaft_and_contact_count_more_than_names():
    rec = _recording(
        ["one", "two", "three"], ["SEEG"] * 3, shaft=["A", "A", "A"], contact=[1, 3, 2]
    )
    out = reference(rec, "bipolar")
    assert out.activity.channel.values.tolist() == ["one-three", "three-two"]
    assert out.activity.contact.values.tolist() == [1, 2]


def test_a_strip_and_a_depth_electrode_of_one_name_are_two_electrodes():
    rec = _recording(["A1", "A2", "A3", "A4"], ["SEEG", "SEEG", "ECOG", "ECOG"])
    assert reference(rec, "bipolar").activity.channel.values.tolist() == ["A1-A2", "A3-A4"]


def test_scalp_electrodes_are_no_contacts():
    rec = _recording(["C3", "C4", "LA1", "LA2"], ["EEG", "EEG", "SEEG", "SEEG"])
    assert reference(rec, "bipolar").activity.channel.values.tolist() == ["LA1-LA2", "C3", "C4"]


def test_scalp_electrodes_alone_cannot_be_bipolar():
    with pytest.raises(LabelError, match="SEEG, ECOG or DBS"):
        reference(_recording(["C3", "C4"], ["EEG", "EEG"]), "bipolar")


def test_what_is_bipolar_already_cannot_be_so_again():
    once = reference(_recording(["LA1", "LA2", "LA3"], ["SEEG"] * 3), "bipolar")
    bare = once["activity/signal"].drop_vars(["shaft", "contact"], errors="ignore")
    with pytest.raises(LabelError, match="name of a contact"):
        reference(bare, "bipolar")


def test_no_pair_at_all_is_an_error_with_what_to_check():
    with pytest.raises(LabelError, match="consecutive numbers.*max_distance"):
        reference(_recording(["LA1", "LA3"], ["SEEG"] * 2), "bipolar")


def test_differences_along_a_shaft_are_independent():
    rec = _recording([f"A{i}" for i in range(1, 9)], ["SEEG"] * 8, n=100)
    values = _signal(reference(rec, "bipolar")).values
    assert np.linalg.matrix_rank(values.astype(np.float64), tol=1e-9) == 7


# -- distances


def _grid(rows=4, columns=4, pitch=0.01):
    places = [[x * pitch, y * pitch, 0.0] for y in range(rows) for x in range(columns)]
    return [f"G{i + 1}" for i in range(rows * columns)], np.array(places)


def test_pairs_across_the_rows_of_a_grid_are_pointed_out():
    names, places = _grid()
    out = reference(_recording(names, ["ECOG"] * 16, position=places), "bipolar")
    assert "G4-G5" in out.activity.channel.values
    found = _noticed(out)[0]["found"]
    assert "3 pairs are further apart" in found
    assert "G4-G5 (0.0316)" in found


def test_a_largest_distance_leaves_them_out():
    names, places = _grid()
    out = reference(
        _recording(names, ["ECOG"] * 16, position=places), "bipolar", max_distance=0.015
    )
    assert out.activity.sizes["channel"] == 12
    assert not {"G4-G5", "G8-G9", "G12-G13"} & set(out.activity.channel.values.tolist())
    assert not _noticed(out)


def test_a_grid_without_places_says_that_its_rows_are_unknown():
    names, _ = _grid()
    found = _noticed(reference(_recording(names, ["ECOG"] * 16), "bipolar"))[0]["found"]
    assert "rows of a grid are unknown" in found


def test_a_largest_distance_needs_places():
    with pytest.raises(SchemaError, match="no positions"):
        reference(_recording(), "bipolar", max_distance=0.01)


@pytest.mark.parametrize(
    ("how", "distance"), [("average", 0.01), ("bipolar", 0.0), ("bipolar", -1)]
)
def test_a_largest_distance_must_make_sense(how, distance):
    with pytest.raises(OptionError, match="max_distance"):
        reference(_recording(), how, max_distance=distance)


def test_a_gap_in_a_real_implantation_is_pointed_out(shared_data):
    path = shared_data / "ieeg/ieeglab_dataset_seeg_sub-02_ses-ieeg01_task-ccep_run-01_events.tsv"
    options = {"signals": False, "channel_type": "SEEG", "position_unit": "mm"}
    rec = nk.open(path, "bids", **options)
    n = rec.activity.sizes["channel"]
    group = schema.activity(
        np.random.default_rng(0).normal(size=(10, n)).astype(np.float32),
        names=rec.activity.channel.values.tolist(),
        space="channel",
        rate=10.0,
        coords={"channel_type": ["SEEG"] * n, "region": rec.activity.region.values.tolist()},
        position=rec.activity.position.values,
    )
    out = reference(schema.recording({"activity": group}, modality="seeg"), "bipolar")
    far = [f["found"] for f in _noticed(out) if "further apart" in f["found"]]
    # RZ5 and RZ6 are 12.6 mm apart, their neighbours 4.2 mm: a contact was skipped in the count.
    assert "RZ5-RZ6 (0.0126)" in far[0]
    shafts = {c.rstrip("0123456789") for c in rec.activity.channel.values}
    assert out.activity.sizes["channel"] <= n - len(shafts)


# -- average


def test_the_average_of_the_good_channels_is_zero_at_every_sample():
    bad = [False, True, False, False, False, False, False]
    rec = _recording(bad=bad)
    out = _signal(reference(rec, "average"))
    good = out.isel(channel=[0, 2, 3, 4, 5])
    np.testing.assert_allclose(good.mean("channel").values, 0.0, atol=1e-11)
    mean = _signal(rec).isel(channel=[0, 2, 3, 4, 5]).mean("channel")
    expected = (_signal(rec).sel(channel="LA2") - mean).values
    np.testing.assert_allclose(out.sel(channel="LA2").values, expected, atol=1e-11)


def test_a_bad_channel_stays_bad_and_other_types_are_untouched():
    bad = [False, True, False, False, False, False, False]
    rec = _recording(bad=bad)
    out = reference(rec, "average")
    assert out.activity.bad.values.tolist() == bad
    np.testing.assert_array_equal(
        _signal(out).sel(channel="EKG").values, _signal(rec).sel(channel="EKG").values
    )


def test_types_are_averaged_apart():
    rec = _recording(["C3", "C4", "LA1", "LA2"], ["EEG", "EEG", "SEEG", "SEEG"])
    out = _signal(reference(rec, "average"))
    for pair in ([0, 1], [2, 3]):
        np.testing.assert_allclose(out.isel(channel=pair).mean("channel"), 0.0, atol=1e-11)


def test_magnetometers_have_no_reference():
    types = ["EEG", "EEG", "MEGMAG", "MEGGRADPLANAR"]
    rec = _recording(["E1", "E2", "M1", "M2"], types)
    out = _signal(reference(rec, "average"))
    np.testing.assert_array_equal(out.values[:, 2:], _signal(rec).values[:, 2:])


def test_the_average_of_good_channels_equals_that_of_mne():
    mne = pytest.importorskip("mne")
    names = [f"E{i}" for i in range(8)]
    rec = _recording(names, ["EEG"] * 8, bad=[True] + [False] * 7)
    info = mne.create_info(names, 200.0, "eeg")
    info["bads"] = ["E0"]
    raw = mne.io.RawArray(_signal(rec).values.T.astype(np.float64), info, verbose=False)
    expected, _ = mne.set_eeg_reference(raw, "average", verbose=False)
    got, data = _signal(reference(rec)).values.T, expected.get_data()
    np.testing.assert_allclose(got[1:], data[1:], atol=1e-11)
    # MNE leaves a bad channel against the old reference; here it has the reference of the others.
    np.testing.assert_array_equal(data[0], raw.get_data()[0])
    np.testing.assert_allclose(got[0] + raw.get_data()[1] - got[1], data[0], atol=1e-11)


def test_the_pairs_equal_those_of_mne():
    mne = pytest.importorskip("mne")
    names = ["LA1", "LA2", "LA3"]
    rec = _recording(names, ["SEEG"] * 3)
    info = mne.create_info(names, 200.0, "seeg")
    raw = mne.io.RawArray(_signal(rec).values.T.astype(np.float64), info, verbose=False)
    expected = mne.set_bipolar_reference(raw, ["LA1", "LA2"], ["LA2", "LA3"], verbose=False)
    out = _signal(reference(rec, "bipolar"))
    assert out.channel.values.tolist() == expected.ch_names
    np.testing.assert_allclose(out.values.T, expected.get_data(), atol=1e-11)


def test_the_average_lowers_the_rank_by_one():
    rec = _recording([f"E{i}" for i in range(8)], ["EEG"] * 8, n=100)
    values = _signal(reference(rec)).values.astype(np.float64)
    assert np.linalg.matrix_rank(values, tol=1e-9) == 7


def test_referencing_twice_to_the_average_changes_nothing_more():
    once = reference(_recording())
    np.testing.assert_allclose(_signal(reference(once)).values, _signal(once).values, atol=1e-11)


def test_a_missing_channel_is_missing_in_the_mean_too():
    values = np.array([[1.0, 3.0, np.nan], [1.0, 3.0, 5.0]])
    rec = _recording(["E1", "E2", "E3"], ["EEG"] * 3, values=values)
    found = _signal(reference(rec)).values
    np.testing.assert_array_equal(found, [[-1.0, 1.0, np.nan], [-2.0, 0.0, 2.0]])


def test_what_is_masked_enters_no_mean():
    group = schema.activity(
        np.array([[1.0, 3.0, 100.0]], dtype=np.float32),
        names=["E1", "E2", "E3"],
        space="channel",
        rate=1.0,
        coords={"channel_type": ["EEG"] * 3},
        observed=np.array([[True, True, False]]),
    )
    rec = schema.recording({"activity": group}, modality="eeg")
    np.testing.assert_array_equal(_signal(reference(rec)).values, [[-1.0, 1.0, np.nan]])


def test_volts_and_microvolts_are_not_averaged_together():
    rec = _recording(["E1", "E2"], ["EEG", "EEG"], unit=["V", "uV"])
    with pytest.raises(UnitsError, match="2 units"):
        reference(rec)


def test_a_pair_of_two_units_is_refused_but_two_shafts_may_differ():
    unit = ["V", "V", "uV", "uV"]
    out = reference(_recording(["A1", "A2", "B1", "B2"], ["SEEG"] * 4, unit=unit), "bipolar")
    assert out.activity.unit.values.tolist() == ["V", "uV"]
    with pytest.raises(UnitsError):
        reference(_recording(["A1", "A2", "A3", "A4"], ["SEEG"] * 4, unit=unit), "bipolar")


def test_the_unit_is_said_of_the_whole_where_one_is_left():
    unit = ["V"] * 6 + ["mV"]
    rec = _recording(unit=unit)
    assert "units" not in _signal(rec).attrs
    picked = nk.pick(rec, types="SEEG")
    assert _signal(reference(picked, "bipolar")).attrs["units"] == "V"


def test_a_single_good_channel_has_no_average():
    with pytest.raises(LabelError, match="no two good channels"):
        reference(_recording(["E1", "E2"], ["EEG", "EEG"], bad=[False, True]))


# -- shaft


def test_each_shaft_gets_its_own_mean():
    out = _signal(reference(_recording(), "shaft"))
    for members in (["LA1", "LA2", "LA3", "LA5"], ["RB1", "RB2"]):
        np.testing.assert_allclose(out.sel(channel=members).mean("channel"), 0.0, atol=1e-11)


def test_a_lonely_contact_is_left_out_and_said():
    rec = _recording(["A1", "A2", "B1"], ["SEEG"] * 3, position=np.eye(3) / 100)
    out = reference(rec, "shaft")
    assert out.activity.channel.values.tolist() == ["A1", "A2"]
    assert "B1" in _noticed(out)[0]["found"]
    np.testing.assert_array_equal(out.activity.position.values, np.eye(3)[:2] / 100)


def test_a_shaft_whose_others_are_bad_is_left_out():
    rec = _recording(["A1", "A2", "B1", "B2"], ["SEEG"] * 4, bad=[False, False, True, False])
    out = reference(rec, "shaft")
    assert out.activity.channel.values.tolist() == ["A1", "A2"]


# -- forms of data


def test_the_history_and_the_signal_say_what_was_done():
    out = reference(_recording(), "bipolar")
    assert _signal(out).attrs["reference"] == "bipolar"
    step = out.nk.history[-1]
    assert (step["function"], step["parameters"]) == ("signal.reference", {"how": "bipolar"})


def test_a_bare_signal_gives_a_bare_signal():
    rec = _recording()
    out = reference(_signal(rec), "bipolar")
    assert isinstance(out, xr.DataArray)
    np.testing.assert_array_equal(out.values, _signal(reference(rec, "bipolar")).values)


@pytest.mark.parametrize("how", ["average", "shaft", "bipolar"])
def test_dask_stays_lazy_and_gives_the_same_bytes(how):
    rec = _recording(n=101)
    lazy = reference(rec.chunk({"time": 7, "channel": 3}), how)
    assert _signal(lazy).chunks is not None
    np.testing.assert_array_equal(_signal(lazy).values, _signal(reference(rec, how)).values)


@pytest.mark.parametrize("how", ["average", "shaft", "bipolar"])
def test_trials_are_referenced_sample_by_sample(how):
    rec = _recording(n=60)
    table = schema.events([0.05, 0.15], trial_type=["a", "b"])
    both = reference(nk.signal.epoch(rec, table, 0.0, 0.05), how)
    other = nk.signal.epoch(reference(rec, how), table, 0.0, 0.05)
    assert _signal(both).dims == ("trial", "time", "channel")
    np.testing.assert_array_equal(_signal(both).values, _signal(other).values)


def test_cuts_stay_where_they_are():
    rec = _recording(n=10)
    group = rec["activity"].to_dataset().assign_coords(run=("time", np.repeat([0, 1], 5)))
    rec["activity"] = xr.DataTree(group)
    assert reference(rec, "bipolar").activity.run.values.tolist() == [0] * 5 + [1] * 5


@pytest.mark.parametrize("how", ["average", "shaft", "bipolar"])
def test_the_result_keeps_the_contract_and_survives_a_store(how, tmp_path):
    position = np.arange(21.0).reshape(7, 3) / 1000
    out = reference(_recording(position=position, region=["hip"] * 7), how)
    assert schema.validate(out).ok
    nk.testing.assert_same(nk.open(nk.save(out, tmp_path / "a.nc")), out)


def test_whole_numbers_become_float32():
    group = _recording(values=np.arange(14).reshape(2, 7))["activity"].to_dataset()
    signal = group["signal"].astype(np.int16)
    assert reference(signal, "average").dtype == np.float32


def test_a_plan_crosses_processes():
    from neurokit.signal.reference_plans import plan_of_pairs

    plan = plan_of_pairs(_signal(_recording()), None, None)
    values = np.random.default_rng(0).normal(size=(4, 7))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(plan.core))(values), plan.core(values))


def test_the_recording_given_is_not_changed():
    rec = _recording()
    before = rec.copy(deep=True)
    reference(rec, "bipolar")
    nk.testing.assert_same(rec, before)


def test_an_unknown_reference_names_those_there_are():
    with pytest.raises(OptionError, match="did you mean 'bipolar'"):
        reference(_recording(), "bipolr")


def test_neurons_have_no_reference():
    group = schema.activity(np.zeros((3, 2)), names=["AVAL", "AVAR"], rate=1.0)
    with pytest.raises(SchemaError, match="channel_type"):
        reference(schema.recording({"activity": group}, modality="calcium"))


def test_simulated_seeg_can_be_referenced_in_every_way():
    rec = nk.simulate.recording("seeg", random_state=0)
    for how in ("average", "shaft", "bipolar"):
        assert schema.validate(reference(rec, how)).ok
