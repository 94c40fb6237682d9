"""Searches of the recipe ``rsa``: what is planted at a time and a place is found there only."""

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt

import neurokit as nk
from neurokit.recipe import load_function
from neurokit.rsa.events_search import mean_dissimilarity, search_in_space, search_in_time
from neurokit.rsa.recipe import RSA, RsaParameters
from neurokit.schema import activity, events, recording
from neurokit.schema.time import time_coordinate

KINDS = ("face", "house", "tool", "dog")
RATE, N_CHANNELS = 100.0, 24
# Kinds differ from .2 to .3 s after the event in the channels at 0 to 7 cm.
EARLY, LATE, LAST = 0.2, 0.3, 8


def _recording(n_trials=12, effect=4.0, seed=0, positions=True):
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.repeat(KINDS, n_trials))
    onset = 1.0 + np.arange(order.size)
    signal = rng.standard_normal((int((order.size + 2) * RATE), N_CHANNELS))
    pattern = {k: rng.standard_normal(LAST) for k in KINDS}
    for start, kind in zip(onset, order, strict=True):
        at = slice(int((start + EARLY) * RATE), int((start + LATE) * RATE))
        signal[at, :LAST] += effect * pattern[kind]
    names = [f"c{k}" for k in range(N_CHANNELS)]
    place = np.c_[0.01 * np.arange(N_CHANNELS), np.zeros(N_CHANNELS), np.zeros(N_CHANNELS)]
    coords = {"channel_type": ["EEG"] * N_CHANNELS, "unit": ["V"] * N_CHANNELS}
    group = activity(
        signal,
        names=names,
        space="channel",
        rate=RATE,
        coords=coords,
        position=place if positions else None,
    )
    groups = {"activity": group, "events": events(onset, trial_type=order)}
    return recording(groups, modality="eeg")


def _run(rec, **parameters):
    return load_function(RSA.run)({"one": rec}, RsaParameters(**parameters), {})


@pytest.fixture(scope="module")
def outcome():
    return _run(_recording(), tmin=-0.2, tmax=0.6)


def test_kinds_differ_when_they_were_made_to(outcome):
    course = outcome.result["search_time/mean_dissimilarity"]
    inside = (course.time > EARLY) & (course.time < LATE)
    outside = (course.time < EARLY - 0.03) | (course.time > LATE + 0.03)
    assert float(course.time[course.values.argmax()]) == pytest.approx(0.25, abs=0.05)
    # Crossnobis is 0 on average where nothing differs, also before the event.
    assert float(course[inside].min()) > 10 * float(np.abs(course[outside]).max())
    assert EARLY <= outcome.facts["mean dissimilarity is largest at (s)"] <= LATE


def test_kinds_differ_where_they_were_made_to(outcome):
    places = outcome.result["search_space/mean_dissimilarity"]
    # A neighbourhood of 8 reaches 4 channels beyond.
    assert float(places[:LAST].min()) > 5 * float(np.abs(places[LAST + 4 :]).max())
    assert outcome.facts["mean dissimilarity is largest around"] in {f"c{k}" for k in range(LAST)}
    np.testing.assert_allclose(places.x, 0.01 * np.arange(N_CHANNELS), atol=1e-7)


def test_figures_say_what_is_drawn_and_stay_out_of_pyplot(outcome):
    picture = outcome.pictures["search"]
    course, places = picture.figure.axes[:2]
    assert course.get_xlabel() == "time from the event (s)"
    assert course.get_ylabel() == "mean dissimilarity (crossnobis)"
    assert places.get_xlabel() == "x (mm)"
    assert "windows of 0.06 s" in picture.caption  # whole samples
    assert np.ptp(places.get_ylim()) > 50  # a line of electrodes is no line of pixels
    assert "0 on average" in picture.caption
    assert plt.get_fignums() == []


