"""NWB files against pynwb: real ones, and one of every kind that pynwb writes here."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import nwb_writer as writer
import pytest
import xarray as xr
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.icephys import CurrentClampSeries

import neurokit as nk
from neurokit.errors import OptionError

SCHOLZ = "celegans_calcium/ScholzEtAl2018.AML175_moving.BrainScanner20180223_141721.nwb"
PHY = "spikes_behaviour/A8604-211122.nwb"
LANTYER = "spikes_behaviour/LantyerEtAl2018_171220_NC_156_ST100_C.nwb"
F = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
RAW = np.random.default_rng(1).integers(-3000, 3000, (400, 6)).astype(np.int16)
GAIN = np.arange(1.0, 7.0)


@contextmanager
def _pynwb(path: Path) -> Iterator[NWBFile]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with NWBHDF5IO(str(path), "r") as io:
            yield io.read()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nwb")


@pytest.fixture(scope="module")
def imaging(folder: Path) -> Path:
    parts = (lambda f: writer.add_imaging(f, F), writer.add_trials, writer.add_behavior)
    return writer.build(folder / "imaging.nwb", *parts)


@pytest.fixture(scope="module")
def probe(folder: Path) -> Path:
    return writer.build(
        folder / "probe.nwb",
        lambda f: writer.add_lfp(f, RAW, channel_conversion=GAIN),
        writer.add_units,
        writer.add_trials,
    )


def _codes(rec: xr.DataTree) -> list[str]:
    return [f["code"] for f in json.loads(rec.attrs.get("findings", "[]"))]


def _text(rec: xr.DataTree, code: str) -> str:
    found = json.loads(rec.attrs.get("findings", "[]"))
    return " ".join(f["where"] + f["found"] + f["mend"] for f in found if f["code"] == code)


# -- real files


def test_the_worm_of_scholz_is_one_array_of_62_neurons(shared_data: Path) -> None:
    path = shared_data / SCHOLZ
    rec = nk.open(path)
    signal = rec.activity.signal
    assert signal.dims == ("time", "neuron")
    assert signal.neuron.values.tolist() == [f"Activity_{i:04d}" for i in range(62)]
    with _pynwb(path) as file:
        series = [file.acquisition[name] for name in signal.neuron.values]
        expected = np.stack([s.data[:] for s in series], axis=1)
        seconds = series[0].timestamps[:]
        place = file.acquisition["Tracked 2D position"]["ss_2D"].data[:]
        notes = [s.description for s in series]
    np.testing.assert_array_equal(signal.values, expected.astype(np.float32))
    np.testing.assert_allclose(rec.activity.time + rec.activity.time_offset, seconds, atol=1e-9)
    np.testing.assert_array_equal(rec.behavior.ss_2D.values, place)
    assert rec.behavior.ss_2D.attrs["units"] == "m"
    assert rec.behavior.ss_2D.attrs["reference_frame"] == "Zero is origin"
    assert signal.description.values.tolist() == notes
    assert rec.attrs["start_time"] == "2020-06-18T10:07:10.134732+01:00"
    assert rec.attrs["session"] == "BrainScanner20180223_141721"
    assert rec.attrs["doi"] == "10.1101/445643"
    assert nk.validate(rec).ok


def test_gaps_of_the_worm_change_run_and_keep_their_times(shared_data: Path) -> None:
    """Steps of 1.2 to 41 s between frames that are 0.166 s apart: seven stretches are missing."""
    rec = nk.open(shared_data / SCHOLZ)
    run, time = rec.activity.run.values, rec.activity.time.values
    cuts = np.flatnonzero(np.diff(run))
    assert np.diff(time)[cuts].min() > 1
    assert np.delete(np.diff(time), cuts).max() < 0.2
    assert run[-1] == cuts.size == 7
    assert "sampling_rate" not in rec.activity.attrs
    np.testing.assert_array_equal(rec.behavior.run, run)
    assert {"NK892", "NK895", "NK820"} <= set(_codes(rec))


def test_units_of_phy_equal_pynwb(shared_data: Path) -> None:
    path = shared_data / PHY
    rec = nk.open(path)
    with _pynwb(path) as file:
        table = file.units
        ids = [str(i) for i in table.id[:]]
        trains = [table["spike_times"][i] for i in range(len(table))]
        stop = file.epochs["stop_time"][0]
    assert rec.spikes.neuron.values.tolist() == ids
    starts = np.r_[0, rec.spikes.spike_end.values[:-1]]
    for train, first, last in zip(trains, starts, rec.spikes.spike_end.values, strict=True):
        np.testing.assert_array_equal(rec.spikes.spike_time[first:last], train)
    assert rec.spikes.electrode_group.values.tolist() == ["group0_psb"] * 3
    assert rec.events.trial_type.item() == "wake"
    assert rec.events.duration.item() == stop
    assert "electrodes (table of 383 rows)" in _text(rec, "NK830")
    assert nk.validate(rec).ok


def test_sweeps_of_a_patched_cell_are_trials(shared_data: Path) -> None:
    path = shared_data / LANTYER
    rec = nk.open(path)
    signal, stimulus = rec.activity.signal, rec["auxiliary/VoltageClampStimulusSeries/signal"]
    assert signal.dims == ("trial", "time", "neuron")
    assert stimulus.dims == ("trial", "time", "channel")
    with _pynwb(path) as file:
        for trial in range(2):
            current = file.acquisition[f"VoltageClampSeries_0{trial + 1}"]
            np.testing.assert_array_equal(signal[trial, :, 0], current.data[:].astype(np.float32))
            volts = file.stimulus[f"VoltageClampStimulusSeries_0{trial + 1}"]
            np.testing.assert_array_equal(stimulus[trial, :, 0], volts.data[:].astype(np.float32))
        rate = current.rate
    assert signal.attrs["units"] == "A"
    assert stimulus.unit.item() == "V"
    assert rec.activity.attrs["sampling_rate"] == rate
    np.testing.assert_array_equal(rec.activity.sweep_number, [1, 2])
    assert rec.activity.region.item().endswith("barrel subfield region")
    assert rec.attrs["species"] == "Mus musculus"
    assert nk.validate(rec).ok


def test_real_files_are_recognised_and_told_without_their_data(shared_data: Path) -> None:
    for name, n_series, n_units in ((SCHOLZ, 63, 0), (PHY, 0, 3), (LANTYER, 4, 0)):
        found = nk.info(shared_data / name)
        assert found["loader"] == "nwb"
        assert len(found["series"]) == n_series
        assert found["n_units"] == n_units
    series = found["series"]["acquisition/VoltageClampSeries_01"]
    assert series["shape"] == (55000,)
    assert series["unit"] == "amperes"


def test_nothing_of_a_signal_is_read_at_open(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurokit.interchange.nwb_arrays import Dataset

    read: list[str] = []
    true_read = Dataset.read

    def watched(self: Dataset, key: Any) -> Any:
        read.append(self.name)
        return true_read(self, key)

    monkeypatch.setattr(Dataset, "read", watched)
    for name in (SCHOLZ, PHY, LANTYER):
        nk.open(shared_data / name)
        assert not [n for n in read if n.endswith(("data", "spike_times"))]
        read.clear()
        nk.info(shared_data / name)
        assert not read


@pytest.mark.parametrize("name", ["imaging", "probe", "PHY", "LANTYER", "saved"])
def test_info_names_the_modality_that_opening_finds(
    name: str, shared_data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if name == "saved":
        path = tmp_path / "x.nwb"
        eeg = nk.simulate.recording("eeg", random_state=0)
        nk.to_nwb(eeg, path, session_start_time="2024-02-29T12:00:00+01:00")
    elif name.isupper():
        path = shared_data / {"PHY": PHY, "LANTYER": LANTYER}[name]
    else:
        path = request.getfixturevalue(name)
    expected = {"imaging": "calcium", "probe": "seeg", "saved": "eeg"}.get(name, "spikes")
    assert nk.info(path)["modality"] == nk.open(path).attrs["modality"] == expected


# -- calcium imaging


def test_df_over_f_comes_first_and_neuropil_last(imaging: Path) -> None:
    rec = nk.open(imaging)
    assert rec.activity.attrs["nwb_path"] == "processing/ophys/DfOverF/dff"
    assert list(rec["auxiliary"].children) == ["F", "Fneu"]
    np.testing.assert_array_equal(rec.activity.signal, (F * 0.1).astype(np.float32))
    np.testing.assert_array_equal(rec["auxiliary/Fneu/signal"], F * 0.5)
    assert rec.activity.signal.attrs["units"] == "1"


def test_the_clock_begins_at_the_first_sample_and_keeps_its_offset(imaging: Path) -> None:
    rec = nk.open(imaging)
    np.testing.assert_array_equal(rec.activity.time, np.arange(200) / 10.0)
    assert rec.activity.attrs["time_offset"] == 2.0
    # Trials begin at 6 s of the file, behavior at 5 s: 4 and 3 s after the first frame.
    trials = rec.events.to_dataset().isel(event=rec.events.table.values == "intervals/trials")
    np.testing.assert_allclose(trials.onset, [4.0, 5.0, 6.0])
    np.testing.assert_allclose(rec.behavior.time[0], 3.0)


@pytest.mark.parametrize("masks", ["image", "pixel"])
def test_positions_are_centres_of_masks_in_metres_of_the_stated_frame(
    tmp_path: Path, masks: str
) -> None:
    path = writer.build(tmp_path / "m.nwb", lambda f: writer.add_imaging(f, F, masks=masks))
    place = nk.open(path).activity.position
    # Weights 1 and 3 at columns 1 and 3; 2 and 3 um per pixel; the plane begins at 1 mm.
    expected = [[0.001 + 2e-6 * i, 3e-6 * 2.5, 0.0] for i in range(5)]
    np.testing.assert_allclose(place, expected, rtol=1e-12)
    assert place.attrs == {"units": "m", "coordinate_frame": "bregma"}


def test_what_is_known_of_regions_and_their_plane_is_kept(imaging: Path) -> None:
    group = nk.open(imaging).activity
    np.testing.assert_allclose(group.iscell, 0.1 * np.arange(5))
    assert group.region.values.tolist() == ["V1"] * 5
    assert group.attrs["indicator"] == "GCaMP6f"
    assert group.attrs["imaging_plane_description"] == "layer 2"
    assert group.attrs["imaging_rate"] == 10.0


def test_data_written_columns_first_are_turned_and_said(tmp_path: Path) -> None:
    """suite2p's issue 909, nwbinspector's 638."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = lambda f: writer.add_imaging(f, F.T, n_rois=5)  # noqa: E731
        rec = nk.open(writer.build(tmp_path / "t.nwb", part))
    assert "data are (5, 200), columns first" in _text(rec, "NK890")
    np.testing.assert_array_equal(rec.activity.signal, (F * 0.1).astype(np.float32))
    np.testing.assert_array_equal(rec.activity.signal[10:12, 3], (F[10:12, 3] * 0.1))


