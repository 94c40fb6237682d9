"""Simulated recordings keep the contract, look like their modality and answer their events."""

import json

import numpy as np
import pytest
from scipy import signal as scipy_signal

from neurokit import schema
from neurokit.errors import OptionError
from neurokit.simulate import recording
from neurokit.testing import assert_same

MODALITIES = ["calcium", "eeg", "meg", "seeg", "ecog", "spikes", "connectome"]
FIELDS = ["eeg", "meg", "seeg", "ecog"]


@pytest.fixture(scope="module")
def recordings():
    return {name: recording(name, random_state=0) for name in MODALITIES}


@pytest.mark.parametrize("modality", MODALITIES)
def test_nothing_is_wrong_with_it(recordings, modality):
    assert list(schema.validate(recordings[modality], deep=True)) == []


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_same_seed_gives_the_same_recording(modality):
    small = {"n_channels": 12, "duration": 6.0, "random_state": 3}
    first, second = recording(modality, **small), recording(modality, **small)
    assert_same(first, second)
    other = recording(modality, **small | {"random_state": 4})
    assert not first.equals(other)


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_generator_is_taken_as_a_seed(modality):
    small = {"n_channels": 5, "duration": 4.0}
    first = recording(modality, **small, random_state=np.random.default_rng(1))
    second = recording(modality, **small, random_state=1)
    assert first.equals(second)


@pytest.mark.parametrize("modality", [*FIELDS, "calcium"])
def test_it_has_the_size_that_was_asked_for(modality):
    rec = recording(modality, n_channels=7, duration=8.0, rate=125.0, random_state=0)
    dim = schema.space_dim(rec.activity.signal)
    assert dict(rec.activity.signal.sizes) == {"time": 1000, dim: 7}
    assert schema.sampling_rate(rec.activity.signal) == 125.0
    assert rec.activity.signal.dtype == np.float32


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_history_says_how_it_was_made(recordings, modality):
    (step,) = schema.as_history(recordings[modality])
    assert step["function"] == "simulate.recording"
    assert step["seed"] == 0
    assert step["parameters"]["modality"] == modality


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_root_says_what_it_is(recordings, modality):
    attrs = recordings[modality].attrs
    assert attrs["modality"] == modality
    assert attrs["licence"] == "CC0-1.0"
    assert attrs["source"] == "neurokit.simulate.recording"
    assert json.loads(attrs["loader_options"]) == {}


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_it_is_saved_and_opened_unchanged(tmp_path, modality, suffix):
    import neurokit as nk

    rec = recording(modality, n_channels=6, duration=3.0, random_state=0)
    assert_same(nk.open(nk.save(rec, tmp_path / f"demo{suffix}")), rec)


@pytest.mark.parametrize("modality", [m for m in MODALITIES if m != "connectome"])
def test_events_lie_within_the_recording(recordings, modality):
    rec = recordings[modality]
    end = 60.0 if modality == "spikes" else float(rec.activity.time[-1])
    assert rec.events.sizes["event"] > 0
    assert float(rec.events.onset.min()) >= 0
    assert float((rec.events.onset + rec.events.duration).max()) <= end + 1.0


@pytest.mark.parametrize(
    ("modality", "kind", "low", "high"),
    [
        ("eeg", "EEG", 2e-6, 1e-4),
        ("seeg", "SEEG", 1e-5, 3e-4),
        ("ecog", "ECOG", 1e-5, 3e-4),
        ("meg", "MEGMAG", 2e-14, 3e-12),
        ("meg", "MEGGRADPLANAR", 5e-13, 3e-11),
    ],
)
def test_signals_have_the_size_of_real_ones(recordings, modality, kind, low, high):
    signal = schema.pick(recordings[modality], types=kind).activity.signal
    spread = signal.values.astype(float).std(axis=0)
    assert low < np.median(spread) < high
    assert set(signal.unit.values) == {schema.CHANNEL_UNITS[kind]}


