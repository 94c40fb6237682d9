"""Recordings of any start, rate and gap on one axis: what is common, padded and cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.connectome.alignment import mean_rate, on_one_axis
from neurokit.errors import TimeError
from neurokit.schema import activity, recording, runs, sampling_rate


def numbered(frames, rate=4.0):
    """A recording on a shared grid whose values are the numbers of its frames."""
    frames = np.asarray(frames)
    steps = np.diff(frames)
    run = np.concatenate([[0], np.cumsum(steps > 1)])
    group = activity(
        np.stack([frames, -frames], axis=1).astype(float),
        names=["AVAL", "AVAR"],
        time=frames / rate,
        rate=rate,
        run=run if run.any() else None,
        coords={"identified": [True, True]},
    )
    return recording({"activity": group}, modality="calcium")


def values(rec):
    return rec.activity.signal.sel(neuron="AVAL").values


frames_of = st.tuples(st.integers(0, 12), st.integers(10, 25), st.integers(0, 3)).map(
    lambda t: [k for k in range(t[0], t[0] + t[1]) if t[2] == 0 or k not in (t[0] + 4, t[0] + 5)]
)


@settings(max_examples=25, deadline=None)
@given(one=frames_of, other=frames_of)
def test_what_is_common_is_kept_and_nothing_else(one, other):
    common = sorted(set(one) & set(other))
    recs = {"a": numbered(one), "b": numbered(other)}
    if len(common) < 2:
        with pytest.raises(TimeError, match="no stretch of time in common"):
            on_one_axis(recs)
        return
    aligned, _ = on_one_axis(recs)
    for rec in aligned.values():
        np.testing.assert_allclose(values(rec), common, atol=1e-5)
    np.testing.assert_array_equal(aligned["a"].activity.time, aligned["b"].activity.time)


@settings(max_examples=25, deadline=None)
@given(one=frames_of, other=frames_of)
def test_a_gap_of_either_is_a_change_of_run_in_both(one, other):
    common = np.array(sorted(set(one) & set(other)))
    if common.size < 2:
        return
    aligned, _ = on_one_axis({"a": numbered(one), "b": numbered(other)})
    edges = np.flatnonzero(np.diff(common) > 1) + 1
    for rec in aligned.values():
        found = [part.start for part in runs(rec.activity.signal)][1:]
        assert found == edges.tolist()


@settings(max_examples=15, deadline=None)
@given(first=st.integers(0, 8), n=st.integers(5, 15), later=st.integers(0, 8), m=st.integers(5, 15))
def test_padding_keeps_every_frame_in_its_place(first, n, later, m):
    recs = {"a": numbered(range(first, first + n)), "b": numbered(range(later, later + m))}
    padded, _ = on_one_axis(recs, pad=True)
    low, high = min(first, later), max(first + n, later + m)
    same = (first, n) == (later, m)
    for key, start, size in (("a", first, n), ("b", later, m)):
        found = values(padded[key])
        if same:
            np.testing.assert_allclose(found, np.arange(start, start + size))
            continue
        expected = np.full(high - low, np.nan)
        expected[start - low : start - low + size] = np.arange(start, start + size)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_order_of_recordings_does_not_matter():
    recs = {"a": numbered(range(3, 20)), "b": numbered(range(8)), "c": numbered(range(5, 30))}
    one, _ = on_one_axis(recs)
    other, _ = on_one_axis(dict(reversed(list(recs.items()))))
    for key in recs:
        assert one[key].activity.signal.identical(other[key].activity.signal)


def test_more_recordings_never_leave_more_time():
    recs = {f"r{k}": numbered(range(k, 30 - k)) for k in range(4)}
    lengths = []
    for n in range(2, 5):
        chosen = dict(list(recs.items())[:n])
        lengths.append(values(on_one_axis(chosen)[0]["r0"]).size)
    assert lengths == [28, 26, 24]


def test_recordings_given_are_not_changed():
    recs = {"a": numbered(range(3, 20)), "b": numbered(range(12))}
    before = {key: rec.copy(deep=True) for key, rec in recs.items()}
    on_one_axis(recs)
    on_one_axis(recs, rate=2.0)
    on_one_axis(recs, pad=True)
    for key, rec in recs.items():
        assert rec.identical(before[key])


@pytest.mark.parametrize("rate", [1.0, 2.0, 2.5, np.float32(2.0), np.int64(2)])
def test_the_rate_asked_for_is_that_of_all(rate):
    recs = {"a": numbered(range(40)), "b": numbered(range(60), 5.0)}
    for rec in on_one_axis(recs, rate)[0].values():
        assert sampling_rate(rec.activity.signal) == pytest.approx(float(rate))


@given(step=st.floats(0.01, 5), n=st.integers(2, 30))
def test_the_rate_of_irregular_times_is_that_of_the_median_step(step, n):
    time = step * np.arange(n)
    time[n // 2 + 1 :] += 10 * step
    group = activity(np.zeros((n, 1)), names=["A"], time=time)
    expected = 1 / np.median(np.diff(time))
    assert mean_rate(group.signal) == pytest.approx(expected)


def test_the_rate_said_wins_over_the_steps():
    group = activity(np.zeros((4, 1)), names=["A"], rate=4.0)
    assert mean_rate(group.signal) == 4.0
    bare = group.signal.copy()
    bare["time"].attrs.clear()
    bare.attrs["sampling_rate"] = 3.0
    assert mean_rate(bare) == 3.0


def test_a_recording_alone_keeps_its_frames_whatever_its_start():
    for start in (0, 7):
        rec = numbered(range(start, start + 9))
        aligned, said = on_one_axis({"a": rec})
        assert said == "as recorded"
        assert aligned["a"].identical(rec)