def test_a_rate_that_the_imaging_plane_contradicts_is_a_finding(tmp_path: Path) -> None:
    """neuroconv's issue 690: 10 Hz by default."""
    part = lambda f: writer.add_imaging(f, F, rate=30.0)  # noqa: E731
    path = writer.build(tmp_path / "r.nwb", part)
    rec = nk.open(path)
    assert "says 10 Hz, its imaging plane 30 Hz" in _text(rec, "NK896")
    again = nk.open(path, rate=30.0)
    assert again.activity.attrs["sampling_rate"] == 30.0
    np.testing.assert_array_equal(again.activity.time, np.arange(200) / 30.0)


def test_regular_timestamps_have_a_rate_and_irregular_ones_none(tmp_path: Path) -> None:
    steady = 3.0 + np.arange(200) / 8.0
    jittered = steady + np.random.default_rng(0).uniform(0, 0.05, 200)
    for name, stamps in (("steady", steady), ("jittered", jittered)):
        part = lambda f, t=stamps: writer.add_imaging(f, F, series_rate=None, timestamps=t)  # noqa: E731
        rec = nk.open(writer.build(tmp_path / f"{name}.nwb", part))
        np.testing.assert_allclose(rec.activity.time + rec.activity.time_offset, stamps, atol=1e-9)
        assert ("sampling_rate" in rec.activity.attrs) is (name == "steady")
        assert ("NK820" in _codes(rec)) is (name == "jittered")