def test_the_result_with_searches_can_be_saved(outcome, tmp_path):
    again = nk.open(nk.save(outcome.result, tmp_path / "result.nc"))
    for name in ("search_time", "search_space"):
        saved = outcome.result[f"{name}/mean_dissimilarity"]
        np.testing.assert_array_equal(again[f"{name}/mean_dissimilarity"].values, saved.values)


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({"window_s": None}, {"search_space"}),
        ({"n_nearest": None}, {"search_time"}),
        ({"window_s": None, "n_nearest": None}, set()),
        ({"window_s": 0.5}, {"search_space"}),  # longer than the epochs
    ],
)
def test_searches_can_be_left_out(parameters, left):
    found = _run(_recording(n_trials=4), **parameters)
    assert {name for name in found.result.children if name != "rdm"} == left
    assert ("search" in found.pictures) == bool(left)


def test_without_positions_there_is_no_map():
    found = _run(_recording(n_trials=4, positions=False))
    assert "search_space" not in found.result.children
    assert len(found.pictures["search"].figure.axes) == 1


def test_other_methods_are_searched_too():
    found = _run(_recording(n_trials=6), method="correlation")
    course = found.result["search_time/mean_dissimilarity"]
    assert 0 < float(course.min()) < float(course.max()) < 2
    assert "on average" not in found.pictures["search"].caption


def _trials(values, rate=RATE):
    n = values.shape[-1]
    coords = {
        "condition": ("trial", list("aabbccaabbcc")),
        "half": ("trial", [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
        "channel": [f"c{k}" for k in range(values.shape[1])],
        "time": time_coordinate(np.arange(n) / rate, rate),
    }
    return xr.DataArray(values, coords, ["trial", "channel", "time"])


def test_windows_are_rdms_of_their_two_halves():
    x = np.random.default_rng(0).standard_normal((12, 5, 20))
    found = search_in_time(_trials(x), "crossnobis", 0.08)
    bins = x.reshape(12, 5, 5, 4).mean(axis=3)
    bins -= bins.mean(axis=(0, 2), keepdims=True)
    bins /= bins.std(axis=(0, 2), keepdims=True)
    assert found.sizes == {"time": 4}
    np.testing.assert_allclose(found.time, [0.035, 0.075, 0.115, 0.155])
    for k in range(4):
        both = bins[:, :, k : k + 2].reshape(12, 10)
        own = nk.rsa.rdm(both, folds=_trials(x).half.values, conditions=_trials(x).condition.values)
        assert float(found[k]) == pytest.approx(float(own.mean()), rel=1e-9)


def test_slow_recordings_are_searched_by_samples():
    x = np.random.default_rng(0).standard_normal((12, 5, 6))
    found = search_in_time(_trials(x, rate=2.0), "euclidean", 0.05)
    np.testing.assert_allclose(found.time, [0.25, 0.75, 1.25, 1.75, 2.25])
    assert search_in_time(_trials(x[:, :, :2], rate=2.0), "euclidean", 0.05) is None


def test_trials_of_a_search_stay_as_they_are():
    trials = _trials(np.random.default_rng(0).standard_normal((12, 5, 20)))
    before = trials.copy(deep=True)
    search_in_time(trials, "crossnobis", 0.05)
    assert trials.identical(before)


def test_places_of_the_commonest_frame_are_searched():
    patterns = _trials(np.random.default_rng(0).standard_normal((12, 8, 1))).isel(time=0, drop=True)
    place = np.arange(24.0).reshape(8, 3)
    place[0] = np.nan
    frames = ["head"] * 6 + ["device"] * 2
    group = xr.Dataset(
        {"position": (("channel", "space"), place, {"units": "m"})},
        {"channel": patterns.channel.values, "coordinate_frame": ("channel", frames)},
    )
    found = search_in_space(patterns, group, "crossnobis", 3)
    assert found.channel.values.tolist() == ["c1", "c2", "c3", "c4", "c5"]
    some = patterns.isel(channel=[1, 2, 3])
    own = nk.rsa.rdm(some, folds="half").mean()
    assert float(found.sel(channel="c2")) == pytest.approx(float(own), rel=1e-9)
    few = group.isel(channel=slice(4))
    assert search_in_space(patterns.isel(channel=slice(4)), few, "crossnobis", 3) is None


def test_missing_pairs_are_left_out_of_the_mean():
    rdms = xr.DataArray([[1.0, np.nan, 3.0], [np.nan] * 3], dims=["centre", "pair"])
    found = mean_dissimilarity(rdms)
    assert found[0] == 2.0
    assert np.isnan(found[1])
