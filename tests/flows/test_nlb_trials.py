"""Trials of the benchmark's layout, against its rules written out, from a file in its form."""

from __future__ import annotations

import nlb_cases
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError, TimeError
from neurokit.flows.nlb_layout import DATASETS
from neurokit.flows.nlb_trials import _Cut

WINDOW = (-0.25, 0.45)


@pytest.fixture(scope="module")
def parts():
    return nlb_cases.session()


@pytest.fixture(scope="module")
def opened(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("nlb") / "session.nwb"
    nlb_cases.write(path, parts)
    return nk.open(path)


@pytest.mark.parametrize("width_ms", [5, 20])
def test_counts_are_those_of_the_rules_written_out(opened, parts, width_ms):
    units, _, _, onsets, *_ = parts
    bin_s = width_ms / 1000
    found = nk.flows.nlb_trials(opened, "mc_maze_small", bin_s=bin_s).spikes
    assert found.dims == ("trial", "time", "neuron")
    session = np.stack([nlb_cases.binned(*unit, width_ms) for unit in units], axis=1)
    expected = [session[nlb_cases.rows(t, WINDOW, width_ms)] for t in onsets[~np.isnan(onsets)]]
    np.testing.assert_array_equal(found.values, np.stack(expected))


def test_what_was_not_observed_is_missing_for_each_neuron_alone(opened):
    found = nk.flows.nlb_trials(opened, "mc_maze").spikes
    # Unit 1 begins at 2 s, after the first trial; the gap of 9 to 9.5 s is in no window left.
    lost = np.isnan(found.isel(trial=0)).all("time").values
    np.testing.assert_array_equal(lost, [False, True, False, False, False])
    across = nk.flows.nlb_trials(opened, align="onset", window=(-0.1, 0.6)).spikes
    trial = across.sel(trial=4).isel(neuron=0)
    np.testing.assert_array_equal(
        np.isnan(trial.values), (trial.time > -0.001) & (trial.time < 0.5)
    )


def test_labels_splits_and_dropped_trials_are_kept(opened, parts):
    _, held_out, starts, onsets, split, *_ = parts
    found = nk.flows.nlb_trials(opened, "mc_maze")
    kept = ~np.isnan(onsets)
    assert found.attrs["n_dropped"] == 1
    np.testing.assert_array_equal(found.held_out.values, held_out)
    np.testing.assert_array_equal(found.split.values, split[kept])
    np.testing.assert_array_equal(found.move_onset_time.values, onsets[kept])
    np.testing.assert_array_equal(found.trial.values, np.flatnonzero(kept))
    np.testing.assert_allclose(found.onset.values, starts[kept])
    for which in ("train", "val"):
        part = nk.flows.nlb_trials(opened, "mc_maze", split=which)
        xr.testing.assert_identical(
            part.spikes, found.spikes.isel(trial=(found.split == which).values)
        )
    both = nk.flows.nlb_trials(opened, "mc_maze", split=["train", "val"])
    assert set(both.split.values) == {"train", "val"}


def test_bins_to_forecast_follow_the_window(opened):
    short = nk.flows.nlb_trials(opened, "mc_maze", bin_s=0.02)
    long = nk.flows.nlb_trials(opened, "mc_maze", bin_s=0.02, forward_s=0.2)
    assert long.sizes["time"] == short.sizes["time"] + 10
    np.testing.assert_array_equal(np.flatnonzero(long.forward), np.arange(35, 45))
    np.testing.assert_array_equal(long.spikes.values[:, :35], short.spikes.values)
    np.testing.assert_allclose(np.diff(long.time), 0.02)
    assert long.time.values[0] == pytest.approx(-0.24)


@pytest.mark.parametrize("lag", [0.0, 0.12, -0.02])
def test_slow_behaviour_is_taken_at_the_left_edge_of_bins_and_later(opened, parts, lag):
    onsets = parts[3][~np.isnan(parts[3])]
    found = nk.flows.nlb_trials(opened, "mc_maze", bin_s=0.02, lag_s=lag).behavior
    assert found.attrs["units"] == "mm/s"
    for k in range(found.sizes["trial"]):
        places = nlb_cases.rows(onsets[k] + lag, WINDOW, 20)
        at = places * 0.02
        true = np.c_[np.sin(2 * np.pi * at), np.cos(np.pi * at)]
        seen = ~np.isnan(found.values[k]).any(axis=1)
        gap = (at >= 5.05 - 1e-9) & (at < 5.25 - 1e-9)
        np.testing.assert_array_equal(seen, ~gap)
        # A filter of half a second sees the record's ends, and what bridges its gap.
        inner = seen & (at > 0.6) & (at < 18.5) & ((at < 4.75) | (at > 5.55))
        np.testing.assert_allclose(found.values[k][inner], true[inner], atol=2e-3)


def test_what_is_faster_than_the_bins_is_filtered_out():
    times = np.arange(4000) / 1000
    rec = _recording(behavior=np.sin(2 * np.pi * 90.0 * times), times=times)
    found = nk.flows.nlb_trials(rec, align="go", window=(0.0, 0.5), behavior="speed").behavior
    assert np.abs(found.values).max() < 0.01
    kept = nk.flows.nlb_trials(
        rec, align="go", window=(0.0, 0.5), behavior="speed", bin_s=0.001
    ).behavior
    assert np.abs(kept.values).max() > 0.99


def _recording(*, go=(1.0, 2.0), behavior=None, times=None, offset=0.0):
    groups = {
        "spikes": nk.schema.spikes({"a": [0.5, 1.05, 2.31], "b": [1.2]}),
        "events": nk.schema.events([0.9, 1.9], trial_type=["reach"] * 2, columns={"go": list(go)}),
    }
    rec = nk.schema.recording(groups, modality="spikes")
    if behavior is not None:
        group = xr.Dataset(
            {"speed": ("time", behavior, {"units": "m/s"})},
            {"time": times},
            {"time_origin": "start", "time_offset": offset},
        )
        rec["behavior"] = xr.DataTree(group)
    return rec


def test_behaviour_on_a_clock_that_began_later_is_moved_to_that_of_the_spikes():
    times = np.arange(3500) / 1000
    here = _recording(behavior=times + 0.25, times=times, offset=0.25)
    found = nk.flows.nlb_trials(here, align="go", window=(0.0, 0.1), behavior="speed")
    np.testing.assert_allclose(
        found.behavior.values[:, :, 0], [1.0 + 0.02 * np.arange(5), 2.0 + 0.02 * np.arange(5)],
        atol=1e-3,
    )  # fmt: skip


def test_trials_beyond_the_session_are_missing_there_and_may_overlap():
    rec = _recording(go=(0.05, 0.07))
    found = nk.flows.nlb_trials(rec, align="go", window=(-0.1, 0.1), bin_s=0.02).spikes
    lost = np.isnan(found.sel(neuron="a").values)
    assert lost[0].tolist() == [True] * 2 + [False] * 8
    assert lost[1].tolist() == [True] * 1 + [False] * 9
    np.testing.assert_array_equal(found.values[1, 1:9], found.values[0, 2:10])


@given(
    onset=st.integers(0, 20_000),
    start=st.integers(-300, 300),
    n_bins=st.integers(1, 40),
    width_ms=st.integers(1, 50),
)
@settings(max_examples=200)
def test_every_trial_takes_the_bins_that_begin_in_its_window(onset, start, n_bins, width_ms):
    window = (start / 1000, start / 1000 + n_bins * width_ms / 1000)
    cut = _Cut(np.array([onset / 1000]), window, width_ms / 1000)
    (places,) = cut.bins()
    edges = places * width_ms
    assert len(places) == n_bins
    assert edges[0] >= onset + start > edges[0] - width_ms
    assert edges[-1] < onset + start + n_bins * width_ms


def test_nothing_given_is_changed(opened):
    before = opened.copy(deep=True)
    nk.flows.nlb_trials(opened, "mc_maze")
    assert before.identical(opened)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"dataset": "mc_mase"}, OptionError, "mc_maze"),
        ({}, OptionError, "align"),
        ({"align": "go"}, OptionError, "window"),
        ({"align": "onest", "window": (0, 1)}, LabelError, "did you mean 'onset'"),
        ({"align": "trial_type", "window": (0, 1)}, LabelError, "column of times"),
        ({"align": "go", "window": (1, 0)}, OptionError, "window"),
        ({"align": "go", "window": (0, np.nan)}, OptionError, "window"),
        ({"align": "go", "window": (0, 0.05)}, OptionError, "2.5 bins"),
        ({"align": "go", "window": (0, 1), "bin_s": 0.0125}, OptionError, "whole number of ms"),
        ({"align": "go", "window": (0, 1), "bin_s": -0.02}, OptionError, "bin_s"),
        ({"align": "go", "window": (0, 1), "forward_s": 0.03}, OptionError, "forward_s"),
        ({"align": "go", "window": (0, 1), "split": "train"}, LabelError, "no column split"),
        ({"align": "go", "window": (0, 1), "behavior": "speed"}, LabelError, "none"),
    ],
)
def test_what_is_wrong_is_named(options, error, says):
    with pytest.raises(error, match=says):
        nk.flows.nlb_trials(_recording(), **options)