# -- electrodes, units, trials, behavior


def test_volts_are_data_times_conversions_plus_offset(probe: Path) -> None:
    rec = nk.open(probe)
    expected = RAW * 1e-6 * GAIN + 2e-4
    np.testing.assert_allclose(rec.activity.signal, expected, rtol=2e-7)
    with _pynwb(probe) as file:
        theirs = file.acquisition["raw"].get_data_in_units()
    np.testing.assert_allclose(rec.activity.signal, theirs, rtol=2e-7)
    np.testing.assert_allclose(rec.activity.signal[7:9, 2], expected[7:9, 2], rtol=2e-7)
    assert rec["auxiliary/lfp"].attrs["sampling_rate"] == 250.0


def test_electrodes_keep_labels_regions_places_and_bad_ones(probe: Path) -> None:
    group = nk.open(probe).activity
    assert group.channel.values.tolist() == [f"A{i + 1}" for i in range(6)]
    assert group.region.values.tolist() == ["CA3", "CA1"] * 3
    assert group.group_name.values.tolist() == ["shank0"] * 6
    np.testing.assert_array_equal(group.bad, [False] * 5 + [True])
    np.testing.assert_array_equal(group.position[:, 1], 20.0 * np.arange(6))
    assert group.position.attrs["units"] == "um"
    assert set(group.channel_type.values) == {"SEEG"}


