"""The table of quality: labelled, with units, right on built recordings, read in blocks once."""

import numpy as np
import pytest
import xarray as xr

from neurokit import schema
from neurokit.errors import SchemaError
from neurokit.io import FileArray, lazy_variable
from neurokit.plot import reading
from neurokit.report import quality
from neurokit.report.quality import cell_quality, spike_quality
from neurokit.simulate import recording


def eeg(values, *, kinds=None, rate=100.0, run=None, bad=None, time=None):
    n = np.shape(values)[-1]
    coords = {"channel_type": kinds or ["EEG"] * n}
    if bad is not None:
        coords["bad"] = bad
    if isinstance(values, np.ndarray):
        values = values.astype(np.float32)
    group = schema.activity(
        values,
        names=[f"E{i}" for i in range(n)],
        space="channel",
        rate=None if time is not None else rate,
        time=time,
        coords=coords,
        run=run,
    )
    return schema.recording({"activity": group}, modality="eeg")


def test_measures_equal_the_truth_of_a_built_recording():
    time = np.arange(1000) / 100
    values = np.stack(
        [2e-6 * time, np.full(1000, 5e-6), 1e-5 * np.sin(2 * np.pi * time), np.full(1000, np.nan)],
        axis=1,
    )
    table, _ = quality(eeg(values))
    np.testing.assert_allclose(table["mean"][:3], [9.99e-6, 5e-6, 0], atol=1e-11)
    np.testing.assert_allclose(table.sd[2], 1e-5 / np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(table.drift[0], 2e-6 * 9.99, rtol=1e-5)
    np.testing.assert_allclose(table.maximum[:3], [1.998e-5, 5e-6, 1e-5], rtol=1e-5)
    assert table.flat.values.tolist() == [False, True, False, False]
    assert table.missing_share.values.tolist() == [0, 0, 0, 1]


def test_signal_to_noise_of_white_noise_is_one():
    noise = np.random.default_rng(0).standard_normal((20_000, 3))
    table, _ = quality(eeg(noise))
    # The relative standard error of both estimates together is below one percent.
    np.testing.assert_allclose(table.signal_to_noise, 1.0, atol=0.03)


def test_signal_to_noise_of_a_slow_wave_in_noise_is_known():
    time = np.arange(20_000) / 100
    noise = np.random.default_rng(0).standard_normal(20_000)
    wave = np.sqrt(2) * 3 * np.sin(2 * np.pi * 0.1 * time)
    table, _ = quality(eeg((noise + wave)[:, None]))
    assert float(table.signal_to_noise[0]) == pytest.approx(np.sqrt(10), rel=0.03)


def test_a_flat_channel_has_no_signal_to_noise():
    table, _ = quality(eeg(np.zeros((100, 1))))
    assert np.isnan(table.signal_to_noise[0])


def test_labels_and_coordinates_come_along():
    rec = recording("seeg", n_channels=10, duration=3.0, random_state=0)
    table, spectrum = quality(rec)
    for name in ("channel", "channel_type", "unit", "bad", "region", "hemisphere"):
        np.testing.assert_array_equal(table[name].values, rec.activity[name].values)
        np.testing.assert_array_equal(spectrum[name].values, rec.activity[name].values)


def test_units_are_said_where_there_is_one():
    table, spectrum = quality(recording("eeg", n_channels=4, duration=3.0, random_state=0))
    assert table.sd.attrs["units"] == table.drift.attrs["units"] == "V"
    assert table.missing_share.attrs["units"] == "1"
    assert spectrum.density.attrs["units"] == "V"
    assert spectrum.frequency.attrs["units"] == "Hz"


def test_mixed_units_stand_per_channel():
    table, _ = quality(recording("meg", n_channels=6, duration=3.0, random_state=0))
    assert "units" not in table.sd.attrs
    assert set(table.unit.values) == {"T", "T/m"}


def test_all_channels_are_measured_neural_or_not():
    values = np.random.default_rng(0).standard_normal((200, 2))
    table, _ = quality(eeg(values, kinds=["EEG", "EOG"]))
    assert table.channel_type.values.tolist() == ["EEG", "EOG"]


def test_the_spectrum_is_that_of_the_signal():
    from scipy.signal import welch

    values = np.random.default_rng(0).standard_normal((2000, 2)).astype(np.float32)
    _, spectrum = quality(eeg(values))
    frequency, density = welch(values.astype(float), 100.0, nperseg=200, axis=0)
    np.testing.assert_allclose(spectrum.frequency, frequency)
    np.testing.assert_allclose(spectrum.density, density, rtol=1e-6)


def test_hum_is_measured_where_the_rate_shows_it():
    rec = recording("eeg", n_channels=16, duration=20.0, random_state=0)
    table, _ = quality(rec)
    assert table.attrs["line_frequency_hz"] == 50.0
    assert float(table.line_noise_share.sel(channel=rec.activity.channel[-1])) > 0.2
    slow, _ = quality(recording("calcium", n_channels=4, duration=60.0, random_state=0))
    assert "line_noise_share" not in slow


def test_irregular_time_has_no_spectrum_but_all_measures():
    time = np.cumsum(np.random.default_rng(0).uniform(0.2, 0.4, 100))
    table, spectrum = quality(eeg(np.random.default_rng(0).random((100, 2)), time=time))
    assert spectrum is None
    assert np.isfinite(table.sd).all()


def test_very_short_recordings_have_no_spectrum():
    table, spectrum = quality(eeg(np.random.default_rng(0).random((10, 2))))
    assert spectrum is None
    assert np.isfinite(table.sd).all()


def test_a_cut_is_neither_noise_nor_power():
    noise = 1e-3 * np.random.default_rng(0).standard_normal((2000, 1))
    values = noise + np.repeat([0.0, 50.0], 1000)[:, None]
    run = np.repeat([0, 1], 1000)
    cut, cut_spectrum = quality(eeg(values, run=run))
    joined, joined_spectrum = quality(eeg(values))
    assert float(cut.noise[0]) == pytest.approx(1e-3, rel=0.05)
    assert float(joined.noise[0]) > 0.5
    assert float(cut_spectrum.density.sum()) < 1e-3 * float(joined_spectrum.density.sum())


def test_trials_are_measured_together_and_never_joined():
    values = np.zeros((3, 50, 2), dtype=np.float32)
    values[1] = 10.0
    group = schema.activity(
        values, names=["a", "b"], space="channel", rate=100.0, coords={"channel_type": ["EEG"] * 2}
    )
    table, _ = quality(schema.recording({"activity": group}, modality="eeg"))
    assert table["mean"].values.tolist() == pytest.approx([10 / 3] * 2)
    assert table.noise.values.tolist() == [0, 0]
    assert not table.flat.any()


class Counted(FileArray):
    def __init__(self, shape):
        super().__init__(shape, "f4")
        self.reads = []

    def read(self, key):
        rows, columns = (np.arange(n)[k] for n, k in zip(self.shape, key, strict=True))
        self.reads.append((int(rows[0]), int(rows[-1]), columns.size))
        return np.sin(rows[:, None] * 0.3) * (1 + columns[None, :])


def test_a_lazy_recording_is_read_once_in_blocks_that_fit(monkeypatch):
    monkeypatch.setattr(reading.block_length, "__defaults__", (8 * 1000 * 3,))
    array = Counted((10_500, 3))
    table, _ = quality(eeg(lazy_variable(("time", "channel"), array)))
    assert sum(last - first + 1 for first, last, _ in array.reads) == 10_500
    assert max(last - first + 1 for first, last, _ in array.reads) == 1000
    expected = np.sin(np.arange(10_500) * 0.3).astype("f4").astype(float).std()
    np.testing.assert_allclose(table.sd, expected * np.array([1, 2, 3]), rtol=1e-5)


def test_blocks_do_not_change_the_table(monkeypatch):
    rec = recording("eeg", n_channels=5, duration=20.0, random_state=0)
    whole, _ = quality(rec)
    monkeypatch.setattr(reading.block_length, "__defaults__", (8 * 777 * 5,))
    parts, _ = quality(rec)
    for name in ("mean", "sd", "noise", "drift", "signal_to_noise", "minimum"):
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-6, atol=1e-12, err_msg=name)