def test_an_unknown_split_and_measure_say_what_there_is(opened):
    with pytest.raises(LabelError, match="none, train, val"):
        nk.flows.nlb_trials(opened, "mc_maze", split="test")
    with pytest.raises(LabelError, match="hand_vel"):
        nk.flows.nlb_trials(opened, "mc_maze", behavior="hand_pos")


def test_alignments_that_are_all_missing_and_recordings_of_other_kinds_are_refused():
    with pytest.raises(LabelError, match="NaN in all 2 trials"):
        nk.flows.nlb_trials(_recording(go=(np.nan, np.nan)), align="go", window=(0, 1))
    no_trials = nk.schema.recording({"spikes": nk.schema.spikes({"a": [0.1]})}, modality="spikes")
    with pytest.raises(SchemaError, match="no /events"):
        nk.flows.nlb_trials(no_trials, align="go", window=(0, 1))
    with pytest.raises(SchemaError, match="no /spikes"):
        nk.flows.nlb_trials(np.zeros(3), align="go", window=(0, 1))


def test_behaviour_beside_the_grid_is_an_error_that_says_where(tmp_path, parts):
    path = tmp_path / "off.nwb"
    nlb_cases.write(path, parts, move_times=0.0003)
    with pytest.raises(TimeError, match=r"hand_vel has a sample at 0.05\d+ s, beside the grid"):
        nk.flows.nlb_trials(nk.open(path), "mc_maze")
    assert "behavior" not in nk.flows.nlb_trials(nk.open(path), "mc_maze", behavior="")


def test_windows_of_every_dataset_are_whole_bins():
    for name, known in DATASETS.items():
        length = known.window[1] - known.window[0]
        for width in (0.005, 0.02):
            assert abs(length / width - round(length / width)) < 1e-9, name