def test_a_channel_type_is_read_off_descriptions_and_can_be_said(probe: Path) -> None:
    assert "descriptions speak of SEEG" in _text(nk.open(probe), "NK893")
    rec = nk.open(probe, channel_type="ECOG")
    assert set(rec.activity.channel_type.values) == {"ECOG"}
    assert rec.attrs["modality"] == "ecog"
    assert "NK893" not in _codes(rec)


@pytest.mark.parametrize(("scale", "true"), [(1e-6, "m"), (1.0, ""), (1e5, "nm")])
def test_implausible_places_are_a_finding(tmp_path: Path, scale: float, true: str) -> None:
    def part(file: NWBFile) -> None:
        region = writer.add_electrodes(file, 6, unit=scale)
        options: dict[str, Any] = {"rate": 1e3, "conversion": 1e-6, "electrodes": region}
        file.add_acquisition(writer.ElectricalSeries(name="raw", data=RAW, **options))

    path = writer.build(tmp_path / "p.nwb", part)
    assert ("NK894" in _codes(nk.open(path))) is bool(true)
    if true:
        assert f"position_units='{true}'" in _text(nk.open(path), "NK894")
        place = nk.open(path, position_units=true).activity.position
        assert place.attrs["units"] == true
        assert "NK894" not in _codes(nk.open(path, position_units=true))


def test_units_keep_columns_held_out_flags_and_when_they_were_watched(probe: Path) -> None:
    spikes = nk.open(probe).spikes.to_dataset()
    np.testing.assert_array_equal(spikes.held_out, [False, False, True])
    assert spikes.quality.values.tolist() == ["mua", "good", "good"]
    np.testing.assert_array_equal(spikes.spike_end, [40, 40, 47])
    # The clock of the recording begins at 5 s of the file's.
    np.testing.assert_allclose(spikes.spike_time[:40], np.arange(40) * 0.09 - 5.0)
    np.testing.assert_array_equal(spikes.obs_end, [1, 3, 5])
    np.testing.assert_allclose(spikes.obs_start, np.array([0, 0, 5, 0, 5]) - 5.0)
    np.testing.assert_allclose(spikes.obs_stop, np.array([4, 4, 9, 4, 9]) - 5.0)


def test_units_alone_keep_the_clock_of_the_file(tmp_path: Path) -> None:
    rec = nk.open(writer.build(tmp_path / "u.nwb", writer.add_units, writer.add_trials))
    assert rec.attrs["modality"] == "spikes"
    assert rec.spikes.attrs["time_offset"] == 0.0
    np.testing.assert_allclose(rec.spikes.spike_time[:3], [0.0, 0.09, 0.18])
    assert nk.validate(rec).ok


