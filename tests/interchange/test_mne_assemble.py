"""mne.Info for a recording: the tree wins, the rest is what was carried."""

import mne
import numpy as np
import pytest

from neurokit.errors import TimeError
from neurokit.interchange import from_mne
from neurokit.interchange.mne_assemble import group_at, info_of, rows_of, tables_of, values_of
from neurokit.schema import activity, recording


def _tables(rec):
    return tables_of(rec, rec["activity"].to_dataset(inherit=False))


def _info(rec):
    return info_of(rec, _tables(rec))


def _with_activity(rec, group):
    import xarray as xr

    out = rec.copy()
    out["activity"] = xr.DataTree(group)
    return out


def _plain(kinds, **more):
    group = activity(
        np.zeros((10, len(kinds))),
        names=[f"c{i}" for i in range(len(kinds))],
        space="channel",
        rate=100.0,
        coords={"channel_type": kinds, **more.pop("coords", {})},
        **more,
    )
    return recording({"activity": group}, modality="eeg")


def test_a_missing_group_is_none(raw):
    assert group_at(from_mne(raw), "/behavior") is None


def test_channels_come_in_the_order_that_mne_had(raw):
    shuffled = raw.copy().reorder_channels([raw.ch_names[i] for i in (5, 2, 0, 4, 1, 3)])
    assert _info(from_mne(shuffled)).ch_names == shuffled.ch_names


def test_new_channels_come_last(raw):
    tables = _tables(from_mne(raw))
    known = [name for name in raw.ch_names if name != "MEG 0112"]
    assert [row.name for row in rows_of(tables, known)] == [*known, "MEG 0112"]


def test_what_was_left_out_of_the_tree_is_left_out_of_mne(raw):
    rec = from_mne(raw)
    group = rec["activity"].to_dataset(inherit=False).isel(channel=[3, 0])
    info = _info(_with_activity(rec, group))
    assert info.ch_names == ["MEG 0111", "EEG 002", "STI 014"]
    assert info["bads"] == ["EEG 002"]
    np.testing.assert_array_equal(info["chs"][0]["loc"], raw.info["chs"][0]["loc"])


def test_a_position_that_was_changed_in_the_tree_is_changed_in_mne(raw):
    rec = from_mne(raw)
    group = rec["activity"].to_dataset(inherit=False)
    group["position"] = group["position"] + 0.01
    info = _info(_with_activity(rec, group))
    for before, after in zip(raw.info["chs"][:4], info["chs"][:4], strict=True):
        np.testing.assert_allclose(after["loc"][:3], before["loc"][:3] + 0.01)
        np.testing.assert_array_equal(after["loc"][3:], before["loc"][3:])
        assert after["coord_frame"] == before["coord_frame"]


def test_a_type_that_was_changed_in_the_tree_is_changed_in_mne(raw):
    rec = from_mne(raw)
    group = rec["activity"].to_dataset(inherit=False)
    kinds = group["channel_type"].values.copy()
    kinds[2] = "ECOG"
    info = _info(_with_activity(rec, group.assign_coords(channel_type=("channel", kinds))))
    assert info.get_channel_types()[2] == "ecog"


def test_bads_filters_and_date_of_the_tree_win(raw):
    rec = from_mne(raw)
    group = rec["activity"].to_dataset(inherit=False)
    group["bad"][:] = [True, False, False, False, False]
    group.attrs |= {"highpass": 1.0, "lowpass": 20.0, "line_frequency": 60.0}
    rec = _with_activity(rec, group)
    rec.attrs["start_time"] = "2021-01-01T01:00:00+01:00"
    info = _info(rec)
    assert info["bads"] == ["MEG 0111"]
    assert (info["highpass"], info["lowpass"], info["line_freq"]) == (1.0, 20.0, 60.0)
    assert info["meas_date"].isoformat() == "2021-01-01T00:00:00+00:00"


def test_a_subject_renamed_in_the_tree_is_renamed_in_mne(raw):
    rec = from_mne(raw)
    rec.attrs["subject"] = "sub-99"
    found = _info(rec)["subject_info"]
    assert found["his_id"] == "sub-99"
    assert found["sex"] == 2


def test_the_rate_is_that_of_the_tree(raw):
    rec = from_mne(raw)
    group = rec["activity"].to_dataset(inherit=False)
    slow = activity(
        group["signal"].values[::2],
        names=group["channel"].values,
        space="channel",
        rate=50.0,
        coords={"channel_type": group["channel_type"].values},
    )
    slow.attrs["mne_info"] = group.attrs["mne_info"]
    assert _info(_with_activity(rec, slow))["sfreq"] == 50.0


def test_a_tree_from_elsewhere_needs_nothing_of_mne():
    position = np.arange(6.0).reshape(2, 3) / 100 + 0.01
    rec = _plain(
        ["SEEG", "SEEG"],
        position=position,
        position_attrs={"units": "m", "coordinate_frame": "mni_tal"},
    )
    info = _info(rec)
    assert info.get_channel_types() == ["seeg", "seeg"]
    np.testing.assert_allclose([ch["loc"][:3] for ch in info["chs"]], position)
    assert info["chs"][0]["coord_frame"] == 2003
    assert info["meas_date"] is None


@pytest.mark.parametrize(
    ("kind", "unit", "number"),
    [("EEG", "V", 107), ("MEGMAG", "T", 112), ("MEGGRADPLANAR", "T/m", 201), ("TEMP", "degC", 114)],
)
def test_units_of_a_tree_from_elsewhere_are_kept(kind, unit, number):
    rec = _plain([kind], coords={"unit": [unit]})
    assert int(_info(rec)["chs"][0]["unit"]) == number


def test_triggers_on_another_clock_stay_apart(raw):
    rec = from_mne(raw)
    cut = rec["auxiliary/trigger"].to_dataset(inherit=False).isel(time=slice(0, 50))
    rec["auxiliary/trigger"] = type(rec)(cut)
    assert len(_tables(rec)) == 1


def test_irregular_time_is_an_error_that_says_how_to_mend_it():
    time = np.cumsum(np.linspace(0.01, 0.02, 10))
    group = activity(
        np.zeros((10, 1)),
        names=["a"],
        space="channel",
        time=time,
        coords={"channel_type": ["EEG"]},
    )
    with pytest.raises(TimeError, match="resample"):
        _info(recording({"activity": group}, modality="eeg"))


def test_values_come_in_float64_channels_first(raw):
    rec = from_mne(raw)
    values = values_of(_tables(rec), raw.ch_names)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, raw.get_data(), rtol=1e-6)


def test_units_that_mne_knows_are_volts_for_channels_made_anew():
    info = _info(_plain(["EEG", "EOG", "MISC"]))
    assert [int(ch["unit"]) for ch in info["chs"]] == [107, 107, -1]
    assert (
        mne.utils.object_diff(
            info["chs"],
            mne.create_info(["c0", "c1", "c2"], 100.0, ["eeg", "eog", "misc"], verbose=False)[
                "chs"
            ],
        )
        == ""
    )