@pytest.mark.parametrize("modality", FIELDS)
def test_power_falls_with_frequency(recordings, modality):
    signal = recordings[modality].activity.signal
    rate = schema.sampling_rate(signal)
    frequency, power = scipy_signal.welch(signal.values.astype(float), rate, axis=0, nperseg=512)
    median = np.median(power, axis=1)
    assert median[frequency <= 5].mean() > 5 * median[(frequency > 25) & (frequency < 45)].mean()


@pytest.mark.parametrize("modality", FIELDS)
def test_sensors_have_positions_in_a_named_frame(recordings, modality):
    position = recordings[modality].activity.position
    assert position.attrs["units"] == "m"
    assert position.attrs["coordinate_frame"]
    extent = np.ptp(position.values, axis=0).max()
    assert 0.01 < extent < 0.3


def _power_at(signal, low, high):
    rate = schema.sampling_rate(signal)
    frequency, power = scipy_signal.welch(
        signal.values.astype(float), rate, axis=0, nperseg=int(2 * rate)
    )
    return power[(frequency >= low) & (frequency <= high)].mean(axis=0)


def test_alpha_is_strongest_over_the_back_of_the_head(recordings):
    signal = recordings["eeg"].activity.signal
    alpha = _power_at(signal, 9, 11) / _power_at(signal, 20, 30)
    by_name = dict(zip(signal.channel.values, alpha, strict=True))
    assert min(by_name["O1"], by_name["O2"]) > 3 * max(by_name["Fz"], by_name["Cz"])


def test_blinks_are_seen_at_the_forehead(recordings):
    signal = recordings["eeg"].activity.signal
    peak = {str(name): float(signal.sel(channel=name).max()) for name in ("Fp1", "Pz")}
    assert peak["Fp1"] > 5e-5
    assert peak["Pz"] < 5e-5


def test_one_electrode_is_loose_and_marked(recordings):
    activity = recordings["eeg"].activity
    assert activity.channel.values[activity.bad.values].tolist() == ["Oz"]
    others = activity.signal.isel(channel=~activity.bad.values)
    assert float(activity.signal.sel(channel="Oz").std()) > 3 * float(others.std("time").median())


def test_small_caps_have_no_bad_electrode():
    rec = recording("eeg", n_channels=8, duration=4.0, random_state=0)
    assert not rec.activity.bad.any()


def _evoked(rec, channel, kind, low, high):
    events = rec.events.to_dataset()
    signal = rec.activity.signal.sel(channel=channel)
    chosen = events.onset.values[events.trial_type.values == kind]
    windows = [signal.sel(time=slice(t + low, t + high)).mean() for t in chosen]
    return float(np.mean(windows))


def test_deviants_evoke_a_later_positivity_that_standards_do_not():
    rec = recording("eeg", duration=300.0, random_state=0)
    deviant = _evoked(rec, "Pz", "deviant", 0.3, 0.4)
    standard = _evoked(rec, "Pz", "standard", 0.3, 0.4)
    # 8 µV planted, times how near Pz is; the background's standard error is about 1 µV.
    assert deviant - standard > 3e-6


def test_tones_evoke_a_field_over_the_left_side():
    rec = recording("meg", duration=120.0, random_state=0)
    events = rec.events.to_dataset()
    signal = schema.pick(rec, types="MEGMAG").activity.signal
    at = [signal.sel(time=t + 0.1, method="nearest").values for t in events.onset.values]
    before = [signal.sel(time=t - 0.2, method="nearest").values for t in events.onset.values]
    change = np.mean(at, axis=0) - np.mean(before, axis=0)
    spread = np.std(before, axis=0) / np.sqrt(len(before))
    assert np.abs(change / spread).max() > 5


def _envelope_ratio(rec, names, low, high, after):
    """Return the power in a band around the response over that of two seconds earlier."""
    signal = rec.activity.signal.sel(channel=names)
    rate = schema.sampling_rate(signal)
    sos = scipy_signal.butter(4, [low, high], "bandpass", fs=rate, output="sos")
    power = scipy_signal.sosfiltfilt(sos, signal.values.astype(float), axis=0) ** 2
    time = signal.time.values
    inside = np.zeros(time.size, dtype=bool)
    for onset in rec.events.onset.values:
        inside |= (time > onset + after[0]) & (time < onset + after[1])
    return power[inside].mean() / power[~inside].mean()


