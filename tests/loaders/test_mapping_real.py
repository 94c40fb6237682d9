"""Real tables and arrays: every value, time, label, unit and event as the format's own library
reads them, under the mapping that the catalog gives.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.io
import xarray as xr
from mapping_cases import CASES, MUSES

import neurokit as nk
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json, sampling_rate
from neurokit.testing import assert_same


def _open(shared_data: Path, name: str, **other: Any) -> xr.DataTree:
    return nk.open(shared_data / name, **{**CASES[name], **other})


def _codes(rec: xr.DataTree) -> set[str]:
    return {f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))}


def _mat(shared_data: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = scipy.io.loadmat(shared_data / name)
    return found


def _same(found: xr.DataArray, expected: Any) -> None:
    """To float32 rounding, which is exact where the library's value is rounded once."""
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.values, np.asarray(expected, dtype=np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_recording_keeps_the_contract_and_survives_saving(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    rec = _open(shared_data, name)
    grave = {f.code for f in nk.validate(rec) if f.severity != "SUGGESTION"}
    # NK822: no rate is known. NK502: choices without times. NK501: the last event of this file.
    allowed = {"NK822", "NK502"} | ({"NK501"} if "ssvep" in name else set())
    assert grave <= allowed
    nk.save(rec, tmp_path / "rec.nc")
    assert_same(rec, nk.open(tmp_path / "rec.nc"))


@pytest.mark.parametrize("name", CASES)
def test_catalog_options_are_plain_json(name: str) -> None:
    assert json.loads(json.dumps(CASES[name])) == CASES[name]


@pytest.mark.parametrize("name", MUSES[:1])
def test_muse_stamps_and_microvolts(name: str, shared_data: Path) -> None:
    rec = _open(shared_data, name)
    table = pd.read_csv(shared_data / name, float_precision=None)
    channels = ["TP9", "AF7", "AF8", "TP10"]
    signal = rec.activity.signal
    _same(signal.sel(channel=channels), table[channels].to_numpy() * 1e-6)
    _same(signal.sel(channel=["Right AUX"]), table[["Right AUX"]].to_numpy())
    assert signal.unit.values.tolist() == ["V"] * 4 + ["1"]
    assert signal.channel_type.values.tolist() == ["EEG"] * 4 + ["MISC"]
    stamps = table["timestamps"].to_numpy()
    np.testing.assert_allclose(signal.time, stamps - stamps[0], atol=1e-9)
    assert rec.activity.attrs["time_offset"] == stamps[0]
    assert "sampling_rate" not in rec.activity.attrs
    assert "NK820" in _codes(rec)


@pytest.mark.parametrize("name", MUSES[1:])
def test_muse_markers_are_events_and_a_trigger_trace(name: str, shared_data: Path) -> None:
    rec = _open(shared_data, name)
    table = pd.read_csv(shared_data / name)
    hit = table["Marker"] != 0
    assert 190 < hit.sum() <= 260
    np.testing.assert_array_equal(rec.events["value"], table["Marker"][hit])
    np.testing.assert_array_equal(rec.events["sample"], np.flatnonzero(hit))
    np.testing.assert_array_equal(rec.events["onset"], rec.activity.time[hit.to_numpy()])
    trigger = rec["auxiliary/trigger"]
    assert trigger["channel_type"].values.tolist() == ["TRIG"]
    _same(trigger["signal"][:, 0], table["Marker"])


def test_muse_starts_when_its_name_says(shared_data: Path) -> None:
    # data_2017-02-04-15_45_13.csv: the script was started two seconds before the first sample.
    rec = _open(shared_data, MUSES[0])
    assert rec.attrs["start_time"] == "2017-02-04T15:45:15.483000+00:00"


def test_muse_with_its_rate_is_regular_and_says_how_far_stamps_are(shared_data: Path) -> None:
    rec = _open(shared_data, MUSES[0], rate=256)
    np.testing.assert_array_equal(rec.activity.time, np.arange(30732) / 256)
    assert rec.activity.attrs["sampling_rate"] == 256
    finding = next(f for f in findings_from_json(str(rec.attrs["findings"])) if f.code == "NK824")
    # 30731 samples in 120.030 s instead of 120.043 s.
    assert "up to 0.0134 s" in finding.found


def test_muse_monitor_reads_dates_and_rows_without_their_last_field(shared_data: Path) -> None:
    rec = _open(shared_data, "eeg/testmusemonitor.csv")
    table = pd.read_csv(shared_data / "eeg/testmusemonitor.csv", index_col=False)
    raw = [name for name in table if name.startswith("RAW_")]
    assert rec.activity.channel.values.tolist() == raw
    _same(rec.activity.signal, table[raw].to_numpy() * 1e-6)
    dates = pd.to_datetime(table["TimeStamp"])
    np.testing.assert_allclose(
        rec.activity.time, (dates - dates[0]).dt.total_seconds(), rtol=0, atol=1e-9
    )
    assert "2017-11-02T12:33:05.090" in rec.activity.attrs["time_origin"]
    assert rec.attrs["start_time"] == ""  # the file does not say its zone
    _same(rec.behavior["Gyro_Z"], table["Gyro_Z"])
    assert {"NK820", "NK821", "NK826"} <= _codes(rec)


def test_muse_monitor_is_refused_as_ragged_unless_told(shared_data: Path) -> None:
    with pytest.raises(FileContentError, match=r"line 2 has 38 fields.*short_rows=True"):
        nk.open(shared_data / "eeg/testmusemonitor.csv", "table", rate=1, signal="RAW_*")


def test_blinks_are_read_from_gzip_and_blanks(shared_data: Path) -> None:
    name = "eeg/sample-blinks.txt.gz"
    rec = _open(shared_data, name)
    with gzip.open(shared_data / name, "rt") as stream:
        *labels, rate = stream.readline().split()
        values = np.loadtxt(stream)
    assert rate == "128"
    assert sorted(rec.activity.channel.values) == sorted(labels)
    _same(rec.activity.signal.sel(channel=labels), values * 1e-6)
    assert rec.activity.attrs["sampling_rate"] == 128


def test_ssvep_events_count_samples_from_one(shared_data: Path) -> None:
    name = "eeg/ssvep_exo_subject11_record-2014.02.24-17.56.37.mat"
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    _same(rec.activity.signal, mat["s"])
    assert rec.activity.attrs["sampling_rate"] == 256
    onset = (mat["EVENTPOS"].ravel().astype(float) - 1) / 256
    np.testing.assert_allclose(rec.events["onset"], onset, atol=1e-12)
    assert rec.events["trial_type"].values.tolist() == [str(c) for c in mat["EVENTTYP"].ravel()]
    outside = next(f for f in nk.validate(rec) if f.code == "NK501")
    assert "1 of 98 onsets" in outside.found


@pytest.mark.parametrize(
    ("name", "columns", "rate"),
    [("ieeg/kramer_ECoG-1.mat", ["E1", "E2"], 500), ("ieeg/kramer_ECoG-2.mat", ["x", "y"], 1000)],
)
def test_two_channels_of_trials(
    name: str, columns: list[str], rate: float, shared_data: Path
) -> None:
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    assert rec.activity.signal.dims == ("trial", "time", "channel")
    for column in columns:
        _same(rec.activity.signal.sel(channel=column), mat[column])
    np.testing.assert_allclose(rec.activity.time, mat["t"].ravel(), atol=1e-12)
    assert rec.activity.attrs["sampling_rate"] == pytest.approx(rate, rel=1e-12)


def test_a_seizure_with_its_clock_and_onset_zone(shared_data: Path) -> None:
    name = "ieeg/pt01EcoG_derived.npz"
    rec = _open(shared_data, name)
    with np.load(shared_data / name) as arrays:
        _same(rec.activity.signal, arrays["data"].T)
        np.testing.assert_array_equal(rec.activity["soz"], arrays["soz"])
    assert rec.activity["soz"].dtype == bool
    np.testing.assert_array_equal(rec.activity.time, np.arange(3001) / 1000)
    assert rec.activity.attrs["time_offset"] == -1.0
    assert rec.attrs["modality"] == "ecog"


@pytest.mark.parametrize(
    ("name", "variable", "turned"),
    [
        ("celegans_calcium/dnn_raw1_3137x109.mat", "copyer", False),
        ("ophys_mouse_zebrafish/zf_20151104-f1.mat", "activity_matrix", True),
    ],
)
def test_traces_without_a_rate_count_samples_and_say_so(
    name: str, variable: str, turned: bool, shared_data: Path
) -> None:
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    _same(rec.activity.signal, mat[variable].T if turned else mat[variable])
    assert "sampling_rate" not in rec.activity.attrs
    assert "NK822" in _codes(rec)
    with pytest.raises(nk.errors.TimeError, match="resample"):
        sampling_rate(rec.activity.signal)


def test_cells_of_a_fish_lie_where_the_file_says_in_pixels(shared_data: Path) -> None:
    name = "ophys_mouse_zebrafish/zf_20151104-f1.mat"
    rec = _open(shared_data, name)
    position = rec.activity["position"]
    np.testing.assert_array_equal(position[:, :2], _mat(shared_data, name)["cell_coordinates"])
    assert np.isnan(position[:, 2]).all()
    assert position.attrs["units"] == "1"
    assert "detected_assemblies" in rec.attrs["findings"]


def test_labels_come_from_a_companion(shared_data: Path) -> None:
    name = "ophys_mouse_zebrafish/legare2025_timeseries_regions_fish6.npy"
    rec, folder = _open(shared_data, name), shared_data / "ophys_mouse_zebrafish"
    _same(rec.activity.signal, np.load(shared_data / name).T)
    labels = np.load(folder / "legare2025_region_acronyms.npy")
    np.testing.assert_array_equal(rec.activity.neuron, labels)
    regions = np.load(folder / "legare2025_region_names.npy")
    np.testing.assert_array_equal(rec.activity["region"], regions)


def test_140_centroids_do_not_fit_70_regions(shared_data: Path) -> None:
    name = "ophys_mouse_zebrafish/legare2025_timeseries_regions_fish6.npy"
    with pytest.raises(nk.errors.LabelError, match="140 x 3 for 70 labels"):
        _open(shared_data, name, position="legare2025_region_centroids.npy")


def test_states_of_behaviour_stay_words(shared_data: Path) -> None:
    name = "celegans_calcium/atanas_pc_behaviour_states.csv"
    rec, table = _open(shared_data, name), pd.read_csv(shared_data / name)
    _same(rec.activity.signal, table[["PC1", "PC2", "PC3"]])
    _same(rec.behavior["velocity"], table["velocity"])
    assert rec.behavior["behavioral_state"].values.tolist() == table["behavioral_state"].tolist()


def test_one_trace_of_integers(shared_data: Path) -> None:
    name = "encoding_rsa/neurodsp_sample_data_2.npy"
    rec = _open(shared_data, name)
    _same(rec.activity.signal[:, 0], np.load(shared_data / name))
    assert rec.activity.sizes["time"] == 150_000


@pytest.mark.parametrize(
    ("name", "keys", "n_spikes"),
    [
        pytest.param(
            "spikes_behaviour/affinewarp_motor_ctx_data.npz",
            ("neuron_ids", "trial_ids", "spiketimes"),
            648_889,
            marks=pytest.mark.slow,
        ),
        ("spikes_behaviour/affinewarp_ofc2_data.npz", ("neurons", "trials", "times"), 136_474),
    ],
)
def test_triplets_become_ragged_spikes(
    name: str, keys: tuple[str, str, str], n_spikes: int, shared_data: Path
) -> None:
    spikes = _open(shared_data, name)["spikes"]
    with np.load(shared_data / name) as arrays:
        neuron, trial, time = (arrays[key] for key in keys)
    order = np.lexsort((trial, time, neuron))
    assert spikes.sizes["spike"] == n_spikes
    np.testing.assert_array_equal(spikes["spike_time"], time[order] * 1e-3)
    np.testing.assert_array_equal(spikes["spike_end"], np.cumsum(np.bincount(neuron)))
    # Spikes of one neuron at one time may lie in several trials; their order is the file's.
    owner = np.repeat(np.arange(spikes.sizes["neuron"]), np.bincount(neuron))
    here = np.stack([owner, spikes["spike_time"].values, spikes["spike_trial"].values])
    stored = np.stack([neuron, time * 1e-3, trial])
    np.testing.assert_array_equal(
        here[:, np.lexsort(here[::-1])], stored[:, np.lexsort(stored[::-1])]
    )


def test_trials_of_spikes_keep_their_table(shared_data: Path) -> None:
    rec = _open(shared_data, "spikes_behaviour/affinewarp_ofc2_data.npz")
    with np.load(shared_data / "spikes_behaviour/affinewarp_ofc2_metadata.npz") as table:
        for name in table.files:
            np.testing.assert_array_equal(rec.events[name], table[name])
        assert rec.events.sizes["event"] == 308
    assert np.isnan(rec.events["onset"]).all()
    assert "NK827" in _codes(rec)


def test_trials_of_a_field_potential(shared_data: Path) -> None:
    name = "spikes_behaviour/affinewarp_umi_lfp_data.npz"
    rec = _open(shared_data, name)
    with np.load(shared_data / name) as arrays:
        _same(rec.activity.signal[..., 0], arrays["lfp"])
        np.testing.assert_allclose(rec.activity.time, arrays["lfp_time"] * 1e-3, atol=1e-12)
    assert rec.activity.signal.dims == ("trial", "time", "channel")
    assert rec.activity.attrs["time_origin"] == "event"


def test_counts_with_a_bin_width_and_clusters(shared_data: Path) -> None:
    name = "spikes_behaviour/biclustering_allen719161530_Y.csv"
    rec = _open(shared_data, name)
    counts = np.loadtxt(shared_data / name, delimiter=",")
    _same(rec.activity.signal, counts.T)
    assert rec.activity.signal.attrs["bin_width"] == 0.5
    assert rec.activity.attrs["sampling_rate"] == 2.0
    folder = shared_data / "spikes_behaviour"
    labels = np.loadtxt(folder / "biclustering_allen719161530_Lab_neuron.csv")
    np.testing.assert_array_equal(rec.activity["cluster"], labels)
    states = np.loadtxt(folder / "biclustering_allen719161530_Lab_states.csv")
    np.testing.assert_array_equal(rec.behavior.to_dataset()["0"], states)
    assert rec.attrs["modality"] == "spikes"


def test_choices_without_a_clock_are_events(shared_data: Path) -> None:
    rec = _open(shared_data, "spikes_behaviour/bolkan2022_direct_y.npy")
    folder = shared_data / "spikes_behaviour"
    np.testing.assert_array_equal(rec.events["choice"], np.load(folder / "bolkan2022_direct_y.npy"))
    inputs = np.load(folder / "bolkan2022_direct_x.npy")
    found = np.stack([rec.events[f"input_{i}"].values for i in range(10)], axis=1)
    np.testing.assert_array_equal(found, inputs)
    assert rec.attrs["modality"] == "behavior"


def test_two_conditions_are_two_trials_of_one_neuron(shared_data: Path) -> None:
    name = "spikes_behaviour/kramer_08_spikes-1.mat"
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    spikes = rec["spikes"]
    for i, condition in enumerate(("SpikesLow", "SpikesHigh")):
        mine = spikes["spike_time"].values[spikes["spike_trial"].values == i]
        np.testing.assert_array_equal(mine, np.sort(mat[condition].ravel()))
    assert rec.events["trial_type"].values.tolist() == ["SpikesLow", "SpikesHigh"]


def test_trains_of_trials_with_a_column_per_trial(shared_data: Path) -> None:
    name = "spikes_behaviour/kramer_10_spikes-1.mat"
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    _same(rec.activity.signal[..., 0], mat["train"])
    np.testing.assert_array_equal(rec.activity["direction"], mat["direction"].ravel())
    np.testing.assert_allclose(rec.activity.time, mat["t"].ravel() * 1e-3, atol=1e-9)


def test_spikes_and_place_share_a_clock(shared_data: Path) -> None:
    name = "spikes_behaviour/kramer_spikes-1.mat"
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    _same(rec.behavior["X"], mat["X"].ravel())
    spikes, offset = rec["spikes"], mat["t"][0, 0]
    assert spikes.attrs["time_offset"] == rec.behavior.attrs["time_offset"] == offset
    np.testing.assert_allclose(
        spikes["spike_time"], np.sort(mat["spiketimes"].ravel()) - offset, atol=1e-9
    )


def test_spikes_and_field_are_two_groups_of_one_file(shared_data: Path) -> None:
    name = "spikes_behaviour/kramer_spikes-LFP-1.mat"
    rec, mat = _open(shared_data, name), _mat(shared_data, name)
    _same(rec.activity.signal[..., 0], mat["y"])
    _same(rec["auxiliary/counts"]["signal"][..., 0], mat["n"])
    assert rec["auxiliary/counts"].attrs["sampling_rate"] == pytest.approx(1000)


def test_choices_of_a_rat_keep_every_column(shared_data: Path) -> None:
    name = "spikes_behaviour/psytrack_sampleRatData_derived.npz"
    rec = _open(shared_data, name)
    with np.load(shared_data / name) as arrays:
        np.testing.assert_array_equal(rec.events["answer"], arrays["answer"])
        np.testing.assert_array_equal(rec.events["inputs__s1_1"], arrays["inputs__s1"][:, 1])
    # One value per session, not per trial: it cannot be joined, which is said.
    assert "dayLength" in rec.attrs["findings"]


def test_the_voltage_beside_an_imaging_series(shared_data: Path) -> None:
    folder = shared_data / "ophys_mouse_zebrafish/gratings_2p"
    path = next(folder.glob("*VoltageRecording*.csv"))
    rec = nk.open(path, "table", time="Time(ms)", time_units="ms", behavior="Input 1")
    table = pd.read_csv(path, skipinitialspace=True)
    _same(rec.behavior["Input 1"], table["Input 1"])
    np.testing.assert_allclose(rec.behavior.time, table["Time(ms)"] * 1e-3, atol=1e-9)
    assert rec.behavior.attrs["sampling_rate"] == pytest.approx(29, rel=1e-9)


def test_pickled_choices_are_refused_unread(shared_data: Path) -> None:
    with pytest.raises(FileContentError, match="pickled Python objects"):
        nk.open(shared_data / "spikes_behaviour/psytrack_sampleRatData.npz", events="D")


@pytest.mark.parametrize(
    "name", ["rsa_92_brainRDMs.mat", "rsa_92_modelRDMs.mat", "rsa_rdm92_V1model.mat"]
)
def test_tables_of_dissimilarities_are_listed_not_guessed(name: str, shared_data: Path) -> None:
    with pytest.raises(OptionError, match=r"nothing says what its variables are.*struct"):
        nk.open(shared_data / "encoding_rsa" / name)


@pytest.mark.slow
def test_a_published_mat_7_3_is_listed_with_dims_as_matlab_shows_them(shared_data: Path) -> None:
    path = shared_data / "meg/fieldtrip_neuromag306_averaged_v73.mat"
    loader = nk.info(path, "matlab")
    pymatreader = pytest.importorskip("pymatreader")
    data = pymatreader.read_mat(path)["data_avg" if "data_avg" in loader["variables"] else "data"]
    shape = " x ".join(str(n) for n in np.shape(data["avg"]))
    assert f".avg ({shape} double)" in loader["variables"]
