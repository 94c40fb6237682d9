"""Signals: dims said or seen, labels, units into SI, positions, trials, what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from mapping_files import write_hdf5, write_mat5, write_mat73, write_npz, write_text

import neurokit as nk
from neurokit.errors import LabelError, OptionError, TimeError
from neurokit.schema import findings_from_json

VALUES = np.arange(12.0).reshape(4, 3)


def _open(folder: Path, arrays: dict[str, Any], **words: Any) -> xr.DataTree:
    path = write_npz(folder / "a.npz", arrays)
    return nk.open(path, "npy", **{"rate": 10, "signal": "F", **words})


@pytest.mark.parametrize("space", ["neuron", "channel"])
@pytest.mark.parametrize(
    ("stored", "dims"),
    [
        (VALUES, None),
        (VALUES, ("time", "space")),
        (VALUES.T, ("space", "time")),
        (VALUES.reshape(1, 4, 3), None),
        (VALUES.reshape(4, 1, 3), ("time", "space")),
        (VALUES.T.reshape(3, 4, 1), ("space", "time")),
        (VALUES.reshape(4, 1, 3), ("time", "trial", "space")),
    ],
)
def test_dims_are_brought_into_order(
    stored: Any, dims: tuple[str, ...] | None, space: str, tmp_path: Path
) -> None:
    said = None if dims is None else [space if d == "space" else d for d in dims]
    rec = _open(tmp_path, {"F": stored}, dims=said, space=space)
    signal = rec.activity.signal
    wanted = ("time", space) if dims is None or "trial" not in dims else ("trial", "time", space)
    assert signal.dims == wanted
    np.testing.assert_array_equal(signal.values.reshape(4, 3), VALUES.astype(np.float32))


@pytest.mark.parametrize(
    "dims",
    [
        ("trial", "time", "neuron"), ("neuron", "time", "trial"), ("time", "neuron", "trial"),
        ("time", "trial", "neuron"), ("neuron", "trial", "time"), ("trial", "neuron", "time"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("write", [write_npz, write_mat5, write_mat73, write_hdf5])
def test_three_dims_in_any_order_and_format(
    dims: tuple[str, ...], write: Callable[..., Path], tmp_path: Path
) -> None:
    values = np.arange(2 * 5 * 3.0).reshape(2, 5, 3)
    order = [("trial", "time", "neuron").index(dim) for dim in dims]
    suffix, loader, name = {
        write_npz: (".npz", "npy", "F"),
        write_mat5: (".mat", "matlab", "F"),
        write_mat73: (".mat", "matlab", "F"),
        write_hdf5: (".h5", "hdf5", "data/F"),
    }[write]
    path = write(tmp_path / f"a{suffix}", {"F": values.transpose(order)})
    rec = nk.open(path, loader, signal=name, dims=dims, rate=10)
    assert rec.activity.signal.dims == ("trial", "time", "neuron")
    np.testing.assert_array_equal(rec.activity.signal, values)
    np.testing.assert_array_equal(rec.activity.signal[1, 2:4], values[1, 2:4])


def test_variables_of_one_shape_are_columns(tmp_path: Path) -> None:
    arrays = {"a": VALUES[:, 0], "b": VALUES[:, 1], "other": np.ones(7)}
    rec = _open(tmp_path, arrays, signal=["b", "a"])
    assert rec.activity.neuron.values.tolist() == ["b", "a"]
    np.testing.assert_array_equal(rec.activity.signal, VALUES[:, [1, 0]])


def test_variables_of_trials_are_columns(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"a": VALUES, "b": -VALUES}, signal=["a", "b"])
    assert rec.activity.signal.dims == ("trial", "time", "neuron")
    np.testing.assert_array_equal(rec.activity.signal.sel(neuron="b"), -VALUES)


def test_variables_that_differ_in_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"differ in shape: a \(4 float64\), b \(3 float64\)"):
        _open(tmp_path, {"a": VALUES[:, 0], "b": VALUES[0]}, signal=["a", "b"])


def test_two_tables_are_not_one_signal(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="2 variables each have a dim of neurons"):
        _open(tmp_path, {"a": VALUES, "b": VALUES}, signal=["a", "b"], dims=("time", "neuron"))


@pytest.mark.parametrize(
    ("shape", "dims", "found"),
    [
        ((2, 3, 4, 5), None, r"has 4 dims. Say what they are"),
        ((4, 3), ("trial", "time", "neuron"), r"has 2 dims, dims= names 3"),
        ((4, 3), ("time",), r"has 2 dims, dims= names 1"),
        ((2, 4, 3), ("time", "neuron"), r"has 3 dims, dims= names 2"),
    ],
)
def test_dims_that_do_not_fit_are_refused(
    shape: tuple[int, ...], dims: Any, found: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=found):
        _open(tmp_path, {"F": np.ones(shape)}, dims=dims)


def test_a_transposed_array_is_told_by_its_clock(tmp_path: Path) -> None:
    arrays = {"F": np.ones((3, 50)), "t": np.arange(50.0)}
    with pytest.raises(TimeError, match=r"50 time stamps for 3 samples.*Check dims="):
        _open(tmp_path, arrays, time="t", rate=None)


def test_a_transposed_array_without_a_clock_is_a_finding(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"F": np.random.default_rng(0).normal(size=(3, 50))})
    assert "NK111" in nk.validate(rec).codes


@pytest.mark.parametrize("dims", [None, ["time", "neuron"], ["neuron", "time"], ["trial", "time"]])
def test_a_table_without_names_is_a_matrix(dims: list[str] | None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    np.savetxt(path, VALUES, delimiter=",")
    rec = nk.open(path, "table", signal="*", dims=dims, rate=2)
    signal = rec.activity.signal
    if dims == ["trial", "time"]:
        assert signal.dims == ("trial", "time", "neuron")
        np.testing.assert_array_equal(signal[..., 0], VALUES)
    else:
        turned = dims == ["neuron", "time"]
        np.testing.assert_array_equal(signal, VALUES.T if turned else VALUES)
        labels = ["neuron-0", "neuron-1", "neuron-2", "neuron-3"] if turned else ["0", "1", "2"]
        assert signal.neuron.values.tolist() == labels


def test_a_table_has_no_third_dim(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.csv", {"a": [1.0, 2.0], "b": [3.0, 4.0]})
    with pytest.raises(OptionError, match="rows and columns, dims= names 3"):
        nk.open(path, "table", signal="*", dims=("trial", "time", "neuron"), rate=2)


def test_a_glob_of_a_table_leaves_what_has_another_part(tmp_path: Path) -> None:
    columns = {name: [1.0, 2.0, 4.0] for name in ("t", "a", "b", "v", "code", "w")}
    path = write_text(tmp_path / "a.csv", columns)
    rec = nk.open(path, "table", time=0, signal="*", behavior=["v", 5], marker="code", rate=None)
    assert rec.activity.neuron.values.tolist() == ["a", "b"]
    assert list(rec["behavior"].data_vars) == ["v", "w"]


def test_globs_of_behaviour_beside_a_glob_of_the_signal(tmp_path: Path) -> None:
    columns = {name: [1.0, 2.0, 4.0] for name in ("F1", "F2", "gyro_x", "gyro_y")}
    path = write_text(tmp_path / "a.csv", columns)
    rec = nk.open(path, "table", rate=1, signal="*", behavior="gyro_*")
    assert rec.activity.neuron.values.tolist() == ["F1", "F2"]
    assert list(rec["behavior"].data_vars) == ["gyro_x", "gyro_y"]


# -- labels


def test_labels_by_number_count_from_zero_with_one_width(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"F": np.ones((4, 11))})
    assert rec.activity.neuron.values[[0, 9, 10]].tolist() == [
        "neuron-00",
        "neuron-09",
        "neuron-10",
    ]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [(["x", "y", "z"], ["x", "y", "z"]), ([3.0, 5.0, 11.0], ["3", "5", "11"])],
)
def test_labels_from_a_variable(labels: Any, expected: list[str], tmp_path: Path) -> None:
    rec = _open(tmp_path, {"F": VALUES, "n": np.array(labels)}, names="n")
    assert rec.activity.neuron.values.tolist() == expected


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c", "d"]])
def test_too_many_or_few_labels_are_an_error(labels: list[str], tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=f"{len(labels)} names for 3 columns"):
        _open(tmp_path, {"F": VALUES}, names=labels)


def test_labels_that_repeat_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="more than once: a"):
        _open(tmp_path, {"F": VALUES}, names=["a", "b", "a"])


def test_worm_neurons_are_named_as_in_the_literature(tmp_path: Path) -> None:
    words = {"names": ["VB01", "AVA?", "AVAL"], "species": "Caenorhabditis elegans"}
    group = _open(tmp_path, {"F": VALUES}, **words).activity
    assert group.neuron.values.tolist() == ["VB1", "AVA?", "AVAL"]
    assert group["identified"].values.tolist() == [True, False, True]
    assert _open(tmp_path, {"F": VALUES}, names=["VB01", "x", "y"]).activity.neuron[0] == "VB01"


def test_coordinates_per_neuron(tmp_path: Path) -> None:
    arrays = {"F": VALUES, "r": np.array(["V1", "", "CA1"]), "cell": np.array([1, 0, 1])}
    rec = _open(tmp_path, arrays, coords={"region": "r", "iscell": "cell"})
    assert rec.activity["region"].values.tolist() == ["V1", "", "CA1"]
    assert rec.activity["iscell"].values.tolist() == [1, 0, 1]
    with pytest.raises(LabelError, match=r"r \(3 <U3\) has 3 values for 4 labels"):
        _open(tmp_path, arrays, coords={"region": "r"}, dims=("neuron", "time"))


# -- units


@pytest.mark.parametrize(
    ("kind", "unit", "si", "factor"),
    [
        ("EEG", "uV", "V", 1e-6),
        ("EEG", "µV", "V", 1e-6),
        ("SEEG", "mV", "V", 1e-3),
        ("ECOG", "V", "V", 1.0),
        ("ECOG", None, "V", 1.0),
        ("MEGMAG", "fT", "T", 1e-15),
        ("MEGGRADPLANAR", "fT/cm", "T/m", 1e-13),
        ("EEG", "1", "1", 1.0),
        ("TEMP", "degC", "degC", 1.0),
        ("MISC", None, "1", 1.0),
    ],
)
def test_channels_are_in_si(
    kind: str, unit: str | None, si: str, factor: float, tmp_path: Path
) -> None:
    rec = _open(tmp_path, {"F": VALUES}, channel_type=kind, units=unit)
    assert rec.activity["unit"].values.tolist() == [si] * 3
    assert rec.activity.signal.attrs["units"] == si
    np.testing.assert_allclose(rec.activity.signal, VALUES * factor, rtol=1e-7)


def test_types_units_and_scales_per_channel(tmp_path: Path) -> None:
    rec = _open(
        tmp_path,
        {"F": VALUES},
        names=["Fp1", "Fp2", "ECG"],
        channel_type={"Fp*": "eeg", "ECG": "ECG"},
        units={"Fp*": "uV", "ECG": "mV"},
        scale={"Fp2": 10},
    )
    assert rec.activity["channel_type"].values.tolist() == ["EEG", "EEG", "ECG"]
    np.testing.assert_allclose(rec.activity.signal, VALUES * [1e-6, 1e-5, 1e-3], rtol=1e-6)


def test_counts_of_a_converter_are_scaled_before_they_are_rounded(tmp_path: Path) -> None:
    counts = np.array([[-32768], [32767]], dtype=np.int16)
    rec = _open(tmp_path, {"F": counts}, channel_type="EEG", scale=0.195, units="uV")
    expected = (counts * (0.195 * 1e-6)).astype(np.float32)
    np.testing.assert_array_equal(rec.activity.signal, expected)


def test_a_unit_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="unknown unit 'kV'"):
        _open(tmp_path, {"F": VALUES}, channel_type="EEG", units="kV")
    with pytest.raises(OptionError, match=r"did you mean 'EEG'"):
        _open(tmp_path, {"F": VALUES}, channel_type="EEGG")


def test_neurons_share_a_unit(tmp_path: Path) -> None:
    assert _open(tmp_path, {"F": VALUES}).activity.signal.attrs["units"] == "1"
    rec = _open(tmp_path, {"F": VALUES}, units="count")
    assert rec.activity.signal.attrs["units"] == "count"
    with pytest.raises(OptionError, match="share one unit"):
        _open(tmp_path, {"F": VALUES}, units={"neuron-0": "1"})


@pytest.mark.parametrize(
    ("kinds", "modality"),
    [
        ("EEG", "eeg"), ("SEEG", "seeg"), ("ECOG", "ecog"), ("DBS", "ieeg"), ("MEGMAG", "meg"),
        ("NIRSCWHBO", "nirs"), ("ADC", "behavior"), ({"*": "MISC", "channel-2": "EEG"}, "eeg"),
    ],
)  # fmt: skip
def test_the_modality_follows_from_the_channels(kinds: Any, modality: str, tmp_path: Path) -> None:
    assert _open(tmp_path, {"F": VALUES}, channel_type=kinds).attrs["modality"] == modality


def test_the_modality_can_be_said(tmp_path: Path) -> None:
    assert _open(tmp_path, {"F": VALUES}).attrs["modality"] == "calcium"
    assert _open(tmp_path, {"F": VALUES}, modality="spikes").attrs["modality"] == "spikes"


# -- positions


@pytest.mark.parametrize(("unit", "factor"), [("m", 1), ("cm", 0.01), ("mm", 1e-3), ("um", 1e-6)])
def test_positions_are_in_metres(unit: str, factor: float, tmp_path: Path) -> None:
    xyz = np.arange(9.0).reshape(3, 3)
    words = {"position": "p", "position_units": unit, "position_frame": "atlas"}
    position = _open(tmp_path, {"F": VALUES, "p": xyz}, **words).activity["position"]
    np.testing.assert_allclose(position, xyz * factor, rtol=1e-15)
    assert position.attrs == {"units": "m", "coordinate_frame": "atlas"}
    assert position.dims == ("neuron", "space")


def test_positions_as_one_variable_per_axis(tmp_path: Path) -> None:
    arrays = {"F": VALUES, "x": np.arange(3.0), "y": np.arange(3.0) + 10}
    position = _open(tmp_path, arrays, position=["x", "y"]).activity["position"]
    np.testing.assert_array_equal(position[:, :2], [[0, 10], [1, 11], [2, 12]])
    assert np.isnan(position[:, 2]).all()


def test_positions_in_a_companion_table(tmp_path: Path) -> None:
    (tmp_path / "xy.csv").write_text("1,2\n3,4\n5,6\n", encoding="utf-8")
    position = _open(tmp_path, {"F": VALUES}, position="xy.csv").activity["position"]
    np.testing.assert_array_equal(position[:, :2], [[1, 2], [3, 4], [5, 6]])


def test_positions_stored_by_axis_are_turned(tmp_path: Path) -> None:
    arrays = {"F": np.ones((4, 7)), "p": np.arange(21.0).reshape(3, 7)}
    position = _open(tmp_path, arrays, position="p").activity["position"]
    np.testing.assert_array_equal(position, arrays["p"].T)


def test_positions_that_do_not_fit_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="positions are 2 x 3 for 3 labels"):
        _open(tmp_path, {"F": VALUES, "p": np.ones((2, 3))}, position="p")


# -- trials, behaviour, stimulus, auxiliary


def test_columns_per_trial(tmp_path: Path) -> None:
    arrays = {"F": np.ones((2, 4, 3)), "side": np.array(["L", "R"]), "c": np.array([0.1, 0.2])}
    group = _open(tmp_path, arrays, trial={"choice": "side", "contrast": "c"}).activity
    assert group["choice"].values.tolist() == ["L", "R"]
    assert group["contrast"].dims == ("trial",)
    with pytest.raises(LabelError, match=r"side \(2 <U1\) has 2 values for 4 trials"):
        _open(tmp_path, arrays, dims=("time", "trial", "neuron"), trial="side")


def test_behaviour_with_axes_and_words(tmp_path: Path) -> None:
    arrays = {
        "F": VALUES,
        "xy": np.arange(8.0).reshape(2, 4),
        "lick": np.array([0, 1, 1, 0], dtype=np.uint8),
        "state": np.array(["run", "run", "rest", "rest"]),
    }
    behavior = _open(tmp_path, arrays, behavior=["xy", "lick", "state"])["behavior"]
    assert behavior["xy"].dims == ("time", "xy_axis")
    np.testing.assert_array_equal(behavior["xy"], arrays["xy"].T)
    assert behavior["lick"].dtype == np.uint8
    assert behavior["state"].values.tolist() == ["run", "run", "rest", "rest"]


def test_behaviour_of_one_name_in_two_folders(tmp_path: Path) -> None:
    arrays = {
        "F": VALUES,
        "left/x": np.arange(4.0),
        "right/x": np.arange(4.0) * 2,
        "time": VALUES[:, 0],
    }
    path = write_hdf5(tmp_path / "a.h5", arrays)
    rec = nk.open(path, "hdf5", signal="data/F", rate=1, behavior=["data/*/x", "data/time"])
    assert set(rec["behavior"].data_vars) == {"data.left.x", "data.right.x", "time_"}
    np.testing.assert_array_equal(rec["behavior"]["data.right.x"], [0, 2, 4, 6])


def test_behaviour_on_another_clock_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TimeError, match=r"v \(5 float64\) has no dim of 4 samples"):
        _open(tmp_path, {"F": VALUES, "v": np.ones(5)}, behavior="v")


def test_behaviour_alone_is_a_recording(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"v": np.arange(5.0)}, signal=None, behavior="v")
    assert rec.attrs["modality"] == "behavior"
    assert rec["behavior"].attrs["sampling_rate"] == 10


@pytest.mark.parametrize("turned", [False, True])
def test_a_stimulus_has_features(turned: bool, tmp_path: Path) -> None:
    values = np.arange(8.0).reshape(4, 2)
    arrays = {"F": VALUES, "mel": values.T if turned else values}
    stimulus = _open(tmp_path, arrays, stimulus="mel")["stimulus"]
    np.testing.assert_array_equal(stimulus["feature_values"], values)
    assert stimulus["feature"].values.tolist() == ["mel_0", "mel_1"]


def test_a_stimulus_of_several_variables(tmp_path: Path) -> None:
    arrays = {"F": VALUES, "on": np.ones(4), "level": np.arange(4.0)}
    rec = _open(tmp_path, arrays, stimulus=["on", "level"])
    assert rec["stimulus"]["feature"].values.tolist() == ["on", "level"]
    assert nk.validate(rec).ok
    with pytest.raises(TimeError, match="stimulus has 5 samples for 4"):
        _open(tmp_path, {"F": VALUES, "on": np.ones(5)}, stimulus="on")


def test_auxiliary_signals_have_their_own_clock_and_channels(tmp_path: Path) -> None:
    arrays = {"F": VALUES, "emg": np.ones((40, 2)), "t": np.arange(40) / 100}
    aux = {"emg": {"signal": "emg", "time": "t", "rate": 100, "channel_type": "EMG", "units": "mV"}}
    rec = _open(tmp_path, arrays, auxiliary=aux)
    group = rec["auxiliary/emg"]
    assert group.attrs["sampling_rate"] == 100
    assert group["unit"].values.tolist() == ["V", "V"]
    assert nk.validate(rec).ok


def test_what_is_not_mapped_is_listed(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"F": VALUES, "lick": np.ones(3), "note": "words"})
    findings = findings_from_json(str(rec.attrs["findings"]))
    assert [f.code for f in findings] == ["NK821"]
    assert "2 variables were not mapped: lick (3 float64), note" in findings[0].found