def test_pictures_raise_high_gamma_in_hippocampus_only(recordings):
    rec = recordings["seeg"]
    regions = rec.activity.region.values
    deep = rec.activity.channel.values[regions == "hippocampus"]
    surface = rec.activity.channel.values[np.char.endswith(regions, "gyrus")]
    assert _envelope_ratio(rec, deep, 90, 130, (0.25, 0.55)) > 2
    assert _envelope_ratio(rec, surface, 90, 130, (0.25, 0.55)) < 1.5


def test_movements_stop_beta_and_raise_high_gamma_over_motor_cortex(recordings):
    rec = recordings["ecog"]
    regions = rec.activity.region.values
    motor = rec.activity.channel.values[np.char.endswith(regions, "central gyrus")]
    frontal = rec.activity.channel.values[regions == "inferior frontal gyrus"]
    assert _envelope_ratio(rec, motor, 17, 23, (0.3, 0.7)) < 0.5
    assert _envelope_ratio(rec, motor, 90, 130, (0.3, 0.7)) > 2
    assert _envelope_ratio(rec, frontal, 90, 130, (0.3, 0.7)) < 1.5


def test_contacts_know_their_region_and_hemisphere(recordings):
    activity = recordings["seeg"].activity
    left = activity.position.sel(space="x").values < 0
    np.testing.assert_array_equal(activity.hemisphere.values == "L", left)
    assert "white matter" in activity.region.values


def test_low_rates_are_possible_where_a_rhythm_does_not_fit():
    for modality in FIELDS:
        rec = recording(modality, n_channels=4, duration=5.0, rate=20.0, random_state=0)
        assert np.isfinite(rec.activity.signal.values).all()


def test_worm_neurons_are_known_ones_and_a_tenth_is_not_identified(recordings):
    from neurokit.celegans import neurons

    activity = recordings["calcium"].activity
    known = activity.identified.values
    assert (~known).sum() == 6
    assert set(activity.neuron.values[known]) <= set(neurons().name)
    assert not set(activity.neuron.values[~known]) & set(neurons().name)
    assert (activity.neuron_class.values[~known] == "").all()


def test_reversal_neurons_are_active_during_reversals(recordings):
    rec = recordings["calcium"]
    backwards = rec.behavior.velocity.values < 0
    signal = rec.activity.signal
    for name, sign in (("AVAL", 1), ("AVBL", -1)):
        r = np.corrcoef(signal.sel(neuron=name).values, backwards)[0, 1]
        assert sign * r > 0.3, name  # the indicator lags, so the correlation is not perfect


def test_events_are_the_reversals_of_the_velocity(recordings):
    rec = recordings["calcium"]
    state = np.zeros(rec.behavior.sizes["time"], dtype=bool)
    time = rec.behavior.time.values
    events = rec.events.to_dataset()
    for start, length in zip(events.onset.values, events.duration.values, strict=True):
        state |= (time >= start - 1e-9) & (time < start + length - 1e-9)
    np.testing.assert_array_equal(state, rec.behavior.velocity.values < 0)


def test_calcium_is_smooth_and_mostly_positive(recordings):
    values = recordings["calcium"].activity.signal.values
    assert np.percentile(values, 1) > -0.2
    lag_one = [np.corrcoef(v[:-1], v[1:])[0, 1] for v in values.T[:20]]
    assert np.median(lag_one) > 0.7


def test_there_are_only_so_many_neurons_in_a_worm():
    with pytest.raises(OptionError, match="at most 302"):
        recording("calcium", n_channels=303)


def test_spikes_are_sorted_apart_and_on_the_clock(recordings):
    spikes = recordings["spikes"].spikes
    ends = spikes.spike_end.values
    for first, last in zip(np.append(0, ends[:-1]), ends, strict=True):
        train = spikes.spike_time.values[first:last]
        assert (np.diff(train) >= 0.002 - 1e-9).all()
        np.testing.assert_allclose(train * 30_000, np.round(train * 30_000), atol=1e-6)
    assert spikes.spike_time.values.min() >= 0
    assert spikes.spike_time.values.max() < 60.0


