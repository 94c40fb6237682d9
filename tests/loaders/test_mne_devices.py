"""Stretches of a device's record: times from stamps, runs from gaps, groups of the contract."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders.mne_devices import DeviceChannels, Stretches, device_recording
from neurokit_loaders.mne_lazy import WindowArray

import neurokit as nk
from neurokit.schema import Finding, findings_from_json


class Counting(WindowArray):
    """Microvolts that tell sample and channel."""

    def window(self, start, stop, channels):
        number = np.arange(start, stop, dtype=np.float32)[:, np.newaxis]
        return 1e-6 * (number % 7 + np.array(channels))


def _channels(stretches, rate=10.0, n=2, **more):
    given = {"highpass": [None] * n, "lowpass": [None] * n} | more
    return DeviceChannels(
        array=Counting("x", stretches.size, n),
        names=[f"c{i}" for i in range(n)],
        types=["SEEG"] * n,
        units=["V"] * n,
        rate=rate,
        stretches=stretches,
        **given,
    )


def test_one_stretch_is_regular_and_has_no_run():
    one = Stretches((0,), (5.0,), 4)
    np.testing.assert_array_equal(one.time(2.0, 5.0), [0.0, 0.5, 1.0, 1.5])
    assert one.run is None


def test_each_stretch_begins_when_its_stamp_says():
    two = Stretches((0, 3), (5.0, 9.0), 5)
    np.testing.assert_array_equal(two.time(2.0, 4.0), [1.0, 1.5, 2.0, 5.0, 5.5])
    assert two.run.tolist() == [0, 0, 0, 1, 1]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    pauses=st.lists(st.floats(0.01, 100.0), min_size=5, max_size=5),
)
def test_time_increases_and_runs_are_as_long_as_their_stretches(lengths, pauses):
    first = tuple(np.cumsum([0, *lengths[:-1]]).tolist())
    lasts = np.cumsum([n / 10.0 + p for n, p in zip(lengths, pauses, strict=False)])
    seconds = (0.0, *lasts[:-1].tolist())
    line = Stretches(first, seconds, sum(lengths))
    time = line.time(10.0, 0.0)
    assert time.size == sum(lengths)
    assert (np.diff(time) > 0).all()
    run = np.zeros(time.size, int) if line.run is None else line.run
    assert np.bincount(run).tolist() == lengths


def test_groups_share_the_clock_of_activity():
    parts = {
        "activity": _channels(Stretches((0,), (100.0,), 20)),
        "auxiliary/rate_40": _channels(Stretches((0,), (99.5,), 80), rate=40.0),
    }
    said = Finding("NK874", "SUGGESTION", "x", "y", "z")
    rec = device_recording(parts, start=None, findings=[said])
    assert rec["activity"]["time"].values[0] == 0.0
    assert rec["auxiliary/rate_40"]["time"].values[0] == -0.5
    assert rec["activity"].attrs["time_offset"] == 100.0
    assert findings_from_json(rec.attrs["findings"]) == [said]
    assert rec.attrs["start_time"] == ""
    assert nk.validate(rec).ok
    np.testing.assert_allclose(rec["activity"]["signal"][3:6, 1], [4e-6, 5e-6, 6e-6], rtol=1e-6)


@pytest.mark.parametrize(
    ("highpass", "expected"), [([None, None], None), ([0.1, None], 0.1), ([0.1, 0.3], 0.3)]
)
def test_the_narrowest_band_of_filters_that_were_on_is_kept(highpass, expected):
    group = _channels(Stretches((0,), (0.0,), 5), highpass=highpass, lowpass=[200.0, 90.0]).group(0)
    assert group.attrs.get("highpass") == expected
    assert group.attrs["lowpass"] == 90.0


def test_events_are_on_the_clock_of_activity_and_none_make_no_table():
    parts = {"activity": _channels(Stretches((0,), (100.0,), 20))}
    rows = {"seconds": np.array([100.5]), "trial_type": ["go"], "value": [7]}
    rec = device_recording(parts, start=None, findings=[], events=rows)
    assert rec["events"]["onset"].values.tolist() == [0.5]
    assert rec["events"]["value"].values.tolist() == [7]
    none = {"seconds": np.empty(0), "trial_type": [], "value": []}
    assert "events" not in device_recording(parts, start=None, findings=[], events=none).children
