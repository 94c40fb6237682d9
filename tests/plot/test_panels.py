"""One figure of a whole recording has the panels that suit it, and reads no more than it draws."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

import neurokit as nk
from neurokit import schema
from neurokit.errors import OptionError, SchemaError
from neurokit.plot.panels import MOST_NAMES, MOST_TRACES, recording

PANELS = {
    "calcium": ["traces", "events", "heatmap", "positions"],
    "eeg": ["traces", "events", "spectrum", "positions"],
    "meg": ["traces", "events", "spectrum", "positions"],
    "seeg": ["traces", "events", "spectrum", "positions"],
    "spikes": ["raster"],
    "connectome": ["chemical", "electrical", "degrees"],
}


@pytest.fixture(scope="module")
def simulated():
    return {kind: nk.simulate.recording(kind, random_state=0) for kind in PANELS}


@pytest.mark.parametrize("kind", PANELS)
def test_each_modality_has_its_panels_with_labelled_axes(simulated, kind):
    axes = recording(simulated[kind])
    assert list(axes) == PANELS[kind]
    (figure,) = {ax.figure for ax in axes.values()}
    figure.draw_without_rendering()
    for name, ax in axes.items():
        assert ax.has_data(), name
        assert ax.get_ylabel(), name
        assert ax.get_xlabel() or name == "traces", name


def test_times_have_their_unit_and_densities_theirs(simulated):
    axes = recording(simulated["eeg"])
    assert axes["events"].get_xlabel() == "time (s)"
    assert axes["spectrum"].get_xlabel() == "frequency (Hz)"
    assert axes["spectrum"].get_ylabel() == "power spectral density (µV²/Hz)"
    assert axes["positions"].get_xlabel() == "x (cm)"


def test_traces_and_events_share_a_clock_that_is_labelled_once(simulated):
    axes = recording(simulated["eeg"], start=2.0, stop=7.0)
    assert axes["traces"].get_xlim() == axes["events"].get_xlim()
    low, high = axes["traces"].get_xlim()
    assert 1.9 < low < 2.1
    assert 6.9 < high < 7.1
    assert axes["traces"].get_xlabel() == ""


def test_channels_show_ten_seconds_and_neurons_all(simulated):
    assert recording(simulated["meg"])["traces"].get_xlim()[1] == pytest.approx(10.0, abs=0.1)
    whole = simulated["calcium"].activity.time.values[-1]
    assert recording(simulated["calcium"])["heatmap"].get_xlim()[1] == pytest.approx(whole, abs=1)


def test_no_more_traces_than_can_be_told_apart(simulated):
    axes = recording(simulated["eeg"])
    assert len(axes["traces"].get_yticks()) <= MOST_TRACES
    assert len(axes["spectrum"].lines) == 1 + simulated["eeg"].activity.sizes["channel"]


def test_events_outside_the_window_take_no_room(simulated):
    rec = simulated["eeg"]
    first = float(rec.events.onset.values.min())
    assert "events" not in recording(rec, start=0.0, stop=first / 2)
    assert recording(rec, start=0.0, stop=first / 2)["traces"].get_xlabel() == "time (s)"


def test_wide_panels_stand_above_each_other_and_others_side_by_side(simulated):
    axes = recording(simulated["eeg"])
    axes["traces"].figure.draw_without_rendering()
    boxes = {name: ax.get_position() for name, ax in axes.items()}
    assert boxes["traces"].y0 > boxes["events"].y1 > boxes["spectrum"].y1
    assert boxes["spectrum"].x1 < boxes["positions"].x0
    assert boxes["events"].width == pytest.approx(boxes["traces"].width, abs=0.01)


def test_a_given_figure_is_drawn_on_and_pyplot_knows_of_none(simulated):
    figure = Figure(figsize=(8, 8), layout="constrained")
    axes = recording(simulated["spikes"], figure=figure)
    assert axes["raster"].figure is figure
    assert plt.get_fignums() == []


def test_of_trials_the_first_is_drawn_and_that_is_said(simulated):
    epochs = nk.signal.epoch(simulated["eeg"], "standard", -0.2, 0.5)
    axes = recording(epochs)
    n = epochs.activity.sizes["trial"]
    assert axes["traces"].get_title(loc="left") == f"first of {n} trials"
    assert "events" not in axes
    low, high = axes["traces"].get_xlim()
    assert low < 0 < high < 0.6


def test_the_spectrum_is_of_the_commonest_type_and_says_so(simulated):
    axes = recording(simulated["meg"])
    kinds = simulated["meg"].activity.channel_type.values
    unique, counts = np.unique(kinds[np.char.startswith(kinds, "MEG")], return_counts=True)
    most = unique[counts.argmax()]
    assert axes["spectrum"].get_title(loc="left") == f"{most}, {counts.max()} channels"
    assert len(axes["spectrum"].lines) <= 1 + counts.max()


def test_irregular_time_has_traces_and_no_spectrum():
    time = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.1, 50))
    group = schema.activity(
        np.random.default_rng(1).normal(size=(50, 2)),
        names=["a", "b"],
        space="channel",
        time=time - time[0],
        units="V",
        coords={"channel_type": ["EEG", "EEG"]},
    )
    assert list(recording(schema.recording({"activity": group}, modality="eeg"))) == ["traces"]


def test_names_are_thinned_to_what_can_be_read(simulated):
    axes = recording(simulated["connectome"])
    for axis in (axes["chemical"].xaxis, axes["chemical"].yaxis):
        names = [tick.get_text() for tick in axis.get_ticklabels()]
        assert 1 < len(names) <= MOST_NAMES
    weight = simulated["connectome"].connectome.weight
    place = {str(name): k for k, name in enumerate(weight.post.values)}
    ticks = axes["chemical"].get_xticks()
    labels = [tick.get_text() for tick in axes["chemical"].get_xticklabels()]
    assert [place[label] for label in labels] == ticks.tolist()
    assert axes["electrical"].get_title(loc="left") == "electrical"


def test_spikes_are_drawn_from_the_first_one_on():
    group = schema.spikes({"silent": [], "late": [100.0, 101.0, 140.0], "other": [100.5]})
    rec = schema.recording({"spikes": group}, modality="spikes")
    axes = recording(rec)
    low, high = axes["raster"].get_xlim()
    assert 98 < low <= 100
    assert high == pytest.approx(130.0, abs=2)
    assert recording(rec, start=0, stop=200)["raster"].get_xlim()[1] > 140


def test_trains_without_a_spike_are_nothing_to_draw():
    rec = schema.recording({"spikes": schema.spikes({"a": [], "b": []})}, modality="spikes")
    with pytest.raises(SchemaError, match="to be drawn"):
        recording(rec)


def test_a_recording_of_events_alone_is_refused_with_what_is_missing():
    rec = schema.recording({"events": schema.events([1.0], trial_type=["a"])}, modality="behavior")
    with pytest.raises(SchemaError, match=r"\['events'\].*/activity, /spikes or /connectome"):
        recording(rec)


def test_a_window_without_samples_is_refused(simulated):
    with pytest.raises(OptionError, match="no sample between"):
        recording(simulated["eeg"], start=1e6, stop=2e6)


def test_of_a_long_record_only_ten_seconds_are_read(counted):
    rec, array = counted(1_000_000, 8)
    recording(rec)
    # Traces and spectrum read the same 10 s of 100 Hz; the rest of three hours stays on disk.
    assert array.n_read <= 3 * 1001 * 8
    assert max(array.rows_read) <= 1001


def test_nothing_of_the_recording_is_changed(simulated):
    before = simulated["eeg"].copy(deep=True)
    recording(simulated["eeg"])
    nk.testing.assert_same(simulated["eeg"], before)


def test_a_thin_animal_has_a_flat_panel(simulated):
    axes = recording(simulated["calcium"])
    axes["positions"].figure.draw_without_rendering()
    box = axes["positions"].get_position()
    panel = axes["positions"].get_subplotspec().get_position(axes["positions"].figure)
    assert panel.height < axes["heatmap"].get_position().height
    inches = axes["positions"].figure.get_size_inches()
    assert box.width * inches[0] > 3 * box.height * inches[1]


def test_the_accessor_draws_the_same_panels(simulated):
    axes = simulated["seeg"].nk.plot(stop=3.0)
    assert list(axes) == PANELS["seeg"]
    assert axes["traces"].get_xlim()[1] == pytest.approx(3.0, abs=0.1)