def test_units_know_their_electrodes_and_numbers_per_spike(tmp_path: Path) -> None:
    def part(file: NWBFile) -> None:
        writer.add_electrodes(file, 4, labels=False)
        column = {"name": "spike_amplitudes", "description": "uV", "index": True}
        file.add_unit_column(**column)
        for i in range(2):
            options = {"spike_amplitudes": [1.0 + i, 2.0 + i], "electrodes": [2 * i, 2 * i + 1]}
            file.add_unit(spike_times=[0.5, 1.0], **options)

    spikes = nk.open(writer.build(tmp_path / "e.nwb", part)).spikes
    np.testing.assert_array_equal(spikes.spike_amplitudes, [1.0, 2.0, 2.0, 3.0])
    assert spikes.spike_amplitudes.dims == ("spike",)
    assert spikes.electrodes.values.tolist() == ["[0, 1]", "[2, 3]"]
    assert spikes.region.values.tolist() == ["CA3, CA1"] * 2


def test_trials_epochs_and_annotations_are_events_with_their_columns(imaging: Path) -> None:
    events = nk.open(imaging).events.to_dataset()
    assert (np.diff(events.onset) >= 0).all()
    trials = events.isel(event=events.table.values == "intervals/trials")
    assert trials.choice.values.tolist() == ["right", "left", "left"]
    np.testing.assert_array_equal(trials.contrast, [0.0, 0.25, 0.5])
    assert trials.trial_type.values.tolist() == ["trial"] * 3
    epoch = events.isel(event=events.table.values == "intervals/epochs")
    assert epoch.trial_type.item() == "awake, dark"
    assert np.isnan(epoch.contrast.item())
    notes = events.isel(event=events.table.values == "acquisition/notes")
    assert notes.trial_type.values.tolist() == ["lick", "rest"]
    runs = events.isel(event=events.table.values == "acquisition/runs")
    np.testing.assert_allclose(runs.onset + 2.0, [5.5, 7.0])
    np.testing.assert_allclose(runs.duration, [0.5, 1.5])
    np.testing.assert_array_equal(runs.value, [1, 2])


