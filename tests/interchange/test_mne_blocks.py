"""Epochs and evoked responses as recordings, with values in memory or read by a function."""

import mne
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurokit.errors import LabelError, TimeError
from neurokit.interchange import from_mne
from neurokit.interchange.mne_blocks import (
    condition_labels,
    epochs_recording,
    evoked_recording,
)
from neurokit.testing import assert_same

N, CHANNELS, SAMPLES = 4, ["Cz", "STI 014", "Pz"], 12


def _epochs(**more):
    info = mne.create_info(CHANNELS, 100.0, ["eeg", "stim", "eeg"], verbose=False)
    values = np.random.default_rng(0).normal(size=(N, 3, SAMPLES)) * 1e-5
    return mne.EpochsArray(values, info, tmin=-0.05, verbose=False, **more)


def _evoked(comment, **more):
    info = mne.create_info(CHANNELS, 100.0, ["eeg", "stim", "eeg"], verbose=False)
    given = {"tmin": -0.05, "nave": 3, **more}
    values = np.random.default_rng(1).normal(size=(3, given.pop("n", SAMPLES)))
    return mne.EvokedArray(values, info, comment=comment, verbose=False, **given)


def test_values_are_asked_for_group_by_group_in_the_order_of_the_picks():
    asked = []
    epochs = _epochs()

    def read(picks):
        asked.append(list(picks))
        values = epochs.get_data(copy=False)[:, list(picks)].transpose(0, 2, 1)
        return xr.Variable(("trial", "time", "channel"), values.astype(np.float32))

    rec = epochs_recording(epochs, read)
    assert asked == [[0, 2], [1]]
    expected = from_mne(epochs)
    for name in ("activity", "auxiliary/trigger"):
        assert_same(rec[name].to_dataset(inherit=False), expected[name].to_dataset(inherit=False))


def test_the_time_axis_may_come_from_elsewhere():
    time = np.linspace(-0.0512, 0.0588, SAMPLES)
    rec = epochs_recording(_epochs(), time=time)
    np.testing.assert_array_equal(rec["activity"]["time"], time)
    rec = evoked_recording([_evoked("a")], time=time)
    np.testing.assert_array_equal(rec["activity"]["time"], time)


def test_columns_that_a_group_has_itself_or_cannot_have_are_renamed():
    table = pd.DataFrame({"trial": range(N), "a/b": range(N), "fine": range(N)})
    group = from_mne(_epochs(metadata=table))["activity"]
    assert {"metadata_trial", "a_b", "fine"} <= set(group.coords)
    assert group["metadata_trial"].values.tolist() == list(range(N))


def test_missing_words_of_metadata_are_empty():
    table = pd.DataFrame({"word": ["a", None, "c", np.nan]})
    group = from_mne(_epochs(metadata=table))["activity"]
    assert group["word"].values.tolist() == ["a", "", "c", ""]


@pytest.mark.parametrize("rate", [None, 250.0, np.array([250.0])])
def test_the_rate_of_the_raw_is_a_number_whatever_mne_makes_of_it(rate):
    epochs = _epochs()
    epochs._raw_sfreq = rate
    attrs = from_mne(epochs)["activity"].attrs
    expected = "null" if rate is None else "250.0"
    assert f'"raw_sfreq": {expected}' in attrs["mne_epochs"]


def test_triggers_of_responses_stand_apart_with_the_same_conditions():
    rec = from_mne([_evoked("a"), _evoked("b", nave=9)])
    for name in ("activity", "auxiliary/trigger"):
        group = rec[name]
        assert group["condition"].values.tolist() == ["a", "b"]
        assert group["n_averages"].values.tolist() == [3, 9]
    assert rec["auxiliary/trigger"]["channel"].values.tolist() == ["STI 014"]


def test_labels_of_conditions_are_unique_and_tell_errors_from_means():
    several = [
        _evoked("a"),
        _evoked("a", kind="standard_error"),
        _evoked("a"),
        _evoked(""),
        _evoked(""),
    ]
    expected = ["a", "a (standard error)", "a (2)", "condition 3", "condition 4"]
    assert condition_labels(several) == expected


@pytest.mark.parametrize(
    ("other", "error"),
    [({"n": SAMPLES + 1}, TimeError), ({"tmin": 0.0}, TimeError)],
)
def test_responses_on_other_axes_are_an_error(other, error):
    with pytest.raises(error, match="other times"):
        evoked_recording([_evoked("a"), _evoked("b", **other)])


def test_responses_of_other_channels_are_an_error_that_names_them():
    odd = _evoked("b")
    odd.rename_channels({"Pz": "Oz"})
    with pytest.raises(LabelError, match="Oz, Pz"):
        evoked_recording([_evoked("a"), odd])