def test_neurons_of_visual_cortex_follow_the_stimulus(recordings):
    rec = recordings["spikes"]
    spikes, onset = rec.spikes, rec.events.onset.values
    ends = spikes.spike_end.values
    ratio = {"visual cortex": [], "hippocampus": []}
    for region, first, last in zip(
        spikes.region.values, np.append(0, ends[:-1]), ends, strict=True
    ):
        train = spikes.spike_time.values[first:last]
        phase = train - onset[np.clip(np.searchsorted(onset, train) - 1, 0, None)]
        inside = ((phase > 0.1) & (phase < 0.4)).sum() / (0.3 * onset.size)
        ratio[str(region)].append(inside / (train.size / 60.0))
    assert np.median(ratio["visual cortex"]) > 1.8
    assert np.median(ratio["hippocampus"]) == pytest.approx(1.0, abs=0.2)


def test_every_neuron_was_observed_all_the_time(recordings):
    spikes = recordings["spikes"].spikes
    assert (spikes.obs_start.values == 0).all()
    assert (spikes.obs_stop.values == 60).all()
    assert spikes.obs_end.values.tolist() == list(range(1, 41))


def test_the_connectome_has_both_kinds_of_synapse(recordings):
    weight = recordings["connectome"].connectome.weight
    assert weight.synapse_type.values.tolist() == ["chemical", "electrical"]
    assert weight.dtype == np.float32
    for kind in ("chemical", "electrical"):
        values = weight.sel(synapse_type=kind).values
        assert (values >= 0).all()
        assert (values == np.round(values)).all()
        assert not np.diag(values).any()


def test_chemical_synapses_are_directed_and_electrical_ones_are_not(recordings):
    weight = recordings["connectome"].connectome.weight
    chemical = weight.sel(synapse_type="chemical").values
    electrical = weight.sel(synapse_type="electrical").values
    assert not np.array_equal(chemical, chemical.T)
    np.testing.assert_array_equal(electrical, electrical.T)


def test_synapses_lead_from_sensory_neurons_to_motor_neurons(recordings):
    from neurokit.celegans import neurons

    layer = (
        neurons().set_index("name").neuron_type.map({"sensory": 0, "interneuron": 1, "motor": 2})
    )
    group = recordings["connectome"].connectome
    of_pre = layer.reindex(group.pre.values).to_numpy()
    step = of_pre[None, :] - of_pre[:, None]
    present = group.weight.sel(synapse_type="chemical").values > 0
    assert present[step == 1].mean() > 2 * present[step == -1].mean()


def test_left_and_right_of_a_pair_are_coupled(recordings):
    group = recordings["connectome"].connectome
    electrical = group.weight.sel(synapse_type="electrical")
    pairs = [
        n[:-1] for n in group.pre.values if n.endswith("L") and n[:-1] + "R" in group.pre.values
    ]
    coupled = [float(electrical.sel(pre=f"{p}L", post=f"{p}R")) > 0 for p in pairs]
    assert np.mean(coupled) > 0.5


def test_a_connectome_takes_any_duration_and_has_none():
    plain = recording("connectome", n_channels=10, random_state=0)
    timed = recording("connectome", n_channels=10, duration=9.0, rate=3.0, random_state=0)
    assert plain.connectome.equals(timed.connectome)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"n_channels": 0}, "n_channels"),
        ({"duration": -1.0}, "duration"),
        ({"duration": np.nan}, "duration"),
        ({"rate": 0.0}, "rate"),
        ({"duration": 0.001, "rate": 10.0}, "duration"),
    ],
)
def test_numbers_that_make_no_recording_are_refused(arguments, where):
    with pytest.raises(OptionError, match=where):
        recording("eeg", **arguments)


def test_an_unknown_modality_names_the_nearest():
    with pytest.raises(OptionError, match="did you mean 'seeg'"):
        recording("seegg")


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_small_recordings_are_possible(modality, n):
    rec = recording(modality, n_channels=n, duration=3.0, random_state=0)
    assert schema.validate(rec, deep=True).ok