def test_a_table_of_events_is_events(tmp_path: Path) -> None:
    def part(file: NWBFile) -> None:
        if not hasattr(file, "create_events_table"):
            pytest.skip("this pynwb has no tables of events")
        writer.add_units(file)
        table = file.create_events_table(name="licks", description="of the spout")
        table.add_column(name="side", description="which")
        for i in range(3):
            table.add_event(timestamp=1.0 + i, duration=np.nan if i else 0.2, side="LRL"[i])

    events = nk.open(writer.build(tmp_path / "l.nwb", part)).events
    np.testing.assert_array_equal(events.onset, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(events.duration, [0.2, 0.0, 0.0])
    assert events.side.values.tolist() == ["L", "R", "L"]
    assert set(events.table.values) == {"events/licks"}


def test_measures_of_behavior_have_their_units_and_axes(imaging: Path) -> None:
    behavior = nk.open(imaging).behavior
    np.testing.assert_array_equal(behavior.place, np.arange(100.0).reshape(50, 2))
    assert behavior.place.dtype == np.float64
    assert behavior.place.attrs["reference_frame"] == "maze"
    np.testing.assert_array_equal(behavior.speed, np.arange(50) * 0.5)
    assert behavior.speed.attrs["units"] == "cm/s"


def test_measures_on_several_clocks_are_named_children(tmp_path: Path) -> None:
    def part(file: NWBFile) -> None:
        writer.add_behavior(file)
        options: dict[str, Any] = {"unit": "n/a", "rate": 60.0}
        eye = TimeSeries(name="pupil", data=np.arange(10.0), **options)
        file.processing["behavior"].add(eye)
        stimulus = TimeSeries(name="contrast", data=np.arange(6.0).reshape(3, 2), **options)
        file.add_stimulus(stimulus)

    rec = nk.open(writer.build(tmp_path / "b.nwb", part))
    assert set(rec["behavior"].children) == {"place", "speed", "pupil"}
    assert rec["behavior/pupil"].attrs["sampling_rate"] == 60.0
    assert rec["behavior/place"].attrs["sampling_rate"] == 25.0
    assert rec["stimulus/feature_values"].feature.values.tolist() == ["contrast_0", "contrast_1"]
    np.testing.assert_array_equal(rec["stimulus/feature_values"][:, 1], [1, 3, 5])
    assert rec.attrs["modality"] == "behavior"


def test_sweeps_of_unequal_length_stay_apart(tmp_path: Path) -> None:
    def part(file: NWBFile) -> None:
        device = file.create_device(name="amplifier")
        about = {"name": "e", "device": device, "description": "x", "cell_id": "cell 7"}
        electrode = file.create_icephys_electrode(**about)
        for i, n in enumerate((30, 30, 20)):
            options: dict[str, Any] = {"electrode": electrode, "rate": 1e4, "gain": 2.0}
            series = CurrentClampSeries(
                name=f"sweep_{i}",
                data=np.arange(n) * 1e-3 * (i + 1),
                sweep_number=np.uint64(i),
                starting_time=10.0 * i,
                **options,
            )
            file.add_acquisition(series)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rec = nk.open(writer.build(tmp_path / "s.nwb", part))
    assert rec.activity.signal.shape == (2, 30, 1)
    np.testing.assert_array_equal(rec.activity.start, [0.0, 10.0])
    assert rec.activity.neuron.item() == "cell 7"
    assert rec.activity.signal.attrs["units"] == "V"
    assert rec["auxiliary/sweep_2/signal"].shape == (20, 1)
    np.testing.assert_allclose(rec["auxiliary/sweep_2"].time[0], 20.0)


# -- choosing


def test_a_series_can_be_chosen_by_path_name_or_glob(imaging: Path, shared_data: Path) -> None:
    for pattern in ("F", "processing/ophys/Fluorescence/F", "*/Fluorescence/*"):
        rec = nk.open(imaging, series=pattern)
        np.testing.assert_array_equal(rec.activity.signal, F)
        assert "dff" in rec["auxiliary"].children
    some = nk.open(shared_data / SCHOLZ, series="Activity_000?")
    assert some.activity.sizes["neuron"] == 10


def test_a_series_that_is_not_there_lists_those_that_are(imaging: Path) -> None:
    with pytest.raises(OptionError, match=r"'dFF' is no series of numbers: .*DfOverF/dff"):
        nk.open(imaging, series="dFF")
    with pytest.raises(OptionError, match="means several series that are no array"):
        nk.open(imaging, series="processing/ophys/*")


def test_unnamed_columns_can_be_neurons_or_channels(tmp_path: Path) -> None:
    def part(file: NWBFile) -> None:
        file.add_acquisition(TimeSeries(name="traces", data=F, unit="uV", rate=5.0))

    path = writer.build(tmp_path / "p.nwb", part)
    rec = nk.open(path)
    assert "activity" not in rec.children
    assert "series='acquisition/traces'" in _text(rec, "NK892")
    assert rec["auxiliary/traces"].channel_type.values.tolist() == ["MISC"] * 5
    chosen = nk.open(path, series="traces")
    assert chosen.activity.neuron.values.tolist() == [f"traces_{i}" for i in range(5)]
    channels = nk.open(path, series="traces", channel_type="EEG")
    assert channels.activity.unit.values.tolist() == ["uV"] * 5
    np.testing.assert_array_equal(channels.activity.signal, F)


@pytest.mark.parametrize(
    "options",
    [{"space": "neurone"}, {"channel_type": "LFP"}, {"position_units": "inch"}, {"rates": 3}],
)
def test_wrong_options_are_refused_with_those_that_exist(
    imaging: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(OptionError, match=r"Use '|Its options"):
        nk.open(imaging, **options)


# -- lazy, picklable, round trips


@pytest.mark.parametrize("name", [pytest.param("imaging", marks=pytest.mark.slow), "probe"])
def test_a_recording_crosses_processes_and_stores(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    rec = nk.open(request.getfixturevalue(name))
    copy = pickle.loads(pickle.dumps(rec))
    nk.testing.assert_same(copy, rec)
    again = nk.open(nk.save(rec, tmp_path / "x.nc"))
    nk.testing.assert_same(again, rec)


def test_what_is_not_read_is_said(imaging: Path) -> None:
    assert "ImageSegmentation/rois/image_mask" in _text(nk.open(imaging), "NK830")


def test_the_session_and_the_subject_are_kept(imaging: Path) -> None:
    attrs = nk.open(imaging).attrs
    assert (attrs["subject"], attrs["session"], attrs["species"]) == ("m1", "s1", "Mus musculus")
    assert attrs["subject_age"] == "P90D"
    assert attrs["start_time"] == "2024-02-29T12:00:00+01:00"
    assert attrs["doi"] == "10.1234/abc.5"
    assert json.loads(attrs["experimenter"]) == ["Doe, J."]
    assert attrs["loader"] == "nwb"