def test_a_long_recording_gives_part_of_itself_to_the_spectrum(monkeypatch):
    monkeypatch.setattr(reading.block_length, "__defaults__", (8 * 2000 * 2,))
    values = np.random.default_rng(0).standard_normal((20_000, 2))
    _, part = quality(eeg(values), spectrum_seconds=50.0)
    _, whole = quality(eeg(values))
    # A quarter of the segments: the same mean density, a noisier estimate.
    assert float(part.density.mean()) == pytest.approx(float(whole.density.mean()), rel=0.05)
    assert float(part.density.std()) > 1.3 * float(whole.density.std())


def test_a_bare_array_is_enough():
    table, _ = quality(recording("calcium", n_channels=3, duration=30.0).activity.signal)
    assert table.sizes == {"neuron": 3}


def test_without_activity_there_is_an_error():
    with pytest.raises(SchemaError, match="no /activity"):
        quality(recording("connectome", n_channels=3, random_state=0))


def test_spike_trains_are_counted_and_short_intervals_found():
    spikes = schema.spikes(
        {"a": [0.0, 0.001, 0.5, 1.0], "b": [], "c": [0.3]}, coords={"region": ["x"] * 3}
    )
    table = spike_quality(spikes, 0.0, 2.0)
    assert table.n_spikes.values.tolist() == [4, 0, 1]
    assert table.rate.values.tolist() == [2.0, 0.0, 0.5]
    assert table.refractory_share.values[0] == pytest.approx(1 / 3)
    assert np.isnan(table.refractory_share.values[1:]).all()
    assert table.region.values.tolist() == ["x"] * 3
    assert table.rate.attrs["units"] == "Hz"


def test_nothing_observed_has_no_rate():
    table = spike_quality(schema.spikes({"a": []}), 0.0, 0.0)
    assert np.isnan(table.rate.values).all()


def test_degrees_and_weights_of_cells_are_counted():
    weight = np.zeros((1, 2, 3), dtype=np.float32)
    weight[0, 0] = [1, 2, np.nan]
    weight[0, 1, 2] = 5
    group = schema.connectome(
        weight, pre=["a", "b"], post=["x", "y", "z"], synapse_type=["chemical"]
    )
    table = cell_quality(group)
    assert table.out_degree.values.tolist() == [[2, 1]]
    assert table.in_degree.values.tolist() == [[1, 1, 1]]
    assert table.out_weight.values.tolist() == [[3.0, 5.0]]
    assert table.in_weight.values.tolist() == [[1.0, 2.0, 5.0]]


def test_the_tables_keep_the_contract_of_stored_results(tmp_path):
    import neurokit as nk
    from neurokit.testing import assert_same

    table, spectrum = quality(recording("meg", n_channels=6, duration=5.0, random_state=0))
    tree = xr.DataTree.from_dict({"/quality": table, "/spectrum": spectrum})
    nk.save(tree, tmp_path / "q.nc")
    assert_same(nk.open(tmp_path / "q.nc"), tree)
